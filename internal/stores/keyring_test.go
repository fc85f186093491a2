package stores_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// TestKeyringsThatAreNotTheOne holds what is said of each.
func TestKeyringsThatAreNotTheOne(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	s := d.open(t)
	m := manager(t, s)
	create(t, m, "a", "v")
	old, err := os.ReadFile(d.keyring())
	require.NoError(t, err)
	forgets := func(m *secretlife.Manager) {
		create(t, m, "gone", "v")
		forget(t, m, "gone")
	}
	forgets(m)
	require.NoError(t, s.DestroyKeys(ctx))

	with := func(content []byte, edits ...func(*sqlstore.PostgresOptions)) (*sqlstore.Postgres, error) {
		x := d
		x.ring = d.keyring() + ".other"
		require.NoError(t, os.WriteFile(x.ring, content, 0o600))
		return x.try(edits...)
	}
	other := c.database(t)
	other.open(t)
	content, err := os.ReadFile(other.keyring())
	require.NoError(t, err)
	_, err = with(content)
	require.ErrorIs(t, err, sqlstore.ErrOtherEpochs)
	_, err = with(old)
	require.ErrorIs(t, err, sqlstore.ErrRestored, "an old copy")
	_, err = with([]byte("something else"))
	require.ErrorIs(t, err, sqlstore.ErrDamaged)
	x := d
	x.ring = d.keyring() + ".none"
	_, err = x.try()
	require.ErrorIs(t, err, sqlstore.ErrNoEpoch)

	// A copy is as good as the file until the epoch ends. Then it is found out,
	// and nothing is written that the others can't read.
	present, err := os.ReadFile(d.keyring())
	require.NoError(t, err)
	copied, err := with(present)
	require.NoError(t, err)
	create(t, manager(t, copied), "b", "v")
	forgets(m)
	require.NoError(t, s.DestroyKeys(ctx))
	_, err = manager(
		t,
		copied,
	).CreateSecret(ctx, secretlife.CreateSecretInput{Name: "c", Value: secretlife.SecretString("v")})
	require.Error(t, err)
	require.ErrorIs(t, copied.DestroyKeys(ctx), sqlstore.ErrNoEpoch)
	require.NoError(t, copied.Close())
	require.Equal(t, "v", value(t, m, "b"))

	// The operator's confirmation makes a new epoch; what was in others is lost.
	restored, err := with(old, func(o *sqlstore.PostgresOptions) { o.Restored = true })
	require.NoError(t, err)
	_, err = manager(t, restored).GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
	require.Error(t, err)
	create(t, manager(t, restored), "d", "v")
	require.Equal(t, "v", value(t, manager(t, restored), "d"))
	require.NoError(t, restored.Close())
}
