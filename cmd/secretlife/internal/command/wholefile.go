package command

import (
	"errors"
	"os"
	"path/filepath"
)

// writeWhole writes a file that is there whole or not at all. Unless it may replace
// one that is there, that is fs.ErrExist.
func writeWhole(path string, content []byte, mode os.FileMode, replace bool) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".secretlife-*") // for its owner only
	if err != nil {
		return err
	}
	defer func() {
		if rm := os.Remove(f.Name()); !errors.Is(rm, os.ErrNotExist) { // it was moved
			err = errors.Join(err, rm)
		}
	}()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if replace {
		return os.Rename(f.Name(), path)
	}
	return os.Link(f.Name(), path)
}
