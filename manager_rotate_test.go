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

// TestRotationNeedsALabel: AWSPENDING is one of the twenty.
func TestRotationNeedsALabel(t *testing.T) {
	w, _ := newRotating(t)
	w.label(19)
	require.NoError(t, w.rotate(tokenB))

	w, _ = newRotating(t)
	w.label(20)
	var limit *secretlife.LimitExceededError
	require.ErrorAs(t, w.rotate(tokenB), &limit)
}

// TestAWindowWithoutRoomForALabel passes, and the rotation fails. There is room
// where AWSPENDING is on the current version: it moves.
func TestAWindowWithoutRoomForALabel(t *testing.T) {
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
}

// TestARotationWithoutItsLabelIsOver: AWSPENDING was taken off by hand, so another
// one can begin. One whose version is current already is not.
func TestARotationWithoutItsLabelIsOver(t *testing.T) {
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
}

// TestWhatRotateSecretIsNotGivenStays, and what it is given takes its place.
func TestWhatRotateSecretIsNotGivenStays(t *testing.T) {
	type item = secretlife.ExternalSecretRotationMetadataItem
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
}

// TestReservedVersionsGoOneByOne: ageing forgets the ones that are gone, and those
// only.
func TestReservedVersionsGoOneByOne(t *testing.T) {
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
}

// TestATestOfASecretWithoutValue takes away the only version there is.
func TestATestOfASecretWithoutValue(t *testing.T) {
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
}

// TestATokenThatIsReserved has no value yet that a repeated CreateSecret could have
// given.
func TestATokenThatIsReserved(t *testing.T) {
	w, _ := newRotating(t)
	require.NoError(t, w.rotate(tokenB))
	_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "s", ClientRequestToken: tokenB,
		Value: secretlife.SecretString("x")})
	var exists *secretlife.ResourceExistsError
	require.ErrorAs(t, err, &exists)
}

// TestLastRotatedDateShowsWhileRotationIsOn, and once there was a rotation.
func TestLastRotatedDateShowsWhileRotationIsOn(t *testing.T) {
	w, _ := newRotating(t)
	require.NoError(t, w.rotate(tokenB))
	require.Nil(t, w.describe("s").LastRotatedDate)
	w.advance(0)
	require.Equal(t, start, *w.describe("s").LastRotatedDate)
	_, err := w.CancelRotateSecret(ctx, secretlife.CancelRotateSecretInput{SecretID: "s"})
	require.NoError(t, err)
	require.Nil(t, w.describe("s").LastRotatedDate)
}

// TestStepsEndWhereAnotherRotationHasBegun between them.
func TestStepsEndWhereAnotherRotationHasBegun(t *testing.T) {
	w, _ := newRotating(t)
	var calls []string
	var other *secretlife.Purger
	m, err := secretlife.New(w.store, func(o *secretlife.Options) {
		o.Clock = w.clock
		o.Rotator = secretlife.RotatorFunc(func(_ context.Context, in secretlife.RotationRequest) error {
			calls = append(calls, in.ClientRequestToken[:1]+" "+string(in.Step))
			if in.ClientRequestToken == tokenC {
				return errors.New("no")
			}
			w.takeOffPending(tokenB)
			require.NoError(t, w.rotate(tokenC))
			_, err := other.RunDue(ctx)
			return err
		})
	})
	require.NoError(t, err)
	other = secretlife.NewPurger(m)
	require.NoError(t, w.rotate(tokenB))
	_, err = secretlife.NewPurger(m).RunDue(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"b createSecret", "c createSecret"}, calls)
}

// TestPendingAfterATest: the label leaves the version of the test, which stays where
// it has a value, and no other version.
func TestPendingAfterATest(t *testing.T) {
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
}

