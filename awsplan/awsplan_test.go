package awsplan_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
	"github.com/secretlife-go/secretlife/awsplan"
	"github.com/secretlife-go/secretlife/plan"
)

// waited is the clock of a fake, on which waiting lets the time pass.
type waited struct {
	*awsfake.Fake
	waits []time.Duration
}

func (c *waited) Now() time.Time { return c.Clock.Now() }

func (c *waited) After(d time.Duration) <-chan time.Time {
	c.waits = append(c.waits, d)
	c.Advance(d)
	ch := make(chan time.Time, 1)
	ch <- c.Now()
	return ch
}

// world is a fake, its clock, and the option of that.
func world(t *testing.T, edits ...func(*awsfake.Options)) (*awsfake.Fake, *waited, func(*awsplan.Options)) {
	f := awsfake.New(t, edits...)
	clock := &waited{Fake: f}
	return f, clock, func(o *awsplan.Options) { o.Clock = clock }
}

// late is a service as AWS is: deletions show late, and purges take a while.
func late(o *awsfake.Options) {
	o.Emulate.DescribeLag = secretlife.FixedDelay(5 * time.Second)
	o.Emulate.ListLag = secretlife.FixedDelay(time.Minute)
	o.Emulate.PurgeDelay = secretlife.FixedDelay(90 * time.Second)
	o.Emulate.ReplicaRemovalLag = secretlife.FixedDelay(time.Minute)
}

func input(value string) *secretsmanager.CreateSecretInput {
	return &secretsmanager.CreateSecretInput{Name: aws.String("a"), SecretString: aws.String(value),
		Description: aws.String("of " + value), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String(value)}}}
}

func create(t *testing.T, f *awsfake.Fake) string {
	t.Helper()
	out, err := f.Client.CreateSecret(t.Context(), input("one"))
	require.NoError(t, err)
	return *out.ARN
}

func remove(t *testing.T, f *awsfake.Fake, days int64) {
	t.Helper()
	in := &secretsmanager.DeleteSecretInput{SecretId: aws.String("a")}
	if days == 0 {
		in.ForceDeleteWithoutRecovery = aws.Bool(true)
	} else {
		in.RecoveryWindowInDays = &days
	}
	_, err := f.Client.DeleteSecret(t.Context(), in)
	require.NoError(t, err)
}

// has requires that the secret a has a value, and the description and tag that go with it.
func has(t *testing.T, f *awsfake.Fake, value string) {
	t.Helper()
	got, err := f.Client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("a")})
	require.NoError(t, err)
	require.Equal(t, value, *got.SecretString)
	d, err := f.Client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String("a")})
	require.NoError(t, err)
	require.Equal(t, "of "+value, *d.Description)
	require.Equal(t, value, *d.Tags[0].Value)
}

