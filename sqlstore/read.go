package sqlstore

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// statements are the queries readers make most.
type statements struct{ load, value, sealed, count, events statement }

// statement is a query that is ready: an *sql.Stmt, or its text with a database.
type statement interface {
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
}

func (st *statements) prepare(d *dialect, ready func(query string) (statement, error)) (err error) {
	for _, x := range []struct {
		stmt  *statement
		query string
	}{
		{&st.load, `SELECT ` + d.columns() + ` FROM secretlife_secrets WHERE account = ? AND region = ? AND name = ?`},
		{&st.value, d.value},
		{&st.sealed, `SELECT sealed FROM secretlife_versions WHERE incarnation = ? AND version = ?`},
		{&st.count, `SELECT secrets FROM secretlife_counts WHERE account = ? AND region = ?`},
		// Where rows have many events each, fewer of them are read. It begins with the
		// first row that is there, so that one which is gone is missed.
		{&st.events, `SELECT seq, record, mac FROM secretlife_events
			WHERE seq > ? AND seq <= (SELECT MIN(seq) FROM secretlife_events WHERE seq > ?) + ? ORDER BY seq LIMIT ?`},
	} {
		if *x.stmt, err = ready(x.query); err != nil {
			return err
		}
	}
	return nil
}

// Load implements [secretlife.Store].
func (s *Store) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Secret{}, err
	}
	return s.engine.load(ctx, key)
}

// loadRow loads the row of a secret.
func (s *Store) loadRow(ctx context.Context, key secretlife.Key) (codec.Row, error) {
	return reading(ctx, s, func(ctx context.Context) (codec.Row, error) { return s.loadOnce(ctx, key) })
}

func (s *Store) loadOnce(ctx context.Context, key secretlife.Key) (r codec.Row, err error) {
	err = s.stmts.load.QueryRowContext(ctx, codec.KeyArgs(key)...).Scan(r.Targets(s.d.slots)...)
	if errors.Is(err, sql.ErrNoRows) {
		return codec.Row{}, secretlife.ErrSecretNotFound
	}
	if err != nil {
		return codec.Row{}, s.failed(ctx, "loading a secret", err)
	}
	return r, nil
}

// Value implements [secretlife.Store].
func (s *Store) Value(
	ctx context.Context,
	key secretlife.Key,
	in secretlife.Incarnation,
	id secretlife.VersionID,
) (secretlife.Value, error) {
	return s.engine.value(ctx, seal.Owner{Key: key, Incarnation: in}, id)
}

// Count implements [secretlife.Store].
func (s *Store) Count(ctx context.Context, account secretlife.Account, region secretlife.Region) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return reading(ctx, s, func(ctx context.Context) (n int, err error) {
		err = s.stmts.count.QueryRowContext(ctx, account.String(), region.String()).Scan(&n)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, s.failed(ctx, "counting secrets", err)
		}
		return n, nil
	})
}

// Events implements [secretlife.Store]. No event is ever forgotten.
func (s *Store) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if limit <= 0 || after > math.MaxInt64 {
		return nil, nil
	}
	return reading(
		ctx,
		s,
		func(ctx context.Context) ([]secretlife.Event, error) { return s.events(ctx, after, limit) },
	)
}

func (s *Store) events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	limit = min(limit, math.MaxInt32)
	rows, err := s.stmts.events.QueryContext(ctx, int64(after), int64(after), limit+codec.MostInRow, limit)
	if err != nil {
		return nil, s.failed(ctx, "reading events", err)
	}
	defer func() { _ = rows.Close() }()
	var out []secretlife.Event
	for next := int64(after) + 1; len(out) < limit && rows.Next(); {
		var seq int64
		var record, mac []byte
		if err := rows.Scan(&seq, &record, &mac); err != nil {
			return nil, s.failed(ctx, "reading events", err)
		}
		if !hmac.Equal(mac, codec.EventCode(s.ring, seq, record)) {
			return nil, fmt.Errorf("%w: event %d", ErrTampered, seq)
		}
		events, err := codec.EventsIn(record)
		if err != nil {
			return nil, fmt.Errorf("%w: event %d: %w", ErrDamaged, seq, err)
		}
		// The first row may begin before what was asked for.
		first := seq - int64(len(events)) + 1
		if first > next || first < next && len(out) > 0 {
			return nil, fmt.Errorf("%w: event %d is gone", ErrTampered, next)
		}
		for ; next <= seq && len(out) < limit; next++ {
			out = append(out, events[next-first].WithSeq(uint64(next)))
		}
	}
	if err := rows.Err(); err != nil {
		return nil, s.failed(ctx, "reading events", err)
	}
	return out, nil
}
