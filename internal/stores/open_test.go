package stores_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// filled makes a store with some secrets and closes it.
func filled(t *testing.T) files {
	t.Helper()
	f := newFiles(t)
	s := f.open(t)
	fill(t, s, 20)
	require.NoError(t, s.Close())
	return f
}

func fill(t testing.TB, s secretlife.Store, secrets int) {
	t.Helper()
	m := manager(t, s)
	for i := range secrets {
		_, err := m.CreateSecret(
			ctx,
			secretlife.CreateSecretInput{
				Name:  fmt.Sprint("secret-", i),
				Value: secretlife.SecretString(fmt.Sprint("value-", i)),
			},
		)
		require.NoError(t, err)
	}
}

// intact checks that all of filled is there.
func intact(t *testing.T, s secretlife.Store) {
	t.Helper()
	m := manager(t, s)
	for i := range 20 {
		out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: fmt.Sprint("secret-", i)})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("value-", i), out.Value.Reveal())
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, content, 0o600))
}

func overwrite(t *testing.T, path string, at int64, with []byte) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = file.WriteAt(with, at)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func (f files) exec(t *testing.T, query string) {
	t.Helper()
	db := f.sql(t)
	_, err := db.ExecContext(ctx, query)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// TestWhatKeepsAStoreFromOpening spoils a store in every way there is an error
// for. Each is told in a sentence, and nothing is changed by the attempt.
func TestWhatKeepsAStoreFromOpening(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, f files)
		want  error
		text  string
	}{
		{"newer schema", func(t *testing.T, f files) {
			f.exec(t, "UPDATE secretlife_meta SET value = '999' WHERE name = 'schema'")
		}, sqlstore.ErrNewer, "version 999"},
		{"schema without number", func(t *testing.T, f files) {
			f.exec(t, "UPDATE secretlife_meta SET value = 'x' WHERE name = 'schema'")
		}, sqlstore.ErrDamaged, `"x"`},
		{"no database", func(t *testing.T, f files) {
			overwrite(t, f.db(), 0, []byte("This is something else."))
		}, sqlstore.ErrNotOurs, "not a database"},
		{"another database", func(t *testing.T, f files) {
			require.NoError(t, os.Remove(f.db()))
			f.exec(t, "CREATE TABLE customers (name TEXT)")
		}, sqlstore.ErrNotOurs, "tables of something else"},
		{"no key slots", func(t *testing.T, f files) { require.NoError(t, os.Remove(f.keys())) }, sqlstore.ErrNoKeySlots,
			"secrets.db.keys"},
		{"key slots that are something else", func(t *testing.T, f files) {
			overwrite(t, f.keys(), 3, []byte("x"))
		}, sqlstore.ErrDamaged, "secrets.db.keys"},
		{"empty key slots", func(t *testing.T, f files) { require.NoError(t, os.Truncate(f.keys(), 0)) },
			sqlstore.ErrDamaged, "secrets.db.keys"},
		{"key slots of another store", func(t *testing.T, f files) {
			copyFile(t, filled(t).keys(), f.keys())
		}, sqlstore.ErrOtherKeySlots, "secrets.db.keys"},
		{"no database, and key slots with keys", func(t *testing.T, f files) {
			require.NoError(t, os.Remove(f.db()))
		}, sqlstore.ErrOtherKeySlots, "the database is new"},
		{"another master key", func(t *testing.T, f files) {
			copyFile(t, filled(t).master(), f.master())
		}, sqlstore.ErrWrongKey, "the store was made with"},
		{"no master key", func(t *testing.T, f files) { require.NoError(t, os.Remove(f.master())) }, sqlstore.ErrWrongKey,
			"there is no key file"},
		{"wrapped key changed", func(t *testing.T, f files) {
			f.exec(t, "UPDATE secretlife_meta SET value = randomblob(60) WHERE name = 'key'")
		}, sqlstore.ErrWrongKey, "was changed since"},
		{"store's id changed", func(t *testing.T, f files) {
			f.exec(t, "UPDATE secretlife_meta SET value = randomblob(16) WHERE name = 'store'")
		}, sqlstore.ErrWrongKey, ""},
		{"store's id cut off", func(t *testing.T, f files) {
			f.exec(t, "UPDATE secretlife_meta SET value = x'01' WHERE name = 'store'")
		}, sqlstore.ErrDamaged, ""},
		{"count of openings changed", func(t *testing.T, f files) {
			f.exec(t, "UPDATE secretlife_meta SET value = zeroblob(40) WHERE name = 'opened'")
		}, sqlstore.ErrTampered, "opened"},
		{"first page damaged", func(t *testing.T, f files) {
			overwrite(t, f.db(), 100, make([]byte, 900))
		}, nil, ""},
		{"cut off", func(t *testing.T, f files) { require.NoError(t, os.Truncate(f.db(), 5000)) }, sqlstore.ErrDamaged, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := filled(t)
			c.spoil(t, f)
			before := contents(t, f)
			s, err := f.try()
			if err == nil {
				_ = s.Close()
			}
			require.Error(t, err)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
			require.ErrorContains(t, err, c.text)
			t.Log(err)
			after := contents(t, f)
			if _, there := before["secrets.db"]; !there {
				delete(after, "secrets.db") // SQLite makes it
			}
			require.True(t, maps.Equal(before, after), "the attempt changed a file")
		})
	}
}

