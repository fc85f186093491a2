package stores_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// slowVFS is the machine's disk with a delay before each sync, as disks have
// whose cache is not written back later.
type slowVFS struct {
	vfs.VFS
	delay time.Duration
}

func (s slowVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := s.VFS.(vfs.VFSFilename).OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return slowFile{f, s.delay}, flags, nil
}

type slowFile struct {
	vfs.File
	delay time.Duration
}

func (f slowFile) Sync(flags vfs.SyncFlag) error {
	time.Sleep(f.delay) // what is measured is how many share it
	return f.File.Sync(flags)
}

func (f slowFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

// BenchmarkSlowDisk deletes and restores where a sync takes 5 ms, for one caller,
// which is the baseline, and for 16, which share syncs.
func BenchmarkSlowDisk(b *testing.B) {
	const secrets = 160
	vfs.Register("slow", slowVFS{vfs.Find(""), 5 * time.Millisecond})
	defer vfs.Unregister("slow")
	f := newFiles(b)
	db, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(f.db())+"?vfs=slow")
	require.NoError(b, err)
	s, err := sqlstore.OpenSQLite(ctx, db, sqlstore.NewFileKeeper(f.master()))
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	c := &benchStore{files: f, Store: s.Store, sqlite: s, m: manager(b, s), n: secrets}
	inParallel(b, secrets, func(i int) error {
		_, err := c.m.CreateSecret(
			ctx,
			secretlife.CreateSecretInput{Name: benchName(i), Value: secretlife.SecretString("v")},
		)
		return err
	})
	for _, goroutines := range []int{1, 16} {
		b.Run(fmt.Sprint("goroutines=", goroutines), func(b *testing.B) {
			b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
			c.deleteAndRestore(b, goroutines)
		})
	}
}
