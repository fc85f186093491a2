package snapshot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/snapshot"
)

func service(t *testing.T, store secretlife.Store, names ...string) *secretlife.Manager {
	t.Helper()
	m, err := secretlife.New(store)
	require.NoError(t, err)
	for _, name := range names {
		in := secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("value of " + name)}
		_, err := m.CreateSecret(t.Context(), in)
		require.NoError(t, err)
	}
	return m
}

// A change of events only leaves all secrets as they are.
func TestEventsOnly(t *testing.T) {
	from := snapshot.New()
	from.KeptEvents = 10
	service(t, from, "a")
	events, err := from.Events(t.Context(), 0, 10)
	require.NoError(t, err)
	change, err := secretlife.ImportEvents(events)
	require.NoError(t, err)

	store := snapshot.New()
	service(t, store, "b", "c")
	before := store.At
	_, err = store.Commit(t.Context(), secretlife.BatchOf(change))
	require.NoError(t, err)
	require.True(t, before.SameSecrets(store.At))
}

// A backup is what the store was, whatever is saved afterwards.
func TestBackup(t *testing.T) {
	store := snapshot.New()
	store.KeptEvents = 10
	m := service(t, store, "a")
	backup := store.Backup()
	_, err := m.DeleteSecret(t.Context(), secretlife.DeleteSecretInput{SecretID: "a"})
	require.NoError(t, err)
	_, err = m.GetSecretValue(t.Context(), secretlife.GetSecretValueInput{SecretID: "a"})
	require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion)
	store.Restore(backup)
	out, err := m.GetSecretValue(t.Context(), secretlife.GetSecretValueInput{SecretID: "a"})
	require.NoError(t, err)
	require.Equal(t, "value of a", out.Value.Reveal())
}
