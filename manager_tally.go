package secretlife

import (
	"context"
	"errors"
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

// storeFailed is the error for a store that failed: the context's own, or internal.
func (m *Manager) storeFailed(ctx context.Context, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil && errors.Is(err, ctxErr) {
		return err
	}
	return internal(err)
}
