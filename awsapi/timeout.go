package awsapi

import (
	"context"
	"sync"
	"time"
)

// timeout is a context that ends after a time, as that of context.WithTimeout does. It has no timer
// before it is asked for its Done: a store in memory never waits, and a timer costs as much as a
// read of it.
type timeout struct {
	context.Context
	deadline time.Time

	mu      sync.Mutex
	timed   context.Context // nil as long as there is no timer
	cancel  context.CancelFunc
	stopped bool
	asked   int // how often Err was called
}

// lookEvery is how many calls of Err there are for a look at the clock, which takes longer than all
// else of it.
const lookEvery = 16

// withTimeout returns a context that must be stopped.
func withTimeout(parent context.Context, d time.Duration) *timeout {
	return &timeout{Context: parent, deadline: time.Now().Add(d)}
}

func (t *timeout) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.timed != nil {
		t.cancel()
	}
}

// withTimer returns the context with a timer.
func (t *timeout) withTimer() context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timed == nil {
		t.timed, t.cancel = context.WithDeadline(t.Context, t.deadline)
		if t.stopped {
			t.cancel()
		}
	}
	return t.timed
}

func (t *timeout) Done() <-chan struct{} { return t.withTimer().Done() }

func (t *timeout) Deadline() (time.Time, bool) {
	if earlier, ok := t.Context.Deadline(); ok && earlier.Before(t.deadline) {
		return earlier, true
	}
	return t.deadline, true
}

func (t *timeout) Err() error {
	t.mu.Lock()
	started := t.timed != nil || t.stopped
	t.asked++
	look := t.asked%lookEvery == 0
	t.mu.Unlock()
	if !started && (!look || time.Until(t.deadline) > 0) {
		return t.Context.Err()
	}
	return t.withTimer().Err()
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
