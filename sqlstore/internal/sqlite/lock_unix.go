//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
)

// lockFile takes the lock that one store at a time can have. The file stays, as
// taking it away would let a third come between.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: the lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s is locked", dberr.ErrInUse, path)
		}
		return nil, fmt.Errorf("sqlstore: locking %s: %w", path, err)
	}
	return f, nil
}
