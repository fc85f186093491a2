package awsfake

import (
	"context"
	"slices"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// PauseRotation pauses the next rotation that comes to a step, before the rotation function is
// called for it, so that a test can look at the secret in the middle of a rotation. reached
// receives what the function is to be called with; resume lets the rotation go on. What began
// the rotation, such as a RotateSecret or Advance, waits for that, so it belongs into a goroutine
// of its own. Other calls are served meanwhile.
func (f *Fake) PauseRotation(step secretlife.RotationStep) (reached <-chan secretlife.RotationRequest, resume func()) {
	h := &stepPause{step, make(chan secretlife.RotationRequest, 1), make(chan struct{})}
	f.steps.add(h)
	return h.reached, sync.OnceFunc(func() {
		f.steps.take(func(other *stepPause) bool { return other == h })
		close(h.released)
	})
}

// stepPause is one pause of a rotation.
type stepPause struct {
	step     secretlife.RotationStep
	reached  chan secretlife.RotationRequest
	released chan struct{}
}

// stepPauses are those that no rotation has come to.
type stepPauses struct {
	mu  sync.Mutex
	all []*stepPause
}

func (s *stepPauses) add(h *stepPause) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, h)
}

// take removes the first pause that is wanted, and returns it, or nil.
func (s *stepPauses) take(is func(*stepPause) bool) *stepPause {
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

// rotate calls the rotation function of the options, when no pause is in the way any more.
func (f *Fake) rotate(ctx context.Context, r secretlife.RotationRequest) error {
	h := f.steps.take(func(h *stepPause) bool { return h.step == r.Step })
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
