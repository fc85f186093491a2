package engine

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Note implements [secretlife.Store]. A note that others than the store changed is
// reported as [seal.ErrTampered].
func (r *Reader) Note(ctx context.Context, name string) (secretlife.Note, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Note{}, err
	}
	if err := secretlife.CheckNote(name, nil); err != nil {
		return secretlife.Note{}, err
	}
	return Read(ctx, r, func(ctx context.Context) (secretlife.Note, error) { return r.noteOnce(ctx, name) })
}

func (r *Reader) noteOnce(ctx context.Context, name string) (secretlife.Note, error) {
	var now sql.NullTime
	var value, mac []byte
	err := r.from.DB.QueryRowContext(ctx, `SELECT `+r.from.Now+`, n.value, n.mac
		FROM (SELECT 1 AS one) AS o LEFT JOIN secretlife_notes n ON n.name = ?`, name).Scan(&now, &value, &mac)
	if err != nil {
		return secretlife.Note{}, r.Failed(ctx, "reading a note", err)
	}
	if (value != nil || mac != nil) && !hmac.Equal(mac, noteCode(r.from.Ring, name, value)) {
		return secretlife.Note{}, fmt.Errorf("%w: the note %q", seal.ErrTampered, name)
	}
	return secretlife.Note{Value: value, Now: now.Time.UTC(), Durable: true}, nil
}
