package lifetest

import (
	"context"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// getRandomPassword is called whatever becomes of secrets. The answer that is
// right is the one that was given, if it is of the right kind.
func (d drawer) getRandomPassword() {
	at, id := d.target()
	in := secretlife.GetRandomPasswordInput{
		PasswordLength: pick(d, int64(0), 4, 5, 100, -1, 4097), ExcludeNumbers: d.chance(50), IncludeSpace: d.chance(50),
		ExcludeLowercase: d.chance(20), ExcludeUppercase: d.chance(20),
	}
	run(d.machine, request[secretlife.GetRandomPasswordOutput]{secretlife.OpGetRandomPassword, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.GetRandomPasswordOutput, error) {
			return mg.GetRandomPassword(ctx, in)
		},
		func(got secretlife.GetRandomPasswordOutput) (func() secretlife.GetRandomPasswordOutput, *fault) {
			f := d.model.password(in, got.RandomPassword.Reveal())
			return func() secretlife.GetRandomPasswordOutput { return got }, f
		}})
}

// password is the exception there must be. A password that can't be right is
// one, too, that nobody answers.
func (m *model) password(in secretlife.GetRandomPasswordInput, got string) *fault {
	kinds := 1 // punctuation is never excluded
	for _, on := range []bool{!in.ExcludeNumbers, !in.ExcludeLowercase, !in.ExcludeUppercase, in.IncludeSpace} {
		if on {
			kinds++
		}
	}
	length := int(in.PasswordLength)
	switch {
	case length < 0 || length > 4096:
		return &fault{code: codeValidation}
	case length == 0:
		length = 32
	case length < kinds:
		return &fault{code: codeParameter}
	}
	if len(got) != length || in.ExcludeNumbers && strings.ContainsAny(got, "0123456789") || in.IncludeSpace != strings.Contains(got, " ") {
		return &fault{code: "a password of the right kind"}
	}
	return nil
}

func (d drawer) validateResourcePolicy() {
	at, id := d.target()
	in := secretlife.ValidateResourcePolicyInput{SecretID: &id, ResourcePolicy: pick(d, policyTexts...)}
	run(d.machine, request[secretlife.ValidateResourcePolicyOutput]{secretlife.OpValidateResourcePolicy, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.ValidateResourcePolicyOutput, error) {
			return mg.ValidateResourcePolicy(ctx, in)
		},
		func(got secretlife.ValidateResourcePolicyOutput) (func() secretlife.ValidateResourcePolicyOutput, *fault) {
			f := d.model.validate(at, id, in.ResourcePolicy)
			return func() secretlife.ValidateResourcePolicyOutput {
				if p := policies[in.ResourcePolicy]; p != nil {
					got.PolicyValidationPassed = !p.wrong && !p.public && !p.lockout
				}
				return got // which findings there are is a test's of the root package
			}, f
		}})
}

func (m *model) validate(at place, id, document string) *fault {
	var c checks
	c.length("resourcePolicy", document, 1, 20480)
	c.id(id)
	if p := policies[document]; p != nil && p.malformed {
		c.refuse(&fault{code: codePolicy})
	}
	if f := c.fault(); f != nil {
		return f
	}
	_, f := m.use(at, id, true)
	return f
}
