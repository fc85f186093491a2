package stores_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
	"github.com/secretlife-go/secretlife/storetest"
)

func openForTest(t *testing.T) secretlife.Store { return openFiles(t, newFiles(t)) }

func openFiles(t *testing.T, f files) secretlife.Store {
	t.Helper()
	s, err := f.try()
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := s.Close(); !errors.Is(err, sqlstore.ErrClosed) {
			require.NoError(t, err)
		}
	})
	return s
}

func TestSQLiteIsAStore(t *testing.T) {
	var f files
	open := func(t *testing.T) secretlife.Store {
		f = newFiles(t)
		return openFiles(t, f)
	}
	storetest.Run(t, open, func(o *storetest.Options) {
		o.Reopen = func(t *testing.T, s secretlife.Store) secretlife.Store {
			require.NoError(t, s.(*sqlstore.SQLite).Close())
			return openFiles(t, f)
		}
	})
}

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
	require.True(t, was.Equal(is))
	c, err := is.Restore(secretlife.Exactly(start))
	require.NoError(t, err)
	_, err = v.Commit(ctx, secretlife.BatchOf(c))
	require.ErrorIs(t, err, sqlstore.ErrTampered)
	_, err = v.Load(ctx, k)
	require.ErrorIs(t, err, sqlstore.ErrTampered)
}

// TestARememberedValueEndsWithItsSecret: a value that was read a moment ago is not
// answered when its version or its secret is gone, or when the store noticed that
// somebody else wrote into its database.
func TestARememberedValueEndsWithItsSecret(t *testing.T) {
	v := newVictim(t)
	readTwice := func(name string) (secretlife.Key, secretlife.Incarnation, secretlife.VersionID) {
		s, err := v.Load(ctx, key(t, v.m, name))
		require.NoError(t, err)
		id, ok := s.Staged(secretlife.StageCurrent)
		require.True(t, ok)
		for range 2 {
			value, err := v.Value(ctx, s.Key(), s.Incarnation(), id)
			require.NoError(t, err)
			require.Equal(t, "value 1 of "+name, value.Reveal())
		}
		return s.Key(), s.Incarnation(), id
	}
	k, in, id := readTwice("b")
	_, err := v.Value(ctx, k, secretlife.Incarnation{1}, id)
	require.ErrorIs(t, err, secretlife.ErrVersionNotFound)
	other, err := secretlife.ParseVersionID("other-other-other-other-other-other")
	require.NoError(t, err)
	_, err = v.Value(ctx, k, in, other)
	require.ErrorIs(t, err, secretlife.ErrVersionNotFound)

	_, err = v.m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "b", ForceDeleteWithoutRecovery: true})
	require.NoError(t, err)
	readTwiceOf := func() { // as nothing of the rules is in a store
		value, err := v.Value(ctx, k, in, id)
		require.NoError(t, err)
		require.Equal(t, "value 1 of b", value.Reveal())
	}
	readTwiceOf()
	readTwiceOf()
	_, err = v.p.RunDue(ctx)
	require.NoError(t, err)
	_, err = v.Value(ctx, k, in, id)
	require.ErrorIs(t, err, secretlife.ErrVersionNotFound)

	k, in, id = readTwice("a")
	v.exec(t, "UPDATE secretlife_versions SET sealed = zeroblob(40)")
	_, err = v.Value(ctx, k, in, id)
	require.ErrorIs(t, err, sqlstore.ErrTampered)
}
