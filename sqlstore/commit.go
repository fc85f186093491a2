package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Commit implements [secretlife.Store]. What it returned nil for is on the disk;
// of what was purged the data key is destroyed. Where the context ends while the
// change waits its turn nothing is written and the error is the context's; while it
// is written, the error is a [secretlife.OutcomeUnknownError] that receives the
// outcome.
func (s *Store) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Receipt{}, err
	}
	if err := batch.Check(); err != nil {
		return secretlife.Receipt{}, err
	}
	j := &commitJob{writes: make([]write, len(batch.Changes))}
	for i, c := range batch.Changes {
		w, err := s.prepare(ctx, c)
		if err != nil {
			return secretlife.Receipt{}, err
		}
		j.writes[i] = w
	}
	if err := s.submit(ctx, s.queue, j); err != nil {
		return secretlife.Receipt{}, err
	}
	return j.receipt, nil
}

// write is one change in the form in which it is written. All that can be done
// before its turn is done: encoding and encryption.
type write struct {
	change secretlife.Change
	next   codec.Row // without its slot and code
	stays  bool      // there is a next
	fresh  bool      // next is a new incarnation
	slot   seal.Slot // a new incarnation's data key
	values []sealedValue
	events [][]byte // their binary forms
}

type sealedValue struct {
	version string
	sealed  []byte
	// Where there are epochs: the version's own data key, until it is written,
	// and how it is wrapped.
	dataKey, wrapped, of []byte
	epoch                int64
}

func (s *Store) prepare(ctx context.Context, c secretlife.Change) (write, error) {
	w := write{change: c}
	for _, e := range c.Events() {
		form, err := e.MarshalBinary()
		if err != nil {
			return write{}, fmt.Errorf("sqlstore: writing an event of %q: %w", c.Key().Name, err)
		}
		w.events = append(w.events, form)
	}
	next, ok := c.Next()
	if !ok {
		return w, nil
	}
	var err error
	if w.next, err = codec.RowOf(next); err != nil {
		return write{}, err
	}
	inc, revision := c.Base()
	w.stays, w.fresh = true, revision == 0 || inc != next.Incarnation()
	return w, s.engine.seal(ctx, &w, next)
}

// commitJob is the changes of one Commit.
type commitJob struct {
	writes     []write
	firstEvent int // its index among the events of a group
	receipt    secretlife.Receipt
}

// Receipt implements queue.Writer.
func (j *commitJob) Receipt() secretlife.Receipt { return j.receipt }

// apply checks all changes against what is there, and then makes them.
func (j *commitJob) apply(ctx context.Context, tx *transaction) (err error) {
	there := make([]kept, len(j.writes))
	for i := range j.writes {
		if there[i], err = j.writes[i].base(ctx, tx); err != nil {
			return err
		}
	}
	for i := range j.writes {
		if err := j.writes[i].make(ctx, tx, there[i]); err != nil {
			return err
		}
	}
	j.receipt, err = tx.addEvents(ctx, eventsOf(j.writes))
	return err
}

func eventsOf(writes []write) (forms [][]byte) {
	for i := range writes {
		forms = append(forms, writes[i].events...)
	}
	return forms
}

func eventCount(writes []write) (n int) {
	for i := range writes {
		n += len(writes[i].events)
	}
	return n
}

// base finds what a change was decided at, the zero kept where there must be
// nothing.
func (w *write) base(ctx context.Context, tx *transaction) (kept, error) {
	there, err := tx.find(ctx, w.change.Key())
	if err != nil {
		return kept{}, err
	}
	inc, revision := w.change.Base()
	if there.secret.Revision() != revision || revision != 0 && there.secret.Incarnation() != inc {
		return kept{}, secretlife.ErrConflict
	}
	return there, nil
}

// make writes one change, but for its events.
func (w *write) make(ctx context.Context, tx *transaction, there kept) error {
	if err := w.makeRow(ctx, tx, there); err != nil {
		return err
	}
	next, _ := w.change.Next()
	tx.changed[w.change.Key()] = kept{secret: next, slot: w.next.Slot}
	return w.makeValues(ctx, tx, there)
}

// makeRow writes the secret itself.
func (w *write) makeRow(ctx context.Context, tx *transaction, there kept) error {
	next := &w.next
	if !there.secret.IsZero() && w.stays && !w.fresh {
		next.Slot = there.slot
		next.Mac = next.Code(tx.ring)
		_, err := tx.stmts.update.ExecContext(ctx, next.Revision, next.Changed, next.Accessed,
			next.Due, next.Deletion, next.Purge, next.State, next.Mac, next.Account, next.Region, next.Name)
		return err
	}
	if !there.secret.IsZero() {
		if err := tx.remove(ctx, there); err != nil {
			return err
		}
	}
	if !w.stays {
		return nil
	}
	next.Slot = tx.newSlot(w.slot)
	next.Mac = next.Code(tx.ring)
	if _, err := tx.stmts.insert.ExecContext(ctx, next.Values(tx.d.slots)...); err != nil {
		return err
	}
	_, err := tx.stmts.countUp.ExecContext(ctx, next.Account, next.Region)
	return err
}

// remove takes a secret away, with its values, and notes that its slot is to be
// emptied.
func (tx *transaction) remove(ctx context.Context, there kept) error {
	tx.removed, tx.purged = true, append(tx.purged, there.slot)
	key, in := there.secret.Key(), there.secret.Incarnation()
	for _, x := range []struct {
		stmt *sql.Stmt
		args []any
	}{
		{tx.stmts.notePurging, []any{there.slot}},
		{tx.stmts.removeVersions, []any{in[:]}},
		{tx.stmts.remove, codec.KeyArgs(key)},
		{tx.stmts.countDown, codec.KeyArgs(key)[:2]},
	} {
		if _, err := x.stmt.ExecContext(ctx, x.args...); err != nil {
			return err
		}
	}
	return nil
}

// makeValues takes the values away whose versions are gone from a secret that
// stays, and writes new ones.
func (w *write) makeValues(ctx context.Context, tx *transaction, there kept) error {
	if !there.secret.IsZero() && w.stays && !w.fresh {
		for _, id := range w.change.Removed() {
			tx.removed = true
			if _, err := tx.stmts.removeVersion.ExecContext(ctx, w.next.Incarnation, id.String()); err != nil {
				return err
			}
		}
	}
	for _, v := range w.values {
		if _, err := tx.stmts.addVersion.ExecContext(ctx, w.next.Incarnation, v.version, v.sealed); err != nil {
			return err
		}
	}
	return nil
}

// addEvents writes events behind the last, given their binary forms.
func (tx *transaction) addEvents(ctx context.Context, forms [][]byte) (secretlife.Receipt, error) {
	var receipt secretlife.Receipt
	if len(forms) > 0 {
		receipt.FirstSeq = uint64(tx.lastSeq) + 1
	}
	for _, r := range codec.EventRows(forms) {
		tx.lastSeq += int64(r.Events)
		if _, err := tx.stmts.addEvents.ExecContext(ctx, tx.lastSeq, r.Record, codec.EventCode(tx.ring, tx.lastSeq,
			r.Record)); err != nil {
			return secretlife.Receipt{}, err
		}
	}
	return receipt, nil
}
