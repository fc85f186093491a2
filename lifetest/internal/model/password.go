package model

import (
	"strings"

	"github.com/secretlife-go/secretlife"
)

// Password returns the expected exception. For a password that can't be right it
// returns an exception that no service has.
func (m *Model) Password(in secretlife.GetRandomPasswordInput, got string) *Fault {
	kinds := 1 // punctuation is never excluded
	for _, on := range []bool{!in.ExcludeNumbers, !in.ExcludeLowercase, !in.ExcludeUppercase, in.IncludeSpace} {
		if on {
			kinds++
		}
	}
	length := int(in.PasswordLength)
	switch {
	case length < 0 || length > 4096:
		return &Fault{Code: codeValidation}
	case length == 0:
		length = 32
	case length < kinds:
		return &Fault{Code: CodeParameter}
	}
	if len(got) != length || in.ExcludeNumbers && strings.ContainsAny(got, "0123456789") ||
		in.IncludeSpace != strings.Contains(got, " ") {
		return &Fault{Code: "a password of the right kind"}
	}
	return nil
}
