package secretlife_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// observed is a purger that has looked at its clock once.
func observed(t *testing.T) *world {
	w := newWorld(t)
	_, err := w.purger.RunDue(ctx)
	require.NoError(t, err)
	return w
}

func TestTheGuardBearsFiveMinutes(t *testing.T) {
	w := observed(t)
	w.clock.Jump(5 * time.Minute)
	_, err := w.purger.RunDue(ctx)
	require.NoError(t, err)
	w.clock.Jump(time.Millisecond)
	_, err = w.purger.RunDue(ctx)
	require.ErrorIs(t, err, secretlife.ErrClockJump)
}

// TestTimeThatPassedExcusesNoLaterJump: what passed before the last look at the
// clock was made use of then, and what passed since counts once.
func TestTimeThatPassedExcusesNoLaterJump(t *testing.T) {
	w := observed(t)
	w.clock.Set(start.Add(10 * hour))
	_, err := w.purger.RunDue(ctx)
	require.NoError(t, err)
	w.clock.Jump(hour)
	_, err = w.purger.RunDue(ctx)
	require.ErrorIs(t, err, secretlife.ErrClockJump)

	w = observed(t)
	w.clock.Set(start.Add(hour))
	w.clock.Jump(hour)
	_, err = w.purger.RunDue(ctx)
	require.ErrorIs(t, err, secretlife.ErrClockJump)
}

// TestAClockThatRunsFastIsFollowed has one that gains a thousandth: an hour in
// six weeks, though never more than the guard grants.
func TestAClockThatRunsFastIsFollowed(t *testing.T) {
	w := observed(t)
	for range 42 {
		w.clock.Set(w.clock.Now().Add(aDay))
		w.clock.Jump(aDay / 1000)
		_, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
	}
	require.Greater(t, w.clock.Now().Sub(start)-42*aDay, hour)
}
