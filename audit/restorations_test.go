package audit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/audit"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestRestorations(t *testing.T) {
	ctx := t.Context()
	const day = 24 * time.Hour
	store := memstore.New()
	clock := secretlife.NewVirtualClock(start)
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = clock })
	require.NoError(t, err)
	// life deletes a secret, and restores it after some time.
	life := func(name string, after time.Duration) {
		_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name})
		require.NoError(t, err)
		clock.Advance(after)
		_, err = m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
		require.NoError(t, err)
	}
	for _, name := range []string{"a", "b", "purged"} {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("v")})
		require.NoError(t, err)
	}
	life("a", 7*day-time.Millisecond)
	life("b", 7*day)
	life("a", 20*day)
	_, err = m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "b"}) // which is active
	require.NoError(t, err)
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "purged", ForceDeleteWithoutRecovery: true})
	require.NoError(t, err)
	_, err = m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "purged"})
	require.Error(t, err)
	_, err = secretlife.NewPurger(m).Advance(ctx, day)
	require.NoError(t, err)

	all, err := audit.Restorations(ctx, store)
	require.NoError(t, err)
	var names []string
	for _, r := range all {
		names = append(names, r.Key.Name.String())
		require.True(t, r.Known())
		require.Equal(t, 30*day, r.DeletionDate.Sub(r.Deleted))
	}
	require.Equal(t, []string{"a", "b", "a"}, names)
	for window, want := range map[time.Duration][]bool{
		7 * day: {false, true, true}, 8 * day: {false, false, true}, 30 * day: {false, false, false},
	} {
		require.Equal(t, want, []bool{all[0].TooLate(window), all[1].TooLate(window), all[2].TooLate(window)})
	}

	// A store that has forgotten the first deletion.
	forgotten := otherEvents{store, func(events []secretlife.Event) []secretlife.Event {
		for i, e := range events {
			if op, _ := e.Operation(); op == secretlife.OpRestoreSecret {
				return events[i:]
			}
		}
		return nil
	}}
	rest, err := audit.Restorations(ctx, forgotten)
	require.NoError(t, err)
	require.Len(t, rest, 3)
	require.False(t, rest[0].Known())
	require.False(t, rest[0].TooLate(0))
	require.True(t, rest[1].Known())
}
