package machine

import (
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// none is the output of operations without output.
type none struct{}

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
		in.Description, in.KMSKeyID, in.Type = history.Pick(
			d,
			"",
			"text",
		), history.Pick(
			d,
			"",
			"alias/mine",
		), history.Pick(
			d,
			"",
			"t",
		)
		in.Tags = d.tags()
	}
	if d.Chance(20) {
		in.AddReplicaRegions, in.ForceOverwriteReplicaSecret = d.targets(), d.Chance(50)
	}
	d.doCreate(at, in)
}

func (m *machine) doCreate(at model.Place, in secretlife.CreateSecretInput) {
	run(m, request[secretlife.CreateSecretOutput]{secretlife.OpCreateSecret, at, in.Name, in,
		func(ctx context.Context, mg service.Service) (secretlife.CreateSecretOutput, error) {
			return mg.CreateSecret(ctx, in)
		},
		func(got secretlife.CreateSecretOutput) (func() secretlife.CreateSecretOutput, *model.Fault) {
			token := in.ClientRequestToken
			if token == "" {
				token = got.VersionID
			}
			s, f := m.model.Create(at, in, token)
			return func() secretlife.CreateSecretOutput {
				out := secretlife.CreateSecretOutput{ARN: s.ARN(), Name: s.Name, ReplicationStatus: s.Status()}
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
	run(m, request[secretlife.DeleteSecretOutput]{secretlife.OpDeleteSecret, at, in.SecretID, in,
		func(ctx context.Context, mg service.Service) (secretlife.DeleteSecretOutput, error) {
			return mg.DeleteSecret(ctx, in)
		},
		func(got secretlife.DeleteSecretOutput) (func() secretlife.DeleteSecretOutput, *model.Fault) {
			s, f := m.model.Remove(at, in)
			return func() secretlife.DeleteSecretOutput {
				if s == nil {
					return m.model.DeletedNothing(at, in.SecretID, got.ARN)
				}
				return secretlife.DeleteSecretOutput{ARN: s.ARN(), Name: s.Name, DeletionDate: model.Instant(s.Date)}
			}, f
		}})
}

func (d drawer) restoreSecret() {
	at, id := d.target()
	run(
		d.machine,
		request[secretlife.RestoreSecretOutput]{
			secretlife.OpRestoreSecret,
			at,
			id,
			secretlife.RestoreSecretInput{SecretID: id},
			func(ctx context.Context, mg service.Service) (secretlife.RestoreSecretOutput, error) {
				return mg.RestoreSecret(ctx, secretlife.RestoreSecretInput{SecretID: id})
			},
			func(secretlife.RestoreSecretOutput) (func() secretlife.RestoreSecretOutput, *model.Fault) {
				s, f := d.model.Restore(at, id)
				return func() secretlife.RestoreSecretOutput {
					return secretlife.RestoreSecretOutput{ARN: s.ARN(), Name: s.Name}
				}, f
			},
		},
	)
}

func (d drawer) describeSecret() {
	at, id := d.target()
	run(
		d.machine,
		request[secretlife.DescribeSecretOutput]{
			secretlife.OpDescribeSecret,
			at,
			id,
			secretlife.DescribeSecretInput{SecretID: id},
			func(ctx context.Context, mg service.Service) (secretlife.DescribeSecretOutput, error) {
				return mg.DescribeSecret(ctx, secretlife.DescribeSecretInput{SecretID: id})
			},
			func(secretlife.DescribeSecretOutput) (func() secretlife.DescribeSecretOutput, *model.Fault) {
				s, f := d.model.Describe(at, id)
				return func() secretlife.DescribeSecretOutput { return d.model.Description(s) }, f
			},
		},
	)
}

func (d drawer) tagResource() {
	at, id := d.target()
	in := secretlife.TagResourceInput{SecretID: id, Tags: d.tags()}
	run(d.machine, request[none]{secretlife.OpTagResource, at, id, in,
		func(ctx context.Context, mg service.Service) (none, error) {
			return none{}, mg.TagResource(ctx, in)
		},
		func(none) (func() none, *model.Fault) { return nothing, d.model.TagResource(at, in) }})
}

func nothing() none { return none{} }

func (d drawer) untagResource() {
	at, id := d.target()
	in := secretlife.UntagResourceInput{SecretID: id}
	for _, t := range d.tags() {
		in.TagKeys = append(in.TagKeys, t.Key)
	}
	run(d.machine, request[none]{secretlife.OpUntagResource, at, id, in,
		func(ctx context.Context, mg service.Service) (none, error) {
			return none{}, mg.UntagResource(ctx, in)
		},
		func(none) (func() none, *model.Fault) { return nothing, d.model.UntagResource(at, in) }})
}

func (d drawer) putResourcePolicy() {
	at, id := d.target()
	in := secretlife.PutResourcePolicyInput{SecretID: id, ResourcePolicy: d.policy(), BlockPublicPolicy: d.Chance(50)}
	run(d.machine, request[secretlife.PolicyOutput]{secretlife.OpPutResourcePolicy, at, id, in,
		func(ctx context.Context, mg service.Service) (secretlife.PolicyOutput, error) {
			return mg.PutResourcePolicy(ctx, in)
		},
		func(secretlife.PolicyOutput) (func() secretlife.PolicyOutput, *model.Fault) {
			s, f := d.model.PutPolicy(at, in)
			return func() secretlife.PolicyOutput { return secretlife.PolicyOutput{ARN: s.ARN(), Name: s.Name} }, f
		}})
}

func (d drawer) policy() string {
	if d.Chance(3) {
		return ""
	}
	return history.Pick(d, model.PolicyTexts...)
}

func (d drawer) getResourcePolicy() {
	at, id := d.target()
	run(
		d.machine,
		request[secretlife.GetResourcePolicyOutput]{
			secretlife.OpGetResourcePolicy,
			at,
			id,
			secretlife.GetResourcePolicyInput{SecretID: id},
			func(ctx context.Context, mg service.Service) (secretlife.GetResourcePolicyOutput, error) {
				return mg.GetResourcePolicy(ctx, secretlife.GetResourcePolicyInput{SecretID: id})
			},
			func(secretlife.GetResourcePolicyOutput) (func() secretlife.GetResourcePolicyOutput, *model.Fault) {
				s, f := d.model.GetPolicy(at, id)
				return func() secretlife.GetResourcePolicyOutput {
					return secretlife.GetResourcePolicyOutput{ARN: s.ARN(), Name: s.Name, ResourcePolicy: s.Policy}
				}, f
			},
		},
	)
}

func (d drawer) deleteResourcePolicy() {
	at, id := d.target()
	run(
		d.machine,
		request[secretlife.PolicyOutput]{
			secretlife.OpDeleteResourcePolicy,
			at,
			id,
			secretlife.DeleteResourcePolicyInput{SecretID: id},
			func(ctx context.Context, mg service.Service) (secretlife.PolicyOutput, error) {
				return mg.DeleteResourcePolicy(ctx, secretlife.DeleteResourcePolicyInput{SecretID: id})
			},
			func(secretlife.PolicyOutput) (func() secretlife.PolicyOutput, *model.Fault) {
				s, f := d.model.DeletePolicy(at, id)
				return func() secretlife.PolicyOutput { return secretlife.PolicyOutput{ARN: s.ARN(), Name: s.Name} }, f
			},
		},
	)
}
