package secretlife_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// label puts further labels on the version tokenA, until the secret has n.
func (w *world) label(n int) {
	w.t.Helper()
	for i := len(w.load("s").State().Stages); i < n; i++ {
		_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "s",
			VersionStage: secretlife.Stage(fmt.Sprint("L", i)), MoveToVersionID: tokenA})
		require.NoError(w.t, err)
	}
	require.Len(w.t, w.load("s").State().Stages, n)
}

func (w *world) takeOffPending(version string) {
	w.t.Helper()
	_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "s",
		VersionStage: secretlife.StagePending, RemoveFromVersionID: version})
	require.NoError(w.t, err)
}

func TestRotateSecret(t *testing.T) {
	// AWSPENDING is one of the twenty.
	t.Run("needs a label", func(t *testing.T) {
		w, _ := newRotating(t)
		w.label(19)
		require.NoError(t, w.rotate(tokenB))

		w, _ = newRotating(t)
		w.label(20)
		var limit *secretlife.LimitExceededError
		require.ErrorAs(t, w.rotate(tokenB), &limit)
	})

	// The ones that are given replace what was there.
	t.Run("members that are not given stay", func(t *testing.T) {
		type item = secretlife.Tag
		w, _ := newRotating(t)
		order := func(token, role string, metadata ...item) {
			require.NoError(t, w.rotate(token, func(in *secretlife.RotateSecretInput) {
				in.RotationLambdaARN, in.ExternalSecretRotationRoleARN, in.ExternalSecretRotationMetadata = "", role, metadata
			}))
			w.advance(0)
		}
		shown := func(role string, metadata ...item) {
			t.Helper()
			d := w.describe("s")
			require.Equal(t, role, d.ExternalSecretRotationRoleARN)
			require.Equal(t, metadata, d.ExternalSecretRotationMetadata)
		}
		const role, other = "arn:aws:iam::123456789012:role/r", "arn:aws:iam::123456789012:role/o"
		order(tokenB, role, item{Key: "k", Value: "v"})
		shown(role, item{Key: "k", Value: "v"})
		order(tokenC, "")
		shown(role, item{Key: "k", Value: "v"})
		order("dddddddd-dddd-4ddd-8ddd-dddddddddddd", other, item{Key: "l", Value: "w"})
		shown(other, item{Key: "l", Value: "w"})
	})

	// It has no value yet that a repeated CreateSecret could have given.
	t.Run("token of a reserved version", func(t *testing.T) {
		w, _ := newRotating(t)
		require.NoError(t, w.rotate(tokenB))
		_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "s", ClientRequestToken: tokenB,
			Value: secretlife.SecretString("x")})
		var exists *secretlife.ResourceExistsError
		require.ErrorAs(t, err, &exists)
	})

	// It shows while rotation is on, once there was a rotation.
	t.Run("LastRotatedDate", func(t *testing.T) {
		w, _ := newRotating(t)
		require.NoError(t, w.rotate(tokenB))
		require.Zero(t, w.describe("s").LastRotatedDate)
		w.advance(0)
		require.Equal(t, start, w.describe("s").LastRotatedDate)
		_, err := w.CancelRotateSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err)
		require.Zero(t, w.describe("s").LastRotatedDate)
	})

	// Those are accepted, and the next beyond are not.
	t.Run("rules at their limits", func(t *testing.T) {
		for _, c := range []struct {
			rules secretlife.RotationRules
			ok    bool
		}{
			{secretlife.RotationRules{AutomaticallyAfterDays: 1000}, true},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1001}, false},
			{secretlife.RotationRules{ScheduleExpression: "rate(1 day)"}, true},
			{secretlife.RotationRules{ScheduleExpression: "rate(0 days)"}, false},
			{secretlife.RotationRules{ScheduleExpression: "rate(1000 days)"}, true},
			{secretlife.RotationRules{ScheduleExpression: "rate(1001 days)"}, false},
			{secretlife.RotationRules{ScheduleExpression: "rate(4 hours)"}, true},
			{secretlife.RotationRules{ScheduleExpression: "rate(3 hours)"}, false},
			{secretlife.RotationRules{ScheduleExpression: "rate(24000 hours)"}, true},
			{secretlife.RotationRules{ScheduleExpression: "rate(24001 hours)"}, false},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "0h"}, false},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "12"}, false},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "hh"}, false},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "1h"}, true},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "24h"}, true},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "25h"}, false},
		} {
			w, _ := newRotating(t)
			err := w.rotate(tokenB, rules(c.rules))
			require.Equal(t, c.ok, err == nil, "%+v: %v", c.rules, err)
		}
	})

	t.Run("later", func(t *testing.T) {
		for _, fail := range []error{nil, errors.New("no")} {
			w, r := newRotating(t)
			before := len(w.events())
			r.failing(secretlife.StepTestSecret, fail)
			later := false
			require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 10}),
				func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later }))
			require.Contains(t, w.stages("s"), tokenB)
			w.advance(0)
			require.Equal(t, []string{"testSecret"}, r.calls)
			end := "TestRotationSucceeded"
			if fail != nil {
				end = "TestRotationFailed"
			}
			require.Equal(t, []string{"RotateSecret", "TestRotationStarted", end}, w.told(before))
			require.NotContains(t, w.stages("s"), tokenB, "its version is taken away")
			require.Len(t, w.load("s").Versions(), 1)
			require.Equal(t, start.Add(2*time.Millisecond), w.load("s").LastChangedDate(), "so the secret changed")
			r.failing("", nil)
			w.advance(10 * aDay)
			require.Len(t, r.calls, 5, "and then it is rotated")
		}
	})

	t.Run("refused", func(t *testing.T) {
		w, r := newRotating(t)
		before := w.load("s").State()
		empty := func(in *secretlife.RotateSecretInput) { in.RotationLambdaARN = "" }
		requireError(t, w.rotate(tokenB, empty), "InvalidRequestException", textNoLambda)
		requireError(t, managerOf{w.RequireTokens()}.rotateWithout(), "InvalidParameterException", textNoToken)
		for _, c := range []struct {
			rules secretlife.RotationRules
			want  string
		}{
			{secretlife.RotationRules{AutomaticallyAfterDays: 10, ScheduleExpression: "rate(10 days)"},
				"You cannot specify both rotation frequency and schedule expression together."},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1001},
				"1 validation error detected: Value '1001' at 'rotationRules.automaticallyAfterDays' failed to satisfy " +
					"constraint: Member must have value less than or equal to 1000"},
			{secretlife.RotationRules{AutomaticallyAfterDays: -1},
				"1 validation error detected: Value '-1' at 'rotationRules.automaticallyAfterDays' failed to satisfy " +
					"constraint: Member must have value greater than or equal to 1"},
			{secretlife.RotationRules{},
				"You must specify either AutomaticallyAfterDays or ScheduleExpression in RotationRules."},
			{secretlife.RotationRules{Duration: "3h"},
				"You must specify either AutomaticallyAfterDays or ScheduleExpression in RotationRules."},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "25h"},
				"Invalid Duration: it must be a whole number of hours from 1h to 24h."},
			{secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "3d"},
				"1 validation error detected: Value '3d' at 'rotationRules.duration' failed to satisfy constraint: Member must " +
					"satisfy regular expression pattern: [0-9h]+"},
			{secretlife.RotationRules{ScheduleExpression: "rate(3 hours)"},
				"Invalid ScheduleExpression: rate() takes a whole number of hours, at least 4, or of days, at most 1000, such " +
					"as rate(12 hours) or rate(10 days)."},
			{secretlife.RotationRules{ScheduleExpression: "rate(1 week)"},
				"Invalid ScheduleExpression: rate() takes a whole number of hours, at least 4, or of days, at most 1000, such " +
					"as rate(12 hours) or rate(10 days)."},
			{secretlife.RotationRules{ScheduleExpression: "rate()"},
				"Invalid ScheduleExpression: rate() takes a whole number of hours, at least 4, or of days, at most 1000, such " +
					"as rate(12 hours) or rate(10 days)."},
			{secretlife.RotationRules{ScheduleExpression: "daily"}, "Invalid ScheduleExpression: it must be rate() or cron()."},
			{secretlife.RotationRules{ScheduleExpression: "cron(0 0 * * ? *)"},
				"Invalid ScheduleExpression: not the first of the month"},
			{secretlife.RotationRules{ScheduleExpression: "cron(0 16 1 * ? *)", Duration: "9h"},
				"Invalid Duration: the rotation window must not extend into the next UTC day or the next rotation window."},
			{secretlife.RotationRules{ScheduleExpression: "rate(4 hours)", Duration: "5h"},
				"Invalid Duration: the rotation window must not extend into the next UTC day or the next rotation window."},
		} {
			err := w.rotate(tokenB, rules(c.rules))
			var e secretlife.Error
			require.ErrorAs(t, err, &e, "%+v", c.rules)
			require.Equal(t, c.want, e.ErrorMessage(), "%+v", c.rules)
		}
		require.Equal(t, before, w.load("s").State())
		require.Empty(t, r.calls)

		plain := newWorld(t)
		plain.create("s")
		requireError(t, plain.rotate(tokenB), "AccessDeniedException", textDenied)
		require.ErrorIs(t, plain.rotate(tokenB), secretlife.ErrRotationFunctionDenied)
		err := plain.rotate(tokenB, rules(secretlife.RotationRules{ScheduleExpression: "cron(0 16 1 * ? *)"}))
		requireError(t, err, "InvalidParameterException", "Invalid ScheduleExpression: this service has no cron() schedules.")
	})
}

