package postgres

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife/sqlstore/internal/anchor"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// head is the one row of secretlife_head.
type head struct{ seq, epoch, purged int64 }

func (p *server) head(ctx context.Context, q engine.Database, lock string) (head, error) {
	var h head
	err := q.QueryRowContext(ctx, `SELECT seq, epoch, purged FROM secretlife_head WHERE id = 1`+lock).
		Scan(&h.seq, &h.epoch, &h.purged)
	return h, err
}

// state is the head with its epoch's row.
func (p *server) state(ctx context.Context) (head, epochRow, error) {
	h, err := p.head(ctx, p.q, "")
	if err != nil {
		return h, epochRow{}, err
	}
	r, err := readEpoch(ctx, p.q, p.ring, `epoch = ?`, h.epoch)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%w: epoch %d is gone", seal.ErrTampered, h.epoch)
	}
	return h, r, err
}

// findEpoch finds the present epoch when a store is opened, and checks that the
// epoch keys are the ones.
func (p *server) findEpoch(ctx context.Context) error {
	_, err := p.head(ctx, p.q, "")
	if errors.Is(err, sql.ErrNoRows) {
		err = p.firstEpoch(ctx)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: finding the epoch: %w", dberr.Explain(err))
	}
	h, r, err := p.state(ctx)
	if err != nil {
		return fmt.Errorf("sqlstore: finding the epoch: %w", dberr.Explain(err))
	}
	err = p.enter(ctx, h.epoch)
	if errors.Is(err, ErrNoEpoch) && p.options.Restored {
		_, err = p.nextEpoch(ctx, h.epoch)
		return err
	}
	if errors.Is(err, ErrNoEpoch) {
		return fmt.Errorf(
			"%w: they are others than this store's, or an old copy of it was put back; if that was on purpose, say so "+
				"(Options.Restored), and what it has is lost: %w",
			anchor.ErrRestored,
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
// others have, which is not so where a process has another keyring.
func (p *server) enter(ctx context.Context, epoch int64) error {
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
func (p *server) overtaken(ctx context.Context, epoch int64, err error) bool {
	if !errors.Is(err, ErrNoEpoch) && !errors.Is(err, errOvertaken) {
		return false
	}
	h, err := p.head(ctx, p.q, "")
	return err == nil && h.epoch > epoch
}

var errOvertaken = errors.New("sqlstore: the next epoch has begun")

func (p *server) firstEpoch(ctx context.Context) error {
	n, k, err := p.epochs.add(ctx, 0)
	if err != nil {
		return err
	}
	return p.transact(ctx, func(ctx context.Context, tx *transaction) error {
		done, err := tx.ExecContext(ctx, `INSERT INTO secretlife_head (id, seq, epoch, purged) VALUES (1, 0, ?, 0)
			ON CONFLICT (id) DO NOTHING`, n)
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
func (p *server) nextEpoch(ctx context.Context, after int64) (int64, error) {
	n, k, err := p.epochs.add(ctx, after)
	if err != nil {
		return 0, err
	}
	present := n
	err = p.transact(ctx, func(ctx context.Context, tx *transaction) error {
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
		return 0, fmt.Errorf("sqlstore: beginning an epoch: %w", dberr.Explain(err))
	}
	return present, p.enter(ctx, present)
}
