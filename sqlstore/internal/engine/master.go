package engine

import (
	"bytes"
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// Master is the keeper of the master key, which may change while a store is open.
type Master struct {
	mu   sync.Mutex
	keys KeyKeeper
}

// NewMaster returns a master with its keeper.
func NewMaster(keys KeyKeeper) *Master { return &Master{keys: keys} }

// Change puts a store under the master key of another keeper: the store's key is
// wrapped by that, and write writes it.
func (m *Master) Change(ctx context.Context, r *Reader, to KeyKeeper, write func(Rewrapped) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	j, err := m.rewrapped(ctx, r, to)
	if err != nil {
		return err
	}
	if err := write(j); err != nil {
		return fmt.Errorf("sqlstore: changing the master key: %w", err)
	}
	m.keys = to
	return nil
}

// rewrapped wraps the store's key by a new keeper, and checks that it gives it
// back: otherwise no keeper could open the store again.
func (m *Master) rewrapped(ctx context.Context, r *Reader, to KeyKeeper) (j Rewrapped, err error) {
	var keeperID string
	if j.old, keeperID, err = wrappedKey(ctx, r.from.DB); err != nil {
		return j, r.Failed(ctx, "reading its key", err)
	}
	bound := r.from.Ring.ID[:]
	storeKey, err := m.keys.Unwrap(ctx, keeperID, j.old, bound)
	if err != nil {
		return j, fmt.Errorf("sqlstore: unwrapping the store's key: %w", err)
	}
	defer clear(storeKey)
	if j.wrapped, j.keeperID, err = to.Wrap(ctx, bytes.Clone(storeKey), bound); err != nil {
		return j, fmt.Errorf("sqlstore: wrapping the store's key: %w", err)
	}
	again, err := to.Unwrap(ctx, j.keeperID, j.wrapped, bound)
	if err != nil {
		return j, fmt.Errorf("sqlstore: the new keeper does not unwrap what it wrapped: %w", err)
	}
	defer clear(again)
	if !hmac.Equal(storeKey, again) {
		return j, errors.New("sqlstore: the new keeper unwraps another key than it wrapped")
	}
	return j, nil
}

// Rewrapped is the store's key as another master key wraps it.
type Rewrapped struct {
	old, wrapped []byte
	keeperID     string
}

// Write returns [secretlife.ErrConflict] if another Change came first. It may be called
// again after it succeeded.
func (j Rewrapped) Write(ctx context.Context, q Database) error {
	done, err := q.ExecContext(ctx, `UPDATE secretlife_meta SET value = ? WHERE name = ? AND value = ?`,
		j.wrapped, metaKey, j.old)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		is, err := GetMeta(ctx, q, metaKey)
		if err == nil && !bytes.Equal(is, j.wrapped) {
			err = secretlife.ErrConflict
		}
		return err
	}
	return SetMeta(ctx, q, metaKeeperID, []byte(j.keeperID))
}
