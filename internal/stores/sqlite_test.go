package stores_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
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
	return closedAtTheEnd(t, s, err)
}

func closedAtTheEnd(t *testing.T, s *sqlstore.SQLite, err error) secretlife.Store {
	t.Helper()
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := s.Close(); !errors.Is(err, sqlstore.ErrClosed) {
			require.NoError(t, err)
		}
	})
	return s
}

// copied returns a copy of the files as they are at one moment: the writer may still be at work on
// what nobody waits for any more, so they are read until nothing changed meanwhile.
func (f files) copied(t *testing.T) files {
	t.Helper()
	content := f.content(t)
	for before := content; ; before = content {
		if content = f.content(t); reflect.DeepEqual(before, content) {
			break
		}
	}
	next := newFiles(t)
	for name, c := range content {
		require.NoError(t, os.WriteFile(filepath.Join(next.dir, name), []byte(c), 0o600))
	}
	return next
}

// content returns what is in the files, by name.
func (f files) content(t *testing.T) map[string]string {
	t.Helper()
	all, err := os.ReadDir(f.dir)
	require.NoError(t, err)
	out := map[string]string{}
	for _, file := range all {
		content, err := os.ReadFile(filepath.Join(f.dir, file.Name()))
		require.NoError(t, err)
		out[file.Name()] = string(content)
	}
	return out
}

// TestSQLiteIsAStore opens the store again after Close and, every other time, as after a crash:
// a copy of the files, as they are while the store is still open.
func TestSQLiteIsAStore(t *testing.T) {
	var f files
	reopen := func(t *testing.T) secretlife.Store {
		s, err := openSQLite("sqlite-counted", f.db(), f.master())
		return closedAtTheEnd(t, s, err)
	}
	open := func(t *testing.T) secretlife.Store {
		f = newFiles(t)
		return reopen(t)
	}
	crashes := false
	storetest.Run(t, open, func(o *storetest.Options) {
		o.Reopen = func(t *testing.T, s secretlife.Store) secretlife.Store {
			if crashes = !crashes; crashes {
				f = f.copied(t)
				return reopen(t)
			}
			require.NoError(t, s.(*sqlstore.SQLite).Close())
			return reopen(t)
		}
		o.Reads = func(secretlife.Store) int { return int(rowsRead.Load()) }
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
