package sqlstore

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"time"

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

func (r *epochRow) insert(ctx context.Context, tx database, k *seal.Keyring) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO secretlife_epochs (`+epochColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		r.epoch, r.began, r.seq, r.purged, r.checked, r.settled, r.code(k))
	return err
}

// readEpoch reads one row by a condition.
func readEpoch(ctx context.Context, q database, k *seal.Keyring, condition string, args ...any) (epochRow, error) {
	var r epochRow
	err := q.QueryRowContext(ctx, `SELECT `+epochColumns+` FROM secretlife_epochs WHERE `+condition, args...).
		Scan(&r.epoch, &r.began, &r.seq, &r.purged, &r.checked, &r.settled, &r.mac)
	if err == nil && !hmac.Equal(r.mac, r.code(k)) {
		return r, fmt.Errorf("%w: epoch %d", ErrTampered, r.epoch)
	}
	return r, err
}

// head is the one row of secretlife_head.
type head struct{ seq, epoch, purged int64 }

func (p *postgres) head(ctx context.Context, q database, lock string) (head, error) {
	var h head
	err := q.QueryRowContext(ctx, `SELECT seq, epoch, purged FROM secretlife_head WHERE id = 1`+lock).
		Scan(&h.seq, &h.epoch, &h.purged)
	return h, err
}

// state is the head with its epoch's row.
func (p *postgres) state(ctx context.Context) (head, epochRow, error) {
	h, err := p.head(ctx, p.q, "")
	if err != nil {
		return h, epochRow{}, err
	}
	r, err := readEpoch(ctx, p.q, p.ring, `epoch = ?`, h.epoch)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%w: epoch %d is gone", ErrTampered, h.epoch)
	}
	return h, r, err
}

// findEpoch finds the present epoch when a store is opened, and checks that the
// epoch keys are the ones.
func (p *postgres) findEpoch(ctx context.Context) error {
	_, err := p.head(ctx, p.q, "")
	if errors.Is(err, sql.ErrNoRows) {
		err = p.firstEpoch(ctx)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: finding the epoch: %w", explain(err))
	}
	h, r, err := p.state(ctx)
	if err != nil {
		return fmt.Errorf("sqlstore: finding the epoch: %w", explain(err))
	}
	err = p.enter(ctx, h.epoch)
	if errors.Is(err, ErrNoEpoch) && p.options.Restored {
		_, err = p.nextEpoch(ctx, h.epoch)
		return err
	}
	if errors.Is(err, ErrNoEpoch) {
		return fmt.Errorf(
			"%w: they are others than this store's, or an old copy of it was put back; if that was on purpose, say so "+
				"(PostgresOptions.Restored), and what it has is lost: %w",
			ErrRestored,
			err,
		)
	}
	if err != nil || !r.settled.Valid {
		return err
	}
	// They may have been put back from a copy.
	if err := p.epochs.keys.Destroy(ctx, p.ring.ID.String(), uint64(h.epoch)); err != nil {
		return fmt.Errorf("%w: %w", errEpochKeys, err)
	}
	return nil
}

// enter gets the key of an epoch that has begun. It must be the one that all
// others have, which is not so where somebody has another keyring.
func (p *postgres) enter(ctx context.Context, epoch int64) error {
	r, err := readEpoch(ctx, p.q, p.ring, `epoch = ?`, epoch)
	if err != nil {
		return err
	}
	k, err := p.epochs.get(ctx, epoch)
	if err != nil {
		return err
	}
	if !hmac.Equal(k.check, r.checked) {
		return fmt.Errorf("%w: that of epoch %d is another than the other stores have", ErrOtherEpochs, epoch)
	}
	p.epochs.enter(epoch)
	return nil
}

// overtaken reports whether work on an epoch failed because the next has begun,
// and the key may be gone.
func (p *postgres) overtaken(ctx context.Context, epoch int64, err error) bool {
	if !errors.Is(err, ErrNoEpoch) && !errors.Is(err, errOvertaken) {
		return false
	}
	h, err := p.head(ctx, p.q, "")
	return err == nil && h.epoch > epoch
}

var errOvertaken = errors.New("sqlstore: the next epoch has begun")

func (p *postgres) firstEpoch(ctx context.Context) error {
	n, k, err := p.epochs.add(ctx, 0)
	if err != nil {
		return err
	}
	return p.transact(ctx, func(ctx context.Context, tx *pgTx) error {
		done, err := tx.ExecContext(
			ctx,
			`INSERT INTO secretlife_head (id, seq, epoch, purged) VALUES (1, 0, ?, 0) ON CONFLICT (id) DO NOTHING`,
			n,
		)
		if err != nil {
			return err
		}
		if met, err := done.RowsAffected(); err != nil || met == 0 {
			return err // another was first, and this key is never used
		}
		now := time.Now().UnixMilli()
		r := epochRow{epoch: n, began: now, checked: k.check, settled: sql.NullInt64{Int64: now, Valid: true}}
		return r.insert(ctx, tx, p.ring)
	})
}

// nextEpoch begins an epoch after one, unless another Store did. Whatever
// transaction wraps data keys has the head locked, so none that is for an older
// epoch ends after this one.
func (p *postgres) nextEpoch(ctx context.Context, after int64) (int64, error) {
	n, k, err := p.epochs.add(ctx, after)
	if err != nil {
		return 0, err
	}
	present := n
	err = p.transact(ctx, func(ctx context.Context, tx *pgTx) error {
		h, err := p.head(ctx, tx, ` FOR UPDATE`)
		if err != nil {
			return err
		}
		if present = h.epoch; present != after {
			return nil
		}
		if present = n; n <= after {
			return fmt.Errorf("%w: they begin epoch %d after epoch %d", ErrOtherEpochs, n, after)
		}
		r := epochRow{epoch: n, began: time.Now().UnixMilli(), seq: h.seq, purged: h.purged, checked: k.check}
		if err := r.insert(ctx, tx, p.ring); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE secretlife_head SET epoch = ? WHERE id = 1`, n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sqlstore: beginning an epoch: %w", explain(err))
	}
	return present, p.enter(ctx, present)
}
