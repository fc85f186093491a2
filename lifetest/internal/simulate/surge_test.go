package simulate

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/memstore"
)

// TestAClockSetAYearForwardPurgesNothing sets the clock wrong by a year, and nothing is
// purged. Set right, each secret is purged when its window is over.
func TestAClockSetAYearForwardPurgesNothing(t *testing.T) {
	const secrets = 100_000
	clk := secretlife.NewVirtualClock(history.Epoch)
	store := memstore.New()
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = clk })
	require.NoError(t, err)
	for i := range secrets {
		name := fmt.Sprintf("s%06d", i)
		_, err := m.CreateSecret(
			t.Context(),
			secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("x")},
		)
		require.NoError(t, err)
		_, err = m.DeleteSecret(
			t.Context(),
			secretlife.DeleteSecretInput{SecretID: name, RecoveryWindowInDays: secretlife.Days(7)},
		)
		require.NoError(t, err)
	}
	p := secretlife.NewPurger(m)
	report, err := p.RunDue(t.Context())
	require.NoError(t, err)
	require.Empty(t, report)

	clk.Jump(365 * 24 * time.Hour)
	for range 24 { // a day of waiting changes nothing
		report, err = p.RunDue(t.Context())
		require.NoError(t, err)
		require.Empty(t, report)
		clk.Set(clk.Now().Add(time.Hour))
	}
	require.Equal(t, secrets, store.Len(), "secrets after a leap of 365 days")

	clk.Jump(-365 * 24 * time.Hour)
	clk.Set(history.Epoch.Add(7*24*time.Hour - time.Millisecond))
	report, err = p.RunDue(t.Context())
	require.NoError(t, err)
	require.Empty(t, report, "a millisecond before the DeletionDate")
	clk.Set(history.Epoch.Add(7 * 24 * time.Hour))
	report, err = p.RunDue(t.Context())
	require.NoError(t, err)
	require.Len(t, report.Purged(), secrets)
	require.Zero(t, store.Len())
}
