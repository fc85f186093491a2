package machine

import (
	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// getRandomPassword concerns no secret. Any output of the right kind is right.
func (d drawer) getRandomPassword() {
	at, id := d.target()
	in := secretlife.GetRandomPasswordInput{
		PasswordLength: history.Pick(d, int64(0), 4, 5, 100, -1, 4097),
		ExcludeNumbers: d.Chance(50), IncludeSpace: d.Chance(50),
		ExcludeLowercase: d.Chance(20), ExcludeUppercase: d.Chance(20),
		ExcludeCharacters: history.Pick(d, "", "0123456789", "0Oo"),
	}
	if d.Chance(20) {
		each := false
		in.RequireEachIncludedType = &each
	}
	run(d.machine, request[secretlife.GetRandomPasswordInput, secretlife.Value]{
		secretlife.OpGetRandomPassword, at, id, in, service.Service.GetRandomPassword,
		func(got secretlife.Value) (func() secretlife.Value, *model.Fault) {
			f := d.model.Password(in, got.Reveal())
			return func() secretlife.Value { return got }, f
		}})
}

func (d drawer) validateResourcePolicy() {
	at, id := d.target()
	in := secretlife.ValidateResourcePolicyInput{SecretID: &id, ResourcePolicy: history.Pick(d, model.PolicyTexts...)}
	type output = secretlife.ValidateResourcePolicyOutput
	run(d.machine, request[secretlife.ValidateResourcePolicyInput, output]{
		secretlife.OpValidateResourcePolicy, at, id, in, service.Service.ValidateResourcePolicy,
		func(got output) (func() output, *model.Fault) {
			f := d.model.Validate(at, id, in.ResourcePolicy)
			return func() output {
				if p := model.Policies[in.ResourcePolicy]; p != nil {
					got.PolicyValidationPassed = !p.Wrong && !p.Public && !p.Lockout
				}
				return got // the root package's tests check the findings
			}, f
		}})
}
