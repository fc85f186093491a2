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

// Kinds are kinds of characters.
type Kinds struct{ Lowercase, Uppercase, Numbers, Punctuation, Space bool }

// Rules say what a password must be like.
type Rules struct {
	Length   int
	Kinds    Kinds  // of which characters may be used
	Excluded string // characters that must not be used
	Each     bool   // whether there must be one of each kind, but for the space
}

// Problem is why there is no password for some rules.
type Problem uint8

// The problems, in the order in which they are found.
const (
	None      Problem = iota
	EmptyKind         // all characters of a kind that must be there are excluded
	Empty             // all characters are excluded
	TooShort          // there is no room for one of each kind
)

// Check returns why there is no password for the rules, or None.
func (r Rules) Check() Problem {
	kinds, all := r.characters()
	if r.Each {
		for _, kind := range kinds {
			if kind == "" {
				return EmptyKind
			}
		}
	}
	switch {
	case all == "":
		return Empty
	case r.Each && r.Length < len(kinds):
		return TooShort
	}
	return None
}

// characters returns what may be used of each kind, without the space, and all that may
// be used.
func (r Rules) characters() (kinds []string, all string) {
	left := func(characters string) string {
		return strings.Map(func(c rune) rune {
			if strings.ContainsRune(r.Excluded, c) {
				return -1
			}
			return c
		}, characters)
	}
	for _, kind := range []struct {
		included   bool
		characters string
	}{
		{r.Kinds.Lowercase, lowercase}, {r.Kinds.Uppercase, uppercase}, {r.Kinds.Numbers, numbers},
		{r.Kinds.Punctuation, punctuation},
	} {
		if kind.included {
			kinds = append(kinds, left(kind.characters))
		}
	}
	all = strings.Join(kinds, "")
	if r.Kinds.Space {
		all += left(space)
	}
	return kinds, all
}

// Draw draws a password for rules that [Rules.Check] has no problem with. If there must
// be one of each kind, it draws these first; then it shuffles all. below draws a number
// from 0 to n-1, each as likely as the others.
func (r Rules) Draw(below func(n int) (int, error)) (string, error) {
	kinds, all := r.characters()
	password := make([]byte, r.Length)
	for i := range password {
		from := all
		if r.Each && i < len(kinds) {
			from = kinds[i]
		}
		n, err := below(len(from))
		if err != nil {
			return "", err
		}
		password[i] = from[n]
	}
	for i := r.Length - 1; i > 0; i-- {
		n, err := below(i + 1)
		if err != nil {
			return "", err
		}
		password[i], password[n] = password[n], password[i]
	}
	return string(password), nil
}
