package sqlstore

import (
	"context"
	"errors"
	"sync"

	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// healthError is what went wrong in the background and has not been put right.
type healthError struct {
	mu  sync.Mutex
	err error
}

func (h *healthError) set(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

func (h *healthError) get() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// Health returns nil if the store can be read and written, and nothing that is to be
// done in the background failed or is late. It writes a few bytes each time, so a full
// disk, a server that stopped and a standby are noticed. It does not wait for a server
// that is restarted, as other methods do.
//
// In the background data keys are destroyed, and what was deleted is overwritten; over
// SQLite the write-ahead log is emptied into the database as well.
func (s *Store) Health(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(s.engine.health(ctx), s.background.get())
}

// metaHealth is what Health writes.
const metaHealth = "health"

// healthJob writes as little as can be written. It is random, as SQLite writes nothing
// where nothing changes.
type healthJob struct{}

func (j healthJob) apply(ctx context.Context, tx *transaction) error { return j.write(ctx, tx.conn) }

func (j healthJob) write(ctx context.Context, q database) error {
	return setMeta(ctx, q, metaHealth, seal.NewKey()[:8])
}
