package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/secretlife-go/secretlife"
)

// mostKnown is how many rows the writer remembers.
const mostKnown = 4096

// known is what the writer has found in the database, or has written there, so
// that it need not look again: the places, incarnations and revisions of secrets,
// and where the events end. Nobody else writes; where somebody does, SQLite's
// data_version tells, and all is forgotten.
type known struct {
	version int64 // as SQLite said
	lastSeq int64
	rows    map[secretlife.Key]*row
}

// recall forgets what is known where another wrote since, and finds where the
// events end.
func (tx *transaction) recall(ctx context.Context) error {
	var version int64
	if err := tx.stmts.dataVersion.QueryRowContext(ctx).Scan(&version); err != nil {
		return err
	}
	if tx.known.rows == nil || tx.known.version != version {
		k := known{version: version, rows: map[secretlife.Key]*row{}}
		if err := tx.stmts.lastSeq.QueryRowContext(ctx).Scan(&k.lastSeq); err != nil {
			return err
		}
		tx.known = k
	}
	tx.lastSeq = tx.known.lastSeq
	return nil
}

// find finds the row at a key, nil where there is none. Of what it is only sure
// are its key, slot, incarnation and revision.
func (tx *transaction) find(ctx context.Context, key secretlife.Key) (*row, error) {
	if r, changed := tx.rows[key]; changed {
		return r, nil
	}
	if r, ok := tx.known.rows[key]; ok {
		return r, nil
	}
	r := &row{}
	err := tx.stmts.find.QueryRowContext(ctx, keyArgs(key)...).Scan(r.targets(tx.d)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = r.check(tx.ring)
	}
	if err != nil {
		return nil, err
	}
	tx.note(key, r, true)
	return r, nil
}

// note notes what is at a key now.
func (tx *transaction) note(key secretlife.Key, r *row, stays bool) {
	if !stays {
		tx.rows[key] = nil
		return
	}
	tx.rows[key] = &row{
		account: r.account, region: r.region, name: r.name,
		incarnation: r.incarnation, revision: r.revision, slot: r.slot,
	}
}

// add takes over what a transaction left behind.
func (k *known) add(tx *transaction) {
	if len(k.rows)+len(tx.rows) > mostKnown {
		clear(k.rows)
	}
	for key, r := range tx.rows {
		if r == nil {
			delete(k.rows, key)
		} else {
			k.rows[key] = r
		}
	}
	k.lastSeq = tx.lastSeq
}

// addEvents writes events behind the last.
func (tx *transaction) addEvents(ctx context.Context, events [][]byte) error {
	for len(events) > 0 {
		stmt, n := tx.stmts.addEvent, 1
		if len(events) > 1 {
			stmt, n = tx.stmts.addTwoEvents, 2
		}
		args := make([]any, 0, 6)
		for _, record := range events[:n] {
			tx.lastSeq++
			args = append(args, tx.lastSeq, record, tx.ring.eventCode(tx.lastSeq, record))
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}
