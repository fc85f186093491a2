package kmskeeper_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gocloud.dev/gcerrors"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/driver"
	"gocloud.dev/secrets/localsecrets"
	_ "modernc.org/sqlite"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
	"github.com/secretlife-go/secretlife/sqlstore/kmskeeper"
)

var ctx = context.Background()

func service(t *testing.T) *secrets.Keeper {
	t.Helper()
	key, err := localsecrets.NewRandomKey()
	require.NoError(t, err)
	keys := localsecrets.NewKeeper(key)
	t.Cleanup(func() { require.NoError(t, keys.Close()) })
	return keys
}

func TestWraps(t *testing.T) {
	k := kmskeeper.New(service(t), "a")
	key, store := bytes.Repeat([]byte("k"), 32), []byte("the store")
	wrapped, id, err := k.Wrap(ctx, key, store)
	require.NoError(t, err)
	require.NotContains(t, string(wrapped), string(key))
	again, err := k.Unwrap(ctx, id, wrapped, store)
	require.NoError(t, err)
	require.Equal(t, key, again)

	_, err = k.Unwrap(ctx, id, wrapped, []byte("another store"))
	require.ErrorIs(t, err, sqlstore.ErrWrongKey)
	_, err = k.Unwrap(ctx, "kms:b", wrapped, store)
	require.ErrorIs(t, err, sqlstore.ErrWrongKey)
	wrapped[len(wrapped)-1]++
	_, err = k.Unwrap(ctx, id, wrapped, store)
	require.Error(t, err)
}

// TestAStoreFromAFileToAService brings a store from a key file to a key service.
func TestAStoreFromAFileToAService(t *testing.T) {
	dir := t.TempDir()
	open := func(k sqlstore.KeyKeeper) (*sqlstore.SQLite, error) {
		db, err := sql.Open("sqlite", filepath.Join(dir, "secrets.db"))
		require.NoError(t, err)
		s, err := sqlstore.OpenSQLite(ctx, db, k)
		if err != nil {
			require.NoError(t, db.Close())
		}
		return s, err
	}
	file, keeper := sqlstore.NewFileKeeper(filepath.Join(dir, "master")), kmskeeper.New(service(t), "a")
	s, err := open(file)
	require.NoError(t, err)
	m, err := secretlife.New(s)
	require.NoError(t, err)
	_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")})
	require.NoError(t, err)
	require.NoError(t, s.Rewrap(ctx, keeper))
	require.NoError(t, s.Close())

	_, err = open(file)
	require.ErrorIs(t, err, sqlstore.ErrWrongKey)
	s, err = open(keeper)
	require.NoError(t, err)
	m, err = secretlife.New(s)
	require.NoError(t, err)
	out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
	require.NoError(t, err)
	require.Equal(t, "v", out.Value.Reveal())
	require.NoError(t, s.Close())
}

// answering is a service whose every response is an error of one code.
type answering struct {
	driver.Keeper
	code gcerrors.ErrorCode
}

func (a answering) Decrypt(context.Context, []byte) ([]byte, error) { return nil, fmt.Errorf("no") }
func (a answering) Encrypt(context.Context, []byte) ([]byte, error) { return nil, fmt.Errorf("no") }
func (a answering) ErrorCode(error) gcerrors.ErrorCode              { return a.code }
func (a answering) Close() error                                    { return nil }

// TestAServiceThatDoesNotAnswer checks that it is not said to have the wrong key.
func TestAServiceThatDoesNotAnswer(t *testing.T) {
	for code, wrong := range map[gcerrors.ErrorCode]bool{
		gcerrors.NotFound: true, gcerrors.InvalidArgument: true,
		gcerrors.Unknown: false, gcerrors.Internal: false, gcerrors.PermissionDenied: false, gcerrors.DeadlineExceeded: false,
	} {
		keys := secrets.NewKeeper(answering{code: code})
		k := kmskeeper.New(keys, "a")
		_, _, err := k.Wrap(ctx, make([]byte, 32), nil)
		require.Error(t, err)
		_, err = k.Unwrap(ctx, "kms:a", []byte("x"), nil)
		require.Error(t, err)
		if wrong {
			require.ErrorIs(t, err, sqlstore.ErrWrongKey)
		} else {
			require.NotErrorIs(t, err, sqlstore.ErrWrongKey, code)
		}
		require.NoError(t, keys.Close())
	}
}
