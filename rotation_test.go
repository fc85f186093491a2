package secretlife_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

const (
	function     = "arn:aws:lambda:us-east-1:123456789012:function:rotate"
	textRotating = "A previous rotation isn't complete. That rotation will be reattempted."
	textNoLambda = "No Lambda rotation function ARN is associated with this secret."
	textDenied   = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy " +
		"grants access to the principal secretsmanager.amazonaws.com."
)

// rotationFunction is a rotation function as the user guide describes one: it does each
// step once, however often it is called.
type rotationFunction struct {
	mu    sync.Mutex
	calls []string
	fail  map[secretlife.RotationStep]error
	meet  func(secretlife.RotationRequest) // called before each step
}

func (r *rotationFunction) Rotate(ctx context.Context, in secretlife.RotationRequest) error {
	r.mu.Lock()
	r.calls = append(r.calls, string(in.Step))
	meet := r.meet
	r.mu.Unlock()
	if meet != nil {
		meet(in)
	}
	r.mu.Lock()
	fail := r.fail[in.Step]
	r.mu.Unlock()
	if fail != nil {
		return fail
	}
	switch in.Step {
	case secretlife.StepCreateSecret:
		return r.createSecret(ctx, in)
	case secretlife.StepFinishSecret:
		return r.finishSecret(ctx, in)
	}
	return nil
}

func (r *rotationFunction) createSecret(ctx context.Context, in secretlife.RotationRequest) error {
	_, err := in.Manager.GetSecretValue(ctx, secretlife.GetSecretValueInput{
		SecretID: in.SecretID, VersionID: in.ClientRequestToken, VersionStage: secretlife.StagePending,
	})
	if !errors.Is(err, secretlife.ErrVersionNotFound) {
		return err
	}
	_, err = in.Manager.PutSecretValue(ctx, secretlife.PutSecretValueInput{
		SecretID: in.SecretID, ClientRequestToken: in.ClientRequestToken, RotationToken: in.RotationToken,
		Value:         secretlife.SecretString("new of " + in.ClientRequestToken),
		VersionStages: []secretlife.Stage{secretlife.StagePending},
	})
	return err
}

func (r *rotationFunction) finishSecret(ctx context.Context, in secretlife.RotationRequest) error {
	d, err := in.Manager.DescribeSecret(ctx, secretlife.SecretInput{SecretID: in.SecretID})
	if err != nil {
		return err
	}
	move := secretlife.UpdateSecretVersionStageInput{SecretID: in.SecretID, VersionStage: secretlife.StageCurrent,
		MoveToVersionID: in.ClientRequestToken}
	for id, stages := range d.VersionIDsToStages {
		for _, s := range stages {
			if s == secretlife.StageCurrent {
				move.RemoveFromVersionID = id
			}
		}
	}
	if move.RemoveFromVersionID == in.ClientRequestToken {
		return nil
	}
	_, err = in.Manager.UpdateSecretVersionStage(ctx, move)
	return err
}

func (r *rotationFunction) failing(step secretlife.RotationStep, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = map[secretlife.RotationStep]error{step: err}
}

var allSteps = []string{"createSecret", "setSecret", "testSecret", "finishSecret"}

// monthly is a schedule that only knows the first of every month, at 16:00.
type monthly struct{}

func (monthly) Next(after time.Time) (time.Time, bool) {
	at := time.Date(after.Year(), after.Month(), 1, 16, 0, 0, 0, time.UTC)
	for !at.After(after) {
		at = time.Date(at.Year(), at.Month()+1, 1, 16, 0, 0, 0, time.UTC)
	}
	return at, true
}

func newRotating(t *testing.T) (*world, *rotationFunction) {
	r := &rotationFunction{}
	w := newWorld(t, func(o *secretlife.Options) {
		o.Rotator = r.Rotate
		o.ParseSchedule = func(expression string) (secretlife.Schedule, error) {
			if expression != "cron(0 16 1 * ? *)" {
				return nil, errors.New("not the first of the month")
			}
			return monthly{}, nil
		}
	})
	w.create("s")
	return w, r
}

