package secretlife_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
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

// rotating is a service on the real clock, in a bubble of virtual time, with a
// purger that runs, and secrets to be rotated.
type rotating struct {
	*world
	stop func() error
}

func runRotations(t *testing.T, secrets int, rotate func(context.Context, secretlife.RotationRequest) error,
	edits ...func(*secretlife.PurgerOptions),
) *rotating {
	t.Helper()
	store := memstore.New()
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Rotator = rotate })
	require.NoError(t, err)
	w := &world{Manager: m, t: t, store: store}
	for i := range secrets {
		name := fmt.Sprint("s", i)
		w.create(name)
		_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: name, RotationLambdaARN: function,
			ClientRequestToken: tokenB})
		require.NoError(t, err)
	}
	run, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- secretlife.NewPurger(m, edits...).Run(run) }()
	return &rotating{w, func() error { stop(); return <-ended }}
}

// count counts the events of a kind.
func (r *rotating) count(kind string) (n int) {
	for _, name := range r.told(0) {
		if name == kind {
			n++
		}
	}
	return n
}

func TestRotationTimeout(t *testing.T) {
	// Its context ends, and it has failed.
	t.Run("function hangs", func(t *testing.T) {
		for name, c := range map[string]struct{ option, want time.Duration }{
			"default": {0, 30 * time.Second}, "own": {time.Minute, time.Minute}, "longest": {24 * time.Hour, 15 * time.Minute},
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := runRotations(t, 1, func(ctx context.Context, r secretlife.RotationRequest) error {
						if r.Step == secretlife.StepCreateSecret {
							return nil
						}
						<-ctx.Done()
						return ctx.Err()
					}, func(o *secretlife.PurgerOptions) { o.RotationTimeout = c.option })
					time.Sleep(c.want - time.Millisecond)
					synctest.Wait()
					require.Zero(t, w.count("RotationFailed"))
					time.Sleep(2 * time.Millisecond)
					synctest.Wait()
					require.Equal(t, 1, w.count("RotationFailed"))
					last := w.events()[len(w.events())-1]
					require.Equal(t, "The rotation function failed in the step setSecret.", last.ErrorMessage())
					require.NoError(t, w.stop())
					require.Equal(t, 1, w.count("RotationFailed"))
				})
			})
		}
	})

	// The function knows best.
	t.Run("late success", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := runRotations(t, 1, func(ctx context.Context, r secretlife.RotationRequest) error {
				if r.Step == secretlife.StepCreateSecret {
					<-ctx.Done()
					return new(rotationFunction).createSecret(context.WithoutCancel(ctx), r)
				}
				return new(rotationFunction).Rotate(ctx, r)
			})
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Equal(t, 1, w.count("RotationSucceeded"))
			require.NoError(t, w.stop())
		})
	})
}

func TestConcurrentRotations(t *testing.T) {
	// Functions that hang leave room for others.
	t.Run("up to a bound", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var calls, most atomic.Int32
			release := make(chan struct{})
			w := runRotations(t, 10, func(ctx context.Context, r secretlife.RotationRequest) error {
				n := calls.Add(1)
				defer calls.Add(-1)
				most.Store(max(most.Load(), n))
				if r.Step == secretlife.StepTestSecret {
					<-release
				}
				return new(rotationFunction).Rotate(ctx, r)
			}, func(o *secretlife.PurgerOptions) { o.Rotations = 3 })
			synctest.Wait()
			require.EqualValues(t, 3, calls.Load())
			require.Zero(t, w.count("RotationSucceeded"))
			release <- struct{}{}
			synctest.Wait()
			require.Equal(t, 1, w.count("RotationSucceeded"))
			require.EqualValues(t, 3, calls.Load())
			close(release)
			synctest.Wait()
			require.Equal(t, 10, w.count("RotationSucceeded"), "without waiting for the next look")
			require.EqualValues(t, 3, most.Load())
			require.NoError(t, w.stop())
		})
	})

	// Of two rotations at once, one never returns.
	t.Run("one hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := runRotations(t, 20, func(ctx context.Context, r secretlife.RotationRequest) error {
				if d, _ := r.Manager.DescribeSecret(ctx, secretlife.SecretInput{SecretID: r.SecretID}); d.Name == "s0" {
					<-ctx.Done()
					return ctx.Err()
				}
				return new(rotationFunction).Rotate(ctx, r)
			}, func(o *secretlife.PurgerOptions) { o.Rotations = 2 })
			synctest.Wait()
			require.Equal(t, 19, w.count("RotationSucceeded"))
			require.NoError(t, w.stop())
		})
	})
}

