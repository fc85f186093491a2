package awsfake

import (
	"context"
	"slices"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// HoldRotation holds the next rotation that comes to a step, before the rotation function is
// called for it, so that a test can look at the secret in the middle of a rotation. reached
// receives what the function is to be called with; release lets the rotation go on. What began
// the rotation, such as a RotateSecret or Advance, waits for that, so it belongs into a goroutine
// of its own. Other calls are served meanwhile.
func (f *Fake) HoldRotation(step secretlife.RotationStep) (reached <-chan secretlife.RotationRequest, release func()) {
	h := &stepHold{step, make(chan secretlife.RotationRequest, 1), make(chan struct{})}
	f.steps.add(h)
	return h.reached, sync.OnceFunc(func() {
		f.steps.take(func(other *stepHold) bool { return other == h })
		close(h.released)
	})
}

// stepHold is one hold of a rotation.
type stepHold struct {
	step     secretlife.RotationStep
	reached  chan secretlife.RotationRequest
	released chan struct{}
}

// stepHolds are those that no rotation has come to.
type stepHolds struct {
	mu  sync.Mutex
	all []*stepHold
}

func (s *stepHolds) add(h *stepHold) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, h)
}

// take removes the first hold that is wanted, and returns it, or nil.
func (s *stepHolds) take(is func(*stepHold) bool) *stepHold {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.all, is)
	if i < 0 {
		return nil
	}
	h := s.all[i]
	s.all = slices.Delete(s.all, i, i+1)
	return h
}

// rotate calls the rotation function of the options, when no hold is in the way any more.
func (f *Fake) rotate(ctx context.Context, r secretlife.RotationRequest) error {
	h := f.steps.take(func(h *stepHold) bool { return h.step == r.Step })
	if h != nil {
		h.reached <- r
		select {
		case <-h.released:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return f.o.Rotator(ctx, r)
}
