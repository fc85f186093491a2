package queue

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestAClosedGateWaitsForThoseInside checks that Close returns when the last caller
// left, that nobody enters meanwhile, and that what was in the queue is still served.
func TestAClosedGateWaitsForThoseInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &Gate{}
		q := NewQueue[int](gate, 1)
		_, err := q.Put(t.Context(), 1)
		require.NoError(t, err)
		second := make(chan error)
		go func() {
			_, err := q.Put(t.Context(), 2) // the queue is full
			second <- err
		}()
		synctest.Wait()
		closed := make(chan error)
		go func() { closed <- gate.Close() }()
		synctest.Wait()
		require.True(t, gate.Closed())
		require.ErrorIs(t, gate.Close(), ErrClosed)
		_, err = q.Do(t.Context(), 3)
		require.ErrorIs(t, err, ErrClosed)
		select {
		case err := <-closed:
			require.Fail(t, "closed with a caller inside", err)
		default:
		}
		require.Equal(t, 1, (<-q.Requests()).Job)
		require.NoError(t, <-second)
		require.NoError(t, <-closed)
		q.End()
		require.Equal(t, 2, (<-q.Requests()).Job)
		_, open := <-q.Requests()
		require.False(t, open)
	})
}

// TestACallerWhoLeftEntersNoQueue checks that a request whose context has ended is not
// put into a queue with room.
func TestACallerWhoLeftEntersNoQueue(t *testing.T) {
	q := NewQueue[int](&Gate{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		_, err := q.Put(ctx, 1)
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Empty(t, q.Requests())
}

// TestACallerLeavesAFullQueue checks that a caller whose context ends does not wait.
func TestACallerLeavesAFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &Gate{}
		q := NewQueue[int](gate, 0)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := q.Do(ctx, 1)
			left <- err
		}()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-left, context.Canceled)
		require.NoError(t, gate.Close())
	})
}