func TestInterruptedRotation(t *testing.T) {
	// The rotations are due at once, for the next one to run.
	t.Run("Run ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := runRotations(t, 2, func(ctx context.Context, r secretlife.RotationRequest) error {
				if r.Step == secretlife.StepFinishSecret {
					<-ctx.Done()
					return ctx.Err()
				}
				return new(rotationFunction).Rotate(ctx, r)
			})
			synctest.Wait()
			require.NoError(t, w.stop())
			require.Equal(t, 2, w.count("RotationFailed"))
			m, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Rotator = new(rotationFunction).Rotate })
			require.NoError(t, err)
			report, err := secretlife.NewPurger(m).RunDue(ctx)
			require.NoError(t, err)
			require.Len(t, report, 2)
			require.Equal(t, 2, w.count("RotationSucceeded"))
		})
	})

	// A caller leaves in the middle of the fifth of ten rotations, and then goes on.
	t.Run("Advance ends", func(t *testing.T) {
		r := &rotationFunction{}
		w := newWorld(t, func(o *secretlife.Options) { o.Rotator = r.Rotate })
		daily := secretlife.RotationRules{ScheduleExpression: "rate(1 day)"}
		later := false
		var names []string
		for i := range 10 {
			names = append(names, fmt.Sprint("s", i))
			w.create(names[i])
			_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{
				SecretID: names[i], RotationLambdaARN: function, RotationRules: &daily, RotateImmediately: &later,
			})
			require.NoError(t, err)
		}
		w.advance(0)
		r.calls = nil

		caller, leave := context.WithCancel(ctx)
		r.meet = func(in secretlife.RotationRequest) {
			if len(r.calls) == 4*4+2 { // four whole rotations and two steps
				leave()
				r.failing(in.Step, context.Canceled)
			}
		}
		report, err := w.purger.Advance(caller, 168*hour)
		require.Equal(t, []error{context.Canceled}, multierr.Errors(err))
		require.Len(t, report, 4)
		require.Len(t, r.calls, 18)
		reached := w.clock.Now()
		require.Equal(t, reached, report[3].At)
		require.True(t, reached.Before(start.Add(2*aDay)), "the clock stands at the work reached")
		r.meet, r.fail = nil, nil

		last := w.events()[len(w.events())-1]
		require.Equal(t, "RotationFailed", last.Name())
		require.Equal(t, "The rotation was interrupted. That rotation will be reattempted.", last.ErrorMessage())

		// It goes on there, at the same instant, with the same version.
		report = w.advance(0)
		require.Len(t, report, 6)
		require.Equal(t, reached, w.clock.Now())
		for _, e := range w.events()[last.Seq():] {
			require.Equal(t, reached, e.Time())
		}
		w.advance(start.Add(168 * hour).Sub(reached))
		for _, name := range names {
			d := w.describe(name)
			require.True(t, d.NextRotationDate.After(w.clock.Now()), name)
			for _, stages := range d.VersionIDsToStages {
				if len(stages) == 1 {
					require.NotEqual(t, secretlife.StagePending, stages[0], name)
				}
			}
		}
	})

	// A rotation is given up after five failed tries; an interrupted one is not among them.
	t.Run("try does not count", func(t *testing.T) {
		for name, immediately := range map[string]bool{"rotation": true, "test": false} {
			t.Run(name, func(t *testing.T) {
				w, r := newRotating(t)
				require.NoError(t, w.rotate(tokenB, func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &immediately }))
				for range 7 {
					caller, leave := context.WithCancel(ctx)
					r.meet = func(in secretlife.RotationRequest) {
						leave()
						r.failing(in.Step, context.Canceled)
					}
					_, err := w.purger.Advance(caller, 0)
					require.ErrorIs(t, err, context.Canceled)
				}
				r.meet, r.fail = nil, nil
				if immediately {
					r.failing(secretlife.StepSetSecret, errors.New("not now"))
					w.advance(0)
					require.NotContains(t, w.stages("s")[tokenB], secretlife.StageCurrent)
					r.fail = nil
					w.advance(hour)
					require.Contains(t, w.stages("s")[tokenB], secretlife.StageCurrent, "it is tried again")
					return
				}
				w.advance(0)
				require.NotContains(t, w.stages("s"), tokenB, "the test is over")
			})
		}
	})

	// RunDue may be called after every operation, and a function that hangs would keep each
	// waiting.
	t.Run("RunDue pauses it", func(t *testing.T) {
		w, r := newRotating(t)
		short, cancel := context.WithCancel(ctx)
		r.meet = func(in secretlife.RotationRequest) {
			if in.Step == secretlife.StepSetSecret {
				cancel()
				r.failing(in.Step, context.Canceled)
			}
		}
		require.NoError(t, w.rotate(tokenB))
		_, err := w.purger.RunDue(short)
		require.ErrorIs(t, err, context.Canceled)
		r.meet, r.fail = nil, nil
		_, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.calls, 2)
		w.advance(0)
		require.Len(t, r.calls, 6)
		require.Contains(t, w.stages("s")[tokenB], secretlife.StageCurrent)
	})

	// The last step ends well, and the rotation has succeeded.
	t.Run("during the last step", func(t *testing.T) {
		caller, leave := context.WithCancel(ctx)
		w := newWorld(t, func(o *secretlife.Options) {
			o.Rotator = func(ctx context.Context, r secretlife.RotationRequest) error {
				err := new(rotationFunction).Rotate(ctx, r)
				if r.Step == secretlife.StepFinishSecret {
					leave()
				}
				return err
			}
		})
		w.create("s")
		require.NoError(t, w.rotate(tokenB))
		report, err := w.purger.Advance(caller, hour)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, report, 1)
		require.Equal(t, start, w.clock.Now())
		require.Contains(t, w.told(0), "RotationSucceeded")
		require.NotContains(t, w.told(0), "RotationFailed")
	})
}

