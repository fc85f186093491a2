package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
	"github.com/secretlife-go/secretlife/storetest"
)

func openForTest(t *testing.T) secretlife.Store {
	t.Helper()
	s, err := newFiles(t).try()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestSQLiteIsAStore(t *testing.T) { storetest.Run(t, openForTest) }

// TestARememberedSecretIsNotBelievedFromBelow changes a secret's row below a store
// that remembers it. What it answers then is what it wrote; and nothing is decided
// by what was changed.
func TestARememberedSecretIsNotBelievedFromBelow(t *testing.T) {
	v := newVictim(t)
	k := key(t, v.m, "b")
	was, err := v.Load(ctx, k)
	require.NoError(t, err)
	_, err = v.db.ExecContext(ctx, "UPDATE secretlife_secrets SET deletion = deletion - 1 WHERE name = 'b'")
	require.NoError(t, err)
	is, err := v.Load(ctx, k)
	require.NoError(t, err)
	require.Equal(t, was.State(), is.State())
	c, err := is.Restore(start)
	require.NoError(t, err)
	require.ErrorIs(t, v.Commit(ctx, c), sqlstore.ErrTampered)
	_, err = v.Load(ctx, k)
	require.ErrorIs(t, err, sqlstore.ErrTampered)
}