func (w *world) rotate(token string, edits ...func(*secretlife.RotateSecretInput)) error {
	in := secretlife.RotateSecretInput{SecretID: "s", ClientRequestToken: token, RotationLambdaARN: function}
	for _, edit := range edits {
		edit(&in)
	}
	_, err := w.RotateSecret(ctx, in)
	return err
}

func rules(r secretlife.RotationRules) func(*secretlife.RotateSecretInput) {
	return func(in *secretlife.RotateSecretInput) { in.RotationRules = &r }
}

func (w *world) describe(name string) secretlife.SecretDetails {
	w.t.Helper()
	out, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: name})
	require.NoError(w.t, err)
	return out
}

// stages are the staging labels of a secret, by version.
func (w *world) stages(name string) map[string][]secretlife.Stage {
	return w.describe(name).VersionIDsToStages
}

// told are the names of the events after the first n.
func (w *world) told(n int) []string {
	var out []string
	for _, e := range w.events()[n:] {
		out = append(out, e.Name())
	}
	return out
}

func TestRotation(t *testing.T) {
	t.Run("by a function", func(t *testing.T) {
		w, r := newRotating(t)
		before := len(w.events())
		r.meet = func(in secretlife.RotationRequest) {
			require.Equal(t, function, in.FunctionARN)
			require.Equal(t, w.load("s").ARN().String(), in.SecretID)
			require.Equal(t, tokenB, in.ClientRequestToken)
			// A function over HTTP makes the endpoint look for work.
			report, err := w.purger.RunDue(ctx)
			require.NoError(t, err)
			require.Empty(t, report, "the rotation has begun already")
		}
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 30})))
		require.Equal(t, map[string][]secretlife.Stage{tokenA: {secretlife.StageCurrent}, tokenB: {secretlife.StagePending}},
			w.stages("s"))
		require.Empty(t, r.calls, "the call returns before the rotation")
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s", VersionID: tokenB})
		requireError(t, err, "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for VersionId: "+tokenB)
		_, err = w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s", VersionStage: secretlife.StagePending})
		requireError(t, err, "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for staging label: AWSPENDING")

		report := w.advance(0)
		require.Len(t, report, 1)
		require.Equal(t, secretlife.WorkRotate, report[0].Work)
		require.Equal(t, allSteps, r.calls)
		require.Equal(t, map[string][]secretlife.Stage{
			tokenA: {secretlife.StagePrevious}, tokenB: {secretlife.StageCurrent, secretlife.StagePending},
		}, w.stages("s"))
		got, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s"})
		require.NoError(t, err)
		require.Equal(t, "new of "+tokenB, got.Value.Reveal())
		require.Equal(t, []string{"RotateSecret", "RotationStarted", "PutSecretValue", "UpdateSecretVersionStage",
			"RotationSucceeded", "GetSecretValue"}, w.told(before))

		d := w.describe("s")
		require.True(t, *d.RotationEnabled)
		require.Equal(t, function, d.RotationLambdaARN)
		require.Equal(t, start, d.LastRotatedDate)
		require.Equal(t, time.Date(2018, 5, 3, 23, 59, 59, 0, time.UTC), d.NextRotationDate)

		r.calls, r.meet = nil, nil
		w.advance(29 * aDay)
		require.Empty(t, r.calls)
		w.advance(aDay)
		require.Equal(t, allSteps, r.calls)
		require.Equal(t, time.Date(2018, 5, 3, 0, 0, 0, 0, time.UTC), w.describe("s").LastRotatedDate,
			"when its window opens")
		list, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		require.Equal(t, w.describe("s").RotationDetails, list.SecretList[0].RotationDetails)
	})

	t.Run("same token again", func(t *testing.T) {
		w, r := newRotating(t)
		require.NoError(t, w.rotate(tokenB))
		require.NoError(t, w.rotate(tokenB), "while it goes on")
		w.advance(0)
		require.NoError(t, w.rotate(tokenB), "after it has ended")
		w.advance(aDay)
		require.Equal(t, allSteps, r.calls)
	})

	t.Run("of a primary", func(t *testing.T) {
		w, _ := newRotating(t)
		_, err := w.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "s",
			AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "eu-west-1"}}})
		require.NoError(t, err)
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 10})))
		w.advance(0)
		there := w.in("123456789012", "eu-west-1")
		got, err := there.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s"})
		require.NoError(t, err)
		require.Equal(t, "new of "+tokenB, got.Value.Reveal())
		d, err := there.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err)
		require.Nil(t, d.RotationEnabled, "it is the primary that is rotated")
		_, err = there.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "s", RotationLambdaARN: function})
		requireError(t, err, "InvalidParameterException", textReplica)
	})

	t.Run("secret without value", func(t *testing.T) {
		w, _ := newRotating(t)
		w.create("empty", func(in *secretlife.CreateSecretInput) { in.Value = secretlife.Value{} })
		_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "empty", RotationLambdaARN: function,
			ClientRequestToken: tokenB})
		require.NoError(t, err)
		roundTrip(t, w.load("empty"))
		w.advance(0)
		require.Equal(t, map[string][]secretlife.Stage{tokenB: {secretlife.StageCurrent, secretlife.StagePending}},
			w.stages("empty"))
		require.Len(t, w.load("empty").Versions(), 1)
		roundTrip(t, w.load("empty"))
	})

	t.Run("two purgers", func(t *testing.T) {
		w, r := newRotating(t)
		other := secretlife.NewPurger(w.Manager)
		r.meet = func(secretlife.RotationRequest) {
			report, err := other.RunDue(ctx)
			require.NoError(t, err)
			require.Empty(t, report)
		}
		require.NoError(t, w.rotate(tokenB))
		w.advance(0)
		require.Equal(t, allSteps, r.calls)
	})

	t.Run("state round trip", func(t *testing.T) {
		w, r := newRotating(t)
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{ScheduleExpression: "rate(10 days)",
			Duration: "3h"}), func(in *secretlife.RotateSecretInput) {
			in.ExternalSecretRotationRoleARN = "arn:aws:iam::123456789012:role/r"
			in.ExternalSecretRotationMetadata = []secretlife.Tag{{Key: "k", Value: "v"}}
		}))
		roundTrip(t, w.load("s"))
		r.failing(secretlife.StepFinishSecret, errors.New("no"))
		w.advance(0)
		roundTrip(t, w.load("s"))
		r.failing("", nil)
		w.advance(hour)
		roundTrip(t, w.load("s"))
		require.Equal(t, int64(10), w.describe("s").RotationRules.AutomaticallyAfterDays)
		for _, e := range w.events() {
			data, err := json.Marshal(e)
			require.NoError(t, err)
			require.NotContains(t, string(data), "new of")
			var back secretlife.Event
			require.NoError(t, json.Unmarshal(data, &back))
			again, err := json.Marshal(back)
			require.NoError(t, err)
			require.JSONEq(t, string(data), string(again))
		}
	})
}