func TestRotationRun(t *testing.T) {
	// AWSPENDING was taken off by hand, so another rotation can begin. One whose version is
	// current already is not over.
	t.Run("over without its label", func(t *testing.T) {
		w, r := newRotating(t)
		require.NoError(t, w.rotate(tokenB))
		require.ErrorIs(t, w.rotate(tokenC), secretlife.ErrRotationInProgress)
		w.takeOffPending(tokenB)
		require.NoError(t, w.rotate(tokenC))
		w.advance(0)
		require.Equal(t, allSteps, r.calls)
		require.Contains(t, w.stages("s")[tokenC], secretlife.StageCurrent)

		w, r = newRotating(t)
		r.meet = func(in secretlife.RotationRequest) { // at the end it takes the label off, and fails
			if in.Step == secretlife.StepFinishSecret {
				require.NoError(t, r.finishSecret(ctx, in))
				w.takeOffPending(tokenB)
			}
		}
		r.failing(secretlife.StepFinishSecret, errors.New("no"))
		require.NoError(t, w.rotate(tokenB))
		w.advance(0)
		require.Equal(t, map[string][]secretlife.Stage{tokenA: {secretlife.StagePrevious}, tokenB: {secretlife.StageCurrent}},
			w.stages("s"))
		require.ErrorIs(t, w.rotate(tokenC), secretlife.ErrRotationInProgress)
		r.meet = nil
		r.failing("", nil)
		w.advance(hour)
		require.Len(t, r.calls, 5, "it is tried again")
	})

	// The other rotation begins between the steps.
	t.Run("over where another has begun", func(t *testing.T) {
		w, _ := newRotating(t)
		var calls []string
		var other *secretlife.Purger
		m, err := secretlife.New(w.store, func(o *secretlife.Options) {
			o.Clock = w.clock
			o.Rotator = func(_ context.Context, in secretlife.RotationRequest) error {
				calls = append(calls, in.ClientRequestToken[:1]+" "+string(in.Step))
				if in.ClientRequestToken == tokenC {
					return errors.New("no")
				}
				w.takeOffPending(tokenB)
				require.NoError(t, w.rotate(tokenC))
				_, err := other.RunDue(ctx)
				return err
			}
		})
		require.NoError(t, err)
		other = secretlife.NewPurger(m)
		require.NoError(t, w.rotate(tokenB))
		_, err = secretlife.NewPurger(m).RunDue(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"b createSecret", "c createSecret"}, calls)
	})

	// Such tries are refused.
	t.Run("not due", func(t *testing.T) {
		w, _ := newRotating(t)
		later := false
		require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 1}),
			func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later }))
		w.advance(0)
		opens := time.Date(2018, 4, 4, 0, 0, 0, 0, time.UTC)
		idle := w.load("s")
		fresh := version(t, tokenC)
		begun := then(t)(idle.BeginRotation(secretlife.Exactly(opens), fresh, nil))
		try, _ := begun.RotationTry()
		for name, s := range map[string]secretlife.Secret{
			"never rotated": born(t),
			"scheduled":     then(t)(idle.Delete(atStart, windowOf(t, 7), 0)),
			"begun":         begun,
		} {
			_, err := s.BeginRotation(secretlife.Exactly(opens), fresh, nil)
			require.ErrorIs(t, err, secretlife.ErrNotDue, name)
		}
		_, err := idle.BeginRotation(secretlife.Exactly(opens.Add(-time.Millisecond)), fresh, nil)
		require.ErrorIs(t, err, secretlife.ErrNotDue, "before its window")

		_, err = begun.EndRotation(secretlife.Exactly(opens), try, "failed", nil)
		require.NoError(t, err)
		for name, s := range map[string]secretlife.Secret{
			"never rotated": born(t),
			"scheduled":     then(t)(begun.Delete(atStart, windowOf(t, 7), 0)),
			"not begun":     idle,
		} {
			_, err := s.EndRotation(secretlife.Exactly(opens), try, "failed", nil)
			require.ErrorIs(t, err, secretlife.ErrNotDue, name)
			_, err = s.InterruptRotation(opens, try)
			require.ErrorIs(t, err, secretlife.ErrNotDue, name)
		}
		interrupted := then(t)(begun.InterruptRotation(opens, try))
		_, err = interrupted.InterruptRotation(opens, try)
		require.ErrorIs(t, err, secretlife.ErrNotDue, "interrupted already")
		_, err = begun.EndRotation(secretlife.Exactly(opens), secretlife.RotationTry{VersionID: version(t, tokenA)}, "", nil)
		require.ErrorIs(t, err, secretlife.ErrNotDue, "another rotation")
	})
}

