package sqlstore

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/secretlife-go/secretlife"
)

// statements are the queries readers make most.
type statements struct{ load, value, count, events *sql.Stmt }

func (st *statements) prepare(ctx context.Context, db *sql.DB) (err error) {
	for _, x := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&st.load, `SELECT ` + rowColumns + ` FROM secretlife_secrets WHERE account = ? AND region = ? AND name = ?`},
		{&st.value, `SELECT s.slot, v.sealed FROM secretlife_secrets s
			JOIN secretlife_versions v ON v.incarnation = s.incarnation
			WHERE s.account = ? AND s.region = ? AND s.name = ? AND s.incarnation = ? AND v.version = ?`},
		{&st.count, `SELECT secrets FROM secretlife_counts WHERE account = ? AND region = ?`},
		{&st.events, `SELECT seq, record, mac FROM secretlife_events WHERE seq > ? ORDER BY seq LIMIT ?`},
	} {
		if *x.stmt, err = db.PrepareContext(ctx, x.query); err != nil {
			return err
		}
	}
	return nil
}

// Load implements [secretlife.Store].
func (s *Store) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	r, err := s.load(ctx, key)
	if err != nil {
		return secretlife.Secret{}, err
	}
	return r.secret(s.ring)
}

func (s *Store) load(ctx context.Context, key secretlife.Key) (row, error) {
	if err := ctx.Err(); err != nil {
		return row{}, err
	}
	var r row
	err := s.stmts.load.QueryRowContext(ctx, keyArgs(key)...).Scan(r.targets()...)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, secretlife.ErrSecretNotFound
	}
	if err != nil {
		return row{}, s.failed(ctx, "loading a secret", err)
	}
	return r, nil
}

func keyArgs(key secretlife.Key) []any {
	return []any{key.Account.String(), key.Region.String(), key.Name.String()}
}

// Value implements [secretlife.Store].
func (s *Store) Value(ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID) (secretlife.Value, error) {
	of := life{key, in}
	for try := 0; ; try++ {
		at, sealed, err := s.sealed(ctx, of, id)
		if err != nil {
			return secretlife.Value{}, err
		}
		dataKey, err := s.dataKey(of, at)
		if err == nil {
			v, err := s.ring.openValue(of, dataKey, id, sealed)
			if err != nil {
				return secretlife.Value{}, fmt.Errorf("%w: a value of the secret %q", err, key.Name)
			}
			return v, nil
		}
		// The secret may have been purged since its row was read. If so, the row
		// is not found again.
		if try > 0 {
			return secretlife.Value{}, err
		}
	}
}

// sealed reads a ciphertext, and where the data key for it is.
func (s *Store) sealed(ctx context.Context, of life, id secretlife.VersionID) (at int64, sealed []byte, err error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	args := append(keyArgs(of.key), of.incarnation[:], id.String())
	err = s.stmts.value.QueryRowContext(ctx, args...).Scan(&at, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, secretlife.ErrVersionNotFound
	}
	if err != nil {
		return 0, nil, s.failed(ctx, "reading a value", err)
	}
	return at, sealed, nil
}

// dataKey gets the data key of an incarnation from its slot.
func (s *Store) dataKey(of life, at int64) ([]byte, error) {
	content, err := s.slots.read(at)
	if err != nil {
		return nil, err
	}
	if content.empty() {
		return nil, fmt.Errorf("%w: the secret %q", ErrKeyLost, of.key.Name)
	}
	dataKey, err := s.ring.unwrapKey(of, content)
	if err != nil {
		return nil, fmt.Errorf("%w: the secret %q: %w", ErrTampered, of.key.Name, err)
	}
	return dataKey, nil
}

// Count implements [secretlife.Counter].
func (s *Store) Count(ctx context.Context, account secretlife.Account, region secretlife.Region) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var n int
	err := s.stmts.count.QueryRowContext(ctx, account.String(), region.String()).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, s.failed(ctx, "counting secrets", err)
	}
	return n, nil
}

// Events implements [secretlife.Store]. No event is ever forgotten.
func (s *Store) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if limit <= 0 || after > math.MaxInt64 {
		return nil, nil
	}
	rows, err := s.stmts.events.QueryContext(ctx, int64(after), limit)
	if err != nil {
		return nil, s.failed(ctx, "reading events", err)
	}
	defer func() { _ = rows.Close() }()
	var out []secretlife.Event
	for next := int64(after) + 1; rows.Next(); next++ {
		var seq int64
		var record, mac []byte
		if err := rows.Scan(&seq, &record, &mac); err != nil {
			return nil, s.failed(ctx, "reading events", err)
		}
		if seq != next {
			return nil, fmt.Errorf("%w: event %d is gone", ErrTampered, next)
		}
		if !hmac.Equal(mac, s.ring.eventCode(seq, record)) {
			return nil, fmt.Errorf("%w: event %d", ErrTampered, seq)
		}
		var e secretlife.Event
		if err := json.Unmarshal(record, &e); err != nil {
			return nil, fmt.Errorf("%w: event %d: %w", ErrDamaged, seq, err)
		}
		out = append(out, e.WithSeq(uint64(seq)))
	}
	if err := rows.Err(); err != nil {
		return nil, s.failed(ctx, "reading events", err)
	}
	return out, nil
}

// ClockMark implements [secretlife.ClockKeeper].
func (s *Store) ClockMark(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	ms, err := getNumber(ctx, s.db, s.ring, metaClock)
	switch {
	case errors.Is(err, ErrTampered):
		return time.Time{}, err
	case err != nil:
		return time.Time{}, s.failed(ctx, "reading the clock's mark", err)
	case ms == 0:
		return time.Time{}, nil
	}
	return time.UnixMilli(ms).UTC(), nil
}
