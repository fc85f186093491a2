package machine

import (
	"cmp"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

func (d drawer) createSecret() {
	at, name := d.place(), d.name()
	if d.Chance(4) {
		name = d.anyID()
	}
	in := secretlife.CreateSecretInput{Name: name, ClientRequestToken: d.token(at, name)}
	if d.Chance(85) {
		in.Value = d.value(at, name, in.ClientRequestToken)
	}
	if d.Chance(30) {
		in.Description, in.KMSKeyID = history.Pick(d, "", "text"), history.Pick(d, "", "alias/mine")
		in.Type = history.Pick(d, "", "t")
		in.Tags = d.tags()
	}
	if d.Chance(20) {
		in.AddReplicaRegions, in.ForceOverwriteReplicaSecret = d.targets(), d.Chance(50)
	}
	d.doCreate(at, in)
}

func (m *machine) doCreate(at model.Place, in secretlife.CreateSecretInput) {
	type output = secretlife.SecretOutput
	run(m, request[secretlife.CreateSecretInput, output]{
		secretlife.OpCreateSecret, at, in.Name, in, service.Service.CreateSecret,
		func(got output) (func() output, *model.Fault) {
			token := cmp.Or(in.ClientRequestToken, got.VersionID)
			s, f := m.model.Create(at, in, token)
			return func() output {
				out := output{ARN: s.ARN(), Name: s.Name, ReplicationStatus: s.Status()}
				if !in.Value.IsZero() {
					out.VersionID = token
				}
				return out
			}, f
		}})
}

func (d drawer) deleteSecret() {
	at, id := d.target()
	in := secretlife.DeleteSecretInput{SecretID: id}
	switch n := d.Below(10); {
	case n < 3:
	case n < 6:
		in.ForceDeleteWithoutRecovery = true
	case n < 9:
		in.RecoveryWindowInDays = secretlife.Days(history.Pick(d, int64(7), 7, 8, 30))
	default:
		in.RecoveryWindowInDays = history.AnyWindow(d)
		in.ForceDeleteWithoutRecovery = d.Chance(50)
	}
	d.doDelete(at, in)
}

func (m *machine) doDelete(at model.Place, in secretlife.DeleteSecretInput) {
	type output = secretlife.SecretOutput
	run(m, request[secretlife.DeleteSecretInput, output]{
		secretlife.OpDeleteSecret, at, in.SecretID, in, service.Service.DeleteSecret,
		func(got output) (func() output, *model.Fault) {
			s, f := m.model.Remove(at, in)
			return func() output {
				if s == nil {
					return m.model.DeletedNothing(at, in.SecretID, got.ARN)
				}
				return output{ARN: s.ARN(), Name: s.Name, DeletionDate: model.Instant(s.Date)}
			}, f
		}})
}

func (d drawer) restoreSecret() {
	at, id := d.target()
	in := secretlife.SecretInput{SecretID: id}
	run(d.machine, about(secretlife.OpRestoreSecret, at, id, in, service.Service.RestoreSecret,
		func() (*model.Secret, *model.Fault) { return d.model.Restore(at, id) },
		func(s *model.Secret) secretlife.SecretOutput {
			return secretlife.SecretOutput{ARN: s.ARN(), Name: s.Name}
		}))
}

func (d drawer) describeSecret() {
	at, id := d.target()
	in := secretlife.SecretInput{SecretID: id}
	run(d.machine, about(secretlife.OpDescribeSecret, at, id, in, service.Service.DescribeSecret,
		func() (*model.Secret, *model.Fault) { return d.model.Describe(at, id) },
		func(s *model.Secret) secretlife.SecretDetails { return d.model.Description(s) }))
}

func (d drawer) tagResource() {
	at, id := d.target()
	in := secretlife.TagResourceInput{SecretID: id, Tags: d.tags()}
	run(d.machine, silent(secretlife.OpTagResource, at, id, in, service.Service.TagResource,
		func() *model.Fault { return d.model.TagResource(at, in) }))
}

func (d drawer) untagResource() {
	at, id := d.target()
	in := secretlife.UntagResourceInput{SecretID: id}
	for _, t := range d.tags() {
		in.TagKeys = append(in.TagKeys, t.Key)
	}
	run(d.machine, silent(secretlife.OpUntagResource, at, id, in, service.Service.UntagResource,
		func() *model.Fault { return d.model.UntagResource(at, in) }))
}

func policyOutput(s *model.Secret) secretlife.SecretOutput {
	return secretlife.SecretOutput{ARN: s.ARN(), Name: s.Name}
}

func (d drawer) putResourcePolicy() {
	at, id := d.target()
	in := secretlife.PutResourcePolicyInput{SecretID: id, ResourcePolicy: d.policy(), BlockPublicPolicy: d.Chance(50)}
	run(d.machine, about(secretlife.OpPutResourcePolicy, at, id, in, service.Service.PutResourcePolicy,
		func() (*model.Secret, *model.Fault) { return d.model.PutPolicy(at, in) }, policyOutput))
}

func (d drawer) policy() string {
	if d.Chance(3) {
		return ""
	}
	return history.Pick(d, model.PolicyTexts...)
}

func (d drawer) getResourcePolicy() {
	at, id := d.target()
	in := secretlife.SecretInput{SecretID: id}
	run(d.machine, about(secretlife.OpGetResourcePolicy, at, id, in, service.Service.GetResourcePolicy,
		func() (*model.Secret, *model.Fault) { return d.model.GetPolicy(at, id) },
		func(s *model.Secret) secretlife.SecretOutput {
			return secretlife.SecretOutput{ARN: s.ARN(), Name: s.Name, ResourcePolicy: s.Policy}
		}))
}

func (d drawer) deleteResourcePolicy() {
	at, id := d.target()
	in := secretlife.SecretInput{SecretID: id}
	run(d.machine, about(secretlife.OpDeleteResourcePolicy, at, id, in, service.Service.DeleteResourcePolicy,
		func() (*model.Secret, *model.Fault) { return d.model.DeletePolicy(at, id) }, policyOutput))
}
