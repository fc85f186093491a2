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

// load loads a secret, unless it is remembered.
func (s *sqliteEngine) load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	k, err := s.present(ctx, key)
	return k.secret, err
}

// present loads a secret with its slot, unless it is remembered.
func (s *sqliteEngine) present(ctx context.Context, key secretlife.Key) (kept, error) {
	if err := ctx.Err(); err != nil {
		return kept{}, err
	}
	if k, ok := s.recent.get(key); ok {
		return k, nil
	}
	since := s.recent.since()
	r, err := s.loadRow(ctx, key)
	if err != nil {
		return kept{}, err
	}
	secret, err := r.Secret(s.ring)
	k := kept{secret: secret, slot: r.Slot}
	if err == nil {
		s.recent.put(key, k, since)
	}
	return k, err
}

// seal encrypts the values of a change.
func (s *sqliteEngine) seal(ctx context.Context, w *write, next secretlife.Secret) error {
	of := seal.Owner{Key: next.Key(), Incarnation: next.Incarnation()}
	var dataKey []byte
	switch {
	case w.fresh:
		dataKey = seal.NewKey()
		w.slot = s.ring.WrapKey(of, dataKey)
	case len(w.change.Values()) > 0:
		var err error
		if dataKey, err = s.presentKey(ctx, of); err != nil {
			return err
		}
	}
	defer clear(dataKey)
	for _, v := range w.change.Values() {
		w.values = append(w.values, sealedValue{version: v.ID.String(), sealed: s.ring.SealValue(of, dataKey, v)})
	}
	return nil
}

// presentKey gets the data key of a secret that is there. Where its incarnation
// is not, a change of it was decided at a state that will not come again.
func (s *sqliteEngine) presentKey(ctx context.Context, of seal.Owner) ([]byte, error) {
	for try := 0; ; try++ {
		k, err := s.present(ctx, of.Key)
		if errors.Is(err, secretlife.ErrSecretNotFound) {
			return nil, secretlife.ErrConflict
		}
		if err != nil {
			return nil, err
		}
		if k.secret.Incarnation() != of.Incarnation {
			return nil, secretlife.ErrConflict
		}
		dataKey, err := s.dataKey(of, k.slot)
		if err == nil || try > 0 { // it may just have been purged
			return dataKey, err
		}
	}
}

func (s *sqliteEngine) value(ctx context.Context, of seal.Owner, id secretlife.VersionID) (secretlife.Value, error) {
	for try := 0; ; try++ {
		at, sealed, err := s.sealed(ctx, of, id)
		if err != nil {
			return secretlife.Value{}, err
		}
		dataKey, err := s.dataKey(of, at)
		if err == nil {
			v, err := s.ring.OpenValue(of, dataKey, id, sealed)
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
func (s *sqliteEngine) sealed(
	ctx context.Context,
	of seal.Owner,
	id secretlife.VersionID,
) (at int64, sealed []byte, err error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	k, since, ok := s.remembered(of)
	switch {
	case ok && k.version == id:
		return k.slot, k.sealed, nil
	case ok: // its row need not be read
		at, err = k.slot, s.stmts.sealed.QueryRowContext(ctx, of.Incarnation[:], id.String()).Scan(&sealed)
	default:
		args := append(codec.KeyArgs(of.Key), of.Incarnation[:], id.String())
		err = s.stmts.value.QueryRowContext(ctx, args...).Scan(&at, &sealed)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, secretlife.ErrVersionNotFound
	}
	if err != nil {
		return 0, nil, s.failed(ctx, "reading a value", err)
	}
	if ok && len(sealed) <= mostSealed {
		k.version, k.sealed = id, sealed
		s.recent.put(of.Key, k, since)
	}
	return at, sealed, nil
}

// remembered is what is remembered of an incarnation, and since when it would have
// to be unchanged for more to be remembered of it.
func (s *sqliteEngine) remembered(of seal.Owner) (k kept, since uint64, ok bool) {
	since = s.recent.since()
	k, ok = s.recent.get(of.Key)
	return k, since, ok && k.secret.Incarnation() == of.Incarnation
}

// dataKey gets the data key of an incarnation from its slot.
func (s *sqliteEngine) dataKey(of seal.Owner, at int64) ([]byte, error) {
	content, err := s.slots.read(at)
	if err != nil {
		return nil, err
	}
	if content.Empty() {
		return nil, fmt.Errorf("%w: the secret %q", ErrKeyLost, of.Key.Name)
	}
	dataKey, err := s.ring.UnwrapKey(of, content)
	if err != nil {
		return nil, fmt.Errorf("%w: the secret %q: %w", ErrTampered, of.Key.Name, err)
	}
	return dataKey, nil
}
