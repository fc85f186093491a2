package stores_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// boundedVFS is a disk on which files that match grow no further while it is full.
type boundedVFS struct {
	vfs.VFS
	full *atomic.Pointer[string] // the end of the names of files that don't grow
}

func (b boundedVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := b.VFS.(vfs.VFSFilename).OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return boundedFile{f, name.String(), b.full}, flags, nil
}

type boundedFile struct {
	vfs.File
	name string
	full *atomic.Pointer[string]
}

func (f boundedFile) WriteAt(p []byte, at int64) (int, error) {
	if end := f.full.Load(); end != nil && strings.HasSuffix(f.name, *end) {
		if size, err := f.Size(); err != nil || at+int64(len(p)) > size {
			return 0, sqlite3.FULL
		}
	}
	return f.File.WriteAt(p, at)
}

func (f boundedFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

// TestHealthOfAFullDisk: Health tells that nothing can be written, and that the log
// can't be written into the database, which no caller hears of otherwise. What can
// be read is read, and the store goes on when there is room again.
func TestHealthOfAFullDisk(t *testing.T) {
	var full atomic.Pointer[string]
	vfs.Register("bounded", boundedVFS{vfs.Find(""), &full})
	defer vfs.Unregister("bounded")
	f := newFiles(t)
	db, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(f.db())+"?vfs=bounded")
	require.NoError(t, err)
	s, err := sqlstore.OpenSQLite(
		ctx,
		db,
		sqlstore.NewFileKeeper(f.master()),
		func(o *sqlstore.Options) { o.ScrubAfter = time.Hour },
	)
	require.NoError(t, err)
	m := manager(t, s)
	create(t, m, "a", "v")
	require.NoError(t, s.Scrub(ctx)) // the log is empty
	require.NoError(t, s.Health(ctx))
	require.NoError(t, s.Scrub(ctx))

	wal, database := "-wal", ".db"
	full.Store(&wal)
	require.ErrorIs(t, s.Health(ctx), sqlstore.ErrFull)
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
	require.ErrorIs(t, err, sqlstore.ErrFull)
	require.NotErrorIs(t, err, secretlife.ErrOutcomeUnknown, "it is known that nothing was written")
	out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
	require.NoError(t, err)
	require.Equal(t, "v", out.Value.Reveal())

	full.Store(&database)
	value := secretlife.SecretString(strings.Repeat("x", 60_000))
	for i := range 700 { // over 32 MB of log
		if i%50 == 0 {
			require.NoError(t, s.SwapNote(ctx, "note", nil, []byte{1}))
			require.NoError(t, s.SwapNote(ctx, "note", []byte{1}, nil))
		}
		_, err := m.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", Value: value})
		require.NoError(t, err, "the log takes it")
	}
	require.ErrorIs(t, s.Health(ctx), sqlstore.ErrFull)

	full.Store(nil)
	require.NoError(t, s.Health(ctx))
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// TestHealthOfAServerThatStopped: it shows although the caller would wait longer, and goes
// when the server is back, though every connection is a dead one then.
func TestHealthOfAServerThatStopped(t *testing.T) {
	c := newCluster(t)
	s := c.database(t).open(t)
	m := manager(t, s)
	create(t, m, "a", "v")
	everyone(t, 20, func(int) error { return s.Health(ctx) })
	c.Stop()
	patient, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	require.Error(t, s.Health(patient))
	require.NoError(t, patient.Err(), "the server's refusal is told, not waited out")
	c.Run()
	require.NoError(t, s.Health(ctx))
}

// TestReadingOnAFullDisk opens a store for reading while no file can be made or grow,
// beside a log that is there and one that is not. It reads everything and changes nothing.
func TestReadingOnAFullDisk(t *testing.T) {
	var full atomic.Pointer[string]
	vfs.Register("bounded-reading", boundedVFS{vfs.Find(""), &full})
	defer vfs.Unregister("bounded-reading")
	everything := ""
	for _, killed := range []bool{true, false} {
		f := newFiles(t)
		s := f.open(t, f.anchored)
		fill(t, s, 20)
		if killed {
			g := newFiles(t)
			for _, end := range []string{"", "-wal", ".keys"} {
				copyFile(t, f.db()+end, g.db()+end)
			}
			copyFile(t, f.master(), g.master())
			copyAnchor(t, f, g)
			f = g
		} else {
			require.NoError(t, s.Close())
		}
		files := contents(t, f)
		full.Store(&everything)
		s, err := openSQLite(
			"sqlite3",
			"file:"+filepath.ToSlash(f.db())+"?vfs=bounded-reading",
			f.master(),
			f.anchored,
			func(o *sqlstore.Options) { o.ReadOnly = true },
		)
		require.NoError(t, err)
		require.NoFileExists(t, f.db()+"-shm")
		intact(t, s)
		m := manager(t, s)
		page, err := s.List(ctx, secretlife.ListQuery{Account: m.Account(), Region: m.Region(), Limit: 100})
		require.NoError(t, err)
		require.Len(t, page, 20)
		due, err := s.Due(ctx, secretlife.DueQuery{By: start.AddDate(1, 0, 0), Limit: 100})
		require.NoError(t, err)
		require.Empty(t, due)
		events, err := s.Events(ctx, 0, 100)
		require.NoError(t, err)
		require.NotEmpty(t, events)
		require.ErrorIs(t, remove(m, "secret-1"), sqlstore.ErrReadOnly)
		require.ErrorIs(t, s.SwapNote(ctx, "note", nil, []byte("v")), sqlstore.ErrReadOnly)
		require.ErrorIs(t, s.Scrub(ctx), sqlstore.ErrReadOnly)
		require.ErrorIs(t, s.Health(ctx), sqlstore.ErrReadOnly)
		_, err = f.try()
		require.ErrorIs(t, err, sqlstore.ErrInUse)
		full.Store(nil)
		require.NoError(t, s.Close())
		if !killed {
			require.Equal(t, files, contents(t, f))
		}
		s = f.open(t, f.anchored)
		intact(t, s)
		require.NoError(t, s.Close())
	}
}
