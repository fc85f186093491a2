package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// writer is the only one that writes, from one goroutine.
//
// Of a slot there are these stories. A creation writes it, durably, and then
// commits the row that names it; one that was written for a transaction that
// failed is suspect until it is known that no row names it. A purge commits that
// the row is gone and that the slot is to be emptied (the table
// secretlife_purging), and then empties it; the note is taken away with the next
// transaction, and only then is the slot free to be used again. So at every
// moment a crash leaves either a row with its slot, or enough to empty the slot.
type writer struct {
	conn     *sql.Conn
	anchored *anchored
	d        *dialect
	ring     *seal.Keyring
	slots    keySlots
	stmts    writeStatements

	recent  *recent
	version int64 // of the database, as it was left; unknownVersion after a failure
	lastSeq int64 // the number of the last event

	free    []int64 // empty slots, below next
	next    int64   // from here on all are empty
	suspect []int64 // written for a transaction that failed
	full    []int64 // noted to be emptied, and not emptied yet
	emptied []int64 // emptied, and still noted

	unsure     bool // a transaction failed, and may have been written nevertheless
	dirty      bool // ciphertexts were deleted since the last scrub
	scrubAfter time.Duration
	background *healthError // of the store
	log        *slog.Logger
}

// transaction is what several jobs do together.
type transaction struct {
	*writer
	written map[int64]seal.Slot // for the rows that were added
	purged  []int64             // slots of the rows that were taken away
	removed bool                // ciphertexts were deleted
	changed map[secretlife.Key]kept
	lastSeq int64
}

// unknownVersion is not a version that SQLite has.
const unknownVersion = -1

// attempt writes requests in one transaction, and answers them where it
// succeeds. Where it fails nothing is written, or it is not known, and nobody is
// answered.
func (w *writer) attempt(ctx context.Context, requests []*request) error {
	tx := &transaction{writer: w, written: map[int64]seal.Slot{}, changed: map[secretlife.Key]kept{}}
	refused := make([]error, len(requests))
	exec := func(stmt *sql.Stmt) func() error {
		return func() error {
			_, err := stmt.ExecContext(ctx)
			return err
		}
	}
	err := between(ctx, w.conn, exec(w.stmts.begin), exec(w.stmts.commit), func() error {
		if err := tx.begin(ctx); err != nil {
			return err
		}
		for i, r := range requests {
			if err := r.Job.apply(ctx, tx); refusal(err) {
				refused[i] = err
			} else if err != nil {
				return err
			}
		}
		return w.slots.write(tx.written)
	})
	if err != nil {
		w.unsure = true
		w.version = unknownVersion
		w.recent.forget()
		for at := range tx.written {
			w.suspect = append(w.suspect, at)
		}
		return err
	}
	w.witness(ctx, tx.lastSeq)
	w.recent.committed(tx.changed)
	w.free, w.emptied = append(w.free, w.emptied...), nil
	w.full = append(w.full, tx.purged...)
	w.dirty = w.dirty || tx.removed
	err = w.empty()
	for i, r := range requests {
		switch {
		case refused[i] != nil:
			r.End(refused[i])
		case len(tx.purged) > 0 && err != nil:
			r.End(err) // it may be this one's key that is still there
		default:
			r.End(nil)
		}
	}
	return nil
}

// witness tells the key slots of the last event, so that a database which lost it is
// found out. It is one write that nobody waits for.
func (w *writer) witness(ctx context.Context, seq int64) {
	if seq == w.lastSeq {
		return
	}
	w.lastSeq = seq
	if err := w.slots.witness(seq); err != nil {
		w.log.WarnContext(ctx, "the key slots were not told of the last event", "error", err)
	}
}

// begin takes the notes of slots away that are empty by now, and finds out whether
// what is remembered still holds.
func (tx *transaction) begin(ctx context.Context) error {
	if err := tx.settle(ctx); err != nil {
		return err
	}
	for _, at := range tx.emptied {
		if _, err := tx.stmts.dropPurging.ExecContext(ctx, at); err != nil {
			return err
		}
	}
	return tx.recall(ctx)
}

