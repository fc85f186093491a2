package sqlstore

import (
	"bytes"
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// master is the keeper of the master key, which may change while a store is
// open.
type master struct {
	mu   sync.Mutex
	keys KeyKeeper
}

// Rewrap puts the store under another master key: its own key is wrapped by that
// of a new keeper, and the wrapping by the old one is overwritten. No value is
// touched, and the store stays in use. When it returns nil only the new master
// key opens the store; until then, and where it is interrupted, exactly one of
// the two does.
//
// The old master key still opens copies of the database from before. Over
// PostgreSQL, which overwrites nothing, that goes for its old rows and logs, too.
func (s *Store) Rewrap(ctx context.Context, to KeyKeeper) error {
	s.master.mu.Lock()
	defer s.master.mu.Unlock()
	j, err := s.rewrapped(ctx, to)
	if err != nil {
		return err
	}
	return s.engine.rewrap(ctx, j, func() { s.master.keys = to })
}

// rewrapped wraps the store's key by a new keeper, and checks that it gives it
// back: otherwise nobody could open the store again.
func (s *Store) rewrapped(ctx context.Context, to KeyKeeper) (rewrapJob, error) {
	var j rewrapJob
	var err error
	if j.old, err = getMeta(ctx, s.reads, metaKey); err != nil {
		return j, s.failed(ctx, "reading its key", err)
	}
	keeperID, err := getMeta(ctx, s.reads, metaKeeperID)
	if err != nil {
		return j, s.failed(ctx, "reading its key", err)
	}
	bound := s.ring.ID[:]
	storeKey, err := s.master.keys.Unwrap(ctx, string(keeperID), j.old, bound)
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

// rewrapJob writes the store's key as another master key wraps it.
type rewrapJob struct {
	old, wrapped []byte
	keeperID     string
}

func (j rewrapJob) apply(ctx context.Context, tx *transaction) error { return j.write(ctx, tx.conn) }

// write refuses with a conflict where somebody else was first. It may be tried
// again after it was done.
func (j rewrapJob) write(ctx context.Context, q database) error {
	done, err := q.ExecContext(
		ctx,
		`UPDATE secretlife_meta SET value = ? WHERE name = ? AND value = ?`,
		j.wrapped,
		metaKey,
		j.old,
	)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		is, err := getMeta(ctx, q, metaKey)
		if err == nil && !bytes.Equal(is, j.wrapped) {
			err = secretlife.ErrConflict
		}
		return err
	}
	return setMeta(ctx, q, metaKeeperID, []byte(j.keeperID))
}
