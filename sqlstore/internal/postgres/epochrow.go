package postgres

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"fmt"

	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// epochRow is an epoch as the database has it.
type epochRow struct {
	epoch   int64
	began   int64 // in milliseconds
	seq     int64 // the last event before it
	purged  int64 // how many data keys had been taken away before it
	checked []byte
	settled sql.NullInt64 // when the keys of all epochs before were destroyed
	mac     []byte
}

func (r *epochRow) code(k *seal.Keyring) []byte {
	c := k.Code("epochs")
	for _, n := range []int64{r.epoch, r.began, r.seq, r.purged, r.settled.Int64} {
		c.Number(n)
	}
	c.Bytes(r.checked)
	return c.Sum()
}

const epochColumns = `epoch, began, seq, purged, checked, settled, mac`

func (r *epochRow) insert(ctx context.Context, tx engine.Database, k *seal.Keyring) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO secretlife_epochs (`+epochColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		r.epoch, r.began, r.seq, r.purged, r.checked, r.settled, r.code(k))
	return err
}

// readEpoch reads one row by a condition.
func readEpoch(
	ctx context.Context, q engine.Database, k *seal.Keyring, condition string, args ...any,
) (r epochRow, err error) {
	err = q.QueryRowContext(ctx, `SELECT `+epochColumns+` FROM secretlife_epochs WHERE `+condition, args...).
		Scan(&r.epoch, &r.began, &r.seq, &r.purged, &r.checked, &r.settled, &r.mac)
	if err == nil && !hmac.Equal(r.mac, r.code(k)) {
		return r, fmt.Errorf("%w: epoch %d", seal.ErrTampered, r.epoch)
	}
	return r, err
}
