package lifetest

import (
	"context"

	"github.com/secretlife-go/secretlife"
)

// none is the answer of operations that have none.
type none struct{}

func (d drawer) createSecret() {
	at, name := d.place(), d.name()
	if d.chance(4) {
		name = d.anyID()
	}
	in := secretlife.CreateSecretInput{Name: name, ClientRequestToken: d.token(at, name)}
	if d.chance(85) {
		in.Value = d.value(at, name, in.ClientRequestToken)
	}
	if d.chance(30) {
		in.Description, in.KmsKeyID, in.Type = pick(d, "", "text"), pick(d, "", "alias/mine"), pick(d, "", "t")
		in.Tags = d.tags()
	}
	if d.chance(20) {
		in.AddReplicaRegions, in.ForceOverwriteReplicaSecret = d.targets(), d.chance(50)
	}
	d.doCreate(at, in)
}

func (m *machine) doCreate(at place, in secretlife.CreateSecretInput) {
	run(m, request[secretlife.CreateSecretOutput]{secretlife.OpCreateSecret, at, in.Name, in,
		func(ctx context.Context, mg Service) (secretlife.CreateSecretOutput, error) {
			return mg.CreateSecret(ctx, in)
		},
		func(got secretlife.CreateSecretOutput) (func() secretlife.CreateSecretOutput, *fault) {
			token := in.ClientRequestToken
			if token == "" {
				token = got.VersionID
			}
			s, f := m.model.create(at, in, token)
			return func() secretlife.CreateSecretOutput {
				out := secretlife.CreateSecretOutput{ARN: s.arn(), Name: s.name, ReplicationStatus: s.status()}
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
	switch n := d.below(10); {
	case n < 3:
	case n < 6:
		in.ForceDeleteWithoutRecovery = true
	case n < 9:
		in.RecoveryWindowInDays = secretlife.Days(pick(d, int64(7), 7, 8, 30))
	default:
		in.RecoveryWindowInDays = anyWindow(d)
		in.ForceDeleteWithoutRecovery = d.chance(50)
	}
	d.doDelete(at, in)
}

func (m *machine) doDelete(at place, in secretlife.DeleteSecretInput) {
	run(m, request[secretlife.DeleteSecretOutput]{secretlife.OpDeleteSecret, at, in.SecretID, in,
		func(ctx context.Context, mg Service) (secretlife.DeleteSecretOutput, error) {
			return mg.DeleteSecret(ctx, in)
		},
		func(got secretlife.DeleteSecretOutput) (func() secretlife.DeleteSecretOutput, *fault) {
			s, f := m.model.remove(at, in)
			return func() secretlife.DeleteSecretOutput {
				if s == nil {
					return m.model.deletedNothing(at, in.SecretID, got.ARN)
				}
				return secretlife.DeleteSecretOutput{ARN: s.arn(), Name: s.name, DeletionDate: instant(s.date)}
			}, f
		}})
}

func (d drawer) restoreSecret() {
	at, id := d.target()
	run(d.machine, request[secretlife.RestoreSecretOutput]{secretlife.OpRestoreSecret, at, id, secretlife.RestoreSecretInput{SecretID: id},
		func(ctx context.Context, mg Service) (secretlife.RestoreSecretOutput, error) {
			return mg.RestoreSecret(ctx, secretlife.RestoreSecretInput{SecretID: id})
		},
		func(secretlife.RestoreSecretOutput) (func() secretlife.RestoreSecretOutput, *fault) {
			s, f := d.model.restore(at, id)
			return func() secretlife.RestoreSecretOutput {
				return secretlife.RestoreSecretOutput{ARN: s.arn(), Name: s.name}
			}, f
		}})
}

func (d drawer) describeSecret() {
	at, id := d.target()
	run(d.machine, request[secretlife.DescribeSecretOutput]{secretlife.OpDescribeSecret, at, id, secretlife.DescribeSecretInput{SecretID: id},
		func(ctx context.Context, mg Service) (secretlife.DescribeSecretOutput, error) {
			return mg.DescribeSecret(ctx, secretlife.DescribeSecretInput{SecretID: id})
		},
		func(secretlife.DescribeSecretOutput) (func() secretlife.DescribeSecretOutput, *fault) {
			s, f := d.model.describe(at, id)
			return func() secretlife.DescribeSecretOutput { return d.model.description(s) }, f
		}})
}

func (d drawer) tagResource() {
	at, id := d.target()
	in := secretlife.TagResourceInput{SecretID: id, Tags: d.tags()}
	run(d.machine, request[none]{secretlife.OpTagResource, at, id, in,
		func(ctx context.Context, mg Service) (none, error) {
			return none{}, mg.TagResource(ctx, in)
		},
		func(none) (func() none, *fault) { return nothing, d.model.tagResource(at, in) }})
}

func nothing() none { return none{} }

func (d drawer) untagResource() {
	at, id := d.target()
	in := secretlife.UntagResourceInput{SecretID: id}
	for _, t := range d.tags() {
		in.TagKeys = append(in.TagKeys, t.Key)
	}
	run(d.machine, request[none]{secretlife.OpUntagResource, at, id, in,
		func(ctx context.Context, mg Service) (none, error) {
			return none{}, mg.UntagResource(ctx, in)
		},
		func(none) (func() none, *fault) { return nothing, d.model.untagResource(at, in) }})
}

func (d drawer) putResourcePolicy() {
	at, id := d.target()
	in := secretlife.PutResourcePolicyInput{SecretID: id, ResourcePolicy: d.policy(), BlockPublicPolicy: d.chance(50)}
	run(d.machine, request[secretlife.PolicyOutput]{secretlife.OpPutResourcePolicy, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.PolicyOutput, error) {
			return mg.PutResourcePolicy(ctx, in)
		},
		func(secretlife.PolicyOutput) (func() secretlife.PolicyOutput, *fault) {
			s, f := d.model.putPolicy(at, in)
			return func() secretlife.PolicyOutput { return secretlife.PolicyOutput{ARN: s.arn(), Name: s.name} }, f
		}})
}

func (d drawer) policy() string {
	if d.chance(3) {
		return ""
	}
	return pick(d, policyTexts...)
}

func (d drawer) getResourcePolicy() {
	at, id := d.target()
	run(d.machine, request[secretlife.GetResourcePolicyOutput]{secretlife.OpGetResourcePolicy, at, id, secretlife.GetResourcePolicyInput{SecretID: id},
		func(ctx context.Context, mg Service) (secretlife.GetResourcePolicyOutput, error) {
			return mg.GetResourcePolicy(ctx, secretlife.GetResourcePolicyInput{SecretID: id})
		},
		func(secretlife.GetResourcePolicyOutput) (func() secretlife.GetResourcePolicyOutput, *fault) {
			s, f := d.model.getPolicy(at, id)
			return func() secretlife.GetResourcePolicyOutput {
				return secretlife.GetResourcePolicyOutput{ARN: s.arn(), Name: s.name, ResourcePolicy: s.policy}
			}, f
		}})
}

func (d drawer) deleteResourcePolicy() {
	at, id := d.target()
	run(d.machine, request[secretlife.PolicyOutput]{secretlife.OpDeleteResourcePolicy, at, id, secretlife.DeleteResourcePolicyInput{SecretID: id},
		func(ctx context.Context, mg Service) (secretlife.PolicyOutput, error) {
			return mg.DeleteResourcePolicy(ctx, secretlife.DeleteResourcePolicyInput{SecretID: id})
		},
		func(secretlife.PolicyOutput) (func() secretlife.PolicyOutput, *fault) {
			s, f := d.model.deletePolicy(at, id)
			return func() secretlife.PolicyOutput { return secretlife.PolicyOutput{ARN: s.arn(), Name: s.name} }, f
		}})
}
