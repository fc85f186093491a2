package awsfake

import (
	"context"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
)

// following has a virtual clock follow time.Now: before each call of a client, all that became
// due since the last one is done, each piece of work at its instant. There is no goroutine that
// a bubble would wait for.
type following struct {
	clock  *secretlife.VirtualClock
	purger *secretlife.Purger

	mu     sync.Mutex // held while the clock moves
	last   sync.Mutex // guards purged
	purged []string   // since Advance began
}

// catchUp lets the time pass that a fake which follows time.Now has not seen yet.
func (f *Fake) catchUp() {
	f.t.Helper()
	if err := f.following.catchUp(f.t.Context()); err != nil {
		f.t.Fatalf("awsfake: %v", err)
	}
}

// catchUp lets the time pass that has passed since the last call. A rotation function that
// calls a client meanwhile finds the clock at the instant of its rotation.
func (f *following) catchUp(ctx context.Context) error {
	if f == nil || !f.mu.TryLock() {
		return nil
	}
	defer f.mu.Unlock()
	d := time.Since(f.clock.Now())
	if d <= 0 {
		return nil
	}
	report, err := f.purger.Advance(context.WithoutCancel(ctx), d)
	f.last.Lock()
	defer f.last.Unlock()
	for _, arn := range report.Purged() {
		f.purged = append(f.purged, arn.String())
	}
	return err
}

// take returns the ARNs of secrets that were purged since the last time.
func (f *following) take() []string {
	f.last.Lock()
	defer f.last.Unlock()
	out := append([]string{}, f.purged...)
	f.purged = nil
	return out
}

// sleep lets d pass.
func (f *following) sleep(ctx context.Context, d time.Duration) ([]string, error) {
	f.take()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	err := f.catchUp(ctx)
	return f.take(), err
}
