package secretlife

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// GetRandomPasswordInput is the request of [Manager.GetRandomPassword].
type GetRandomPasswordInput struct {
	// PasswordLength is 1 to 4,096; 0 is 32.
	PasswordLength int64
	// ExcludeCharacters are not used, up to 4,096.
	ExcludeCharacters  string
	ExcludeNumbers     bool
	ExcludePunctuation bool
	ExcludeUppercase   bool
	ExcludeLowercase   bool
	// IncludeSpace uses the space, too.
	IncludeSpace bool
	// RequireEachIncludedType asks for at least one character of every kind that
	// is not excluded; nil is true.
	RequireEachIncludedType *bool
}

// GetRandomPasswordOutput is the answer of [Manager.GetRandomPassword].
type GetRandomPasswordOutput struct {
	// RandomPassword does not print itself: see [Value.Reveal].
	RandomPassword Value
}

// The characters of a password ("GetRandomPassword" in the API reference).
const (
	lowercase   = "abcdefghijklmnopqrstuvwxyz"
	uppercase   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numbers     = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	space       = " "

	defaultPasswordLength = 32
	maxPasswordLength     = 4096
)

// Texts AWS has for passwords: as emulators quote them, not recorded.
const (
	textNothingLeft = "No characters are left to generate the password from."
	textTooShort    = "Password length is too short based on the required types."
)

// GetRandomPassword draws a password from the Manager's random source. It
// concerns no secret and leaves no event.
//
// Errors: [*InvalidParameterError] where all characters are excluded, or the
// password is too short for one of each kind; [*ValidationError].
//
// Source: GetRandomPassword in the AWS Secrets Manager API reference.
func (m *Manager) GetRandomPassword(ctx context.Context, in GetRandomPasswordInput) (out GetRandomPasswordOutput, err error) {
	f, err := m.begin(ctx, OpGetRandomPassword, "")
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	kinds, length, err := parsePassword(in)
	if err != nil {
		return out, err
	}
	each := in.RequireEachIncludedType == nil || *in.RequireEachIncludedType
	if each && length < len(kinds) {
		return out, badParameter(textTooShort, ErrInvalidParameter)
	}
	password, err := drawPassword(kinds, length, each, f.random.below)
	if err != nil {
		return out, err
	}
	return GetRandomPasswordOutput{SecretString(password)}, nil
}

// parsePassword answers the characters of each kind that may be used.
func parsePassword(in GetRandomPasswordInput) (kinds []string, length int, err error) {
	var p problems
	n := strconv.FormatInt(in.PasswordLength, 10)
	switch {
	case in.PasswordLength < 0:
		p.add(violation("passwordLength", n, "Member must have value greater than or equal to 1"))
	case in.PasswordLength > maxPasswordLength:
		p.add(violation("passwordLength", n, fmt.Sprint("Member must have value less than or equal to ", maxPasswordLength)))
	}
	p.length("excludeCharacters", in.ExcludeCharacters, 0, maxPasswordLength)
	if err := p.err(); err != nil {
		return nil, 0, err
	}
	for _, kind := range []struct {
		excluded   bool
		characters string
	}{
		{in.ExcludeLowercase, lowercase}, {in.ExcludeUppercase, uppercase}, {in.ExcludeNumbers, numbers},
		{in.ExcludePunctuation, punctuation}, {!in.IncludeSpace, space},
	} {
		left := strings.Map(func(c rune) rune {
			if strings.ContainsRune(in.ExcludeCharacters, c) {
				return -1
			}
			return c
		}, kind.characters)
		if !kind.excluded && left != "" {
			kinds = append(kinds, left)
		}
	}
	if len(kinds) == 0 {
		return nil, 0, badParameter(textNothingLeft, ErrInvalidParameter)
	}
	length = int(in.PasswordLength)
	if length == 0 {
		length = defaultPasswordLength
	}
	return kinds, length, nil
}

// drawPassword draws characters from all that may be used; with each, one of
// every kind first. Then it shuffles them. below draws a number from 0 to n-1,
// each as likely as the others.
func drawPassword(kinds []string, length int, each bool, below func(n int) (int, error)) (string, error) {
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
