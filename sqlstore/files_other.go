//go:build !unix

package sqlstore

import (
	"io/fs"
	"os"
)

// readableByOthers can't be told from the mode where there are no Unix
// permissions.
func readableByOthers(fs.FileInfo) bool { return false }

// waitForLock takes no lock: the standard library has none on these systems. Where it matters,
// no two processes may have the same keyring.
func waitForLock(*os.File) error { return nil }
