package command

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestKeepEvents has a store in memory forget its oldest events, as the flag says and by default.
func TestKeepEvents(t *testing.T) {
	number := func(n int) *int { return &n }
	first := func(keep *int, changes int) uint64 {
		l := (serve{Store: "memory", KeepEvents: keep}).location()
		store, err := l.open(t.Context(), full.Databases, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		m, err := secretlife.New(store.Store)
		require.NoError(t, err)
		for n := range changes {
			_, err := m.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: fmt.Sprint(n)})
			require.NoError(t, err)
		}
		events, err := store.Events(t.Context(), 0, 1)
		require.NoError(t, err)
		return events[0].Seq()
	}
	require.Equal(t, uint64(1), first(number(0), 2000))
	require.Greater(t, first(number(10), 2000), uint64(1000))
	require.Equal(t, uint64(1), first(nil, 2000))
	require.Greater(t, first(nil, keptEvents+2000), uint64(1))

	open := func(l location) error {
		_, err := l.open(t.Context(), full.Databases, slog.New(slog.DiscardHandler))
		return err
	}
	require.ErrorContains(t, open((serve{Store: "memory", KeepEvents: number(-1)}).location()), "must be at least 0")
	l := (serve{Store: "sqlite:" + t.TempDir() + "/a.db", KeepEvents: number(10)}).location()
	require.ErrorContains(t, open(l), "--keep-events is for --store memory")
}
