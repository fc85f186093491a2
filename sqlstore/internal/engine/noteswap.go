package engine

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// NoteSwap is a swap of a note.
type NoteSwap struct {
	name      string
	old, next []byte
}

// NewNoteSwap returns a swap; it keeps no bytes of the caller's, who may leave before
// the swap's turn comes.
func NewNoteSwap(name string, old, next []byte) (NoteSwap, error) {
	if err := secretlife.CheckNote(name, next); err != nil {
		return NoteSwap{}, err
	}
	return NoteSwap{name, bytes.Clone(old), bytes.Clone(next)}, nil
}

// Swap is one conditional statement: the row is locked by it, or by its key.
func (j NoteSwap) Swap(ctx context.Context, q Database, ring *seal.Keyring) error {
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
