package sqlstore

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEpochFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	store := strings.Repeat("0a", 16)
	f := NewEpochFile(path)
	_, err := f.Key(t.Context(), store, 1)
	require.ErrorIs(t, err, ErrNoEpoch, "there is no file")

	keys := map[uint64][]byte{}
	for want := uint64(1); want <= 3; want++ {
		epoch, key, err := f.New(t.Context(), store, 0)
		require.NoError(t, err)
		require.Equal(t, want, epoch)
		keys[epoch] = key
	}
	epoch, key, err := NewEpochFile(path).New(t.Context(), store, 6)
	require.NoError(t, err)
	require.EqualValues(t, 7, epoch)
	keys[epoch] = key
	require.NoError(t, f.Destroy(t.Context(), store, 3))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for epoch := range uint64(9) {
		key, err := f.Key(t.Context(), store, epoch)
		if epoch == 3 || epoch == 7 {
			require.NoError(t, err)
			require.Equal(t, keys[epoch], key)
			require.Contains(t, string(content), string(key))
			continue
		}
		require.ErrorIs(t, err, ErrNoEpoch, epoch)
		require.False(
			t,
			len(keys[epoch]) > 0 && bytes.Contains(content, keys[epoch]),
			"the key of epoch %d is still in the file",
			epoch,
		)
	}
	require.NoError(t, f.Destroy(t.Context(), store, 100), "all, and none that would come")
	epoch, _, err = f.New(t.Context(), store, 0)
	require.NoError(t, err)
	require.EqualValues(t, 8, epoch, "a number is never used again")

	_, err = f.Key(t.Context(), strings.Repeat("0b", 16), 8)
	require.ErrorIs(t, err, ErrOtherEpochs)
	_, err = f.Key(t.Context(), "x", 8)
	require.Error(t, err)
	require.NoError(t, os.Chmod(path, 0o640))
	_, err = f.Key(t.Context(), store, 8)
	require.ErrorContains(t, err, "chmod 600")
	require.NoError(t, os.Chmod(path, 0o600))

	// What a crash left of a slot is no key, and its number is not used again.
	require.NoError(t, os.Truncate(path, epochAt(8)+40))
	_, err = f.Key(t.Context(), store, 8)
	require.Error(t, err)
	require.NotContains(t, err.Error(), hex.EncodeToString(keys[7]))
	epoch, _, err = f.New(t.Context(), store, 0)
	require.NoError(t, err)
	require.EqualValues(t, 9, epoch)
}

// TestEpochFileIsShared has many at the file at the same time.
func TestEpochFileIsShared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	store := strings.Repeat("0a", 16)
	var mu sync.Mutex
	all := map[uint64][]byte{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				epoch, key, err := NewEpochFile(path).New(t.Context(), store, 0)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				all[epoch] = key
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, all, 80)
	for epoch, key := range all {
		got, err := NewEpochFile(path).Key(t.Context(), store, epoch)
		require.NoError(t, err)
		require.Equal(t, key, got)
	}
}