func TestReservedVersions(t *testing.T) {
	// Aging forgets the ones that are gone, and only those.
	t.Run("go one by one", func(t *testing.T) {
		w, _ := newRotating(t)
		for _, token := range []string{tokenB, tokenC} {
			require.NoError(t, w.rotate(token))
			w.takeOffPending(token)
			w.clock.Set(w.clock.Now().Add(hour))
		}
		for i := range 101 {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s",
				ClientRequestToken: fmt.Sprintf("%032d", i), Value: secretlife.SecretString("v")})
			require.NoError(t, err)
		}
		require.Equal(t, []string{tokenB, tokenC}, w.load("s").State().Reserved)
		w.clock.Set(start.Add(aDay + time.Millisecond))
		for range 2 { // marked, and removed
			_, err := w.purger.RunDue(ctx)
			require.NoError(t, err)
			w.clock.Set(w.clock.Now().Add(aDay))
		}
		roundTrip(t, w.load("s"))
		require.Equal(t, []string{tokenC}, w.load("s").State().Reserved)
	})

	// Versions that rotations made and that never got a value age like others, and count as none
	// of the 100 that are kept.
	t.Run("age", func(t *testing.T) {
		w, r := newRotating(t)
		put := func(n int) {
			for range n {
				_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v")})
				require.NoError(t, err)
			}
		}
		put(99)
		w.clock.Set(start.Add(2 * aDay))
		later := false
		require.NoError(t, w.rotate(tokenB, func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later }))
		w.advance(0)
		require.Equal(t, []string{"testSecret"}, r.calls)
		require.Len(t, w.load("s").Versions(), 100, "a test displaces no version")

		require.NoError(t, w.rotate(tokenC))
		put(1) // abandons it
		require.Contains(t, w.load("s").State().Reserved, tokenC)
		roundTrip(t, w.load("s"))
		put(101)
		w.advance(4 * aDay)
		require.Len(t, w.load("s").Versions(), 100)
		require.Empty(t, w.load("s").State().Reserved)
		roundTrip(t, w.load("s"))
	})
}

