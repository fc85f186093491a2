package postgres

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// EpochKeys is what sqlstore.EpochKeys is, which says what its methods do.
type EpochKeys interface {
	New(ctx context.Context, store string, after uint64) (epoch uint64, key []byte, err error)
	Key(ctx context.Context, store string, epoch uint64) ([]byte, error)
	Destroy(ctx context.Context, store string, before uint64) error
}

// errEpochKeys wraps what the EpochKeys answered, so that it is not taken for
// the database's.
var errEpochKeys = errors.New("sqlstore: the epoch keys")

// epochs have the keys that data keys are wrapped under, for as long as they are
// in use.
type epochs struct {
	keys EpochKeys
	ring *seal.Keyring

	mu      sync.RWMutex
	known   map[int64]epochKey
	current int64 // what the database said last
}

// epochKey is a key that follows from both the epoch's and the store's: neither
// is enough by itself.
type epochKey struct {
	cipher.AEAD
	check []byte // tells keys apart, and nothing of them
}

func newEpochs(keys EpochKeys, ring *seal.Keyring) *epochs {
	return &epochs{keys: keys, ring: ring, known: map[int64]epochKey{}}
}

func (e *epochs) derive(epoch int64, key []byte) (epochKey, error) {
	var k epochKey
	secret := append(append([]byte{}, e.ring.Epochs...), key...)
	defer clear(secret)
	wrap, err := hkdf.Key(sha256.New, secret, e.ring.ID[:], fmt.Sprint("secretlife epoch ", epoch), seal.KeySize)
	if err != nil {
		return k, err
	}
	k.AEAD = seal.NewAEAD(wrap)
	check := fmt.Sprint("secretlife epoch check ", epoch)
	k.check, err = hkdf.Key(sha256.New, secret, e.ring.ID[:], check, seal.KeySize)
	return k, err
}

// add makes a key for an epoch after one.
func (e *epochs) add(ctx context.Context, after int64) (int64, epochKey, error) {
	n, key, err := e.keys.New(ctx, e.ring.ID.String(), uint64(after))
	if err != nil {
		return 0, epochKey{}, fmt.Errorf("%w: %w", errEpochKeys, err)
	}
	k, err := e.derive(int64(n), key)
	return int64(n), k, err
}

func (e *epochs) get(ctx context.Context, epoch int64) (epochKey, error) {
	e.mu.RLock()
	k, ok := e.known[epoch]
	e.mu.RUnlock()
	if ok {
		return k, nil
	}
	key, err := e.keys.Key(ctx, e.ring.ID.String(), uint64(epoch))
	if err != nil {
		return k, fmt.Errorf("%w: %w", errEpochKeys, err)
	}
	if k, err = e.derive(epoch, key); err != nil {
		return k, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.known[epoch] = k
	return k, nil
}

// forget drops the keys of all epochs before one.
func (e *epochs) forget(before int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.known, func(epoch int64, _ epochKey) bool { return epoch < before })
}

func (e *epochs) now() int64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.current
}

func (e *epochs) enter(epoch int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = max(e.current, epoch)
}

// boundKey is what a wrapped data key is bound to. That the incarnation is the
// secret's at this name is what the code of its row says.
func (e *epochs) boundKey(incarnation []byte, version string) []byte {
	b := append(append([]byte{}, e.ring.ID[:]...), incarnation...)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(version))), version...)
}

func (e *epochs) wrap(
	ctx context.Context, epoch int64, incarnation []byte, version string, dataKey []byte,
) ([]byte, error) {
	k, err := e.get(ctx, epoch)
	if err != nil {
		return nil, err
	}
	return k.Seal(nil, nil, dataKey, e.boundKey(incarnation, version)), nil
}

func (e *epochs) unwrap(
	ctx context.Context, epoch int64, incarnation []byte, version string, wrapped []byte,
) ([]byte, error) {
	k, err := e.get(ctx, epoch)
	if err != nil {
		return nil, err
	}
	dataKey, err := k.Open(nil, nil, wrapped, e.boundKey(incarnation, version))
	if err != nil {
		return nil, seal.ErrTampered
	}
	return dataKey, nil
}
