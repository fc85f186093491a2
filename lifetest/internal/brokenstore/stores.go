// Package brokenstore has stores that are wrong in one way, to see that the kit finds
// it.
package brokenstore

import (
	"context"

	"github.com/secretlife-go/secretlife"
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
	st := found.State()
	st.DeletionDate, st.PurgeAt, st.Forced, st.Window = nil, nil, false, nil
	return secretlife.FromState(st)
}