func TestRotationTest(t *testing.T) {
	// The test takes away the only version there is.
	t.Run("secret without value", func(t *testing.T) {
		w, r := newRotating(t)
		w.create("empty", func(in *secretlife.CreateSecretInput) { in.Value = secretlife.Value{} })
		later := false
		_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "empty", RotationLambdaARN: function,
			RotateImmediately: &later})
		require.NoError(t, err)
		require.Len(t, w.load("empty").Versions(), 1)
		w.advance(0)
		require.Equal(t, []string{"testSecret"}, r.calls)
		require.Empty(t, w.load("empty").Versions())
		roundTrip(t, w.load("empty"))
	})

	// The label leaves the version of the test, which stays if it has a value, and no other
	// version.
	t.Run("AWSPENDING afterwards", func(t *testing.T) {
		later := false
		for _, c := range []struct {
			meet func(*world)
			want map[string][]secretlife.Stage
			left int
		}{
			{func(w *world) {
				_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", ClientRequestToken: tokenB,
					Value: secretlife.SecretString("x"), VersionStages: []secretlife.Stage{secretlife.StagePending}})
				require.NoError(w.t, err)
			}, map[string][]secretlife.Stage{tokenA: {secretlife.StageCurrent}}, 2},
			{func(w *world) {
				_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "s",
					VersionStage: secretlife.StagePending, RemoveFromVersionID: tokenB, MoveToVersionID: tokenA})
				require.NoError(w.t, err)
			}, map[string][]secretlife.Stage{tokenA: {secretlife.StageCurrent, secretlife.StagePending}}, 1},
		} {
			w, r := newRotating(t)
			r.meet = func(secretlife.RotationRequest) { c.meet(w) }
			require.NoError(t, w.rotate(tokenB, func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later }))
			w.advance(0)
			require.Equal(t, c.want, w.stages("s"))
			require.Len(t, w.load("s").Versions(), c.left)
			roundTrip(t, w.load("s"))
		}
	})

	// A caller puts another label on the version of the test.
	t.Run("other labels of the version", func(t *testing.T) {
		w, _ := newRotating(t)
		later := false
		require.NoError(t, w.rotate(tokenB, func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later }))
		_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "s",
			VersionStage: "blue", MoveToVersionID: tokenB})
		require.NoError(t, err)
		w.advance(0)
		require.Equal(t, map[string][]secretlife.Stage{tokenA: {secretlife.StageCurrent}}, w.stages("s"))
		roundTrip(t, w.load("s"))
	})
}

