package secretlife

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Tally returns the elapsed time that was counted for the Manager's store, the zero
// Tally if none was. It counts nothing itself.
//
// Errors: [*InternalServiceError].
func (m *Manager) Tally(ctx context.Context) (Tally, error) {
	s, err := m.counter.look(ctx)
	if err != nil {
		return Tally{}, m.storeFailed(ctx, err)
	}
	return Tally{s.Tally}, nil
}

// At returns the present instant of the Manager's store, for decisions that are
// made without an operation, such as [ImportSecret].
//
// Errors: [*InternalServiceError], which wraps [ErrClockOfStore] where the clock is
// of another kind than the store's.
func (m *Manager) At(ctx context.Context) (At, error) {
	at, err := m.counter.stamped(ctx)
	if err != nil {
		return At{}, m.storeFailed(ctx, err)
	}
	return at, nil
}

// ConfirmGap lets an operator vouch that so much time passed in a gap of the
// store's [Tally] in which nobody counted; 0 is all of it, as the wall clocks said.
// It counts for secrets that were scheduled before the gap, and from an hour of
// counted time later, so that [Manager.WithdrawGap] can take it back. Confirming
// time that has not passed purges secrets early: [Tally.WithGap] shows what it
// would do. It is logged as a warning.
//
// Errors: [*InvalidParameterError] for a number that is no such gap's, one that is
// proven already, and more time than the wall clocks said; see [Manager.Tally] for
// others.
func (m *Manager) ConfirmGap(ctx context.Context, number uint64, passed time.Duration) (Tally, error) {
	t, err := m.vouch(ctx, func(t Tally, nonce uint64) (Tally, error) {
		next, err := t.t.Confirm(number, passed, nonce)
		return Tally{next}, err
	})
	if err == nil {
		m.log.WarnContext(ctx, "an operator confirmed that time passed in a gap", "gap", number, "passed", passed)
	}
	return t, err
}

// WithdrawGap takes a confirmation of [Manager.ConfirmGap] back, for every secret
// that is not purged yet. It is logged as a warning.
//
// Errors: [*InvalidParameterError] for a gap that was not confirmed; see
// [Manager.Tally] for others.
func (m *Manager) WithdrawGap(ctx context.Context, number uint64) (Tally, error) {
	t, err := m.vouch(ctx, func(t Tally, nonce uint64) (Tally, error) {
		next, err := t.t.Withdraw(number, nonce)
		return Tally{next}, err
	})
	if err == nil {
		m.log.WarnContext(ctx, "an operator withdrew that time passed in a gap", "gap", number)
	}
	return t, err
}

func (m *Manager) vouch(ctx context.Context, edit func(Tally, uint64) (Tally, error)) (Tally, error) {
	for range maxAttempts {
		s, err := m.counter.look(ctx)
		if err != nil {
			return Tally{}, m.storeFailed(ctx, err)
		}
		_, nonce, err := draw()
		if err != nil {
			return Tally{}, internal(err)
		}
		next, err := edit(Tally{s.Tally}, nonce)
		if err != nil {
			return Tally{}, badParameter(err.Error(), ErrInvalidParameter)
		}
		switch err := m.counter.save(ctx, s, next.t); {
		case err == nil:
			return next, nil
		case !errors.Is(err, ErrConflict):
			return Tally{}, m.storeFailed(ctx, err)
		}
	}
	return Tally{}, internal(fmt.Errorf("%w %d times in a row", ErrConflict, maxAttempts))
}

// storeFailed is the error for a store that failed: the context's own, or internal.
func (m *Manager) storeFailed(ctx context.Context, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil && errors.Is(err, ctxErr) {
		return err
	}
	return internal(err)
}
