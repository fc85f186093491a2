package model

import (
	"strings"

	"github.com/secretlife-go/secretlife"
)

// Password returns the expected exception. For a password that can't be right it
// returns an exception that no service has.
func (m *Model) Password(in secretlife.GetRandomPasswordInput, got string) *Fault {
	each := in.RequireEachIncludedType == nil || *in.RequireEachIncludedType
	required, empty := 1, false // punctuation is never excluded
	for _, kind := range []struct {
		excluded   bool
		characters string
	}{
		{in.ExcludeNumbers, digits},
		{in.ExcludeLowercase, alphanumerics[26:52]},
		{in.ExcludeUppercase, alphanumerics[:26]},
	} {
		if !kind.excluded {
			required++
			empty = empty || strings.Trim(kind.characters, in.ExcludeCharacters) == ""
		}
	}
	length := int(in.PasswordLength)
	switch {
	case length < 0 || length > 4096:
		return &Fault{Code: codeValidation}
	case each && empty:
		return &Fault{CodeParameter, "All characters of the desired type have been excluded"}
	case length == 0:
		length = 32
	}
	if each && length < required { // the space is never required
		return &Fault{CodeParameter, "Password length is too short based on the required types."}
	}
	if len(got) != length || in.ExcludeNumbers && strings.ContainsAny(got, digits) ||
		!in.IncludeSpace && strings.Contains(got, " ") || strings.ContainsAny(got, in.ExcludeCharacters) {
		return &Fault{Code: "a password of the right kind"}
	}
	return nil
}
