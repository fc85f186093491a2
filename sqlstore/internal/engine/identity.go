package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife/internal/schema"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// KeyKeeper is what sqlstore.KeyKeeper is, which says what its methods do.
type KeyKeeper interface {
	Wrap(ctx context.Context, key, bound []byte) (wrapped []byte, keyID string, err error)
	Unwrap(ctx context.Context, keyID string, wrapped, bound []byte) ([]byte, error)
}

// Names in the meta table.
const (
	MetaStore    = "store"  // the store's id
	metaKey      = "key"    // the store's own key, wrapped by the KeyKeeper
	metaKeeperID = "master" // which master key wrapped it
)

// GetMeta returns a value of the meta table, nil if the table has no such row.
func GetMeta(ctx context.Context, q Database, name string) ([]byte, error) {
	var value []byte
	err := q.QueryRowContext(ctx, `SELECT value FROM secretlife_meta WHERE name = ?`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return value, dberr.Explain(err)
}

// SetMeta sets a value of the meta table.
func SetMeta(ctx context.Context, q Database, name string, value []byte) error {
	_, err := q.ExecContext(ctx, `INSERT INTO secretlife_meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// StoredID returns the id of the store in a database; ok is false where it has none yet.
func StoredID(ctx context.Context, q Database) (id seal.StoreID, ok bool, err error) {
	b, err := GetMeta(ctx, q, MetaStore)
	if err != nil || b == nil {
		return id, false, err
	}
	if len(b) != len(id) {
		return id, false, fmt.Errorf("%w: the store's id has %d bytes", codec.ErrDamaged, len(b))
	}
	return seal.StoreID(b), true, nil
}

// Keyring gets the store's key from its keeper. The key is bound to the store's id, so
// that it proves itself.
func Keyring(ctx context.Context, q Database, keys KeyKeeper, id seal.StoreID) (*seal.Keyring, error) {
	wrapped, keeperID, err := wrappedKey(ctx, q)
	if err != nil {
		return nil, err
	}
	storeKey, err := keys.Unwrap(ctx, keeperID, wrapped, id[:])
	if err != nil {
		return nil, err
	}
	return seal.NewKeyring(id, storeKey)
}

// wrappedKey reads the store's key as it is wrapped, and by which master key.
func wrappedKey(ctx context.Context, q Database) (wrapped []byte, keeperID string, err error) {
	if wrapped, err = GetMeta(ctx, q, metaKey); err != nil {
		return nil, "", err
	}
	by, err := GetMeta(ctx, q, metaKeeperID)
	return wrapped, string(by), err
}

// Identity is the id and the key of a new store.
type Identity struct {
	Ring     *seal.Keyring
	wrapped  []byte
	keeperID string
}

// NewIdentity draws an id and a key, and has the key wrapped.
func NewIdentity(ctx context.Context, keys KeyKeeper) (Identity, error) {
	id, storeKey := seal.NewStoreID(), seal.NewKey()
	wrapped, keeperID, err := keys.Wrap(ctx, storeKey, id[:])
	if err != nil {
		return Identity{}, fmt.Errorf("sqlstore: wrapping the store's key: %w", err)
	}
	ring, err := seal.NewKeyring(id, storeKey)
	return Identity{ring, wrapped, keeperID}, err
}

// WriteKey writes the wrapped key.
func (i Identity) WriteKey(ctx context.Context, q Database) error {
	return errors.Join(
		SetMeta(ctx, q, metaKey, i.wrapped),
		SetMeta(ctx, q, metaKeeperID, []byte(i.keeperID)),
	)
}

// SchemaError gives an error of the package schema its meaning.
func SchemaError(err error) error {
	if errors.Is(err, schema.ErrVersion) {
		return fmt.Errorf("%w: %w", codec.ErrDamaged, err)
	}
	return dberr.Explain(err)
}