// contents are those of all files but SQLite's own log and index.
func contents(t *testing.T, f files) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, path := range []string{f.db(), f.keys(), f.master()} {
		if content, err := os.ReadFile(path); err == nil {
			out[filepath.Base(path)] = string(content)
		}
	}
	return out
}

func TestReadOnlyAndInMemory(t *testing.T) {
	f := filled(t)
	_, err := openSQLite("sqlite", "file:"+f.db()+"?mode=ro", f.master())
	require.ErrorIs(t, err, sqlstore.ErrReadOnly)
	_, err = openSQLite("sqlite", ":memory:", f.master())
	require.ErrorIs(t, err, sqlstore.ErrNotOurs)
	require.ErrorContains(t, err, "memstore")
	intact(t, f.open(t))
}

func TestOneStoreAtATime(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	_, err := f.try()
	require.ErrorIs(t, err, sqlstore.ErrInUse)
	require.NoError(t, s.Close())
	require.NoError(t, f.open(t).Close())
}

// TestCopiesPutBack checks that a database and key slots of different times are
// not taken for a store, unless the operator says so.
func TestCopiesPutBack(t *testing.T) {
	open := func(t *testing.T, f files) {
		require.NoError(t, f.open(t).Close())
	}
	restored := func(o *sqlstore.Options) { o.Restored = true }
	t.Run("the database", func(t *testing.T) {
		f := filled(t)
		copyFile(t, f.db(), f.db()+".copy")
		open(t, f)
		copyFile(t, f.db()+".copy", f.db())
		_, err := f.try()
		require.ErrorIs(t, err, sqlstore.ErrRestored)
		require.ErrorContains(t, err, "database is older")
		s := f.open(t, restored)
		intact(t, s)
		require.NoError(t, s.Close())
		open(t, f)
	})
	t.Run("the key slots", func(t *testing.T) {
		f := filled(t)
		copyFile(t, f.keys(), f.keys()+".copy")
		open(t, f)
		copyFile(t, f.keys()+".copy", f.keys())
		_, err := f.try()
		require.ErrorIs(t, err, sqlstore.ErrRestored)
		require.ErrorContains(t, err, "key slots are older")
		s := f.open(t, restored)
		intact(t, s)
	})
	t.Run("a database from before a purge", func(t *testing.T) {
		f := filled(t)
		copyFile(t, f.db(), f.db()+".copy")
		s := f.open(t)
		m := manager(t, s)
		_, err := m.DeleteSecret(
			ctx,
			secretlife.DeleteSecretInput{SecretID: "secret-7", ForceDeleteWithoutRecovery: true},
		)
		require.NoError(t, err)
		_, err = secretlife.NewPurger(m).RunDue(ctx)
		require.NoError(t, err)
		_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "later", Value: secretlife.SecretString("v")})
		require.NoError(t, err)
		require.NoError(t, s.Close())
		copyFile(t, f.db()+".copy", f.db())

		var log bytes.Buffer
		s = f.open(t, restored, func(o *sqlstore.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		require.Contains(t, log.String(), "secrets=1")
		m = manager(t, s)
		_, err = m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "secret-7"})
		require.Error(t, err, "a purged value")
		_, err = m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "secret-8"})
		require.NoError(t, err)
		_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "again", Value: secretlife.SecretString("v")})
		require.NoError(t, err, "slots are where they were")
		out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "again"})
		require.NoError(t, err)
		require.Equal(t, "v", out.Value.Reveal())
	})
}

