package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
)

// rewrite is scrub, with a rewrite of the database in it.
func (w *writer) rewrite(ctx context.Context) error {
	if err := w.scrub(ctx); err != nil { // what a crash left to do comes first
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "VACUUM"); err != nil {
		return fmt.Errorf("sqlstore: rewriting: %w", dberr.Explain(err))
	}
	return w.scrub(ctx)
}

// errBusy: a reader kept the write-ahead log from being emptied.
var errBusy = errors.New("sqlstore: a reader is using the write-ahead log")

// scrub finishes what purges left to do, and empties the write-ahead log into the
// database, where deleted rows are overwritten. The anchor then knows of the purges.
func (w *writer) scrub(ctx context.Context) error {
	err := w.tryScrub(ctx)
	if err == nil {
		w.dirty = false
	}
	err = errors.Join(err, w.anchored.Advance(ctx, w.conn))
	w.background.Set(err)
	return err
}

func (w *writer) tryScrub(ctx context.Context) error {
	if err := w.empty(); err != nil {
		return err
	}
	if w.unsure || len(w.emptied) > 0 {
		if err := w.attempt(ctx, nil); err != nil { // it settles, and takes the notes away
			return fmt.Errorf("sqlstore: scrubbing: %w", dberr.Explain(err))
		}
	}
	w.checkpoints.mu.Lock()
	defer w.checkpoints.mu.Unlock()
	var busy, logged, done int
	if err := w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &logged, &done); err != nil {
		return fmt.Errorf("sqlstore: scrubbing: %w", dberr.Explain(err))
	}
	if busy != 0 {
		return errBusy
	}
	return nil
}

// lastTries is how often a store that is closed tries to scrub, each time waiting
// for readers as long as the writer's busy_timeout says.
const lastTries = 20

func (w *writer) lastScrub(ctx context.Context) {
	for range lastTries {
		if err := w.scrub(ctx); !errors.Is(err, errBusy) {
			return
		}
	}
}

// checkpoint is a checkpoint that waits for no reader.
func (w *writer) checkpoint(ctx context.Context) error {
	w.checkpoints.mu.Lock()
	defer w.checkpoints.mu.Unlock()
	var busy, logged, done int
	if err := w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &logged, &done); err != nil {
		return fmt.Errorf("sqlstore: writing the log into the database: %w", dberr.Explain(err))
	}
	if logged-done > longestLog {
		return fmt.Errorf("sqlstore: %d pages of the write-ahead log wait: %w", logged-done, errBusy)
	}
	return nil
}

// longestLog is how many pages the write-ahead log has at most while checkpoints
// succeed: twice what starts one.
const (
	longestLog = 2 * autoCheckpoint
	pageSize   = 4096
)
