package sqlite

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

// Load implements [secretlife.Store]: it loads a secret, unless it is remembered.
func (e *Engine) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	if err := e.later.until(ctx, e.later.lastOf(key)); err != nil {
		return secretlife.Secret{}, err
	}
	k, err := e.present(ctx, key)
	return k.secret, err
}

// present loads a secret with its slot, unless it is remembered.
func (e *Engine) present(ctx context.Context, key secretlife.Key) (kept, error) {
	if err := ctx.Err(); err != nil {
		return kept{}, err
	}
	if k, ok := e.recent.get(key); ok {
		return k, nil
	}
	since := e.recent.since()
	r, secret, err := e.LoadSecret(ctx, key)
	k := kept{secret: secret, slot: r.Slot}
	if err == nil {
		e.recent.put(key, k, since)
	}
	return k, err
}

// prepare encodes a change and encrypts its values.
func (e *Engine) prepare(ctx context.Context, c secretlife.Change) (write, error) {
	encoded, err := engine.NewWrite(c)
	w := write{Write: encoded}
	if next := c.Next(); !next.IsZero() && err == nil {
		err = e.seal(ctx, &w, seal.Owner{Key: next.Key(), Incarnation: next.Incarnation()})
	}
	return w, err
}

// seal encrypts the values of a change.
func (e *Engine) seal(ctx context.Context, w *write, of seal.Owner) error {
	var dataKey []byte
	switch {
	case w.Fresh:
		dataKey = seal.NewKey()
		w.slot = e.ring.WrapKey(of, dataKey)
	case len(w.Change.Values()) > 0:
		var err error
		if dataKey, err = e.presentKey(ctx, of); err != nil {
			return err
		}
	}
	defer clear(dataKey)
	for _, v := range w.Change.Values() {
		w.values = append(w.values, sealedValue{v.ID.String(), e.ring.SealValue(of, dataKey, v)})
	}
	return nil
}

// presentKey gets the data key of a secret that is there. Where its incarnation
// is not, a change of it was decided at a state that will not come again.
func (e *Engine) presentKey(ctx context.Context, of seal.Owner) ([]byte, error) {
	for try := 0; ; try++ {
		k, err := e.present(ctx, of.Key)
		if errors.Is(err, secretlife.ErrSecretNotFound) {
			return nil, secretlife.ErrConflict
		}
		if err != nil {
			return nil, err
		}
		if k.secret.Incarnation() != of.Incarnation {
			return nil, secretlife.ErrConflict
		}
		dataKey, err := e.dataKey(of, k.slot)
		if err == nil || try > 0 { // it may just have been purged
			return dataKey, err
		}
	}
}

// Value implements [secretlife.Store].
func (e *Engine) Value(
	ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID,
) (secretlife.Value, error) {
	of := seal.Owner{Key: key, Incarnation: in}
	for try := 0; ; try++ {
		at, sealed, err := e.sealed(ctx, of, id)
		if err != nil {
			return secretlife.Value{}, err
		}
		dataKey, err := e.dataKey(of, at)
		if err == nil {
			v, err := e.ring.OpenValue(of, dataKey, id, sealed)
			if err != nil {
				return secretlife.Value{}, fmt.Errorf("%w: a value of the secret %q", err, of.Key.Name)
			}
			return v, nil
		}
		// The secret may have been purged since its row was read. If so, the row
		// is not found again.
		if try > 0 {
			return secretlife.Value{}, err
		}
	}
}

// sealed reads a ciphertext, and where the data key for it is.
func (e *Engine) sealed(
	ctx context.Context, of seal.Owner, id secretlife.VersionID,
) (at int64, sealed []byte, err error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	k, since, ok := e.remembered(of)
	switch {
	case ok && k.version == id:
		return k.slot, k.sealed, nil
	case ok: // its row need not be read
		at, err = k.slot, e.stmts.sealed.QueryRowContext(ctx, of.Incarnation[:], id.String()).Scan(&sealed)
	default:
		args := append(codec.KeyArgs(of.Key), of.Incarnation[:], id.String())
		err = e.stmts.value.QueryRowContext(ctx, args...).Scan(&at, &sealed)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, secretlife.ErrVersionNotFound
	}
	if err != nil {
		return 0, nil, e.Failed(ctx, "reading a value", err)
	}
	if ok && len(sealed) <= mostSealed {
		k.version, k.sealed = id, sealed
		e.recent.put(of.Key, k, since)
	}
	return at, sealed, nil
}

// remembered is what is remembered of an incarnation, and since when it would have
// to be unchanged for more to be remembered of it.
func (e *Engine) remembered(of seal.Owner) (k kept, since uint64, ok bool) {
	since = e.recent.since()
	k, ok = e.recent.get(of.Key)
	return k, since, ok && k.secret.Incarnation() == of.Incarnation
}

// dataKey gets the data key of an incarnation from its slot.
func (e *Engine) dataKey(of seal.Owner, at int64) ([]byte, error) {
	content, err := e.slots.read(at)
	if err != nil {
		return nil, err
	}
	if content.Empty() {
		return nil, fmt.Errorf("%w: the secret %q", engine.ErrKeyLost, of.Key.Name)
	}
	dataKey, err := e.ring.UnwrapKey(of, content)
	if err != nil {
		return nil, fmt.Errorf("%w: the secret %q: %w", seal.ErrTampered, of.Key.Name, err)
	}
	return dataKey, nil
}
