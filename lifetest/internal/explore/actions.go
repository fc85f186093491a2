package explore

import (
	"context"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// action is one step of the small world.
type action struct {
	name string
	op   secretlife.Operation // 0 if it is not a call
	at   int                  // the Region of the call
	id   string
	call func(context.Context, *secretlife.Manager) error
	// pass lets time pass or the background work. It is set if call is nil.
	pass func(*explorer) error
	want *expectations // nil: those of the operation
	// guarded, if set, returns the expected result for a secret that is there, with its holds
	// and its protection.
	guarded func(guarded) string
	// probe means that the resulting state is checked, but not explored further.
	probe bool
}

// The small worlds: two names in two Regions, and three versions; and one name in two Regions,
// with holds and protection.
var (
	smallNames   = []string{"a", "b"}
	smallRegions = []string{"us-east-1", "eu-west-1"}
	smallTokens  = []string{history.TokenNumber(1), history.TokenNumber(2), history.TokenNumber(3)}
)

// smallPolicy lets another account read.
const smallPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
	`"Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`

func smallValue(token string) secretlife.Value {
	return secretlife.SecretString("value of " + token)
}

// calls are the calls on one name in one Region.
type calls struct {
	name string
	at   int
	list []action
}

func (c *calls) other() string { return smallRegions[1-c.at] }

func (c *calls) add(
	what string, op secretlife.Operation, call func(context.Context, *secretlife.Manager) error,
) *action {
	c.list = append(c.list, action{
		name: fmt.Sprintf("%s %s of %s in %s", op, what, c.name, smallRegions[c.at]),
		op:   op, at: c.at, id: c.name, call: call,
	})
	return &c.list[len(c.list)-1]
}

func (c *calls) creations() {
	create := func(what string, in secretlife.CreateSecretInput) {
		in.Name, in.ClientRequestToken = c.name, smallTokens[0]
		c.add(what, secretlife.OpCreateSecret, func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.CreateSecret(ctx, in)
			return err
		})
	}
	create("with a value", secretlife.CreateSecretInput{Value: smallValue(smallTokens[0])})
	create("without value", secretlife.CreateSecretInput{})
	create("with a replica", secretlife.CreateSecretInput{
		Value: smallValue(smallTokens[0]), AddReplicaRegions: []secretlife.ReplicaRegion{{Region: c.other()}},
	})
}

func (c *calls) values() {
	put := func(what, token string, stages ...secretlife.Stage) {
		c.add(what, secretlife.OpPutSecretValue, func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.PutSecretValue(ctx, secretlife.PutSecretValueInput{
				SecretID: c.name, ClientRequestToken: token, Value: smallValue(token), VersionStages: stages,
			})
			return err
		})
	}
	for _, token := range smallTokens[1:] {
		put(token, token)
	}
	put("pending", smallTokens[2], secretlife.StagePending)
	c.add("back to the first", secretlife.OpUpdateSecretVersionStage,
		func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{
				SecretID: c.name, VersionStage: secretlife.StageCurrent, MoveToVersionID: smallTokens[0],
				RemoveFromVersionID: smallTokens[1],
			})
			return err
		})
}

func (c *calls) deletions() {
	for _, days := range []int64{7, 30} {
		c.add(fmt.Sprint(days, " days"), secretlife.OpDeleteSecret,
			func(ctx context.Context, m *secretlife.Manager) error {
				_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: c.name, RecoveryWindowInDays: &days})
				return err
			}).guarded = deletion(days)
	}
	force := c.add("by force", secretlife.OpDeleteSecret, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: c.name, ForceDeleteWithoutRecovery: true})
		return err
	})
	force.want, force.guarded = &ofForce, deletion(byForce)
	c.add("", secretlife.OpRestoreSecret, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: c.name})
		return err
	}).guarded = restoration
}

func (c *calls) replications() {
	for _, overwrite := range []bool{false, true} {
		c.add(fmt.Sprint("overwriting: ", overwrite), secretlife.OpReplicateSecretToRegions,
			func(ctx context.Context, m *secretlife.Manager) error {
				_, err := m.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{
					SecretID:                    c.name,
					AddReplicaRegions:           []secretlife.ReplicaRegion{{Region: c.other()}},
					ForceOverwriteReplicaSecret: overwrite,
				})
				return err
			})
	}
	c.add("", secretlife.OpRemoveRegionsFromReplication, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{
			SecretID: c.name, RemoveReplicaRegions: []string{c.other()},
		})
		return err
	}).guarded = removal
	c.add("", secretlife.OpStopReplicationToReplica, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.StopReplicationToReplica(ctx, secretlife.SecretInput{SecretID: c.name})
		return err
	})
}

