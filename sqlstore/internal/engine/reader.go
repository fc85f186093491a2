package engine

import (
	"context"
	"database/sql"
	"errors"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Source is the database that a Reader reads.
type Source struct {
	DB   Database
	Ring *seal.Keyring
	// Slots says whether secrets have the column of slots.
	Slots bool
	// Now is the time of the database's own clock in SQL; NULL where it has none.
	Now string
	// Prepare makes the statements of queries that are made often.
	Prepare PrepareFunc
	// Again calls once, and again where the database can't be reached for a moment.
	Again func(ctx context.Context, once func(ctx context.Context) error) error
	// Gate is the store's.
	Gate *queue.Gate
}

// Reader reads what all databases keep in the same tables. Its methods that
// [secretlife.Store] has are implementations of that.
type Reader struct {
	from                Source
	load, count, events Statement
	lists               map[string]Statement // of some queries, by their text
}

// NewReader returns the reader of a database.
func NewReader(from Source) (*Reader, error) {
	r := &Reader{from: from, lists: map[string]Statement{}}
	for _, q := range oftenListed {
		text, _ := listSQL(codec.Columns(from.Slots), q)
		stmt, err := from.Prepare(text)
		if err != nil {
			return nil, err
		}
		r.lists[text] = stmt
	}
	for _, x := range []struct {
		stmt  *Statement
		query string
	}{
		{&r.load, `SELECT ` + codec.Columns(from.Slots) + ` FROM secretlife_secrets
			WHERE account = ? AND region = ? AND name = ?`},
		{&r.count, `SELECT secrets FROM secretlife_counts WHERE account = ? AND region = ?`},
		// Where rows have many events each, fewer of them are read. It begins with the
		// first row that is there, so that one which is gone is missed.
		{&r.events, `SELECT seq, record, mac FROM secretlife_events
			WHERE seq > ? AND seq <= (SELECT MIN(seq) FROM secretlife_events WHERE seq > ?) + ? ORDER BY seq LIMIT ?`},
	} {
		var err error
		if *x.stmt, err = from.Prepare(x.query); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Read reads by do, and again where that is needed.
func Read[T any](ctx context.Context, r *Reader, do func(ctx context.Context) (T, error)) (out T, err error) {
	err = r.from.Again(ctx, func(ctx context.Context) error {
		out, err = do(ctx)
		return err
	})
	return out, err
}

// Failed says what the store was doing when the database failed. Drivers do not
// show the arguments of queries, and values reach them only encrypted.
//
// After a COMMIT that failed the outcome is unknown.
func (r *Reader) Failed(ctx context.Context, doing string, err error) error {
	told := dberr.Unwritten(doing, err)
	var unknown *secretlife.OutcomeUnknownError
	switch is := errors.As(told, &unknown); {
	case ctx.Err() != nil && is:
		return &secretlife.OutcomeUnknownError{Cause: ctx.Err()}
	case ctx.Err() != nil: // drivers have words of their own for what this cuts off
		return ctx.Err()
	case is:
		return told
	case r.from.Gate.Closed():
		return queue.ErrClosed
	}
	return &dberr.DriverError{Err: told}
}

// LoadSecret loads a secret and its row.
func (r *Reader) LoadSecret(ctx context.Context, key secretlife.Key) (codec.Row, secretlife.Secret, error) {
	var secret secretlife.Secret
	row, err := Read(ctx, r, func(ctx context.Context) (row codec.Row, err error) {
		err = r.load.QueryRowContext(ctx, codec.KeyArgs(key)...).Scan(row.Targets(r.from.Slots)...)
		if errors.Is(err, sql.ErrNoRows) {
			return codec.Row{}, secretlife.ErrSecretNotFound
		}
		if err != nil {
			return codec.Row{}, r.Failed(ctx, "loading a secret", err)
		}
		if secret, err = row.Secret(r.from.Ring); err != nil || !secret.Abridged() {
			return row, err
		}
		row, secret, err = Whole(ctx, r.from.DB, r.from.Slots, r.from.Ring, key)
		return row, r.failedWhole(ctx, err)
	})
	return row, secret, err
}

// failedWhole says what the store was doing when Whole failed.
func (r *Reader) failedWhole(ctx context.Context, err error) error {
	if err == nil || Refused(err) || errors.Is(err, secretlife.ErrSecretNotFound) || errors.Is(err, codec.ErrDamaged) {
		return err
	}
	return r.Failed(ctx, "loading the versions of a secret", err)
}

// Whole loads a secret that has blocks of versions, and its row. It is one statement, so that row
// and blocks are of one moment.
func Whole(
	ctx context.Context, q Database, slots bool, ring *seal.Keyring, key secretlife.Key,
) (row codec.Row, secret secretlife.Secret, err error) {
	columns := codec.Columns(slots)
	rows, err := q.QueryContext(ctx, `SELECT r.*, b.form FROM (SELECT `+columns+` FROM secretlife_secrets
			WHERE account = ? AND region = ? AND name = ?) AS r
		LEFT JOIN secretlife_blocks b ON b.incarnation = r.incarnation`, codec.KeyArgs(key)...)
	if err != nil {
		return row, secret, err
	}
	defer func() { _ = rows.Close() }()
	found := false
	var forms [][]byte
	for rows.Next() {
		found = true
		row = codec.Row{}
		var form []byte
		if err := rows.Scan(append(row.Targets(slots), &form)...); err != nil {
			return row, secret, err
		}
		forms = append(forms, form)
	}
	if err := rows.Err(); err != nil {
		return row, secret, err
	}
	if !found {
		return row, secret, secretlife.ErrSecretNotFound
	}
	secret, err = row.Whole(ring, forms)
	return row, secret, err
}

// Count implements [secretlife.Store].
func (r *Reader) Count(ctx context.Context, account secretlife.Account, region secretlife.Region) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return Read(ctx, r, func(ctx context.Context) (n int, err error) {
		err = r.count.QueryRowContext(ctx, account.String(), region.String()).Scan(&n)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, r.Failed(ctx, "counting secrets", err)
		}
		return n, nil
	})
}
