//go:build !unix

package sqlite

import (
	"fmt"
	"os"
)

// lockFile only makes the file: there is no lock in the standard library here.
// The operator must not run a second store over the same database.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: the lock file: %w", err)
	}
	return f, nil
}
