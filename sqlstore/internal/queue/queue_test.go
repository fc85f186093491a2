package queue

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCallersThatComeAgainAreWaitedFor checks that callers that were just answered are
// in the next transaction with those that waited meanwhile, and that none waits long
// for a caller that does not come.
func TestCallersThatComeAgainAreWaitedFor(t *testing.T) {
	for _, x := range []struct {
		name      string
		took      time.Duration // the transaction before
		answered  int
		waiting   int
		again     int           // of those answered, after
		after     time.Duration // the transaction ended
		together  int
		waitedFor time.Duration
	}{
		{"all come again", 4 * time.Millisecond, 8, 8, 8, 300 * time.Microsecond, 16, 300 * time.Microsecond},
		{"some come again", 4 * time.Millisecond, 8, 8, 3, 300 * time.Microsecond, 11, time.Millisecond},
		{"none comes in time", 4 * time.Millisecond, 8, 8, 8, 1100 * time.Microsecond, 8, time.Millisecond},
		{"not for longer than a moment", time.Second, 8, 8, 8, 3 * time.Millisecond, 8, mostPatience},
		{"a fast transaction waits for none", time.Millisecond, 8, 8, 8, 100 * time.Microsecond, 8, 0},
		{"one caller is alone", 4 * time.Millisecond, 1, 0, 1, 300 * time.Microsecond, 1, 300 * time.Microsecond},
		{"after a pause", 4 * time.Millisecond, 8, 0, 1, time.Second, 1, time.Second},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				queue := make(chan *Request[int], Length)
				come := func(n int) {
					for range n {
						queue <- New(1)
					}
				}
				last := served(queue, make([]*Request[int], x.answered), func([]*Request[int]) {
					time.Sleep(x.took)
					come(x.waiting)
				})
				began := time.Now()
				go func() {
					time.Sleep(x.after)
					come(x.again)
				}()
				require.Len(t, last.gather(<-queue, queue), x.together)
				require.Equal(t, x.waitedFor, time.Since(began))
				time.Sleep(time.Minute)
			})
		})
	}
}

// TestAFullTransactionWaitsForNobody holds the limit, and that a closed queue ends a
// wait.
func TestAFullTransactionWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := make(chan *Request[int], Length)
		busy := Round[int]{callers: 10 * mostTogether, patience: time.Now().Add(time.Hour)}
		for range mostTogether + 2 {
			queue <- New(1)
		}
		gone := New(1)
		gone.state.Store(dropped)
		require.Len(t, busy.gather(gone, queue), mostTogether)
		close(queue)
		require.Len(t, busy.gather(<-queue, queue), 2)
	})
}
