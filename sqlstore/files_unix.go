//go:build unix

package sqlstore

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// readableByOthers reports whether others than the owner may use a file.
func readableByOthers(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }

// waitForLock takes a file's lock for as long as the file is open.
func waitForLock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
