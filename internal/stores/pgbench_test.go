package stores_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// pgBenchStore is a store on PostgreSQL with many secrets.
type pgBenchStore struct {
	*cluster
	place database
	*sqlstore.Postgres
	m *secretlife.Manager
}

func newPGBenchStore(b *testing.B, n int) *pgBenchStore {
	b.Helper()
	c := newCluster(b, "shared_buffers=1GB", "max_wal_size=4GB")
	p := &pgBenchStore{cluster: c}
	p.place = c.database(b)
	p.Postgres = p.place.open(b)
	p.m = manager(b, p.Postgres)
	inParallel(b, n, func(i int) error {
		_, err := p.m.CreateSecret(
			ctx,
			secretlife.CreateSecretInput{Name: benchName(i), Value: secretlife.SecretString(fmt.Sprintf("%032d", i))},
		)
		return err
	})
	_, err := c.db.ExecContext(ctx, "VACUUM ANALYZE")
	require.NoError(b, err)
	return p
}

// BenchmarkPostgresDeleteSecret deletes and restores alternately, from one Store and
// from four; the time is for one of them. The baseline is a conditional UPDATE
// and an INSERT in a transaction of their own.
func BenchmarkPostgresDeleteSecret(b *testing.B) {
	const secrets = 10_000
	p := newPGBenchStore(b, secrets)
	b.Run("baseline=update", func(b *testing.B) { p.baseline(b, secrets) })
	for _, x := range []struct{ stores, goroutines int }{{1, 1}, {1, 16}, {1, 256}, {4, 16}} {
		var benchStores []*benchStore
		for range x.stores {
			s := p.place.open(b)
			benchStores = append(benchStores, &benchStore{Store: s.Store, m: manager(b, s), n: secrets})
		}
		b.Run(fmt.Sprintf("stores=%d/goroutines=%d", x.stores, x.goroutines), func(b *testing.B) {
			b.SetParallelism(max(1, x.goroutines/runtime.GOMAXPROCS(0)))
			deleteAndRestore(b, benchStores, x.goroutines)
		})
	}
}

func (p *pgBenchStore) baseline(b *testing.B, secrets int) {
	for _, definition := range []string{"DROP TABLE IF EXISTS t, e",
		"CREATE TABLE t (name TEXT PRIMARY KEY, revision BIGINT, state BYTEA)",
		"CREATE TABLE e (seq BIGINT PRIMARY KEY, record BYTEA)"} {
		_, err := p.db.ExecContext(ctx, definition)
		require.NoError(b, err)
	}
	state, r := make([]byte, 600), rand.New(rand.NewPCG(1, 2))
	_, err := p.db.ExecContext(
		ctx,
		"INSERT INTO t SELECT 'bench/secret-' || lpad(i::text, 7, '0'), 1, $1 FROM generate_series(0, $2::int) i",
		state,
		secrets,
	)
	require.NoError(b, err)
	for seq := 1; b.Loop(); seq++ {
		tx, err := p.db.BeginTx(ctx, nil)
		require.NoError(b, err)
		_, err = tx.ExecContext(
			ctx,
			"UPDATE t SET revision = revision + 1, state = $1 WHERE name = $2 AND revision >= 1",
			state,
			benchName(r.IntN(secrets)),
		)
		require.NoError(b, err)
		_, err = tx.ExecContext(ctx, "INSERT INTO e (seq, record) VALUES ($1, $2)", seq, make([]byte, 1200))
		require.NoError(b, err)
		require.NoError(b, tx.Commit())
	}
}

func BenchmarkPostgresGetSecretValue(b *testing.B) {
	const secrets = 10_000
	p := newPGBenchStore(b, secrets)
	read := func(i int) error {
		_, err := p.m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: benchName(i % secrets)})
		return err
	}
	inParallel(b, secrets, read)
	b.Run("goroutines=1", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			require.NoError(b, read(i))
		}
	})
	b.Run("goroutines=16", func(b *testing.B) {
		b.SetParallelism(16 / runtime.GOMAXPROCS(0))
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				if err := read(i); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkPostgresFill fills a store, with -benchtime 1x; the time is for a secret. The
// baseline is the first secrets, when all tables are small. The server does not look through
// its tables meanwhile, as in the first minute of a server that does so by itself.
func BenchmarkPostgresFill(b *testing.B) {
	const page, pages = 4_000, 10
	c := newCluster(b, "autovacuum=off", "shared_buffers=1GB", "max_wal_size=4GB")
	m := manager(b, c.database(b).open(b))
	for n := range pages {
		fill := func(b *testing.B) {
			for b.Loop() {
				inParallel(b, page, func(i int) error {
					name := benchName(n*page + i)
					_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString(name)})
					return err
				})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/page, "ns/secret")
		}
		switch n {
		case 0:
			b.Run(fmt.Sprintf("baseline=first-%d", page), fill)
		case pages - 1:
			b.Run(fmt.Sprintf("after=%d", n*page), fill)
		default:
			inParallel(b, page, func(i int) error {
				_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: benchName(n*page + i)})
				return err
			})
		}
	}
}

// BenchmarkPostgresArrays changes rows in a transaction. The baseline is a statement for each;
// the other is one for all, whose arguments are arrays, as the store writes them.
func BenchmarkPostgresArrays(b *testing.B) {
	const rows = 10_000
	c := newCluster(b)
	for _, statement := range []string{
		`CREATE TABLE t (name TEXT COLLATE "C" PRIMARY KEY, revision BIGINT, state BYTEA)`,
		fmt.Sprintf(`INSERT INTO t SELECT 'bench/secret-' || lpad(i::text, 7, '0'), 1, ''
			FROM generate_series(0, %d) i`, rows),
		"ANALYZE t",
	} {
		_, err := c.db.ExecContext(ctx, statement)
		require.NoError(b, err)
	}
	state := `\x` + strings.Repeat("5a", 600)
	each := func(tx *sql.Tx, names []string) (err error) {
		for _, name := range names {
			_, failed := tx.ExecContext(ctx, "UPDATE t SET revision = revision + 1, state = $1 WHERE name = $2", state, name)
			err = errors.Join(err, failed)
		}
		return err
	}
	states := func(n int) string { return "{" + strings.Repeat(`,"\`+state+`"`, n)[1:] + "}" }
	arrays := func(tx *sql.Tx, names []string) error {
		_, err := tx.ExecContext(ctx, `UPDATE t SET revision = revision + 1, state = v.state
			FROM unnest($1::bytea[], $2::text[]) AS v (state, name) WHERE t.name = v.name`,
			states(len(names)), "{"+strings.Join(names, ",")+"}")
		return err
	}
	for _, n := range []int{1, 4, 16, 256} {
		for _, x := range []struct {
			name string
			do   func(tx *sql.Tx, names []string) error
		}{{"baseline=each", each}, {"arrays", arrays}} {
			b.Run(fmt.Sprintf("rows=%d/%s", n, x.name), func(b *testing.B) {
				r, began := rand.New(rand.NewPCG(1, 2)), c.cpu(b)
				for b.Loop() {
					tx, err := c.db.BeginTx(ctx, nil)
					require.NoError(b, err)
					var names []string
					for _, i := range r.Perm(rows)[:n] {
						names = append(names, benchName(i))
					}
					require.NoError(b, x.do(tx, names))
					require.NoError(b, tx.Commit())
				}
				b.ReportMetric(float64((c.cpu(b)-began).Microseconds())/float64(b.N*n), "server-µs/row")
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/row")
			})
		}
	}
}
