package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// rewriteJob is a scrub with a rewrite before it.
type rewriteJob struct{}

func (rewriteJob) apply(context.Context, *transaction) error { return nil }

func (w *writer) scrubAs(ctx context.Context, how job) error {
	switch how.(type) {
	case nil:
		return w.scrub(ctx)
	case checkpointJob:
		return w.checkpoint(ctx)
	}
	if err := w.scrub(ctx); err != nil { // what a crash left to do comes first
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "VACUUM"); err != nil {
		return fmt.Errorf("sqlstore: rewriting: %w", explain(err))
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
	err = errors.Join(err, w.anchored.advance(ctx, w.conn))
	w.background.set(err)
	return err
}

func (w *writer) tryScrub(ctx context.Context) error {
	if err := w.empty(); err != nil {
		return err
	}
	if w.unsure || len(w.emptied) > 0 {
		if err := w.attempt(ctx, nil); err != nil { // it settles, and takes the notes away
			return fmt.Errorf("sqlstore: scrubbing: %w", explain(err))
		}
	}
	var busy, logged, done int
	if err := w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &logged, &done); err != nil {
		return fmt.Errorf("sqlstore: scrubbing: %w", explain(err))
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

// recover finishes what was interrupted: it empties the slots of what was purged
// and those that no row names, and finds the slots that are free.
func (w *writer) recover(ctx context.Context, file *slotFile) error {
	noted, err := numbers(ctx, w.conn, "SELECT slot FROM secretlife_purging ORDER BY slot")
	if err != nil {
		return err
	}
	used, err := numbers(ctx, w.conn, "SELECT slot FROM secretlife_secrets ORDER BY slot")
	if err != nil {
		return err
	}
	taken, err := takenSlots(file)
	if err != nil {
		return err
	}
	if err := w.slots.zero(difference(taken, used)...); err != nil {
		return err
	}
	if lost := difference(used, taken); len(lost) > 0 {
		w.log.WarnContext(
			ctx,
			"secrets have lost their values: their data keys are not in the key slots",
			"secrets",
			len(lost),
		)
	}
	// A slot that is noted and that a row names is in use: the note should have
	// gone with the transaction that used it again.
	w.emptied = difference(noted, used)
	w.next = w.slots.size()
	for _, list := range [][]int64{used, w.emptied} {
		if n := len(list); n > 0 {
			w.next = max(w.next, list[n-1]+1)
		}
	}
	all := make([]int64, w.next)
	for at := range all {
		all[at] = int64(at)
	}
	w.free = difference(difference(all, used), w.emptied)
	return nil
}

func numbers(ctx context.Context, conn *sql.Conn, query string) ([]int64, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// difference returns what is in a and not in b; both are in order.
func difference(a, b []int64) []int64 {
	var out []int64
	for _, n := range a {
		for len(b) > 0 && b[0] < n {
			b = b[1:]
		}
		if len(b) == 0 || b[0] != n {
			out = append(out, n)
		}
	}
	return out
}
