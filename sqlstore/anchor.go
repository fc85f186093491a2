package sqlstore

import (
	"context"
	"errors"
	"io"
	"os"
)

// Anchor keeps how far a store has come, outside of the store and of its backups. A
// store that was put back from a backup is behind its anchor: it is refused with
// [ErrRestored], because what was purged since the backup would be there again.
// [FileAnchor] is for one machine, or one process.
//
// The methods are given the id of the store, as several stores can share an Anchor.
// They are safe for concurrent use.
type Anchor interface {
	// Kept returns what was kept last for a store, or nil if nothing was.
	Kept(ctx context.Context, store string) ([]byte, error)
	// Keep replaces what was kept for a store, durably. It is less than 512 bytes.
	Keep(ctx context.Context, store string, mark []byte) error
}

// FileAnchor is an [Anchor] in a file for each store. Its place should be in no backup
// of the store, and survive the loss of the store's disk; beside the master key is one.
type FileAnchor struct{ path string }

// NewFileAnchor returns the anchor in files whose names begin with path; the id of the
// store follows. A file is made, for its owner only, with the first mark.
func NewFileAnchor(path string) *FileAnchor { return &FileAnchor{path} }

// Kept implements [Anchor].
func (f *FileAnchor) Kept(_ context.Context, store string) ([]byte, error) {
	mark, err := os.ReadFile(f.file(store))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return mark, err
}

// Keep implements [Anchor].
func (f *FileAnchor) Keep(_ context.Context, store string, mark []byte) error {
	file, err := os.OpenFile(f.file(store), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil && size > int64(len(mark)) {
		err = file.Truncate(int64(len(mark)))
	}
	if err == nil {
		err = writeDurably(file, mark, 0) // in place, and less than a sector: all or nothing
	}
	if err = errors.Join(err, file.Close()); err != nil || size > 0 {
		return err
	}
	return syncDir(f.file(store))
}

func (f *FileAnchor) file(store string) string { return f.path + "." + store }