func TestRotationFailure(t *testing.T) {
	t.Run("retries", func(t *testing.T) {
		w, r := newRotating(t)
		r.failing(secretlife.StepSetSecret, errors.New("hunter2 was refused"))
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 10})))
		w.advance(0)
		require.Equal(t, allSteps[:2], r.calls)
		last := w.events()[len(w.events())-1]
		require.Equal(t, "RotationFailed", last.Name())
		require.Equal(t, "The rotation function failed in the step setSecret.", last.ErrorMessage())
		_, _, refused := last.Refusal()
		require.False(t, refused)
		requireError(t, w.rotate(tokenC), "InvalidRequestException", textRotating)
		require.ErrorIs(t, w.rotate(tokenC), secretlife.ErrRotationInProgress)

		w.advance(hour - time.Millisecond)
		require.Len(t, r.calls, 2)
		w.advance(time.Millisecond)
		require.Len(t, r.calls, 4, "an hour later")
		w.advance(9 * aDay)
		require.Len(t, r.calls, 10, "five times")
		w.advance(aDay)
		require.Len(t, r.calls, 12, "and when the next window opens")
		r.failing("", nil)
		w.advance(10 * aDay)
		require.Contains(t, w.stages("s")[tokenB], secretlife.StageCurrent, "with the same token")
		require.NotZero(t, w.describe("s").LastRotatedDate)
	})

	t.Run("not finished", func(t *testing.T) {
		w, r := newRotating(t)
		lazy := func(context.Context, secretlife.RotationRequest) error { return nil }
		m, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Clock, o.Rotator = w.clock, lazy })
		require.NoError(t, err)
		require.NoError(t, w.rotate(tokenB))
		_, err = secretlife.NewPurger(m).RunDue(ctx)
		require.NoError(t, err)
		last := w.events()[len(w.events())-1]
		require.Equal(t, "The rotation function ended without moving AWSCURRENT to the new version.", last.ErrorMessage())
		require.Empty(t, r.calls)
	})

	// The store has secrets that are to be rotated, and the process has no rotation functions.
	t.Run("no Rotator", func(t *testing.T) {
		store := memstore.New()
		w := newWorldOver(t, store, func(o *secretlife.Options) { o.Rotator = new(rotationFunction).Rotate })
		w.create("s")
		require.NoError(t, w.rotate(tokenB))
		m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = w.clock })
		require.NoError(t, err)
		p := secretlife.NewPurger(m)
		_, err = p.Advance(ctx, hour)
		require.ErrorContains(t, err, "there is no Rotator")
		require.Len(t, p.Stuck(), 1)
	})

	// The function does not return before the end. Purges do not wait for it.
	t.Run("slow function", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			rotating := false
			slow := func(ctx context.Context, _ secretlife.RotationRequest) error {
				rotating = true
				<-ctx.Done()
				return ctx.Err()
			}
			m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Rotator = slow })
			require.NoError(t, err)
			hourly := func(o *secretlife.PurgerOptions) { o.Interval = time.Hour }
			run, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- secretlife.NewPurger(m, hourly).Run(run) }()
			for _, name := range []string{"rotating", "dying"} {
				_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("v")})
				require.NoError(t, err)
			}
			_, err = m.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "rotating", RotationLambdaARN: function})
			require.NoError(t, err)
			_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "dying",
				RecoveryWindowInDays: secretlife.Days(7)})
			require.NoError(t, err)
			time.Sleep(7*aDay + time.Hour)
			synctest.Wait()
			_, err = m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "dying"})
			require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
			require.True(t, rotating)
			stop()
			require.NoError(t, <-ended)
		})
	})
}