// ending is a store that returns no result to a caller that has gone.
type ending struct {
	secretlife.Store
	commit func()
}

func (e ending) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	e.commit()
	if err := ctx.Err(); err != nil {
		return secretlife.Receipt{}, err
	}
	return e.Store.Commit(ctx, batch)
}

func TestAdvance(t *testing.T) {
	// The caller leaves while a purge is written.
	t.Run("finishes a purge", func(t *testing.T) {
		caller, leave := context.WithCancel(ctx)
		commits := 0
		w := newWorldOver(t, ending{memstore.New(), func() {
			if commits++; commits == 6 {
				leave()
			}
		}})
		for _, name := range []string{"a", "b"} {
			w.create(name)
		}
		first, second := w.delete("a", 7).DeletionDate, w.delete("b", 8).DeletionDate
		w.create("c")
		report, err := w.purger.Advance(caller, 30*aDay)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, report.Purged(), 1)
		require.Equal(t, first, w.clock.Now())
		require.Len(t, w.advance(aDay).Purged(), 1)
		require.Equal(t, second, w.clock.Now())
	})

	// Each look for due work fails in turn: nothing is done at a later instant than that at which
	// it was due.
	t.Run("failing look-ups", func(t *testing.T) {
		for failing := 1; ; failing++ {
			store := &forgetful{Store: memstore.New()}
			w := newWorldOver(t, store)
			for i, name := range []string{"a", "b", "c"} {
				w.create(name)
				w.delete(name, int64(7+i))
			}
			store.calls, store.failing = 0, failing
			report, err := w.purger.Advance(ctx, 30*aDay)
			if err == nil {
				require.Greater(t, failing, 6)
				return
			}
			report = append(report, w.advance(start.Add(30*aDay).Sub(w.clock.Now()))...)
			require.Len(t, report.Purged(), 3, failing)
			purges := 0
			for _, e := range w.events() {
				if e.Name() == "EndSecretVersionDelete" {
					purges++
					require.Contains(t, []time.Time{report[0].At, report[1].At, report[2].At}, e.Time(), failing)
				}
			}
			require.Equal(t, 3, purges)
		}
	})

	t.Run("stops where the store does", func(t *testing.T) {
		down := errors.New("down")
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		for _, name := range []string{"a", "b"} {
			w.create(name)
		}
		first := w.delete("a", 7).DeletionDate
		w.delete("b", 8)
		store.commit = func(secretlife.Change) error { store.due = down; return nil }
		report, err := w.purger.Advance(ctx, 30*aDay)
		require.ErrorIs(t, err, down)
		require.Len(t, report.Purged(), 1)
		require.Equal(t, first, w.clock.Now())
		store.commit, store.due = nil, nil
		require.Len(t, w.advance(aDay).Purged(), 1)
	})

	// An Advance that waits for another ends with its caller.
	t.Run("takes turns", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			busy := make(chan struct{})
			w := newWorld(t, func(o *secretlife.Options) {
				o.Rotator = func(context.Context, secretlife.RotationRequest) error {
					<-busy
					return errors.New("enough")
				}
			})
			w.create("s")
			require.NoError(t, w.rotate(tokenB))
			ended := make(chan error)
			go func() {
				_, err := w.purger.Advance(ctx, hour/2)
				ended <- err
			}()
			synctest.Wait()
			caller, leave := context.WithCancel(ctx)
			go func() {
				_, err := w.purger.Advance(caller, hour)
				ended <- err
			}()
			synctest.Wait()
			leave()
			require.ErrorIs(t, <-ended, context.Canceled)
			close(busy)
			require.NoError(t, <-ended)
			require.Equal(t, start.Add(hour/2), w.clock.Now())
		})
	})

	// A rotation function calls the service, which does what is due after every call, as the
	// endpoint with a virtual clock does. It does not wait in there for other functions, and what
	// is purged is reported.
	t.Run("called by a rotation function", func(t *testing.T) {
		r := &rotationFunction{}
		depth := 0
		w := newWorld(t, func(o *secretlife.Options) { o.Rotator = r.Rotate })
		for i := range 3 {
			name := fmt.Sprint("s", i)
			w.create(name)
			_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: name, RotationLambdaARN: function})
			require.NoError(t, err)
		}
		w.create("dying")
		w.create("later")
		w.delete("later", 7)
		r.meet = func(in secretlife.RotationRequest) {
			depth++
			defer func() { depth-- }()
			require.Equal(t, 1, depth)
			if in.Step == secretlife.StepSetSecret && len(r.calls) == 2 {
				w.delete("dying", 0)
			}
			report, err := w.purger.RunDue(ctx)
			require.NoError(t, err)
			for _, d := range report {
				require.Equal(t, secretlife.WorkPurge, d.Work)
			}
		}
		report := w.advance(8 * aDay)
		require.Len(t, report, 5)
		require.Len(t, report.Purged(), 2)
		require.True(t, slices.IsSortedFunc(report, func(a, b secretlife.Done) int { return a.At.Compare(b.At) }))
		require.Len(t, r.calls, 3*4)

		for i := range 3 {
			require.NoError(t, func() error {
				_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: fmt.Sprint("s", i)})
				return err
			}())
		}
		report, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, report, 3, "and so does RunDue")
	})

	t.Run("refused", func(t *testing.T) {
		w := newWorld(t)
		for _, d := range []time.Duration{-1, 1<<63 - 1, 1<<63 - 1} {
			if d > 0 {
				w.clock.Set(time.Date(9899, 1, 1, 0, 0, 0, 0, time.UTC))
			}
			_, err := w.purger.Advance(ctx, d)
			require.Error(t, err)
		}
		m, err := secretlife.New(memstore.New())
		require.NoError(t, err)
		_, err = secretlife.NewPurger(m).Advance(ctx, hour)
		require.ErrorIs(t, err, secretlife.ErrClockNotVirtual)
	})
}

// forgetful is a store that can't say what is due, now and then.
type forgetful struct {
	secretlife.Store
	calls, failing int
}

func (f *forgetful) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if f.calls++; f.calls == f.failing {
		return nil, errors.New("down")
	}
	return f.Store.Due(ctx, query)
}
