package stores_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// older is a store that an earlier version of the schema made, with what was read
// from it then.
type older struct {
	States []secretlife.State `json:"states"`
	Events []json.RawMessage  `json:"events"`
	Values map[string]string  `json:"values"`
}

func readOlder(t *testing.T, dir string) older {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", dir, "golden.json"))
	require.NoError(t, err)
	var o older
	require.NoError(t, json.Unmarshal(data, &o))
	return o
}

// copyOlder copies the files of one into those of a test.
func copyOlder(t *testing.T, dir string, to files) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", dir))
	require.NoError(t, err)
	for _, e := range entries {
		copyFile(t, filepath.Join("testdata", dir, e.Name()), filepath.Join(to.dir, e.Name()))
	}
}

// isIn holds that a store has all that was read then, and goes on: what is due is
// purged, and what is written anew stands beside it.
func (o older) isIn(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	o.isReadFrom(t, s)
	m := manager(t, s)
	for name, want := range o.Values {
		out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
		require.NoError(t, err)
		require.Equal(t, want, out.Value.Reveal())
	}
	_, err := m.RestoreSecret(ctx, secretlife.RestoreSecretInput{SecretID: "scheduled"})
	require.NoError(t, err)
	_, err = secretlife.NewPurger(m).Advance(ctx, 0)
	require.NoError(t, err)
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "full"})
	require.NoError(t, err)
	differences, err := secretlife.Replay(ctx, s)
	require.NoError(t, err)
	require.Empty(t, differences)
}

func (o older) isReadFrom(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	for _, want := range o.States {
		arn, err := secretlife.ParseARN(want.ARN)
		require.NoError(t, err)
		got, err := s.Load(ctx, secretlife.Key{Account: arn.Account(), Region: arn.Region(), Name: arn.Name()})
		require.NoError(t, err)
		require.Equal(t, want, got.State())
	}
	events, err := s.Events(ctx, 0, 1000)
	require.NoError(t, err)
	require.Len(t, events, len(o.Events))
	for i, want := range o.Events {
		got, err := json.Marshal(events[i])
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got))
	}
}

// TestAnOlderDatabaseComesForward opens one whose states and events are JSON, and
// one whose events have a row each.
func TestAnOlderDatabaseComesForward(t *testing.T) {
	for _, dir := range []string{"sqlite-11", "sqlite-13"} {
		o := readOlder(t, dir)
		f := newFiles(t)
		copyOlder(t, dir, f)
		s := f.open(t)
		o.isReadFrom(t, s)
		require.NoError(t, s.Close())
		o.isIn(t, f.open(t))
	}
}

// TestAnInterruptedMigrationGoesOn interrupts the way forward before each write,
// which leaves every version of the schema on it.
func TestAnInterruptedMigrationGoesOn(t *testing.T) {
	const dir = "sqlite-11"
	defer spy.set(nil)
	o := readOlder(t, dir)
	for interrupted := 0; ; interrupted += atLeisure(1, 4) {
		f := newFiles(t)
		copyOlder(t, dir, f)
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
			require.Greater(t, interrupted, 15)
			return
		}
		require.ErrorIs(t, err, errPlanted)
		s = f.open(t)
		o.isIn(t, s)
		require.NoError(t, s.Close())
	}
}

// TestAnOlderPostgresIsRead opens one whose states and events are JSON, which stay
// so until they are written again, and one whose events have a row each.
func TestAnOlderPostgresIsRead(t *testing.T) {
	c := newCluster(t)
	if c == nil {
		return
	}
	for _, dir := range []string{"postgres-12", "postgres-13"} {
		d := c.database(t)
		copyOlder(t, dir, d.files)
		dump, err := os.ReadFile(filepath.Join("testdata", dir, "dump.sql"))
		require.NoError(t, err)
		_, err = c.db.ExecContext(ctx, "SET search_path = "+d.schema()+"; "+string(dump)+"; RESET search_path")
		require.NoError(t, err)
		readOlder(t, dir).isIn(t, d.open(t))
	}
}