// TestDamageAnywhereIsAnError zeroes every page of the database in turn. What is
// read then is right, or an error; nothing is made up.
func TestDamageAnywhereIsAnError(t *testing.T) {
	f := filled(t)
	whole, err := os.ReadFile(f.db())
	require.NoError(t, err)
	keys, err := os.ReadFile(f.keys())
	require.NoError(t, err)
	const page = 4096
	found := 0
	for at := 0; at < len(whole); at += page {
		require.NoError(t, os.WriteFile(f.db(), whole, 0o600))
		require.NoError(t, os.WriteFile(f.keys(), keys, 0o600))
		overwrite(t, f.db(), int64(at), make([]byte, page))
		s, err := f.try()
		if err != nil {
			found++
			continue
		}
		m := manager(t, s)
		bad := 0
		for i := range 20 {
			out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: fmt.Sprint("secret-", i)})
			if err != nil {
				bad++
				continue
			}
			require.Equal(t, fmt.Sprint("value-", i), out.Value.Reveal())
		}
		if _, err := s.Events(ctx, 0, 1000); err != nil {
			bad++
		}
		if bad > 0 {
			found++
		}
		_ = s.Close()
	}
	require.Greater(t, found, len(whole)/page/3)
}

// TestAMakingThatWasInterrupted interrupts the making of a store before each of
// its writes.
func TestAMakingThatWasInterrupted(t *testing.T) {
	defer spy.set(nil)
	interrupted, step := 0, atLeisure(1, 5)
	for ; ; interrupted += step {
		f := newFiles(t)
		points := 0
		spy.set(func() error {
			if points++; points > interrupted {
				return errPlanted
			}
			return nil
		})
		s, err := openSQLite("sqlite-spied", f.db(), f.master())
		spy.set(nil)
		if err == nil {
			require.NoError(t, s.Close())
			break
		}
		require.ErrorIs(t, err, errPlanted)
		s = f.open(t)
		fill(t, s, 1)
		require.NoError(t, s.Close())
	}
	require.Greater(t, interrupted, 60)
}

// TestAnOpeningThatWasInterrupted is no copy put back.
func TestAnOpeningThatWasInterrupted(t *testing.T) {
	defer spy.set(nil)
	f := filled(t)
	for interrupted := 0; ; interrupted++ {
		points := 0
		spy.set(func() error {
			if points++; points > interrupted {
				return errPlanted
			}
			return nil
		})
		s, err := openSQLite("sqlite-spied", f.db(), f.master())
		spy.set(nil)
		if err != nil {
			require.ErrorIs(t, err, errPlanted)
			if interrupted%2 == 0 { // others are interrupted again and again
				s = f.open(t)
				intact(t, s)
				require.NoError(t, s.Close())
			}
			continue
		}
		intact(t, s)
		require.NoError(t, s.Close())
		require.Greater(t, interrupted, 20)
		return
	}
}

// TestClosed checks that a closed store says so, and that callers who gave up
// wrote nothing.
func TestClosed(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, s.Scrub(gone), context.Canceled)
	require.NoError(t, s.Health(ctx))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Close(), sqlstore.ErrClosed)
	_, err := s.Load(ctx, key(t, m, "a"))
	require.ErrorIs(t, err, sqlstore.ErrClosed)
	require.ErrorIs(t, touch(s), sqlstore.ErrClosed)
	require.ErrorIs(t, s.Scrub(ctx), sqlstore.ErrClosed)
	require.ErrorIs(t, s.Health(ctx), sqlstore.ErrClosed)
}