func TestEnsure(t *testing.T) {
	for _, service := range []struct {
		name  string
		edits []func(*awsfake.Options)
	}{{"at once", nil}, {"late", []func(*awsfake.Options){late}}} {
		for _, c := range []struct {
			name    string
			prepare func(t *testing.T, f *awsfake.Fake)
			want    awsplan.Ensured
		}{
			{"nothing", func(*testing.T, *awsfake.Fake) {}, awsplan.Ensured{Created: true}},
			{"a secret", func(t *testing.T, f *awsfake.Fake) { create(t, f) }, awsplan.Ensured{}},
			{"a scheduled secret", func(t *testing.T, f *awsfake.Fake) { create(t, f); remove(t, f, 7) },
				awsplan.Ensured{Restored: true}},
			{"a secret deleted by force", func(t *testing.T, f *awsfake.Fake) { create(t, f); remove(t, f, 0) },
				awsplan.Ensured{Created: true}},
		} {
			t.Run(service.name+"/"+c.name, func(t *testing.T) {
				f, _, clock := world(t, service.edits...)
				c.prepare(t, f)
				got, err := awsplan.Ensure(t.Context(), f.Client, input("two"), clock)
				require.NoError(t, err)
				require.Equal(t, c.want.Created, got.Created)
				require.Equal(t, c.want.Restored, got.Restored)
				require.NotEmpty(t, got.VersionID)
				has(t, f, "two")
			})
		}
	}

	t.Run("every answer is lost once", func(t *testing.T) {
		f, _, clock := world(t)
		create(t, f)
		remove(t, f, 7)
		for _, op := range []secretlife.Operation{secretlife.OpDescribeSecret, secretlife.OpRestoreSecret,
			secretlife.OpUpdateSecret, secretlife.OpTagResource} {
			f.Fail(awsfake.Failure{Operation: op, Times: 1, Effect: awsfake.AnswerLost()})
		}
		got, err := awsplan.Ensure(t.Context(), f.Client, input("two"), clock)
		require.NoError(t, err)
		require.True(t, got.Restored)
		require.False(t, got.Created)
		has(t, f, "two")
		versions, err := f.Client.ListSecretVersionIds(t.Context(),
			&secretsmanager.ListSecretVersionIdsInput{SecretId: aws.String("a"), IncludeDeprecated: aws.Bool(true)})
		require.NoError(t, err)
		require.Len(t, versions.Versions, 2)
	})

	t.Run("throttling and outages are waited for", func(t *testing.T) {
		f, clock, edit := world(t)
		f.Fail(awsfake.Failure{Times: 2, Effect: awsfake.Throttling()})
		f.Fail(awsfake.Failure{Skip: 2, Times: 2, Effect: awsfake.Status(503)})
		_, err := awsplan.Ensure(t.Context(), f.Client, input("two"), edit)
		require.NoError(t, err)
		require.Len(t, clock.waits, 4)
	})

	t.Run("what can't succeed fails at once", func(t *testing.T) {
		f, clock, edit := world(t)
		f.Fail(awsfake.Failure{Effect: awsfake.Exception("AccessDeniedException", "no")})
		_, err := awsplan.Ensure(t.Context(), f.Client, input("two"), edit)
		require.ErrorContains(t, err, "AccessDeniedException")
		require.Empty(t, clock.waits)
	})

	t.Run("patience ends, and so does a context", func(t *testing.T) {
		f, _, edit := world(t, func(o *awsfake.Options) { o.Emulate.PurgeDelay = secretlife.FixedDelay(time.Hour) })
		create(t, f)
		remove(t, f, 0)
		began := f.Clock.Now()
		_, err := awsplan.Ensure(t.Context(), f.Client, input("two"), edit)
		require.ErrorContains(t, err, "gave up after 10m0s")
		require.LessOrEqual(t, f.Clock.Now().Sub(began), 10*time.Minute)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = awsplan.Ensure(ctx, f.Client, input("two"), edit)
		require.ErrorIs(t, err, context.Canceled)
	})

	t.Run("helpers that begin together don't try together", func(t *testing.T) {
		f, clock, edit := world(t, late)
		create(t, f)
		remove(t, f, 0)
		_, err := awsplan.Ensure(t.Context(), f.Client, input("two"), edit)
		require.NoError(t, err)
		require.Greater(t, len(clock.waits), 2)
		again, clock2, edit2 := world(t, late)
		create(t, again)
		remove(t, again, 0)
		_, err = awsplan.Ensure(t.Context(), again.Client, input("two"), edit2)
		require.NoError(t, err)
		require.NotEqual(t, clock.waits, clock2.waits)
	})
}

func TestDeleteAndWait(t *testing.T) {
	for name, edits := range map[string][]func(*awsfake.Options){"at once": nil, "late": {late}} {
		t.Run(name, func(t *testing.T) {
			f, _, clock := world(t, edits...)
			create(t, f)
			_, err := f.Client.ReplicateSecretToRegions(t.Context(), &secretsmanager.ReplicateSecretToRegionsInput{
				SecretId: aws.String("a"), AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-1")}}})
			require.NoError(t, err)
			f.Advance(time.Minute)
			require.NoError(t, awsplan.DeleteAndWait(t.Context(), f.Client, "a", clock))
			create(t, f)
			remove(t, f, 7)
			require.NoError(t, awsplan.DeleteAndWait(t.Context(), f.Client, "a", clock))
			arn := create(t, f)
			require.NoError(t, awsplan.DeleteAndWait(t.Context(), f.Client, arn, clock))
			require.NoError(t, awsplan.DeleteAndWait(t.Context(), f.Client, arn, clock), "it is gone already")
			create(t, f)
			require.NoError(t, awsplan.DeleteAndWait(t.Context(), f.Client, arn, clock))
			has(t, f, "one")
		})
	}

	t.Run("lost answers", func(t *testing.T) {
		f, _, clock := world(t, late)
		create(t, f)
		f.Fail(awsfake.Failure{Operation: secretlife.OpDeleteSecret, Times: 2, Effect: awsfake.AnswerLost()})
		require.NoError(t, awsplan.DeleteAndWait(t.Context(), f.Client, "a", clock))
		create(t, f)
	})

	t.Run("what is in the way", func(t *testing.T) {
		f, _, clock := world(t)
		create(t, f)
		_, err := f.Client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("a"),
			SecretString: aws.String("two"), VersionStages: []string{"AWSPENDING"}})
		require.NoError(t, err)
		var stopped *plan.StoppedError
		require.ErrorAs(t, awsplan.DeleteAndWait(t.Context(), f.Client, "a", clock), &stopped)
		require.Equal(t, plan.Rotating, stopped.Blocker.Kind)
		require.ErrorIs(t, awsplan.DeleteAndWait(t.Context(), f.Client, "a b", clock), plan.ErrSelector)
	})
}

