package stores_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/pgserver"
	"github.com/secretlife-go/secretlife/lifetest"
	"github.com/secretlife-go/secretlife/sqlstore"
	"github.com/secretlife-go/secretlife/storetest"
)

// cluster is a server of a test, with many stores in schemas of their own.
type cluster struct {
	*pgserver.Server
	made   atomic.Int64
	url    string
	db     *sql.DB
	lender *lender // see lends
}

// newCluster starts a server, or skips the test; see [pgserver.Start].
func newCluster(t testing.TB, settings ...string) *cluster {
	t.Helper()
	c := &cluster{Server: pgserver.Start(t, append([]string{"max_connections=300"}, settings...)...)}
	c.url = c.Database("stores")
	var err error
	c.db, err = sql.Open("pgx", c.url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.db.Close() })
	return c
}

// database is where a store over PostgreSQL is.
type database struct {
	url   string
	conns int
	files
	name   string
	ring   string        // a file instead of keyring
	epochs *faultyEpochs // instead of a file
	lender *lender       // instead of url
}

func (d database) keyring() string { return filepath.Join(d.dir, "keyring") }

func (d database) schema() string { return d.name }

func (c *cluster) database(t testing.TB) database {
	t.Helper()
	schema := fmt.Sprint("s", c.made.Add(1))
	_, err := c.db.ExecContext(ctx, "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	return database{url: c.url + "&search_path=" + schema, files: newFiles(t), name: schema, lender: c.lender}
}

func (d database) try(edits ...func(*sqlstore.PostgresOptions)) (*sqlstore.Postgres, error) {
	db, err := d.connect()
	if err != nil {
		return nil, err
	}
	var epochs sqlstore.EpochKeys = sqlstore.NewEpochFile(d.keyring())
	if d.ring != "" {
		epochs = sqlstore.NewEpochFile(d.ring)
	}
	if d.epochs != nil {
		epochs = d.epochs
	}
	if d.conns > 0 {
		edits = append(
			[]func(*sqlstore.PostgresOptions){func(o *sqlstore.PostgresOptions) { o.Connections = d.conns }},
			edits...)
	}
	s, err := sqlstore.OpenPostgres(ctx, db, sqlstore.NewFileKeeper(d.master()), epochs, edits...)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

func (d database) connect() (*sql.DB, error) {
	if d.lender != nil {
		return sql.OpenDB(lentTo{d.lender, d.schema()}), nil
	}
	return sql.Open("pgx", d.url)
}

// open opens the store, and closes it at the end unless the test did.
func (d database) open(t testing.TB, edits ...func(*sqlstore.PostgresOptions)) *sqlstore.Postgres {
	t.Helper()
	s, err := d.try(edits...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// everyone runs clients at the same time.
func everyone(t testing.TB, clients int, do func(client int) error) {
	t.Helper()
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			if err := do(client); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestPostgresIsAStore(t *testing.T) {
	t.Parallel()
	c := newCluster(t).lends(t)
	var d database
	open := func(t *testing.T) secretlife.Store {
		d = c.database(t)
		return d.open(t)
	}
	storetest.Run(t, open, func(o *storetest.Options) {
		o.Reopen = func(t *testing.T, s secretlife.Store) secretlife.Store {
			require.NoError(t, s.(*sqlstore.Postgres).Close())
			return d.open(t)
		}
	})
}

// TestPostgresKeepsTheRules is TestSQLiteKeepsTheRules, with a quarter of the
// histories, as each takes eight times as long.
func TestPostgresKeepsTheRules(t *testing.T) {
	c := newCluster(t).lends(t)
	checks := flag.Lookup("rapid.checks")
	all := checks.Value.String()
	n, err := strconv.Atoi(all)
	require.NoError(t, err)
	require.NoError(t, checks.Value.Set(strconv.Itoa(max(1, n/4))))
	defer func() { require.NoError(t, checks.Value.Set(all)) }()
	lifetest.Check(t, func(t *testing.T) secretlife.Store {
		d := c.database(t)
		d.conns = 1 // histories leave many stores open
		return d.open(t)
	})
}

// several is one store through several Stores, one at a time, as if they
// were in several processes.
type several struct {
	secretlife.Store // one of them

	stores []*sqlstore.Postgres
	n      atomic.Uint64
}

func (s *several) one() *sqlstore.Postgres { return s.stores[s.n.Add(1)%uint64(len(s.stores))] }

func (s *several) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	return s.one().Load(ctx, key)
}

func (s *several) Value(
	ctx context.Context,
	key secretlife.Key,
	in secretlife.Incarnation,
	id secretlife.VersionID,
) (secretlife.Value, error) {
	return s.one().Value(ctx, key, in, id)
}

func (s *several) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	return s.one().Commit(ctx, batch)
}

func (s *several) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return s.one().Claim(ctx, query, decide)
}

func (s *several) List(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, error) {
	return s.one().List(ctx, query)
}

func (s *several) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	return s.one().Due(ctx, query)
}

func (s *several) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	return s.one().Events(ctx, after, limit)
}

func (s *several) Note(ctx context.Context, name string) (secretlife.Note, error) {
	return s.one().Note(ctx, name)
}

func (s *several) SwapNote(ctx context.Context, name string, old, next []byte) error {
	return s.one().SwapNote(ctx, name, old, next)
}

// openSeveral opens three Stores on one new database.
func (c *cluster) openSeveral(t *testing.T) *several {
	d := c.database(t)
	stores := []*sqlstore.Postgres{d.open(t), d.open(t), d.open(t)}
	return &several{Store: stores[0], stores: stores}
}

// TestSeveralStoresAreAStore holds the contract over three Stores that take
// turns: what one commits, the others see at once.
func TestSeveralStoresAreAStore(t *testing.T) {
	t.Parallel()
	c := newCluster(t).lends(t)
	storetest.Run(t, func(t *testing.T) secretlife.Store { return c.openSeveral(t) })
}

// manyClients is how the histories of concurrent calls are.
func manyClients() lifetest.Concurrency {
	return lifetest.Concurrency{Histories: atLeisure(12, 4), Clients: 16, Calls: 8}
}

func TestSQLiteIsLinearizable(t *testing.T) {
	require.NotZero(t, lifetest.CheckConcurrent(t, openForTest, manyClients()))
}

func TestPostgresIsLinearizable(t *testing.T) {
	c := newCluster(t).lends(t)
	t.Run("one store", func(t *testing.T) {
		require.NotZero(
			t,
			lifetest.CheckConcurrent(
				t,
				func(t *testing.T) secretlife.Store { return c.database(t).open(t) },
				manyClients(),
			),
		)
	})
	t.Run("three stores", func(t *testing.T) {
		require.NotZero(
			t,
			lifetest.CheckConcurrent(
				t,
				func(t *testing.T) secretlife.Store { return c.openSeveral(t) },
				manyClients(),
			),
		)
	})
}

// TestStoresCanBeMadeTogether opens several Stores on an empty database at the
// same time: all must come to have the same store.
func TestStoresCanBeMadeTogether(t *testing.T) {
	c := newCluster(t)
	for range 5 {
		d := c.database(t)
		var stores [6]*sqlstore.Postgres
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
		_, err := manager(
			t,
			stores[0],
		).CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("hunter2")})
		require.NoError(t, err)
		for _, s := range stores {
			out, err := manager(t, s).GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
			require.NoError(t, err)
			require.Equal(t, "hunter2", out.Value.Reveal())
			require.NoError(t, s.Close())
		}
	}
}