func TestRotationAbandoned(t *testing.T) {
	t.Run("by a value written by hand", func(t *testing.T) {
		w, r := newRotating(t)
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 10})))
		before := len(w.events())
		w.clock.Set(start.Add(3 * aDay))
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", ClientRequestToken: tokenC,
			Value: secretlife.SecretString("by hand")})
		require.NoError(t, err)
		require.Equal(t, []string{"PutSecretValue", "RotationAbandoned"}, w.told(before))
		require.Equal(t, map[string][]secretlife.Stage{tokenA: {secretlife.StagePrevious}, tokenC: {secretlife.StageCurrent}},
			w.stages("s"))
		require.Equal(t, time.Date(2018, 4, 16, 23, 59, 59, 0, time.UTC), w.describe("s").NextRotationDate,
			"it counts as a rotation")
		w.advance(hour)
		require.Empty(t, r.calls)
	})

	t.Run("between its steps", func(t *testing.T) {
		w, r := newRotating(t)
		r.meet = func(in secretlife.RotationRequest) {
			if in.Step == secretlife.StepTestSecret {
				byHand := secretlife.SecretString("by hand")
				_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", Value: byHand})
				require.NoError(t, err)
			}
		}
		require.NoError(t, w.rotate(tokenB))
		w.advance(aDay)
		require.Equal(t, allSteps[:3], r.calls, "and no more")
		require.NotContains(t, w.told(0), "RotationFailed")
		got, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s"})
		require.NoError(t, err)
		require.Equal(t, "by hand", got.Value.Reveal())
	})

	// A replica waits for the value that was written by hand while the rotation function ran.
	t.Run("work afterwards", func(t *testing.T) {
		w, r := newRotating(t)
		_, err := w.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "s",
			AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "eu-west-1"}}})
		require.NoError(t, err)
		r.failing(secretlife.StepCreateSecret, errors.New("no"))
		require.NoError(t, w.rotate(tokenB))
		w.advance(0)
		r.meet = func(secretlife.RotationRequest) {
			_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", Value: secretlife.SecretString("by hand")})
			require.NoError(t, err)
		}
		report := w.advance(2 * hour)
		require.Len(t, report, 2, "the try, and the replica")
		got, err := w.in("123456789012", "eu-west-1").GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s"})
		require.NoError(t, err)
		require.Equal(t, "by hand", got.Value.Reveal())
	})
}

