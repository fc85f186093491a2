// Package password draws passwords. It gets its randomness as an argument.
package password

import "strings"

// The characters of a password ("GetRandomPassword" in the API reference).
const (
	lowercase   = "abcdefghijklmnopqrstuvwxyz"
	uppercase   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numbers     = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	space       = " "
)

// Excluded says which characters a password must not have.
type Excluded struct {
	Characters                                        string
	Lowercase, Uppercase, Numbers, Punctuation, Space bool
}

// Kinds returns the characters that are left, by kind, without kinds of which none is.
func Kinds(e Excluded) []string {
	var kinds []string
	for _, kind := range []struct {
		excluded   bool
		characters string
	}{
		{e.Lowercase, lowercase}, {e.Uppercase, uppercase}, {e.Numbers, numbers},
		{e.Punctuation, punctuation}, {e.Space, space},
	} {
		left := strings.Map(func(c rune) rune {
			if strings.ContainsRune(e.Characters, c) {
				return -1
			}
			return c
		}, kind.characters)
		if !kind.excluded && left != "" {
			kinds = append(kinds, left)
		}
	}
	return kinds
}

// Draw draws characters from all that may be used; with each, one of every kind first.
// Then it shuffles them. below draws a number from 0 to n-1, each as likely as the
// others.
func Draw(kinds []string, length int, each bool, below func(n int) (int, error)) (string, error) {
	all := strings.Join(kinds, "")
	password := make([]byte, length)
	for i := range password {
		from := all
		if each && i < len(kinds) {
			from = kinds[i]
		}
		n, err := below(len(from))
		if err != nil {
			return "", err
		}
		password[i] = from[n]
	}
	for i := length - 1; i > 0; i-- {
		n, err := below(i + 1)
		if err != nil {
			return "", err
		}
		password[i], password[n] = password[n], password[i]
	}
	return string(password), nil
}
