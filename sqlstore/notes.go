package sqlstore

import (
	"bytes"
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Note implements [secretlife.Store]. Over PostgreSQL its Now is the server's
// clock. A note that somebody else changed is reported as [ErrTampered].
func (s *Store) Note(ctx context.Context, name string) (secretlife.Note, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Note{}, err
	}
	if err := secretlife.CheckNote(name, nil); err != nil {
		return secretlife.Note{}, err
	}
	return reading(ctx, s, func(ctx context.Context) (secretlife.Note, error) { return s.note(ctx, name) })
}

func (s *Store) note(ctx context.Context, name string) (secretlife.Note, error) {
	var now sql.NullTime
	var value, mac []byte
	err := s.reads.QueryRowContext(ctx, `SELECT `+s.d.now+`, n.value, n.mac
		FROM (SELECT 1 AS one) AS o LEFT JOIN secretlife_notes n ON n.name = ?`, name).Scan(&now, &value, &mac)
	if err != nil {
		return secretlife.Note{}, s.failed(ctx, "reading a note", err)
	}
	if (value != nil || mac != nil) && !hmac.Equal(mac, noteCode(s.ring, name, value)) {
		return secretlife.Note{}, fmt.Errorf("%w: the note %q", ErrTampered, name)
	}
	return secretlife.Note{Value: value, Now: now.Time.UTC(), Durable: true}, nil
}

// SwapNote implements [secretlife.Store]. A swap that returned nil is on the disk.
func (s *Store) SwapNote(ctx context.Context, name string, old, next []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := secretlife.CheckNote(name, next); err != nil {
		return err
	}
	j := noteJob{name, bytes.Clone(old), bytes.Clone(next)} // its caller may leave before its turn comes
	return s.engine.swapNote(ctx, j)
}

// noteJob is a swap of a note.
type noteJob struct {
	name      string
	old, next []byte
}

// apply implements job.
func (j noteJob) apply(ctx context.Context, tx *transaction) error {
	return j.swap(ctx, tx.conn, tx.ring)
}

// swap is one conditional statement: the row is locked by it, or by its key.
func (j noteJob) swap(ctx context.Context, q database, ring *seal.Keyring) error {
	var done sql.Result
	var err error
	switch mac := noteCode(ring, j.name, j.next); {
	case len(j.old) == 0 && len(j.next) == 0:
		var there int
		err = q.QueryRowContext(ctx, `SELECT 1 FROM secretlife_notes WHERE name = ?`, j.name).Scan(&there)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = secretlife.ErrConflict
		}
		return err
	case len(j.old) == 0:
		done, err = q.ExecContext(ctx, `INSERT INTO secretlife_notes (name, value, mac) VALUES (?, ?, ?)
			ON CONFLICT (name) DO NOTHING`, j.name, j.next, mac)
	case len(j.next) == 0:
		done, err = q.ExecContext(ctx, `DELETE FROM secretlife_notes WHERE name = ? AND value = ?`, j.name, j.old)
	default:
		done, err = q.ExecContext(ctx, `UPDATE secretlife_notes SET value = ?, mac = ? WHERE name = ? AND value = ?`,
			j.next, mac, j.name, j.old)
	}
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	if err == nil && n == 0 {
		err = secretlife.ErrConflict
	}
	return err
}

// noteCode is the authentication code of a note.
func noteCode(k *seal.Keyring, name string, value []byte) []byte {
	c := k.Code("notes")
	c.Text(name)
	c.Bytes(value)
	return c.Sum()
}
