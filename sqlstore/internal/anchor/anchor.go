// Package anchor keeps a store and its anchor in step, so that a store which was put back
// from a backup is noticed.
package anchor

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// ErrRestored means that the store, or one of its files, is older than it was.
var ErrRestored = errors.New("sqlstore: the store is older than it was")

// Anchor is what sqlstore.Anchor is, which says what its methods do.
type Anchor interface {
	Kept(ctx context.Context, store string) ([]byte, error)
	Keep(ctx context.Context, store string, mark []byte) error
}

// Database is where the events are.
type Database interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Anchored keeps a store and its anchor in step. Without an anchor it does nothing.
type Anchored struct {
	anchor Anchor
	ring   *seal.Keyring
	log    *slog.Logger

	mu sync.Mutex
}

// New returns what keeps a store and an anchor, which may be nil, in step.
func New(a Anchor, ring *seal.Keyring, log *slog.Logger) *Anchored {
	return &Anchored{anchor: a, ring: ring, log: log}
}

// Begin is Check, and keeps where the store is then.
func (m *Anchored) Begin(ctx context.Context, q Database, restored bool) error {
	last, err := m.compare(ctx, q, restored)
	if err != nil || m.anchor == nil {
		return err
	}
	return m.keep(ctx, last)
}

// Check refuses a store that is behind its anchor, unless that was confirmed.
func (m *Anchored) Check(ctx context.Context, q Database, restored bool) error {
	_, err := m.compare(ctx, q, restored)
	return err
}

// compare is Check, and returns where the store is.
func (m *Anchored) compare(ctx context.Context, q Database, restored bool) (last mark, err error) {
	if m.anchor == nil {
		return last, nil
	}
	if last, err = lastMark(ctx, q); err != nil {
		return last, err
	}
	kept, err := m.kept(ctx)
	switch {
	case err != nil && (!restored || !errors.Is(err, seal.ErrTampered)):
		return last, err
	case kept == nil && last.seq > 0:
		m.log.WarnContext(ctx, "the store had no anchor: whether it was put back from a backup is not known",
			"store", m.ring.ID.String())
	case kept != nil && restored:
		m.log.WarnContext(ctx, "the store may be behind its anchor, as was confirmed",
			"event", last.seq, "anchor", kept.seq)
	case kept != nil:
		return last, kept.isIn(ctx, q, last)
	}
	return last, nil
}

// Advance keeps the last event, where the store goes on from what was kept before.
func (m *Anchored) Advance(ctx context.Context, q Database) error {
	if m.anchor == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	last, err := lastMark(ctx, q)
	if err != nil {
		return err
	}
	kept, err := m.kept(ctx)
	if err == nil && kept != nil {
		if kept.seq == last.seq {
			return nil
		}
		err = kept.isIn(ctx, q, last)
	}
	if err != nil {
		return err
	}
	return m.keep(ctx, last)
}

func (m *Anchored) kept(ctx context.Context) (*mark, error) {
	b, err := m.anchor.Kept(ctx, m.ring.ID.String())
	if err != nil {
		return nil, fmt.Errorf("sqlstore: reading the anchor: %w", err)
	}
	if b == nil {
		return nil, nil
	}
	last, err := parseMark(m.ring, b)
	return &last, err
}

func (m *Anchored) keep(ctx context.Context, last mark) error {
	if err := m.anchor.Keep(ctx, m.ring.ID.String(), last.encode(m.ring)); err != nil {
		return fmt.Errorf("sqlstore: writing the anchor: %w", err)
	}
	return nil
}

// mark is what a store keeps in its anchor: its last event, by its number and the
// code of the row that ends with it.
type mark struct {
	seq int64
	row []byte
}

func (m mark) encode(k *seal.Keyring) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(m.seq))
	b = append(append(b, m.row...), make([]byte, codeSize-len(m.row))...) // a store without events has no row
	return append(b, markCode(k, b)...)
}

// isIn reports, as an error, where a store that ends with an event is not one that went
// on from the mark.
func (m mark) isIn(ctx context.Context, q Database, last mark) error {
	if m.seq == 0 {
		return nil
	}
	const then = "what was purged since is there again; if that is meant, say so (Restored)"
	if last.seq < m.seq {
		return fmt.Errorf("%w: it ends with event %d, and its anchor saw event %d: a backup was put back, and %s",
			ErrRestored, last.seq, m.seq, then)
	}
	var row []byte
	err := q.QueryRowContext(ctx, `SELECT mac FROM secretlife_events WHERE seq = ?`, m.seq).Scan(&row)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("sqlstore: looking for the anchor's event: %w", dberr.Explain(err))
	}
	if !hmac.Equal(row, m.row) {
		return fmt.Errorf("%w: its event %d is not the one that its anchor saw: a backup was put back and went on, and %s",
			ErrRestored, m.seq, then)
	}
	return nil
}

func parseMark(k *seal.Keyring, b []byte) (mark, error) {
	n := len(b) - codeSize
	if n != 8+codeSize || !hmac.Equal(b[n:], markCode(k, b[:n])) {
		return mark{}, fmt.Errorf("%w: the store's anchor", seal.ErrTampered)
	}
	return mark{int64(binary.BigEndian.Uint64(b)), b[8:n]}, nil
}

func markCode(k *seal.Keyring, b []byte) []byte {
	c := k.Code("anchor")
	c.Bytes(b)
	return c.Sum()
}

// codeSize is the length of the code of a row.
const codeSize = sha256.Size

func lastMark(ctx context.Context, q Database) (mark, error) {
	var m mark
	err := q.QueryRowContext(ctx, `SELECT seq, mac FROM secretlife_events ORDER BY seq DESC LIMIT 1`).
		Scan(&m.seq, &m.row)
	if errors.Is(err, sql.ErrNoRows) {
		return mark{}, nil
	}
	if err != nil {
		return m, fmt.Errorf("sqlstore: looking for the last event: %w", dberr.Explain(err))
	}
	return m, nil
}
