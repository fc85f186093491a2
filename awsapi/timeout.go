package awsapi

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// timeout is a context that ends after a time, as that of context.WithTimeout does. It has no timer
// before it is asked for its Done: a store in memory never waits, and a timer costs as much as a
// read of it.
type timeout struct {
	context.Context
	limit time.Duration // from the first question on whose answer it depends

	asked   atomic.Int32 // how often Err was called
	started atomic.Bool  // there is a timer, or it was stopped

	mu       sync.Mutex
	deadline time.Time       // zero as long as nobody asked
	timed    context.Context // nil as long as there is no timer
	cancel   context.CancelFunc
	stopped  bool
}

// lookEvery is how many calls of Err there are for a look at the clock, which takes longer than all
// else of it.
const lookEvery = 16

// withTimeout returns a context that must be stopped.
func withTimeout(parent context.Context, d time.Duration) *timeout {
	return &timeout{Context: parent, limit: d}
}

func (t *timeout) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	t.started.Store(true)
	if t.timed != nil {
		t.cancel()
	}
}

// withTimer returns the context with a timer.
func (t *timeout) withTimer() context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timed == nil {
		t.timed, t.cancel = context.WithDeadline(t.Context, t.due())
		t.started.Store(true)
		if t.stopped {
			t.cancel()
		}
	}
	return t.timed
}

func (t *timeout) Done() <-chan struct{} { return t.withTimer().Done() }

// due returns when the time is over. It is called with the lock.
func (t *timeout) due() time.Time {
	if t.deadline.IsZero() {
		t.deadline = time.Now().Add(t.limit)
	}
	return t.deadline
}

func (t *timeout) Deadline() (time.Time, bool) {
	t.mu.Lock()
	due := t.due()
	t.mu.Unlock()
	if earlier, ok := t.Context.Deadline(); ok && earlier.Before(due) {
		return earlier, true
	}
	return due, true
}

func (t *timeout) Err() error {
	if t.started.Load() || t.asked.Add(1)%lookEvery == 0 && t.over() {
		return t.withTimer().Err()
	}
	return t.Context.Err()
}

func (t *timeout) over() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Until(t.due()) <= 0
}

// Value is that of the context with a timer if there is one, by which its children find it.
func (t *timeout) Value(key any) any {
	t.mu.Lock()
	of := t.Context
	if t.timed != nil {
		of = t.timed
	}
	t.mu.Unlock()
	return of.Value(key)
}