func TestCancelRotateSecret(t *testing.T) {
	w, r := newRotating(t)
	cancel := func() (secretlife.SecretOutput, error) {
		return w.CancelRotateSecret(ctx, secretlife.SecretInput{SecretID: "s"})
	}
	_, err := cancel()
	requireError(t, err, "InvalidRequestException", textNoLambda)
	require.Nil(t, w.describe("s").RotationEnabled)

	require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 10})))
	out, err := cancel()
	require.NoError(t, err)
	require.Equal(t, tokenB, out.VersionID)
	d := w.describe("s")
	require.False(t, *d.RotationEnabled)
	require.Zero(t, d.NextRotationDate)
	require.Equal(t, int64(10), d.RotationRules.AutomaticallyAfterDays)
	w.advance(30 * aDay)
	require.Empty(t, r.calls)
	requireError(t, w.rotate(tokenC), "InvalidRequestException", textRotating)

	_, err = w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "s",
		VersionStage: secretlife.StagePending, RemoveFromVersionID: tokenB})
	require.NoError(t, err)
	before := w.events()
	out, err = cancel()
	require.NoError(t, err)
	require.Empty(t, out.VersionID)
	require.Equal(t, before, w.events(), "twice is once")
	require.NoError(t, w.rotate(tokenC, func(in *secretlife.RotateSecretInput) { in.RotationLambdaARN = "" }),
		"the function is known")
	w.advance(0)
	require.Equal(t, allSteps, r.calls)
	require.True(t, *w.describe("s").RotationEnabled)
}

