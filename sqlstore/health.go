package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
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
	if s.shredder != nil {
		return errors.Join(s.shredder.health(ctx, s), s.background.get())
	}
	var one int
	if err := s.reads.QueryRowContext(ctx, "SELECT 1 FROM secretlife_meta WHERE name = ?", metaSchema).Scan(&one); err != nil {
		return s.failed(ctx, "reading", err)
	}
	err := s.submit(ctx, s.queue, healthJob{})
	if err != nil {
		return err
	}
	return errors.Join(s.checkpointed(ctx), s.background.get())
}

// metaHealth is what Health writes.
const metaHealth = "health"

// healthJob writes as little as can be written. It is random, as SQLite writes nothing
// where nothing changes.
type healthJob struct{}

func (j healthJob) apply(ctx context.Context, tx *transaction) error { return j.write(ctx, tx.conn) }

func (j healthJob) write(ctx context.Context, q database) error {
	return setMeta(ctx, q, metaHealth, newKey()[:8])
}

// longestLog is how many pages the write-ahead log has at most while checkpoints
// succeed: twice what starts one.
const (
	longestLog = 2 * autoCheckpoint
	pageSize   = 4096
)

// checkpointed reports where the write-ahead log is not emptied into the database.
// SQLite tries that by itself after commits, and then tells nobody of a failure.
func (s *Store) checkpointed(ctx context.Context) error {
	info, err := os.Stat(s.path + "-wal")
	if err != nil || info.Size() < longestLog*pageSize {
		return nil
	}
	return s.submit(ctx, s.washes, checkpointJob{})
}

// checkpointJob is a checkpoint that waits for nobody.
type checkpointJob struct{}

func (checkpointJob) apply(context.Context, *transaction) error { return nil }

func (w *writer) checkpoint(ctx context.Context) error {
	var busy, logged, done int
	if err := w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &logged, &done); err != nil {
		return fmt.Errorf("sqlstore: writing the log into the database: %w", explain(err))
	}
	if logged-done > longestLog {
		return fmt.Errorf("sqlstore: %d pages of the write-ahead log wait: %w", logged-done, errBusy)
	}
	return nil
}

// health writes, which a standby and a server that is full refuse, and looks how
// long data keys wait for their destruction.
func (s *shredder) health(ctx context.Context, store *Store) (err error) {
	for range 1 + s.options.Connections { // a server that was restarted is found out on each
		if err = s.healthOnce(ctx, store); err == nil || ctx.Err() != nil || !unreachable(err) {
			return err
		}
	}
	return err
}

func (s *shredder) healthOnce(ctx context.Context, store *Store) error {
	if err := s.isPrimary(ctx); err != nil {
		return store.failed(ctx, "asking the server", err)
	}
	write := func(ctx context.Context, tx *pgTx) error { return healthJob{}.write(ctx, tx) }
	if err := s.transactOnce(ctx, write); err != nil {
		return store.failed(ctx, "writing", err)
	}
	h, r, err := s.state(ctx)
	if err != nil {
		return store.failed(ctx, "looking at the epoch", err)
	}
	if late := shredIsLate(r, h.purged, time.Now(), s.options); late > 0 {
		return fmt.Errorf("sqlstore: %d data keys of what was purged are not destroyed; that is late by %s", h.purged-r.purged, late)
	}
	return nil
}

// shredIsLate returns by how much the destruction of data keys is late; 0 where it is
// not. Whoever looks at the epoch does so once a minute.
func shredIsLate(r epochRow, purged int64, now time.Time, o PostgresOptions) time.Duration {
	if r.settled.Valid && purged == r.purged {
		return 0
	}
	return max(0, now.Sub(time.UnixMilli(r.began))-o.ShredAfter-2*longestLook)
}
