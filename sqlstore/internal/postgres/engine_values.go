package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// prepare encodes a change and encrypts its values.
func (e *Engine) prepare(ctx context.Context, c secretlife.Change) (write, error) {
	encoded, err := engine.NewWrite(c)
	w := write{Write: encoded}
	next := c.Next()
	if next.IsZero() || err != nil {
		return w, err
	}
	of := seal.Owner{Key: next.Key(), Incarnation: next.Incarnation()}
	for _, v := range c.Values() {
		x, err := e.seal(ctx, of, v)
		if err != nil {
			return write{}, err
		}
		w.values = append(w.values, x)
	}
	return w, nil
}

// seal encrypts a value under a new data key.
func (e *Engine) seal(ctx context.Context, of seal.Owner, v secretlife.VersionValue) (sealedValue, error) {
	dataKey := seal.NewKey()
	x := sealedValue{
		version: v.ID.String(), incarnation: of.Incarnation[:], dataKey: dataKey, epoch: e.epochs.now(),
		sealed: e.ring.SealValue(of, dataKey, v),
	}
	var err error
	x.wrapped, err = e.epochs.wrap(ctx, x.epoch, x.incarnation, x.version, dataKey)
	for errors.Is(err, ErrNoEpoch) && e.epochs.now() != x.epoch { // it just ended
		x.epoch = e.epochs.now()
		x.wrapped, err = e.epochs.wrap(ctx, x.epoch, x.incarnation, x.version, dataKey)
	}
	return x, err
}

// Value implements [secretlife.Store].
func (e *Engine) Value(
	ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID,
) (secretlife.Value, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Value{}, err
	}
	of := seal.Owner{Key: key, Incarnation: in}
	var last int64
	for {
		x, err := engine.Read(ctx, e.Reader, func(ctx context.Context) (sealedValue, error) {
			return e.readValue(ctx, of, id)
		})
		if err != nil {
			return secretlife.Value{}, err
		}
		v, err := e.open(ctx, of, id, x)
		// The epoch may have ended since the row was read, and the version may
		// have gone with it. The row says so when it is read again.
		if !errors.Is(err, ErrNoEpoch) {
			return v, err
		}
		if x.epoch == last {
			return secretlife.Value{}, fmt.Errorf("%w: the secret %q: %w", engine.ErrKeyLost, of.Key.Name, err)
		}
		last = x.epoch
	}
}

func (e *Engine) readValue(
	ctx context.Context, of seal.Owner, id secretlife.VersionID,
) (x sealedValue, err error) {
	args := append(codec.KeyArgs(of.Key), of.Incarnation[:], id.String())
	err = e.value.QueryRowContext(ctx, args...).Scan(&x.epoch, &x.wrapped, &x.sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return x, secretlife.ErrVersionNotFound
	}
	if err != nil {
		return x, e.Failed(ctx, "reading a value", err)
	}
	return x, nil
}

func (e *Engine) open(
	ctx context.Context, of seal.Owner, id secretlife.VersionID, x sealedValue,
) (secretlife.Value, error) {
	dataKey, err := e.epochs.unwrap(ctx, x.epoch, of.Incarnation[:], id.String(), x.wrapped)
	if err != nil {
		return secretlife.Value{}, fmt.Errorf("%w: a value of the secret %q", err, of.Key.Name)
	}
	defer clear(dataKey)
	v, err := e.ring.OpenValue(of, dataKey, id, x.sealed)
	if err != nil {
		return secretlife.Value{}, fmt.Errorf("%w: a value of the secret %q", err, of.Key.Name)
	}
	return v, nil
}
