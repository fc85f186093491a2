package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
)

// Wash overwrites in the database's files what was purged and removed, instead
// of waiting for it to be done in the background. When it returns nil no
// ciphertext of a purged secret, or of a version that is gone, is in them, but
// for what [Store.Rewrite] is for; see docs/permanence.md for that, and for what
// lies below the files. It waits for readers that
// are in the middle of a page, and tries until the context ends.
//
// Over PostgreSQL nothing can be overwritten, and the error is
// [errors.ErrUnsupported]: see [Store.Shred].
func (s *Store) Wash(ctx context.Context) error {
	return s.wash(ctx, nil)
}

// Rewrite is Wash with all that is left in the database written anew. SQLite
// overwrites what it deletes, but not always the old place of what it moved to
// another page before: now and then a piece of a purged row stays in a part of a
// page that is not in use, where only this removes it. It takes the room of the
// database once more while it runs, and all changes wait for it.
//
// Over PostgreSQL the error is [errors.ErrUnsupported].
func (s *Store) Rewrite(ctx context.Context) error { return s.wash(ctx, rewriteJob{}) }

// rewriteJob is a wash with a rewrite before it.
type rewriteJob struct{}

func (rewriteJob) apply(context.Context, *transaction) error { return nil }

func (w *writer) washAs(ctx context.Context, how job) error {
	switch how.(type) {
	case nil:
		return w.wash(ctx)
	case checkpointJob:
		return w.checkpoint(ctx)
	}
	if err := w.wash(ctx); err != nil { // what a crash left to do comes first
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "VACUUM"); err != nil {
		return fmt.Errorf("sqlstore: rewriting: %w", explain(err))
	}
	return w.wash(ctx)
}

func (s *Store) wash(ctx context.Context, how job) error {
	if s.shredder != nil {
		return fmt.Errorf("sqlstore: over PostgreSQL nothing can be overwritten: %w", errors.ErrUnsupported)
	}
	for {
		err := s.submit(ctx, s.washes, how)
		if errors.Is(err, secretlife.ErrOutcomeUnknown) { // it goes on; the next Wash waits for it
			return ctx.Err()
		}
		if err == nil || !errors.Is(err, errBusy) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// errBusy: a reader kept the write-ahead log from being emptied.
var errBusy = errors.New("sqlstore: a reader is using the write-ahead log")

// wash finishes what purges left to do, and empties the write-ahead log into the
// database, where deleted rows are overwritten. The anchor then knows of the purges.
func (w *writer) wash(ctx context.Context) error {
	err := w.tryWash(ctx)
	if err == nil {
		w.dirty = false
	}
	err = errors.Join(err, w.anchored.advance(ctx, w.conn))
	w.background.set(err)
	return err
}

func (w *writer) tryWash(ctx context.Context) error {
	if err := w.empty(); err != nil {
		return err
	}
	if w.unsure || len(w.emptied) > 0 {
		if err := w.attempt(ctx, nil); err != nil { // it settles, and takes the notes away
			return fmt.Errorf("sqlstore: washing: %w", explain(err))
		}
	}
	var busy, logged, done int
	if err := w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &logged, &done); err != nil {
		return fmt.Errorf("sqlstore: washing: %w", explain(err))
	}
	if busy != 0 {
		return errBusy
	}
	return nil
}

// lastTries is how often a store that is closed tries to wash, each time waiting
// for readers as long as the writer's busy_timeout says.
const lastTries = 20

func (w *writer) lastWash(ctx context.Context) {
	for range lastTries {
		if err := w.wash(ctx); !errors.Is(err, errBusy) {
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
		w.log.WarnContext(ctx, "secrets have lost their values: their data keys are not in the key slots", "secrets", len(lost))
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
