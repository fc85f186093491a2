package secretlife

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// ErrOutcomeUnknown is found by errors.Is in the error of a call that ended while
// the store was writing: the change may have been written. Repeating the call with
// the same ClientRequestToken is safe. See [OutcomeUnknownError].
var ErrOutcomeUnknown = errors.New("secretlife: the outcome is unknown: the change may have been written")

// OutcomeUnknownError is the error of a [Store] that was writing a change when
// something ended the call. errors.Is finds [ErrOutcomeUnknown] in it, and the
// cause.
type OutcomeUnknownError struct {
	// Cause is what ended the call, such as [context.Canceled] or a connection that
	// was lost.
	Cause error
	// Outcome, if it is not nil, receives the outcome once, when the store knows it:
	// nil if the change was written. The receiver reads it at most once.
	Outcome <-chan error
}

// Error implements error.
func (e *OutcomeUnknownError) Error() string {
	return ErrOutcomeUnknown.Error() + ": " + e.Cause.Error()
}

// Unwrap returns [ErrOutcomeUnknown] and the cause.
func (e *OutcomeUnknownError) Unwrap() []error { return []error{ErrOutcomeUnknown, e.Cause} }

// unsettled are the changes whose outcome the store did not know when the call
// ended. What was written after all is published by the next call, or by the
// [Purger].
type unsettled struct {
	some atomic.Bool // so that a call with nothing to settle costs nothing

	mu    sync.Mutex
	saves []unsettledSave
}

type unsettledSave struct {
	ctx     context.Context
	changes []Change
	outcome <-chan error
	saved   func()
}

// add keeps changes until their outcome is known.
func (u *unsettled) add(s unsettledSave) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.saves = append(u.saves, s)
	u.some.Store(true)
}

// written takes out what is known by now, and returns what was written.
func (u *unsettled) written() (out []unsettledSave) {
	if !u.some.Load() {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	rest := u.saves[:0]
	for _, s := range u.saves {
		select {
		case err := <-s.outcome:
			if err == nil {
				out = append(out, s)
			}
		default:
			rest = append(rest, s)
		}
	}
	clear(u.saves[len(rest):])
	u.saves = rest
	u.some.Store(len(rest) > 0)
	return out
}

// save commits changes and publishes their events; saved, if not nil, is called
// before that. Where the outcome is not known yet, both wait for it.
func (s *shared) save(ctx context.Context, saved func(), changes ...Change) error {
	err := s.store.Commit(ctx, changes...)
	var unknown *OutcomeUnknownError
	if errors.As(err, &unknown) && unknown.Outcome != nil {
		s.unsettled.add(unsettledSave{context.WithoutCancel(ctx), changes, unknown.Outcome, saved})
	}
	if err != nil {
		return err
	}
	if saved != nil {
		saved()
	}
	s.publish(ctx, changes)
	return nil
}

// publishUnsettled publishes what was written although its call ended before that
// was known.
func (s *shared) publishUnsettled() {
	for _, save := range s.unsettled.written() {
		if save.saved != nil {
			save.saved()
		}
		s.publish(save.ctx, save.changes)
	}
}
