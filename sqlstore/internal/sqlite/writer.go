package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/anchor"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
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
	conn        *sql.Conn
	checkpoints *checkpointer
	later       *laterQueue
	anchored    *anchor.Anchored
	ring        *seal.Keyring
	slots       *slotFile
	stmts       writeStatements

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
	background *engine.Background // of the store
	log        *slog.Logger
}

// unknownVersion is not a version that SQLite has.
const unknownVersion = -1

// job is one request's part of a transaction. It either refuses it, with a refusal,
// before it wrote anything; or writes; or fails, and with it the transaction.
type job func(ctx context.Context, tx *transaction) (secretlife.Receipt, error)

// upkeep is what the writer does between transactions: a method of its own.
type upkeep func(w *writer, ctx context.Context) error

// loop does what is asked of the writer until the queue is closed, and what is
// left in it. It then scrubs a last time.
func (w *writer) loop(requests <-chan *queue.Request[job], upkeep <-chan *queue.Request[upkeep]) {
	// What callers gave up is finished or refused as a whole: no context of
	// theirs cuts a transaction off.
	ctx := context.Background()
	timer := time.NewTimer(w.scrubAfter)
	timer.Stop()
	defer timer.Stop()
	laterTimer := time.NewTimer(laterAfter)
	laterTimer.Stop()
	defer laterTimer.Stop()
	var last queue.Round[job]
	for {
		select {
		case r, open := <-requests:
			if !open {
				for w.writeLater(ctx) > 0 {
				}
				w.lastScrub(ctx)
				return
			}
			wasClean := !w.dirty
			last = last.Next(r, requests, func(together []*queue.Request[job]) { w.serve(ctx, together) })
			if wasClean && w.dirty {
				timer.Reset(w.scrubAfter)
			}
		case r := <-upkeep:
			if r.Take() {
				r.End(secretlife.Outcome{Err: r.Job(w, ctx)})
			}
		case <-w.later.some:
			laterTimer.Reset(laterAfter)
		case <-laterTimer.C:
			tell(w.later.now)
		case <-w.later.now:
			if w.writeLater(ctx) > 0 {
				tell(w.later.now)
			}
		case <-timer.C:
			if err := w.scrub(ctx); err != nil {
				w.log.WarnContext(ctx, "overwriting what was purged failed; it is tried again", "error", err)
				timer.Reset(w.scrubAfter)
			}
		}
	}
}

// serve writes requests together, and each by itself where that fails: what one
// of them can't do must not be refused to the others. Where it failed at the very
// end that would be wrong, as they may have been written: all are told.
func (w *writer) serve(ctx context.Context, requests []*queue.Request[job]) {
	if len(requests) == 0 {
		return
	}
	err := w.attempt(ctx, requests)
	if err == nil {
		return
	}
	if len(requests) > 1 && !dberr.AtCommit(err) {
		for i := range requests {
			w.serve(ctx, requests[i:i+1])
		}
		return
	}
	for _, r := range requests {
		r.End(secretlife.Outcome{Err: dberr.Unwritten("writing", err)})
	}
}

// attempt writes requests in one transaction, and sends each its result if it
// succeeds. If it fails nothing is written, or that is not known, and no result is sent.
func (w *writer) attempt(ctx context.Context, requests []*queue.Request[job]) error {
	tx := &transaction{writer: w, written: map[int64]seal.Slot{}, changed: map[secretlife.Key]kept{}}
	outcomes := make([]secretlife.Outcome, len(requests))
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
			receipt, err := r.Job(ctx, tx)
			if err != nil && !engine.Refused(err) {
				return err
			}
			outcomes[i] = secretlife.Outcome{Receipt: receipt, Err: err}
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
	w.checkpoints.wrote(len(tx.changed), tx.bytes)
	w.free, w.emptied = append(w.free, w.emptied...), nil
	w.full = append(w.full, tx.purged...)
	w.dirty = w.dirty || tx.removed
	err = w.empty()
	for i, r := range requests {
		if outcomes[i].Err == nil && len(tx.purged) > 0 && err != nil { // it may be this one's key that is still there
			outcomes[i] = secretlife.Outcome{Err: err}
		}
		r.End(outcomes[i])
	}
	return nil
}

// witness tells the key slots of the last event, so that a database which lost it is
// found out. It is one write, without a sync.
func (w *writer) witness(ctx context.Context, seq int64) {
	if seq == w.lastSeq {
		return
	}
	w.lastSeq = seq
	if err := w.slots.witness(seq); err != nil {
		w.log.WarnContext(ctx, "the key slots were not told of the last event", "error", err)
	}
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
		w.background.Set(err)
		return err
	}
	w.full, w.emptied = nil, append(w.emptied, w.full...)
	return nil
}
