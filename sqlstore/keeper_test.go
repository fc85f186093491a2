package sqlstore

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

var ctx = context.Background()

func TestFileKeeper(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	k := NewFileKeeper(path)
	_, err := k.Unwrap(ctx, "file:00", []byte("x"), nil)
	require.ErrorIs(t, err, ErrWrongKey)
	require.NoFileExists(t, path, "only a new store has one made")

	key, bound := seal.NewKey(), []byte("this store")
	wrapped, id, err := k.Wrap(ctx, key, bound)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.False(t, bytes.Contains(wrapped, key))
	first, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(first), id[5:], "the id gives the key away")

	again, sameID, err := NewFileKeeper(path).Wrap(ctx, key, bound)
	require.NoError(t, err)
	require.Equal(t, id, sameID)
	second, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, first, second, "a key file was written over")
	for _, w := range [][]byte{wrapped, again} {
		got, err := k.Unwrap(ctx, id, w, bound)
		require.NoError(t, err)
		require.Equal(t, key, got)
	}
	_, err = k.Unwrap(ctx, id, wrapped, []byte("another store"))
	require.ErrorIs(t, err, ErrWrongKey)
	_, err = k.Unwrap(ctx, "file:0123456789abcdef", wrapped, bound)
	require.ErrorIs(t, err, ErrWrongKey)
}

func TestBadKeyFilesAreNotShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	for _, content := range []string{"", "5ec7e7", "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ecx",
		string(bytes.Repeat([]byte("5ec7e7ab"), 9))} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, _, err := NewFileKeeper(path).Wrap(ctx, seal.NewKey(), nil)
		require.ErrorContains(t, err, "64 hexadecimal digits")
		require.NotContains(t, err.Error(), "5ec7e7")
	}
}

// TestOneKeyIsMade checks that of many who make the file at once all have the
// same key in the end, or an error.
func TestOneKeyIsMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master")
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			_, id, err := NewFileKeeper(path).Wrap(ctx, seal.NewKey(), nil)
			if err == nil {
				ids[i] = id
			}
		})
	}
	wg.Wait()
	_, id, err := NewFileKeeper(path).Wrap(ctx, seal.NewKey(), nil)
	require.NoError(t, err)
	for _, got := range ids {
		if got != "" {
			require.Equal(t, id, got)
		}
	}
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1)
}
