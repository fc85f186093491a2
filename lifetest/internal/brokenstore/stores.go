// Package brokenstore has stores that are wrong in one way, to see that the kit finds
// it.
package brokenstore

import (
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// HalfCommits writes the first of several changes only.
type HalfCommits struct{ secretlife.Store }

// Commit saves the first change.
func (s HalfCommits) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	return s.Store.Commit(ctx, secretlife.Batch{Changes: batch.Changes[:1]})
}

// Unmarked shows every secret without its mark for deletion.
type Unmarked struct{ secretlife.Store }

// Load returns the secret as if it were not scheduled for deletion.
func (s Unmarked) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	found, err := s.Store.Load(ctx, key)
	if err != nil {
		return found, err
	}
	st := plain.Of(found)
	st.DeletionDate, st.PurgeAt, st.Forced, st.Window = nil, nil, false, nil
	return st.Secret()
}

// Unheld shows every secret without its holds.
type Unheld struct{ secretlife.Store }

// Load returns the secret as if it had no hold.
func (s Unheld) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	found, err := s.Store.Load(ctx, key)
	if err != nil || len(found.Holds()) == 0 {
		return found, err
	}
	st := plain.Of(found)
	st.Holds = nil
	return st.Secret()
}

// KeepsValues keeps the values of purged secrets, and returns them for the next secret
// of the name.
type KeepsValues struct {
	secretlife.Store
	values map[secretlife.Key]map[secretlife.VersionID]secretlife.Value
}

// NewKeepsValues returns a KeepsValues over a store.
func NewKeepsValues(store secretlife.Store) *KeepsValues {
	return &KeepsValues{store, map[secretlife.Key]map[secretlife.VersionID]secretlife.Value{}}
}

// Commit keeps the values that it writes.
func (s *KeepsValues) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	receipt, err := s.Store.Commit(ctx, batch)
	if err != nil {
		return receipt, err
	}
	for _, ch := range batch.Changes {
		if s.values[ch.Key()] == nil {
			s.values[ch.Key()] = map[secretlife.VersionID]secretlife.Value{}
		}
		for _, v := range ch.Values() {
			s.values[ch.Key()][v.ID] = v.Value
		}
	}
	return receipt, nil
}

// Value returns any value that was ever written under the key.
func (s *KeepsValues) Value(
	ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID,
) (secretlife.Value, error) {
	v, err := s.Store.Value(ctx, key, in, id)
	now, loadErr := s.Load(ctx, key)
	old, kept := s.values[key][id]
	if err != nil && loadErr == nil && kept && now.Incarnation() == in {
		return old, nil
	}
	return v, err
}
