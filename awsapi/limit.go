package awsapi

import (
	"context"
	"sync"
	"time"
)

// limit is a context that ends at a deadline, as [context.WithDeadline] makes
// one, but whose timer is started by the first who waits for its end. Most
// operations only ask whether it has ended, and a timer per request costs more
// than reading the request.
type limit struct {
	context.Context
	deadline time.Time

	mu    sync.Mutex
	ended bool
	timed context.Context // made by the first call of Done
	end   context.CancelFunc
}

func newLimit(ctx context.Context, d time.Duration) *limit {
	return &limit{Context: ctx, deadline: time.Now().Add(d)}
}

// Deadline implements [context.Context].
func (l *limit) Deadline() (time.Time, bool) {
	if t, ok := l.Context.Deadline(); ok && t.Before(l.deadline) {
		return t, true
	}
	return l.deadline, true
}

// Done implements [context.Context].
func (l *limit) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed == nil {
		l.timed, l.end = context.WithDeadline(l.Context, l.deadline)
		if l.ended {
			l.end()
		}
	}
	return l.timed.Done()
}

// Err implements [context.Context].
func (l *limit) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed != nil {
		return l.timed.Err()
	}
	if err := l.Context.Err(); err != nil {
		return err
	}
	switch {
	case l.ended:
		return context.Canceled
	case !time.Now().Before(l.deadline):
		return context.DeadlineExceeded
	}
	return nil
}

// cancel ends the context, and its timer where there is one.
func (l *limit) cancel() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	if l.end != nil {
		l.end()
	}
}