func TestRotationAndDeletion(t *testing.T) {
	t.Run("while scheduled for deletion", func(t *testing.T) {
		w, r := newRotating(t)
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 2})))
		before := w.load("s").State()
		w.delete("s", 7)
		w.advance(6 * aDay)
		require.Empty(t, r.calls)
		require.False(t, *w.describe("s").RotationEnabled, "it is off")
		require.Zero(t, w.describe("s").NextRotationDate)
		require.NotEmpty(t, w.describe("s").RotationLambdaARN)
		require.Equal(t, before.Rotation, w.load("s").State().Rotation, "and nothing is forgotten")
		requireError(t, w.rotate(tokenC), "InvalidRequestException", textMarked)
		_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err)
		require.Equal(t, before.Rotation, w.load("s").State().Rotation, "restored")
		require.True(t, *w.describe("s").RotationEnabled, "it is on again")
		w.advance(0)
		require.Equal(t, allSteps, r.calls, "it goes on")
		w.delete("s", 7)
		w.advance(7 * aDay)
		require.Len(t, r.calls, 4)
		_, err = w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		requireError(t, err, "ResourceNotFoundException", textNotFound)
	})

	// The secret is deleted between the steps of its rotation: no further step comes, and the end
	// is not noted.
	t.Run("during a rotation", func(t *testing.T) {
		w, r := newRotating(t)
		r.meet = func(in secretlife.RotationRequest) {
			if in.Step == secretlife.StepSetSecret {
				w.delete("s", 7)
			}
		}
		require.NoError(t, w.rotate(tokenB))
		w.advance(0)
		require.Equal(t, allSteps[:2], r.calls)
		require.NotContains(t, w.told(0), "RotationFailed")
		r.meet = nil
		_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err)
		w.advance(hour)
		require.Contains(t, w.stages("s")[tokenB], secretlife.StageCurrent, "it is tried again when that was due")
	})
}

func roundTrip(t *testing.T, s secretlife.Secret) {
	t.Helper()
	back, err := secretlife.FromState(s.State())
	require.NoError(t, err)
	require.Equal(t, s.State(), back.State())
	at, work, due := s.NextDue()
	at2, work2, due2 := back.NextDue()
	require.Equal(t, []any{at, work, due}, []any{at2, work2, due2})
}

func (m managerOf) rotateWithout() error {
	_, err := m.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "nobody"})
	return err
}

type managerOf struct{ *secretlife.Manager }

