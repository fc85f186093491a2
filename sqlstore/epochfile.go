package sqlstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// EpochKeys keep the keys of epochs outside the database, where what is destroyed
// is gone; databases keep old rows in logs, free pages and copies. All Stores of
// a database must have the same, whichever machine they are on. [EpochFile] is
// for one machine; for many, implement it with a key service that destroys keys
// when it is told to.
//
// The methods are given the id of the store, as keys of different stores have
// nothing to do with each other. They are safe for concurrent use, by several
// processes too.
type EpochKeys interface {
	// New draws a key of 32 bytes, keeps it durably, and returns it with its
	// epoch, which is above after and above all that there ever were here.
	New(ctx context.Context, store string, after uint64) (epoch uint64, key []byte, err error)
	// Key returns the key of an epoch, or [ErrNoEpoch] where it was destroyed or
	// never was.
	Key(ctx context.Context, store string, epoch uint64) ([]byte, error)
	// Destroy destroys the keys of all epochs before one. When it returns nil
	// nobody can get them any more. If there are no such keys it does nothing.
	Destroy(ctx context.Context, store string, before uint64) error
}

// EpochFile is [EpochKeys] in a file, the keyring: one slot for each epoch,
// written once and overwritten with zeros in place. Processes on one machine
// share it under a lock. It should be on a file system that overwrites in place,
// and not in snapshots or backups; without it no value can be read. Between
// machines it can't be shared unless their file system keeps locks and overwrites
// in place, which is for its maker to say.
type EpochFile struct{ path string }

// NewEpochFile returns the keyring in a file. The file is made, for its owner
// only, with the first epoch of a store.
func NewEpochFile(path string) *EpochFile { return &EpochFile{path} }

const (
	epochMagic   = "secretlife epochs\n"
	epochVersion = 1
	epochsFrom   = 4096
	epochSlot    = 64
	// What is in a slot: a key, and so much of its hash, that a slot which was
	// cut off when it was written is not taken for a key.
	epochHash = epochSlot - seal.KeySize
)

// New implements [EpochKeys].
func (f *EpochFile) New(_ context.Context, store string, after uint64) (epoch uint64, key []byte, err error) {
	err = f.locked(store, os.O_CREATE|os.O_RDWR, func(file *os.File, next uint64) error {
		epoch, key = max(next, after+1), seal.NewKey()
		if err := writeDurably(file, epochSlotOf(key), epochAt(epoch)); err != nil {
			return err
		}
		return syncDir(f.path)
	})
	return epoch, key, err
}

// Key implements [EpochKeys].
func (f *EpochFile) Key(_ context.Context, store string, epoch uint64) (key []byte, err error) {
	err = f.locked(store, os.O_RDWR, func(file *os.File, next uint64) error {
		var slot [epochSlot]byte
		if epoch == 0 || epoch >= next {
			return fmt.Errorf("%w: %s has no key of epoch %d", ErrNoEpoch, f.path, epoch)
		}
		if _, err := file.ReadAt(slot[:], epochAt(epoch)); err != nil {
			return err
		}
		if slot == [epochSlot]byte{} {
			return fmt.Errorf("%w: the key of epoch %d in %s was destroyed", ErrNoEpoch, epoch, f.path)
		}
		key = bytes.Clone(slot[:seal.KeySize])
		if !bytes.Equal(slot[:], epochSlotOf(key)) {
			return fmt.Errorf("%w: the key of epoch %d in %s", ErrDamaged, epoch, f.path)
		}
		return nil
	})
	return key, err
}

// Destroy implements [EpochKeys].
func (f *EpochFile) Destroy(_ context.Context, store string, before uint64) error {
	return f.locked(store, os.O_RDWR, func(file *os.File, next uint64) error {
		if n := min(before, next); n > 1 {
			return writeDurably(file, make([]byte, (n-1)*epochSlot), epochAt(1))
		}
		return nil
	})
}

func epochAt(epoch uint64) int64 { return epochsFrom + int64(epoch-1)*epochSlot }

func epochSlotOf(key []byte) []byte {
	sum := sha256.Sum256(key)
	return append(bytes.Clone(key), sum[:epochHash]...)
}

// locked does something with the file while nobody else does, and says which
// epoch would be the next.
func (f *EpochFile) locked(store string, how int, do func(file *os.File, next uint64) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("the keyring: %w", err)
		}
	}()
	file, err := os.OpenFile(f.path, how, 0o600)
	if errors.Is(err, os.ErrNotExist) && how&os.O_CREATE == 0 {
		return fmt.Errorf("%w: there is no %s", ErrNoEpoch, f.path)
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // and with it the lock
	if err := waitForLock(file); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if readableByOthers(info) {
		return fmt.Errorf("others than its owner may read %s (%s): chmod 600 it", f.path, info.Mode().Perm())
	}
	header, err := epochHeader(store)
	if err != nil {
		return err
	}
	if info.Size() < int64(len(header)) && how&os.O_CREATE != 0 { // new, or cut off when it was
		if err := writeDurably(file, header, 0); err != nil {
			return err
		}
		return do(file, 1)
	}
	is := make([]byte, len(header))
	if n, _ := file.ReadAt(is, 0); n < len(is) ||
		!bytes.Equal(is[:len(is)-len(seal.StoreID{})], header[:len(is)-len(seal.StoreID{})]) {
		return fmt.Errorf("%w: %s does not begin as a keyring does", ErrDamaged, f.path)
	}
	if !bytes.Equal(is, header) {
		return fmt.Errorf("%w: %s", ErrOtherEpochs, f.path)
	}
	// A slot that was cut off counts as taken.
	return do(file, uint64(max(0, info.Size()-epochsFrom+epochSlot-1)/epochSlot)+1)
}

func epochHeader(store string) ([]byte, error) {
	id, err := hex.DecodeString(store)
	if err != nil || len(id) != len(seal.StoreID{}) {
		return nil, fmt.Errorf("%q is not the id of a store", store)
	}
	b := binary.BigEndian.AppendUint32([]byte(epochMagic), epochVersion)
	return append(b, id...), nil
}

func writeDurably(file *os.File, b []byte, at int64) error {
	if _, err := file.WriteAt(b, at); err != nil {
		return err
	}
	return file.Sync()
}