// settle finds out what became of a transaction that failed. Slots it wrote and
// that no row names are emptied and free; those it noted are to be emptied.
func (w *writer) settle(ctx context.Context) error {
	if !w.unsure {
		return nil
	}
	var orphans []int64
	for _, at := range w.suspect {
		var one int
		err := w.stmts.usesSlot.QueryRowContext(ctx, at).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			orphans = append(orphans, at)
		} else if err != nil {
			return err
		}
	}
	if err := w.slots.zero(orphans...); err != nil {
		return err
	}
	noted, err := numbers(ctx, w.conn, "SELECT slot FROM secretlife_purging ORDER BY slot")
	if err != nil {
		return err
	}
	slices.Sort(w.emptied)
	w.full = difference(noted, w.emptied)
	w.suspect, w.free = nil, append(w.free, orphans...)
	w.unsure, w.dirty = false, true
	return nil
}

// empty destroys the data keys of what was purged.
func (w *writer) empty() error {
	if len(w.full) == 0 {
		return nil
	}
	if err := w.slots.zero(w.full...); err != nil {
		w.background.set(err)
		return err
	}
	w.full, w.emptied = nil, append(w.emptied, w.full...)
	return nil
}

// newSlot chooses an empty slot. It is written when all jobs were applied.
func (tx *transaction) newSlot(content seal.Slot) int64 {
	var at int64
	if last := len(tx.free) - 1; last >= 0 {
		at, tx.free = tx.free[last], tx.free[:last]
	} else {
		at = tx.next
		tx.next++
	}
	tx.written[at] = content
	return at
}

// writeStatements are what a transaction is made of.
type writeStatements struct {
	all []*sql.Stmt

	begin, commit                             *sql.Stmt
	find, usesSlot, lastSeq, dataVersion      *sql.Stmt
	insert, update, remove                    *sql.Stmt
	countUp, countDown                        *sql.Stmt
	addVersion, removeVersion, removeVersions *sql.Stmt
	addEvents                                 *sql.Stmt
	notePurging, dropPurging                  *sql.Stmt
}

func (w *writer) prepare(ctx context.Context) (err error) {
	st := &w.stmts
	for _, x := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&st.begin, w.d.begin},
		{&st.commit, `COMMIT`},
		{&st.find, `SELECT ` + w.d.columns() + ` FROM secretlife_secrets WHERE account = ? AND region = ? AND name = ?`},
		{&st.usesSlot, `SELECT 1 FROM secretlife_secrets WHERE slot = ?`},
		{&st.lastSeq, `SELECT COALESCE(MAX(seq), 0) FROM secretlife_events`},
		{&st.insert, `INSERT INTO secretlife_secrets (` + w.d.columns() +
			`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&st.update, `UPDATE secretlife_secrets SET revision = ?, changed = ?, accessed = ?,
			due = ?, deletion = ?, purge = ?, state = ?, mac = ? WHERE account = ? AND region = ? AND name = ?`},
		{&st.remove, `DELETE FROM secretlife_secrets WHERE account = ? AND region = ? AND name = ?`},
		{&st.countUp, `INSERT INTO secretlife_counts (account, region, secrets) VALUES (?, ?, 1)
			ON CONFLICT (account, region) DO UPDATE SET secrets = secretlife_counts.secrets + 1`},
		{&st.countDown, `UPDATE secretlife_counts SET secrets = secrets - 1 WHERE account = ? AND region = ?`},
		{&st.addVersion, `INSERT INTO secretlife_versions (incarnation, version, sealed) VALUES (?, ?, ?)`},
		{&st.removeVersion, `DELETE FROM secretlife_versions WHERE incarnation = ? AND version = ?`},
		{&st.removeVersions, `DELETE FROM secretlife_versions WHERE incarnation = ?`},
		{&st.dataVersion, `PRAGMA data_version`},
		{&st.addEvents, `INSERT INTO secretlife_events (seq, record, mac) VALUES (?, ?, ?)`},
		{&st.notePurging, `INSERT INTO secretlife_purging (slot) VALUES (?) ON CONFLICT (slot) DO NOTHING`},
		{&st.dropPurging, `DELETE FROM secretlife_purging WHERE slot = ?`},
	} {
		if *x.stmt, err = w.conn.PrepareContext(ctx, x.query); err != nil {
			return err
		}
		st.all = append(st.all, *x.stmt)
	}
	return nil
}

// close closes the statements. Closing their connection does not, and SQLite then
// keeps its files open.
func (st *writeStatements) close() error {
	var errs []error
	for _, stmt := range st.all {
		errs = append(errs, stmt.Close())
	}
	st.all = nil
	return errors.Join(errs...)
}
