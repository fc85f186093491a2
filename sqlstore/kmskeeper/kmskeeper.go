// Package kmskeeper keeps the master key of a durable store in a key service: AWS
// KMS, Google Cloud KMS, Azure Key Vault, HashiCorp Vault, whatever
// gocloud.dev/secrets has a provider for. The program picks the provider:
//
//	keeper, err := awskms.OpenKeeper(client, "alias/secrets", nil) // gocloud.dev/secrets/awskms
//	store, err := sqlstore.OpenSQLite(ctx, db, kmskeeper.New(keeper, "alias/secrets"))
//
// The service is asked when a store is made, when it is opened, and when its
// master key changes, and not in between. Without it the store does not open.
// [sqlstore.Store.Rewrap] brings a store from a key file to a service, or back.
package kmskeeper

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"gocloud.dev/gcerrors"
	"gocloud.dev/secrets"

	"github.com/secretlife-go/secretlife/sqlstore"
)

// Keeper is a [sqlstore.KeyKeeper] over a key of a key service.
type Keeper struct {
	keys *secrets.Keeper
	id   string
}

var _ sqlstore.KeyKeeper = (*Keeper)(nil)

// New returns a keeper. id is the name of the key, such as its alias or ARN: it
// is stored in the database, and a store that was made with another is refused
// before the service is asked. The caller closes keys when no store needs them.
func New(keys *secrets.Keeper, id string) *Keeper { return &Keeper{keys, "kms:" + id} }

// Not all services bind what they encrypt to a context. So the hash of the context
// is encrypted before the key.

// Wrap implements [sqlstore.KeyKeeper].
func (k *Keeper) Wrap(ctx context.Context, key, bound []byte) ([]byte, string, error) {
	hash := sha256.Sum256(bound)
	plain := append(hash[:], key...)
	defer clear(plain)
	wrapped, err := k.keys.Encrypt(ctx, plain)
	if err != nil {
		return nil, "", fmt.Errorf("kmskeeper: encrypting under %s: %w", k.id, err)
	}
	return wrapped, k.id, nil
}

// Unwrap implements [sqlstore.KeyKeeper].
func (k *Keeper) Unwrap(ctx context.Context, keyID string, wrapped, bound []byte) ([]byte, error) {
	if keyID != k.id {
		return nil, fmt.Errorf("%w: this is %s, and the store was made with %s", sqlstore.ErrWrongKey, k.id, keyID)
	}
	plain, err := k.keys.Decrypt(ctx, wrapped)
	switch gcerrors.Code(err) {
	case gcerrors.OK:
	case gcerrors.InvalidArgument, gcerrors.NotFound:
		return nil, fmt.Errorf("%w: %s: %w", sqlstore.ErrWrongKey, k.id, err)
	default: // the service can't be reached, or does not want to
		return nil, fmt.Errorf("kmskeeper: decrypting under %s: %w", k.id, err)
	}
	hash := sha256.Sum256(bound)
	key, ok := bytes.CutPrefix(plain, hash[:])
	if !ok {
		clear(plain)
		return nil, fmt.Errorf("%w: %s wrapped the key of another store", sqlstore.ErrWrongKey, k.id)
	}
	return key, nil
}
