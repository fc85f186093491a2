package sqlstore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Anchor keeps how far a store has come, outside of the store and of its backups. A
// store that was put back from a backup is behind its anchor: it is refused with
// [ErrRestored], because what was purged since the backup would be there again.
// [FileAnchor] is for one machine, or one process.
//
// The methods are given the id of the store, as several stores can share an Anchor.
// They are safe for concurrent use.
type Anchor interface {
	// Kept returns what was kept last for a store, or nil if nothing was.
	Kept(ctx context.Context, store string) ([]byte, error)
	// Keep replaces what was kept for a store, durably. It is less than 512 bytes.
	Keep(ctx context.Context, store string, mark []byte) error
}

// FileAnchor is an [Anchor] in a file for each store. Its place should be in no backup
// of the store, and survive the loss of the store's disk; beside the master key is one.
type FileAnchor struct{ path string }

// NewFileAnchor returns the anchor in files whose names begin with path; the id of the
// store follows. A file is made, for its owner only, with the first mark.
func NewFileAnchor(path string) *FileAnchor { return &FileAnchor{path} }

// Kept implements [Anchor].
func (f *FileAnchor) Kept(_ context.Context, store string) ([]byte, error) {
	mark, err := os.ReadFile(f.file(store))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return mark, err
}

// Keep implements [Anchor].
func (f *FileAnchor) Keep(_ context.Context, store string, mark []byte) error {
	file, err := os.OpenFile(f.file(store), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil && size > int64(len(mark)) {
		err = file.Truncate(int64(len(mark)))
	}
	if err == nil {
		err = writeDurably(file, mark, 0) // in place, and less than a sector: all or nothing
	}
	if err = errors.Join(err, file.Close()); err != nil || size > 0 {
		return err
	}
	return syncDir(f.file(store))
}

func (f *FileAnchor) file(store string) string { return f.path + "." + store }

// anchorMark is what a store keeps in its anchor: its last event, by its number and the
// code of the row that ends with it.
type anchorMark struct {
	seq int64
	row []byte
}

func (m anchorMark) encode(k *seal.Keyring) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(m.seq))
	b = append(append(b, m.row...), make([]byte, codeSize-len(m.row))...) // a store without events has no row
	return append(b, anchorCode(k, b)...)
}

func anchorCode(k *seal.Keyring, b []byte) []byte {
	c := k.Code("anchor")
	c.Bytes(b)
	return c.Sum()
}

// codeSize is the length of the code of a row.
const codeSize = sha256.Size

func parseMark(k *seal.Keyring, b []byte) (anchorMark, error) {
	n := len(b) - codeSize
	if n != 8+codeSize || !hmac.Equal(b[n:], anchorCode(k, b[:n])) {
		return anchorMark{}, fmt.Errorf("%w: the store's anchor", ErrTampered)
	}
	return anchorMark{int64(binary.BigEndian.Uint64(b)), b[8:n]}, nil
}

// anchored keeps a store and its anchor in step. Without an anchor it does nothing.
type anchored struct {
	anchor Anchor
	ring   *seal.Keyring
	log    *slog.Logger

	mu sync.Mutex
}

// begin is check, and keeps where the store is then.
func (m *anchored) begin(ctx context.Context, q database, restored bool) error {
	last, err := m.check(ctx, q, restored)
	if err != nil || m.anchor == nil {
		return err
	}
	return m.keep(ctx, last)
}

// check refuses a store that is behind its anchor, unless that was confirmed.
func (m *anchored) check(ctx context.Context, q database, restored bool) (last anchorMark, err error) {
	if m.anchor == nil {
		return last, nil
	}
	if last, err = lastMark(ctx, q); err != nil {
		return last, err
	}
	kept, err := m.kept(ctx)
	switch {
	case err != nil && !(restored && errors.Is(err, ErrTampered)):
		return last, err
	case kept == nil && last.seq > 0:
		m.log.WarnContext(
			ctx,
			"the store had no anchor: whether it was put back from a backup is not known",
			"store",
			m.ring.ID.String(),
		)
	case kept != nil && restored:
		m.log.WarnContext(
			ctx,
			"the store may be behind its anchor, as was confirmed",
			"event",
			last.seq,
			"anchor",
			kept.seq,
		)
	case kept != nil:
		return last, kept.isIn(ctx, q, last)
	}
	return last, nil
}

// advance keeps the last event, where the store goes on from what was kept before.
func (m *anchored) advance(ctx context.Context, q database) error {
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

func (m *anchored) kept(ctx context.Context) (*anchorMark, error) {
	b, err := m.anchor.Kept(ctx, m.ring.ID.String())
	if err != nil {
		return nil, fmt.Errorf("sqlstore: reading the anchor: %w", err)
	}
	if b == nil {
		return nil, nil
	}
	mark, err := parseMark(m.ring, b)
	return &mark, err
}

func (m *anchored) keep(ctx context.Context, mark anchorMark) error {
	if err := m.anchor.Keep(ctx, m.ring.ID.String(), mark.encode(m.ring)); err != nil {
		return fmt.Errorf("sqlstore: writing the anchor: %w", err)
	}
	return nil
}

func lastMark(ctx context.Context, q database) (anchorMark, error) {
	var m anchorMark
	err := q.QueryRowContext(ctx, `SELECT seq, mac FROM secretlife_events ORDER BY seq DESC LIMIT 1`).
		Scan(&m.seq, &m.row)
	if errors.Is(err, sql.ErrNoRows) {
		return anchorMark{}, nil
	}
	if err != nil {
		return m, fmt.Errorf("sqlstore: looking for the last event: %w", explain(err))
	}
	return m, nil
}

// isIn reports, as an error, where a store that ends with an event is not one that went
// on from the mark.
func (m anchorMark) isIn(ctx context.Context, q database, last anchorMark) error {
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
		return fmt.Errorf("sqlstore: looking for the anchor's event: %w", explain(err))
	}
	if !hmac.Equal(row, m.row) {
		return fmt.Errorf(
			"%w: its event %d is not the one that its anchor saw: a backup was put back and went on, and %s",
			ErrRestored,
			m.seq,
			then,
		)
	}
	return nil
}
