package secretlife

import (
	"context"
	"fmt"
	"strconv"

	"github.com/secretlife-go/secretlife/internal/password"
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

const (
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
	drawn, err := password.Draw(kinds, length, each, f.random.below)
	if err != nil {
		return out, err
	}
	return GetRandomPasswordOutput{SecretString(drawn)}, nil
}

// parsePassword returns the characters of each kind that may be used.
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
	kinds = password.Kinds(password.Excluded{
		Characters:  in.ExcludeCharacters,
		Lowercase:   in.ExcludeLowercase,
		Uppercase:   in.ExcludeUppercase,
		Numbers:     in.ExcludeNumbers,
		Punctuation: in.ExcludePunctuation,
		Space:       !in.IncludeSpace,
	})
	if len(kinds) == 0 {
		return nil, 0, badParameter(textNothingLeft, ErrInvalidParameter)
	}
	length = int(in.PasswordLength)
	if length == 0 {
		length = defaultPasswordLength
	}
	return kinds, length, nil
}