// TestRotationByTheOwner checks that a secret of an AWS service can have rotation rules without
// a function, and that nothing rotates it here.
func TestRotationByTheOwner(t *testing.T) {
	w := newWorld(t)
	w.create("rds!db-1")
	out, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "rds!db-1",
		RotationRules: &secretlife.RotationRules{AutomaticallyAfterDays: 7}})
	require.NoError(t, err)
	require.Empty(t, out.VersionID)
	require.True(t, *w.describe("rds!db-1").RotationEnabled)
	require.NotZero(t, w.describe("rds!db-1").NextRotationDate)
	require.Empty(t, w.advance(30*aDay))
	require.Len(t, w.load("rds!db-1").Versions(), 1)
	roundTrip(t, w.load("rds!db-1"))
}

// TestCheckRotation checks that RotateSecret changes nothing if the function can't be called.
func TestCheckRotation(t *testing.T) {
	var asked []secretlife.RotationRequest
	w := newWorld(t, func(o *secretlife.Options) {
		o.Rotator = new(rotationFunction).Rotate
		o.CheckRotation = func(_ context.Context, r secretlife.RotationRequest) error {
			if asked = append(asked, r); r.FunctionARN == "unknown" {
				return errors.New("no such function")
			}
			return nil
		}
	})
	w.create("s")
	before := w.load("s")
	_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "s", RotationLambdaARN: "unknown"})
	require.ErrorIs(t, err, secretlife.ErrRotationFunctionDenied)
	require.Equal(t, before, w.load("s"))
	require.Empty(t, asked[0].Step)
	require.Equal(t, before.ARN().String(), asked[0].SecretID)
	_, err = w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "s", RotationLambdaARN: "known"})
	require.NoError(t, err)
	require.Len(t, asked, 2)
}
