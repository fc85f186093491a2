package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
)

var _ access.Store = (*Faults)(nil)

// AddAccesses implements [access.Store]. If the store does not have it, the call is not
// counted and nothing goes wrong with it.
func (f *Faults) AddAccesses(ctx context.Context, group access.Group) error {
	_, err := throughAccesses(f, AddAccesses, func(s access.Store) (struct{}, error) {
		return struct{}{}, s.AddAccesses(ctx, group)
	})
	return err
}

// Accesses implements [access.Store]. If the store does not have it, the call is not
// counted and nothing goes wrong with it.
func (f *Faults) Accesses(ctx context.Context, query access.Query) ([]access.Entry, error) {
	return throughAccesses(f, Accesses, func(s access.Store) ([]access.Entry, error) { return s.Accesses(ctx, query) })
}

// ForgetAccesses implements [access.Store]. If the store does not have it, the call is not
// counted and nothing goes wrong with it.
func (f *Faults) ForgetAccesses(ctx context.Context, before time.Time, limit int) (int, error) {
	return throughAccesses(f, ForgetAccesses, func(s access.Store) (int, error) {
		return s.ForgetAccesses(ctx, before, limit)
	})
}

func throughAccesses[T any](f *Faults, m Method, call func(access.Store) (T, error)) (out T, err error) {
	s, ok := accessesOf(f.Store)
	if !ok {
		return out, errors.ErrUnsupported
	}
	return through(f, Call{Method: m}, func() (T, error) { return call(s) })
}

// accessesOf returns what a store has for access ledgers, if it has that.
func accessesOf(s secretlife.Store) (access.Store, bool) {
	a, ok := s.(access.Store)
	if !ok {
		return nil, false
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := a.Accesses(ctx, access.Query{})
	return a, !errors.Is(err, errors.ErrUnsupported)
}
