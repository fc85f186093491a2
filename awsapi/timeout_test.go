package awsapi

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTimeout compares the timeout with that of the standard library, before and after it has a
// timer.
func TestTimeout(t *testing.T) {
	type key struct{}
	parent, endParent := context.WithCancel(context.WithValue(t.Context(), key{}, "v"))
	defer endParent()
	start := func(ctx context.Context) (<-chan struct{}, context.Context) {
		child, cancel := context.WithCancel(ctx)
		t.Cleanup(cancel)
		return ctx.Done(), child
	}
	for _, timer := range []bool{false, true} {
		ctx := withTimeout(parent, time.Hour)
		if timer {
			start(ctx)
		}
		at, ok := ctx.Deadline()
		require.True(t, ok)
		require.Greater(t, time.Until(at), 50*time.Minute)
		require.NoError(t, ctx.Err())
		require.Equal(t, "v", ctx.Value(key{}))
		ctx.stop()
		require.ErrorIs(t, ctx.Err(), context.Canceled)
		done, child := start(ctx)
		<-done
		<-child.Done()

		past := withTimeout(parent, -1)
		if timer {
			start(past)
		}
		for n := 0; past.Err() == nil; n++ { // a call that only asks for errors ends, too
			require.Less(t, n, lookEvery)
		}
		require.ErrorIs(t, past.Err(), context.DeadlineExceeded)
		done, child = start(past)
		<-done
		<-child.Done()
		require.ErrorIs(t, child.Err(), context.DeadlineExceeded)
		past.stop()
		require.ErrorIs(t, past.Err(), context.DeadlineExceeded)
	}
	waits := withTimeout(parent, time.Hour)
	defer waits.stop()
	first := withTimeout(waits, 2*time.Hour)
	defer first.stop()
	at, _ := first.Deadline()
	require.Less(t, time.Until(at), 90*time.Minute)
	done, child := start(first)
	endParent()
	<-done
	<-child.Done()
	require.ErrorIs(t, waits.Err(), context.Canceled)
	require.ErrorIs(t, first.Err(), context.Canceled)
}
