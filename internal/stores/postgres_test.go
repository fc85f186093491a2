package stores_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/pgserver"
	"github.com/secretlife-go/secretlife/sqlstore"
	"github.com/secretlife-go/secretlife/storetest"
)

// cluster is a server of a test, with many databases.
type cluster struct {
	*pgserver.Server
	made atomic.Int64
}

// newCluster is nil where there is no PostgreSQL; then that was said.
func newCluster(t testing.TB, settings ...string) *cluster {
	t.Helper()
	if pgserver.Missing(t) {
		return nil
	}
	return &cluster{Server: pgserver.Start(t, append([]string{"max_connections=300"}, settings...)...)}
}

// database is where a store over PostgreSQL is.
type database struct {
	url    string
	driver string
	files
}

func (d database) keyring() string { return filepath.Join(d.dir, "keyring") }

func (c *cluster) database(t testing.TB) database {
	t.Helper()
	return database{c.Database(fmt.Sprint("d", c.made.Add(1))), "pgx", newFiles(t)}
}

func (d database) try(edits ...func(*sqlstore.PostgresOptions)) (*sqlstore.Store, error) {
	db, err := sql.Open(d.driver, d.url)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	s, err := sqlstore.OpenPostgres(ctx, db, sqlstore.NewFileKeeper(d.master()), sqlstore.NewEpochFile(d.keyring()), edits...)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

// open opens the store, and closes it at the end unless the test did.
func (d database) open(t testing.TB, edits ...func(*sqlstore.PostgresOptions)) *sqlstore.Store {
	t.Helper()
	s, err := d.try(edits...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPostgresIsAStore(t *testing.T) {
	c := newCluster(t)
	if c == nil {
		return
	}
	storetest.Run(t, func(t *testing.T) secretlife.Store { return c.database(t).open(t) })
}

// TestStoresCanBeMadeTogether opens several Stores on an empty database at the
// same time: all must come to have the same store.
func TestStoresCanBeMadeTogether(t *testing.T) {
	c := newCluster(t)
	if c == nil {
		return
	}
	for range 5 {
		d := c.database(t)
		var stores [6]*sqlstore.Store
		var wg sync.WaitGroup
		for i := range stores {
			wg.Go(func() {
				s, err := d.try()
				if err != nil {
					t.Error(err)
					return
				}
				stores[i] = s
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		_, err := manager(t, stores[0]).CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("hunter2")})
		require.NoError(t, err)
		for _, s := range stores {
			out, err := manager(t, s).GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
			require.NoError(t, err)
			require.Equal(t, "hunter2", out.Value.Reveal())
			require.NoError(t, s.Close())
		}
	}
}