// TestTriesThatAreNotDue are refused.
func TestTriesThatAreNotDue(t *testing.T) {
	w, _ := newRotating(t)
	later := false
	require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 1}),
		func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later }))
	w.advance(0)
	opens := time.Date(2018, 4, 4, 0, 0, 0, 0, time.UTC)
	idle := w.load("s")
	fresh := version(t, tokenC)
	begun := then(t)(idle.BeginRotation(opens, fresh, nil))
	try, _ := begun.RotationTry()
	for name, s := range map[string]secretlife.Secret{
		"never rotated": born(t),
		"scheduled":     then(t)(idle.Delete(secretlife.Exactly(start), windowOf(t, 7), 0)),
		"begun":         begun,
	} {
		_, err := s.BeginRotation(opens, fresh, nil)
		require.ErrorIs(t, err, secretlife.ErrNotDue, name)
	}
	_, err := idle.BeginRotation(opens.Add(-time.Millisecond), fresh, nil)
	require.ErrorIs(t, err, secretlife.ErrNotDue, "before its window")

	_, err = begun.EndRotation(opens, try, "failed", nil)
	require.NoError(t, err)
	for name, s := range map[string]secretlife.Secret{
		"never rotated": born(t),
		"scheduled":     then(t)(begun.Delete(secretlife.Exactly(start), windowOf(t, 7), 0)),
		"not begun":     idle,
	} {
		_, err := s.EndRotation(opens, try, "failed", nil)
		require.ErrorIs(t, err, secretlife.ErrNotDue, name)
	}
	_, err = begun.EndRotation(opens, secretlife.RotationTry{VersionID: version(t, tokenA)}, "", nil)
	require.ErrorIs(t, err, secretlife.ErrNotDue, "another rotation")
}

// TestATryAgainMovesNoWindow, though it is on the next day.
func TestATryAgainMovesNoWindow(t *testing.T) {
	w, r := newRotating(t)
	w.clock.Set(time.Date(2018, 4, 3, 23, 30, 0, 0, time.UTC))
	r.failing(secretlife.StepSetSecret, errors.New("no"))
	require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 10})))
	w.advance(0)
	w.advance(hour)
	require.Len(t, r.calls, 4, "two tries")
	require.Equal(t, time.Date(2018, 4, 13, 23, 59, 59, 0, time.UTC), *w.describe("s").NextRotationDate)
}

// TestRulesAtTheirLimits are accepted, and those beyond are not.
func TestRulesAtTheirLimits(t *testing.T) {
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
}

// TestScheduleOfTheLastYear: windows open in it, and not after it.
func TestScheduleOfTheLastYear(t *testing.T) {
	for year, ok := range map[int]bool{9900: true, 9901: false} {
		at := time.Date(year, time.December, 1, 0, 0, 0, 0, time.UTC)
		w := newWorld(t, func(o *secretlife.Options) {
			o.Rotator = &rotor{}
			o.ParseSchedule = func(string) (secretlife.Schedule, error) { return last{at}, nil }
		})
		w.create("s")
		err := w.rotate(tokenB, rules(secretlife.RotationRules{ScheduleExpression: "cron(0 0 1 12 ? *)"}))
		require.Equal(t, ok, err == nil, "%v", err)
	}
}

// TestAutomaticallyAfterDaysAreWhole: of a schedule expression the days to the next
// window are shown, rounded up.
func TestAutomaticallyAfterDaysAreWhole(t *testing.T) {
	w, _ := newRotating(t)
	shown := func() int64 { return w.describe("s").RotationRules.AutomaticallyAfterDays }
	require.NoError(t, w.rotate(tokenB, rules(secretlife.RotationRules{ScheduleExpression: "rate(10 days)"})))
	w.advance(0)
	require.EqualValues(t, 10, shown(), "nine days and six hours")
	w.advance(10 * aDay)
	require.Equal(t, time.Date(2018, 4, 13, 0, 0, 0, 0, time.UTC), *w.describe("s").LastRotatedDate)
	require.EqualValues(t, 10, shown(), "ten days")
}
