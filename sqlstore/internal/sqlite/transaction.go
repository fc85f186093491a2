package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// transaction is what several jobs do together.
type transaction struct {
	*writer
	written map[int64]seal.Slot // for the rows that were added
	purged  []int64             // slots of the rows that were taken away
	removed bool                // ciphertexts were deleted
	changed map[secretlife.Key]kept
	bytes   int // of states and ciphertexts
	lastSeq int64
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

// recall forgets what is remembered where another than the store wrote since the
// last transaction, and finds where the events end.
func (tx *transaction) recall(ctx context.Context) error {
	var version int64
	if err := tx.stmts.dataVersion.QueryRowContext(ctx).Scan(&version); err != nil {
		return err
	}
	if tx.version != version {
		tx.recent.forget()
		if err := tx.stmts.lastSeq.QueryRowContext(ctx).Scan(&tx.writer.lastSeq); err != nil {
			return err
		}
		tx.version = version
	}
	tx.lastSeq = tx.writer.lastSeq
	return nil
}

// find finds what is at a key, the zero kept where there is nothing.
func (tx *transaction) find(ctx context.Context, key secretlife.Key) (kept, error) {
	if k, ok := tx.changed[key]; ok {
		return k, nil
	}
	if k, ok := tx.recent.get(key); ok {
		return k, nil
	}
	r := &codec.Row{}
	err := tx.stmts.find.QueryRowContext(ctx, codec.KeyArgs(key)...).Scan(r.Targets(true)...)
	if errors.Is(err, sql.ErrNoRows) {
		return kept{}, nil
	}
	if err != nil {
		return kept{}, err
	}
	s, err := r.Secret(tx.ring)
	if err == nil && s.Abridged() {
		_, s, err = engine.Whole(ctx, tx.conn, true, tx.ring, key)
	}
	return kept{secret: s, slot: r.Slot}, err
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

// remove takes a secret away, with its values and its blocks of versions if it has any, and notes
// that its slot is to be emptied.
func (tx *transaction) remove(ctx context.Context, there kept, blocks bool) error {
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
	if !blocks {
		return nil
	}
	_, err := tx.stmts.removeBlocks.ExecContext(ctx, in[:])
	return err
}

// addEvents writes events behind the last, given their binary forms.
func (tx *transaction) addEvents(ctx context.Context, forms [][]byte) (receipt secretlife.Receipt, err error) {
	if len(forms) > 0 {
		receipt.FirstSeq = uint64(tx.lastSeq) + 1
	}
	for _, r := range codec.EventRows(forms) {
		tx.lastSeq += int64(r.Events)
		code := codec.EventCode(tx.ring, tx.lastSeq, r.Record)
		if _, err := tx.stmts.addEvents.ExecContext(ctx, tx.lastSeq, r.Record, code); err != nil {
			return secretlife.Receipt{}, err
		}
	}
	return receipt, nil
}
