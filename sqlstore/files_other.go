//go:build !unix

package sqlstore

import (
	"fmt"
	"io/fs"
	"os"
)

// readableByOthers can't be told from the mode where there are no Unix
// permissions.
func readableByOthers(fs.FileInfo) bool { return false }

// lockFile only makes the file: there is no lock in the standard library here.
// Whoever runs a second store over the same database must know better.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: the lock file: %w", err)
	}
	return f, nil
}