func TestRestoreAll(t *testing.T) {
	for name, edits := range map[string][]func(*awsfake.Options){"at once": nil, "late": {late}} {
		t.Run(name, func(t *testing.T) {
			f, _, clock := world(t, edits...)
			var want []string
			for i := range 5 {
				name := fmt.Sprintf("old/%d", i)
				want = append(want, name)
				_, err := f.Client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name})
				require.NoError(t, err)
				_, err = f.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: &name})
				require.NoError(t, err)
			}
			f.Advance(2 * time.Minute) // lists show it
			f.Fail(awsfake.Failure{Operation: secretlife.OpRestoreSecret, Skip: 1, Times: 1, Effect: awsfake.AnswerLost()})
			f.Fail(awsfake.Failure{Operation: secretlife.OpRestoreSecret, Skip: 2, Times: 1, Effect: awsfake.Cut()})
			got, err := awsplan.RestoreAll(t.Context(), f.Client, plan.Selector{Prefix: "old/"}, clock)
			require.NoError(t, err)
			require.Equal(t, want, got)
			for _, name := range want {
				s, err := f.Manager.Secret(t.Context(), name)
				require.NoError(t, err)
				require.Equal(t, secretlife.PhaseActive, s.Phase(f.Clock.Now()))
			}
		})
	}

	t.Run("those that can be restored are, without the others", func(t *testing.T) {
		f, _, clock := world(t)
		create(t, f)
		remove(t, f, 7)
		got, err := awsplan.RestoreAll(t.Context(), f.Client, plan.Selector{Names: []string{"a", "b"}}, clock)
		require.Equal(t, []string{"a"}, got)
		var stopped *plan.StoppedError
		require.ErrorAs(t, err, &stopped)
		require.Equal(t, plan.NotFound, stopped.Blocker.Kind)
	})
}

// TestPlansOverTheWire checks that a plan of the SDK's client says what one of the Manager says, but
// for what the wire does not show, and that it waits for what is late.
func TestPlansOverTheWire(t *testing.T) {
	f, _, clock := world(t, late)
	create(t, f)
	_, err := f.Client.ReplicateSecretToRegions(t.Context(), &secretsmanager.ReplicateSecretToRegionsInput{
		SecretId: aws.String("a"), AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-1")}}})
	require.NoError(t, err)
	f.Advance(2 * time.Minute)
	service, all := awsplan.New(f.Client, clock), plan.Selector{All: true}
	p, err := plan.Delete(t.Context(), service, all, secretlife.Window(7))
	require.NoError(t, err)
	inProcess, err := plan.Delete(t.Context(), f.Manager, all, secretlife.Window(7))
	require.NoError(t, err)
	require.Equal(t, inProcess, p)

	require.NoError(t, plan.Apply(t.Context(), service, p, nil))
	again, err := plan.Delete(t.Context(), service, all, secretlife.Window(7))
	require.NoError(t, err)
	require.Empty(t, again.Secrets[0].Blockers, "the deletion does not show yet")
	require.NoError(t, plan.Apply(t.Context(), service, again, nil))
	f.Advance(time.Minute)
	p, err = plan.Delete(t.Context(), service, all, secretlife.Window(7))
	require.NoError(t, err)
	require.Equal(t, plan.AlreadyScheduled, p.Secrets[0].Blockers[0].Kind)
	require.Regexp(t, "between 20.* and 20", p.Secrets[0].Blockers[0].Reason, "the wire does not say the DeletionDate")

	recreate, err := plan.Recreate(t.Context(), service, all, plan.ActionForce)
	require.NoError(t, err)
	require.NoError(t, plan.Apply(t.Context(), service, recreate, nil))
	create(t, f)
}

// TestRefusalsBeyondAWS checks that what a hold or a protection refuses is known for that, and not tried
// again.
func TestRefusalsBeyondAWS(t *testing.T) {
	for kind, guard := range map[plan.BlockerKind]func(f *awsfake.Fake) error{
		plan.Held: func(f *awsfake.Fake) error {
			_, err := f.Manager.PlaceHold(t.Context(), "a", secretlife.Hold{Name: "case-17"})
			return err
		},
		plan.Protected: func(f *awsfake.Fake) error {
			_, err := f.Manager.ProtectSecret(t.Context(), "a", secretlife.Protection{MinimumWindow: 14})
			return err
		},
	} {
		f, clock, options := world(t)
		create(t, f)
		require.NoError(t, guard(f))
		f.ForgetCalls()
		var stopped *plan.StoppedError
		require.ErrorAs(t, awsplan.DeleteAndWait(t.Context(), f.Client, "a", options), &stopped)
		require.Equal(t, kind, stopped.Blocker.Kind, stopped)
		require.Len(t, f.Calls().Of(secretlife.OpDeleteSecret), 1)
		require.Empty(t, clock.waits)
	}
}