func TestRotationWindow(t *testing.T) {
	t.Run("opens and closes", func(t *testing.T) {
		at := func(month time.Month, d, h, m, s int) time.Time {
			return time.Date(2018, month, d, h, m, s, 0, time.UTC)
		}
		for _, c := range []struct {
			rules       secretlife.RotationRules
			opens, last time.Time // from 2018-04-03 17:51:02 on
		}{
			{secretlife.RotationRules{AutomaticallyAfterDays: 1}, at(4, 4, 0, 0, 0), at(4, 4, 23, 59, 59)},
			{secretlife.RotationRules{ScheduleExpression: "rate(1 day)"}, at(4, 4, 0, 0, 0), at(4, 4, 23, 59, 59)},
			{secretlife.RotationRules{ScheduleExpression: "rate(10 days)", Duration: "3h"}, at(4, 13, 0, 0, 0),
				at(4, 13, 2, 59, 59)},
			{secretlife.RotationRules{ScheduleExpression: "rate(4 hours)"}, at(4, 3, 21, 0, 0), at(4, 3, 21, 59, 59)},
			{secretlife.RotationRules{ScheduleExpression: "cron(0 16 1 * ? *)"}, at(5, 1, 16, 0, 0), at(5, 1, 23, 59, 59)},
			{secretlife.RotationRules{ScheduleExpression: "cron(0 16 1 * ? *)", Duration: "2h"}, at(5, 1, 16, 0, 0),
				at(5, 1, 17, 59, 59)},
		} {
			w, r := newRotating(t)
			later := false
			require.NoError(t, w.rotate(tokenB, rules(c.rules),
				func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later }))
			w.advance(0)
			require.Equal(t, c.last, w.describe("s").NextRotationDate, "%+v", c.rules)
			w.advance(c.opens.Sub(start) - time.Millisecond)
			require.Len(t, r.calls, 1, "%+v", c.rules)
			w.advance(time.Millisecond)
			require.Equal(t, c.opens, w.describe("s").LastRotatedDate, "%+v", c.rules)
		}
	})

	// The windows open at other hours from day to day: one that would go on over midnight ends
	// there, and does not keep the rotation back.
	t.Run("later ones are cut", func(t *testing.T) {
		w, r := newRotating(t)
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{ScheduleExpression: "rate(26 hours)",
			Duration: "4h"})))
		at := func(d, h, m, s int) time.Time { return time.Date(2018, 4, d, h, m, s, 0, time.UTC) }
		w.advance(0)
		require.Equal(t, at(4, 22, 59, 59), w.describe("s").NextRotationDate)
		for _, opens := range []time.Time{at(4, 19, 0, 0), at(5, 21, 0, 0), at(6, 23, 0, 0)} {
			before := len(r.calls)
			w.advance(opens.Sub(w.clock.Now()))
			require.Len(t, r.calls, before+4, "at %s", opens)
		}
		require.Equal(t, at(8, 4, 59, 59), w.describe("s").NextRotationDate)

		w.clock.Set(at(7, 20, 30, 0)) // 26 hours on, a window of four hours is too long
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", ClientRequestToken: tokenC,
			Value: secretlife.SecretString("by hand")})
		require.NoError(t, err)
		require.Equal(t, at(8, 23, 59, 59), w.describe("s").NextRotationDate, "a value by hand does not end the schedule")
		w.clock.Set(at(7, 21, 30, 0))
		require.NoError(t, w.rotate("token-of-a-rotation-without-new-rules"), "whose rules were accepted before")
		require.Equal(t, at(8, 23, 59, 59), w.describe("s").NextRotationDate)
	})

	t.Run("schedule ends", func(t *testing.T) {
		r := &rotationFunction{}
		w := newWorld(t, func(o *secretlife.Options) {
			o.Rotator = r.Rotate
			o.ParseSchedule = func(string) (secretlife.Schedule, error) { return last{start.Add(3 * aDay)}, nil }
		})
		w.create("s")
		rule := rules(secretlife.RotationRules{ScheduleExpression: "cron(0 16 1 * ? *)"})
		require.NoError(t, w.rotate(tokenB, rule))
		w.advance(0)
		w.advance(3 * aDay)
		require.Len(t, r.calls, 8, "the last window")
		require.Zero(t, w.describe("s").NextRotationDate)
		require.EqualValues(t, 3, w.describe("s").RotationRules.AutomaticallyAfterDays)
		w.advance(30 * aDay)
		require.Len(t, r.calls, 8)
		require.Empty(t, w.purger.Stuck())
		requireError(t, w.rotate(tokenC, rule), "InvalidParameterException",
			"Invalid ScheduleExpression: it never comes true.")
	})

	// The window passes, and the rotation fails. There is room if AWSPENDING is on the current
	// version: it moves.
	t.Run("no room for a label", func(t *testing.T) {
		later := false
		order := []func(*secretlife.RotateSecretInput){
			rules(secretlife.RotationRules{AutomaticallyAfterDays: 1}),
			func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later },
		}
		for _, c := range []struct {
			labels  int
			pending bool // one of them is AWSPENDING, on the current version
			told    []string
		}{
			{labels: 18, told: []string{"RotationStarted", "PutSecretValue", "UpdateSecretVersionStage", "RotationSucceeded"}},
			{labels: 20, told: []string{"RotationFailed"}},
			{labels: 19, pending: true, told: []string{"RotationStarted", "PutSecretValue", "UpdateSecretVersionStage",
				"RotationSucceeded"}},
			{labels: 20, pending: true, told: []string{"RotationStarted", "PutSecretValue", "RotationFailed"}},
		} {
			t.Run(fmt.Sprint(c.labels, c.pending), func(t *testing.T) {
				w, _ := newRotating(t)
				require.NoError(t, w.rotate(tokenB, order...))
				w.advance(0)
				if c.pending {
					_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "s",
						VersionStage: secretlife.StagePending, MoveToVersionID: tokenA})
					require.NoError(t, err)
				}
				w.label(c.labels)
				before := len(w.events())
				w.advance(12 * hour)
				require.Equal(t, c.told[0], w.told(before)[0])
				require.Subset(t, w.told(before), c.told)
				roundTrip(t, w.load("s"))
			})
		}
	})

	// Windows open in it, and not after it.
	t.Run("the last year", func(t *testing.T) {
		for year, ok := range map[int]bool{9900: true, 9901: false} {
			at := time.Date(year, time.December, 1, 0, 0, 0, 0, time.UTC)
			w := newWorld(t, func(o *secretlife.Options) {
				o.Rotator = new(rotationFunction).Rotate
				o.ParseSchedule = func(string) (secretlife.Schedule, error) { return last{at}, nil }
			})
			w.create("s")
			err := w.rotate(tokenB, rules(secretlife.RotationRules{ScheduleExpression: "cron(0 0 1 12 ? *)"}))
			require.Equal(t, ok, err == nil, "%v", err)
		}
	})

	// For a schedule expression they are the days to the next window, rounded up.
	t.Run("AutomaticallyAfterDays are whole", func(t *testing.T) {
		w, _ := newRotating(t)
		shown := func() int64 { return w.describe("s").RotationRules.AutomaticallyAfterDays }
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{ScheduleExpression: "rate(10 days)"})))
		w.advance(0)
		require.EqualValues(t, 10, shown(), "nine days and six hours")
		w.advance(10 * aDay)
		require.Equal(t, time.Date(2018, 4, 13, 0, 0, 0, 0, time.UTC), w.describe("s").LastRotatedDate)
		require.EqualValues(t, 10, shown(), "ten days")
	})

	// The retry is on the next day.
	t.Run("a retry moves none", func(t *testing.T) {
		w, r := newRotating(t)
		w.clock.Set(time.Date(2018, 4, 3, 23, 30, 0, 0, time.UTC))
		r.failing(secretlife.StepSetSecret, errors.New("no"))
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 10})))
		w.advance(0)
		w.advance(hour)
		require.Len(t, r.calls, 4, "two tries")
		require.Equal(t, time.Date(2018, 4, 13, 23, 59, 59, 0, time.UTC), w.describe("s").NextRotationDate)
	})
}

