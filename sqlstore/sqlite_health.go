package sqlstore

import (
	"context"
	"fmt"
	"os"
)

// health implements engine.
func (s *sqliteEngine) health(ctx context.Context) error {
	var one int
	if err := s.reads.QueryRowContext(ctx, "SELECT 1 FROM secretlife_meta WHERE name = ?",
		metaSchema).Scan(&one); err != nil {
		return s.failed(ctx, "reading", err)
	}
	if err := s.submit(ctx, s.queue, healthJob{}); err != nil {
		return err
	}
	return s.checkpointed(ctx)
}

// checkpointed reports where the write-ahead log is not emptied into the database.
// SQLite tries that by itself after commits, and then tells nobody of a failure.
func (s *sqliteEngine) checkpointed(ctx context.Context) error {
	info, err := os.Stat(s.path + "-wal")
	if err != nil || info.Size() < longestLog*pageSize {
		return nil
	}
	return s.submit(ctx, s.scrubs, checkpointJob{})
}

// longestLog is how many pages the write-ahead log has at most while checkpoints
// succeed: twice what starts one.
const (
	longestLog = 2 * autoCheckpoint
	pageSize   = 4096
)

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
