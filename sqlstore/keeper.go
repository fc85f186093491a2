package sqlstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/secretlife-go/secretlife/internal/disk"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// KeyKeeper keeps the master key, which is outside the database. A store asks it
// when it is made (Wrap) and when it is opened (Unwrap), and not in between: all
// other keys hang on the one it wraps then. It is safe for concurrent use, by the stores of several
// processes too.
type KeyKeeper interface {
	// Wrap encrypts a key of 32 bytes under the present master key, bound to a
	// context that Unwrap is given too. It says by which id the master key is
	// found again.
	Wrap(ctx context.Context, key, bound []byte) (wrapped []byte, keyID string, err error)
	// Unwrap gives back what Wrap encrypted. Where the master key with this id is
	// not to be had, or is not the one, the error is [ErrWrongKey].
	Unwrap(ctx context.Context, keyID string, wrapped, bound []byte) ([]byte, error)
}

// FileKeeper is a [KeyKeeper] with the master key in a file: 64 hexadecimal
// digits. A program that can read the file and the database with its key slots can read all
// values; keep it on another disk, and out of their backups.
type FileKeeper struct{ path string }

// NewFileKeeper returns a keeper with its key in a file. The file is made, for
// its owner only, when the first store is made with it; one that is there is
// never written.
func NewFileKeeper(path string) *FileKeeper { return &FileKeeper{path} }

// Wrap implements [KeyKeeper].
func (f *FileKeeper) Wrap(_ context.Context, key, bound []byte) ([]byte, string, error) {
	master, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		master, err = f.create()
		if errors.Is(err, fs.ErrExist) { // another process was first
			master, err = f.read()
		}
	}
	if err != nil {
		return nil, "", err
	}
	return seal.NewAEAD(master).Seal(nil, nil, key, bound), keyID(master), nil
}

// Unwrap implements [KeyKeeper].
func (f *FileKeeper) Unwrap(_ context.Context, id string, wrapped, bound []byte) ([]byte, error) {
	master, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: there is no key file %s", ErrWrongKey, f.path)
	}
	if err != nil {
		return nil, err
	}
	if has := keyID(master); has != id {
		return nil, fmt.Errorf("%w: %s has the key %s, and the store was made with %s", ErrWrongKey, f.path, has, id)
	}
	key, err := seal.NewAEAD(master).Open(nil, nil, wrapped, bound)
	if err != nil {
		return nil, fmt.Errorf("%w: what %s wrapped was changed since", ErrWrongKey, f.path)
	}
	return key, nil
}

// keyID tells master keys apart and gives nothing of them away.
func keyID(master []byte) string {
	sum := sha256.Sum256(append([]byte("secretlife master key id\n"), master...))
	return "file:" + hex.EncodeToString(sum[:8])
}

func (f *FileKeeper) read() ([]byte, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: the key file: %w", err)
	}
	if readableByOthers(info) {
		return nil, fmt.Errorf(
			"sqlstore: others than its owner may read the key file %s (%s): chmod 600 it",
			f.path,
			info.Mode().Perm(),
		)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: the key file: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != seal.KeySize { // the error would show what it could not read
		return nil, fmt.Errorf(
			"sqlstore: the key file %s does not have the %d hexadecimal digits of a key",
			f.path,
			2*seal.KeySize,
		)
	}
	return key, nil
}

// create makes the file with a new key. It appears with all of its content or
// not at all, and never in the place of another.
func (f *FileKeeper) create() ([]byte, error) {
	key := seal.NewKey()
	err := func() error {
		tmp, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*") // mode 0600
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(tmp.Name()) }()
		_, err = fmt.Fprintln(tmp, hex.EncodeToString(key))
		if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
			return err
		}
		if err := os.Link(tmp.Name(), f.path); err != nil {
			return err
		}
		return syncDir(f.path)
	}()
	if err != nil {
		return nil, fmt.Errorf("sqlstore: making the key file: %w", err)
	}
	return key, nil
}

// syncDir makes the entry of a new file durable.
func syncDir(path string) error { return disk.OS{}.SyncDir(path) }
