package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// seal implements engine.
func (s *postgresEngine) seal(ctx context.Context, w *write, next secretlife.Secret) error {
	of := seal.Owner{Key: next.Key(), Incarnation: next.Incarnation()}
	for _, v := range w.change.Values() {
		dataKey, version := seal.NewKey(), v.ID.String()
		epoch := s.epochs.now()
		wrapped, err := s.epochs.wrap(ctx, epoch, of.Incarnation[:], version, dataKey)
		for errors.Is(err, ErrNoEpoch) && s.epochs.now() != epoch { // it just ended
			epoch = s.epochs.now()
			wrapped, err = s.epochs.wrap(ctx, epoch, of.Incarnation[:], version, dataKey)
		}
		if err != nil {
			return err
		}
		w.values = append(
			w.values,
			sealedValue{
				version: version,
				sealed:  s.Store.ring.SealValue(of, dataKey, v),
				dataKey: dataKey,
				of:      of.Incarnation[:],
				epoch:   epoch,
				wrapped: wrapped,
			},
		)
	}
	return nil
}

// value implements engine.
func (s *postgresEngine) value(ctx context.Context, of seal.Owner, id secretlife.VersionID) (secretlife.Value, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Value{}, err
	}
	var last int64
	for {
		x, err := reading(
			ctx,
			s.Store,
			func(ctx context.Context) (sealedValue, error) { return s.readValue(ctx, of, id) },
		)
		if err != nil {
			return secretlife.Value{}, err
		}
		v, err := s.open(ctx, of, id, x)
		// The epoch may have ended since the row was read, and the version may
		// have gone with it. The row says so when it is read again.
		if !errors.Is(err, ErrNoEpoch) {
			return v, err
		}
		if x.epoch == last {
			return secretlife.Value{}, fmt.Errorf("%w: the secret %q: %w", ErrKeyLost, of.Key.Name, err)
		}
		last = x.epoch
	}
}

func (s *postgresEngine) readValue(
	ctx context.Context,
	of seal.Owner,
	id secretlife.VersionID,
) (x sealedValue, err error) {
	args := append(codec.KeyArgs(of.Key), of.Incarnation[:], id.String())
	err = s.stmts.value.QueryRowContext(ctx, args...).Scan(&x.epoch, &x.wrapped, &x.sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return x, secretlife.ErrVersionNotFound
	}
	if err != nil {
		return x, s.failed(ctx, "reading a value", err)
	}
	return x, nil
}

func (s *postgresEngine) open(
	ctx context.Context,
	of seal.Owner,
	id secretlife.VersionID,
	x sealedValue,
) (secretlife.Value, error) {
	dataKey, err := s.epochs.unwrap(ctx, x.epoch, of.Incarnation[:], id.String(), x.wrapped)
	if err != nil {
		return secretlife.Value{}, fmt.Errorf("%w: a value of the secret %q", err, of.Key.Name)
	}
	defer clear(dataKey)
	v, err := s.Store.ring.OpenValue(of, dataKey, id, x.sealed)
	if err != nil {
		return secretlife.Value{}, fmt.Errorf("%w: a value of the secret %q", err, of.Key.Name)
	}
	return v, nil
}
