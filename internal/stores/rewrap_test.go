package stores_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// TestAnotherMasterKey changes the master key of a store in use: values stay
// readable, the old key opens the store no more, and what it wrapped is in no
// file.
func TestAnotherMasterKey(t *testing.T) {
	f := filled(t)
	other := filepath.Join(f.dir, "other")
	s := f.open(t)
	wrapped := f.meta(t, "key")
	require.Equal(t, 1, f.finds(t, [][]byte{wrapped}))
	require.NoError(t, s.Rewrap(ctx, sqlstore.NewFileKeeper(other)))
	require.Zero(t, f.finds(t, [][]byte{wrapped}), "the store's key as the old master key wrapped it")
	intact(t, s)
	require.NoError(t, s.Close())

	_, err := f.try()
	require.ErrorIs(t, err, sqlstore.ErrWrongKey)
	s, err = openSQLite("sqlite", f.db(), other)
	require.NoError(t, err)
	intact(t, s)
	require.NoError(t, s.Rewrap(ctx, sqlstore.NewFileKeeper(f.master())), "and back again")
	require.NoError(
		t,
		s.Rewrap(ctx, sqlstore.NewFileKeeper(filepath.Join(f.dir, "third"))),
		"which the store itself noticed",
	)
	require.NoError(t, s.Close())
	s, err = openSQLite("sqlite", f.db(), filepath.Join(f.dir, "third"))
	require.NoError(t, err)
	intact(t, s)
	require.NoError(t, s.Close())
}

func (f files) meta(t *testing.T, name string) (value []byte) {
	t.Helper()
	db := f.sql(t)
	require.NoError(t, db.QueryRowContext(ctx, `SELECT value FROM secretlife_meta WHERE name = ?`, name).Scan(&value))
	require.NoError(t, db.Close())
	return value
}

// badKeeper wraps what it can't unwrap, or unwraps something else.
type badKeeper struct {
	key []byte
	err error
}

func (badKeeper) Wrap(context.Context, []byte, []byte) ([]byte, string, error) {
	return []byte("wrapped"), "bad", nil
}

func (b badKeeper) Unwrap(context.Context, string, []byte, []byte) ([]byte, error) {
	return b.key, b.err
}

// TestABadKeeperIsNotTaken checks that a keeper which could not open the store
// again does not get it.
func TestABadKeeperIsNotTaken(t *testing.T) {
	f := filled(t)
	s := f.open(t)
	require.ErrorIs(t, s.Rewrap(ctx, badKeeper{err: errPlanted}), errPlanted)
	require.ErrorContains(t, s.Rewrap(ctx, badKeeper{key: bytes.Repeat([]byte("k"), 32)}), "another key")
	require.NoError(t, s.Close())
	intact(t, f.open(t))
}

// TestPowerCutWhileTheMasterKeyChanges cuts the power at each sync of it: one of
// the two keys opens the store, and the new one does once that was said.
func TestPowerCutWhileTheMasterKeyChanges(t *testing.T) {
	p := newPowered(t, t.TempDir(), nil, newHistory())
	s := p.open()
	w := &worker{store: s, say: p.note}
	require.NoError(t, w.do("create"))
	before := len(p.moments)
	other := filepath.Join(p.dir, "other")
	require.NoError(t, s.Rewrap(ctx, sqlstore.NewFileKeeper(other)))
	said := len(p.moments)
	require.NoError(t, w.do("put"))
	require.NoError(t, s.Close())
	opened := map[bool]int{}
	for i, m := range p.moments[before:] {
		for _, keep := range []survival{nothing, everything, someSectors(uint64(2 * i)), someSectors(uint64(2*i + 1))} {
			f := p.putDown(t, m.state.after(keep))
			copyFile(t, other, f.master())
			s, err := f.try()
			if errors.Is(err, sqlstore.ErrWrongKey) && before+i < said {
				copyFile(t, p.master(), f.master())
				s, err = f.try()
				opened[false]++
			} else {
				opened[true]++
			}
			require.NoError(t, err, "sync %d, %s", before+i, keep.name)
			require.NoError(t, s.Close())
			check(t, f, m.clone())
		}
	}
	require.Positive(t, opened[false])
	require.Greater(t, opened[true], 4)
}

// TestAnotherMasterKeyOverPostgres holds the same where several have the
// database open.
func TestAnotherMasterKeyOverPostgres(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	s, beside := d.open(t), d.open(t)
	m := manager(t, s)
	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")})
	require.NoError(t, err)
	other := d.files
	other.dir = t.TempDir()
	require.NoError(t, s.Rewrap(ctx, sqlstore.NewFileKeeper(other.master())))
	for _, s := range []*sqlstore.Postgres{s, beside} {
		out, err := manager(t, s).GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, "v", out.Value.Reveal())
	}
	require.Error(
		t,
		beside.Rewrap(ctx, sqlstore.NewFileKeeper(filepath.Join(t.TempDir(), "third"))),
		"its keeper is the old one",
	)
	_, err = d.try()
	require.ErrorIs(t, err, sqlstore.ErrWrongKey)
	copyFile(t, other.master(), d.master())
	require.NoError(t, d.open(t).Close())
}
