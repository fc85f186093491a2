// Package disk is the way of the durable store to the file of its key slots. It
// is the machine's, unless a test puts one in its place that loses power.
package disk

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// FS opens files.
type FS interface {
	// OpenFile is os.OpenFile.
	OpenFile(path string, flag int, mode os.FileMode) (File, error)
	// SyncDir makes the entry of a new file durable.
	SyncDir(path string) error
}

// File is a file that is written in place. What was written is durable when Sync
// has returned.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Size() (int64, error)
}

// OS is the machine's.
type OS struct{}

// OpenFile implements [FS].
func (OS) OpenFile(path string, flag int, mode os.FileMode) (File, error) {
	f, err := os.OpenFile(path, flag, mode)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// SyncDir implements [FS].
func (OS) SyncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

type inContext struct{}

// With puts an FS in the place of the machine's, for stores that are opened with
// the context.
func With(ctx context.Context, fs FS) context.Context { return context.WithValue(ctx, inContext{}, fs) }

// Of returns the FS of a context: the machine's, unless another was put there.
func Of(ctx context.Context) FS {
	if fs, ok := ctx.Value(inContext{}).(FS); ok {
		return fs
	}
	return OS{}
}