// last is a schedule that has one opening only.
type last struct{ at time.Time }

func (l last) Next(after time.Time) (time.Time, bool) { return l.at, l.at.After(after) }

// FuzzRotationRules: rules are refused with an exception, or lead to a rotation
// in the future, with a window that is not over before it opens.
func FuzzRotationRules(f *testing.F) {
	for _, s := range []string{"rate(4 hours)", "rate(1 day)", "rate(1000 days)", "rate(3 hours)", "rate(01 days)",
		"rate( 7 days)", "rate(-1 days)", "cron(0 8 * * ? *)", "rate(", ""} {
		f.Add(s, "2h", int64(0))
	}
	f.Add("", "24h", int64(30))
	f.Add("", "0h", int64(1001))
	f.Add("rate(10 days)", "25h", int64(1))
	f.Fuzz(func(t *testing.T, expression, duration string, days int64) {
		w := newWorld(t, func(o *secretlife.Options) { o.Rotator = new(rotationFunction).Rotate })
		w.create("s")
		rules := secretlife.RotationRules{ScheduleExpression: expression, Duration: duration}
		if days != 0 {
			rules.AutomaticallyAfterDays = days
		}
		later := false
		_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "s", RotationLambdaARN: function,
			RotationRules: &rules, RotateImmediately: &later})
		d, describeErr := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, describeErr)
		if err != nil {
			var e secretlife.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, []string{"ValidationException", "InvalidParameterException"}, e.ErrorCode())
			require.Nil(t, d.RotationEnabled, "a refused call changes nothing")
			return
		}
		require.NotZero(t, d.NextRotationDate)
		require.True(t, d.NextRotationDate.After(start))
		at, work, ok := w.load("s").NextDue()
		require.True(t, ok && work == secretlife.WorkRotate)
		require.False(t, at.After(d.NextRotationDate))
		_, err = secretlife.FromState(w.load("s").State())
		require.NoError(t, err)
	})
}