func (c *calls) rotations() {
	c.add("", secretlife.OpRotateSecret, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.RotateSecret(ctx, secretlife.RotateSecretInput{
			SecretID: c.name, ClientRequestToken: smallTokens[2], RotationLambdaARN: "function",
		})
		return err
	})
	c.add("", secretlife.OpCancelRotateSecret, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.CancelRotateSecret(ctx, secretlife.SecretInput{SecretID: c.name})
		return err
	})
}

// probes returns the calls that do not change the phase of a secret.
func probes(name string, at int) []action {
	var out []action
	text := "text"
	add := func(op secretlife.Operation, call func(context.Context, *secretlife.Manager) error) {
		out = append(
			out,
			action{
				name:  fmt.Sprintf("%s of %s in %s", op, name, smallRegions[at]),
				op:    op,
				at:    at,
				id:    name,
				call:  call,
				probe: true,
			},
		)
	}
	add(secretlife.OpReplicateSecretToRegions, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{
			SecretID: name, AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "mars-north-1"}},
		})
		return err
	})
	out[len(out)-1].want = &ofNoRegion
	add(secretlife.OpRotateSecret, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.RotateSecret(ctx, secretlife.RotateSecretInput{
			SecretID: name, ClientRequestToken: smallTokens[1] + "x", RotationLambdaARN: model.UncallableFunction,
		})
		return err
	})
	out[len(out)-1].want = &ofNoFunction
	add(secretlife.OpUpdateSecret, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: name, Description: &text})
		return err
	})
	add(secretlife.OpTagResource, func(ctx context.Context, m *secretlife.Manager) error {
		return m.TagResource(
			ctx,
			secretlife.TagResourceInput{SecretID: name, Tags: []secretlife.Tag{{Key: "k", Value: "v"}}},
		)
	})
	add(secretlife.OpPutResourcePolicy, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.PutResourcePolicy(
			ctx,
			secretlife.PutResourcePolicyInput{SecretID: name, ResourcePolicy: smallPolicy},
		)
		return err
	})
	add(secretlife.OpDeleteResourcePolicy, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.DeleteResourcePolicy(ctx, secretlife.SecretInput{SecretID: name})
		return err
	})
	add(secretlife.OpListSecrets, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.ListSecrets(ctx, secretlife.ListSecretsInput{IncludePlannedDeletion: true})
		return err
	})
	add(secretlife.OpGetSecretValue, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
		return err
	})
	add(secretlife.OpDescribeSecret, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: name})
		return err
	})
	add(secretlife.OpListSecretVersionIds, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: name})
		return err
	})
	add(secretlife.OpGetResourcePolicy, func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.GetResourcePolicy(ctx, secretlife.SecretInput{SecretID: name})
		return err
	})
	add(secretlife.OpUntagResource, func(ctx context.Context, m *secretlife.Manager) error {
		return m.UntagResource(ctx, secretlife.UntagResourceInput{SecretID: name, TagKeys: []string{"k"}})
	})
	return out
}

// timeActions returns the steps in which time passes and the background works.
func timeActions() []action {
	to := func(name string, off time.Duration) action {
		return action{name: name, pass: func(x *explorer) error {
			for _, t := range x.from.deadlines() {
				if t = t.Add(off); t.After(x.from.now) {
					x.clock.now = t
					return nil
				}
			}
			return nil
		}}
	}
	return []action{
		to("time passes to just before a deadline", -time.Millisecond),
		to("time passes to a deadline", 0),
		{name: "the purger does all that is due", pass: func(x *explorer) error {
			_, err := secretlife.NewPurger(x.managers[0]).RunDue(context.Background())
			return err
		}},
		{name: "the purger does what is due first", pass: func(x *explorer) error {
			_, _, err := secretlife.NewPurger(x.managers[0]).Step(context.Background())
			return err
		}},
	}
}
