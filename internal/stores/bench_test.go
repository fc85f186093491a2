package stores_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// benchStore is a store with many secrets, as the Manager makes them, with a value of
// 300 bytes each.
type benchStore struct {
	files
	*sqlstore.Store
	sqlite *sqlstore.SQLite
	m      *secretlife.Manager
	clock  *secretlife.VirtualClock
	n      int
}

func benchName(i int) string { return fmt.Sprintf("bench/secret-%07d", i) }

var benchStores = map[int]*benchStore{}

// removeCrowds removes what the benchmarks made.
func removeCrowds() {
	for _, c := range benchStores {
		_ = c.Close()
		_ = os.RemoveAll(c.dir)
	}
}

// newBenchStore makes the store of a number of secrets once for all benchmarks; each
// leaves its secrets active.
func newBenchStore(b *testing.B, n int) *benchStore {
	b.Helper()
	if benchStores[n] != nil {
		return benchStores[n]
	}
	dir, err := os.MkdirTemp("", "secretlife-bench")
	require.NoError(b, err)
	c := &benchStore{files: files{dir}, n: n, clock: secretlife.NewVirtualClock(start)}
	c.sqlite, err = c.try()
	require.NoError(b, err)
	c.Store = c.sqlite.Store
	c.m, err = secretlife.New(c.Store, func(o *secretlife.Options) { o.Clock = c.clock })
	require.NoError(b, err)
	benchStores[n] = c
	inParallel(b, n, func(i int) error {
		_, err := c.m.CreateSecret(
			ctx,
			secretlife.CreateSecretInput{Name: benchName(i), Value: secretlife.SecretString(fmt.Sprintf("%0300d", i))},
		)
		return err
	})
	require.NoError(b, c.sqlite.Scrub(ctx))
	runtime.GC()
	return c
}

// inParallel does n things from many goroutines.
func inParallel(b testing.TB, n int, do func(i int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 256 {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func (c *benchStore) remove(i int) error {
	_, err := c.m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: benchName(i)})
	return err
}

func (c *benchStore) restore(i int) error {
	_, err := c.m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: benchName(i)})
	return err
}

// BenchmarkDeleteSecret deletes and restores alternately; the time is for one of
// them. The first baseline is the least a durable change can be: one row is
// compared and set, in a transaction of its own, in a file of the same settings.
// The second does what any store must that finds what is due, orders lists, and
// has events: two indexes follow the row, and one more is written.
func BenchmarkDeleteSecret(b *testing.B) {
	const secrets = 10_000
	for name, full := range map[string]bool{"row": false, "row+indexes+events": true} {
		b.Run("baseline="+name, func(b *testing.B) {
			t := newPlainTable(b, secrets, full)
			r := rand.New(rand.NewPCG(1, 2))
			for b.Loop() {
				t.change(b, r.IntN(secrets))
			}
		})
	}
	c := newBenchStore(b, secrets)
	for _, goroutines := range []int{1, 16, 256} {
		b.Run(fmt.Sprint("goroutines=", goroutines), func(b *testing.B) {
			b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
			c.deleteAndRestore(b, goroutines)
		})
	}
}

// deleteAndRestore has goroutines delete and restore alternately, each secrets of its
// own, and leaves all of them active.
func (c *benchStore) deleteAndRestore(b *testing.B, goroutines int) {
	deleteAndRestore(b, []*benchStore{c}, goroutines)
}

// deleteAndRestore has goroutines share the stores, which have the same secrets. All
// connections are there before, and all secrets are active before and after.
func deleteAndRestore(b *testing.B, benchStores []*benchStore, goroutines int) {
	b.StopTimer()
	n := benchStores[0].n
	activate := func() {
		for _, c := range benchStores {
			inParallel(b, n, func(i int) error {
				s, err := c.Load(ctx, key(b, c.m, benchName(i)))
				if err == nil && s.Deletion().Scheduled() {
					err = c.restore(i)
				}
				return err
			})
		}
	}
	activate()
	defer activate()
	share := n / goroutines
	var started atomic.Int64
	run := func(next func() bool) {
		me := int(started.Add(1)) - 1
		c := benchStores[me%len(benchStores)]
		for i := 0; next(); i++ {
			do := c.remove
			if i%2 == 1 {
				do = c.restore
			}
			if err := do(me%goroutines*share + i/2%share); err != nil {
				b.Error(err)
				return
			}
		}
	}
	b.StartTimer()
	if goroutines == 1 {
		run(b.Loop)
	} else {
		b.RunParallel(func(pb *testing.PB) { run(pb.Next) })
	}
	b.StopTimer()
}

// BenchmarkGetSecretValue reads values whose day is noted, alone and while a
// writer is at work: those of few secrets, which the store remembers, and those of
// more than it does.
func BenchmarkGetSecretValue(b *testing.B) {
	for _, secrets := range []int{10_000, 60_000} {
		c := newBenchStore(b, secrets)
		for _, writers := range []int{0, 1} {
			for _, goroutines := range []int{1, 16} {
				b.Run(
					fmt.Sprintf("secrets=%d/writers=%d/goroutines=%d", secrets, writers, goroutines),
					func(b *testing.B) {
						c.get(b, writers, goroutines)
					},
				)
			}
		}
	}
}

// get has goroutines read the first half of the secrets, one at a time, while
// writers change the second.
func (c *benchStore) get(b *testing.B, writers, goroutines int) {
	half := c.n / 2
	read := func(i int) error {
		_, err := c.m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: benchName(i)})
		return err
	}
	inParallel(b, half, read)
	stop, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range writers {
		wg.Go(func() {
			for i := half; stop.Err() == nil; i = half + (i+1)%half {
				if err := c.remove(i); err != nil {
					b.Error(err)
				}
				if err := c.restore(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
	b.ReportAllocs()
	if goroutines == 1 {
		for i := 0; b.Loop(); i++ {
			require.NoError(b, read(i%half))
		}
		return
	}
	var next atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := read(int(next.Add(1)) % half); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkDue finds 1,000 due secrets among few and among many, of which half
// are scheduled for later. It also tells what else could depend on how many there
// are.
func BenchmarkDue(b *testing.B) {
	for _, secrets := range []int{10_000, 1_000_000} {
		c := scheduled(b, secrets)
		b.Run(fmt.Sprint("secrets=", secrets), func(b *testing.B) {
			for b.Loop() {
				page, err := c.Due(ctx, secretlife.DueQuery{By: start.Add(8 * 24 * time.Hour), Limit: 1000})
				if err != nil || len(page) != 1000 {
					b.Fatal(len(page), err)
				}
			}
		})
		b.Run(fmt.Sprint("page=50/secrets=", secrets), func(b *testing.B) {
			in := secretlife.ListSecretsInput{MaxResults: 50, IncludePlannedDeletion: true}
			for b.Loop() {
				out, err := c.m.ListSecrets(ctx, in)
				if err != nil {
					b.Fatal(err)
				}
				in.NextToken = out.NextToken
			}
		})
		b.Run(fmt.Sprint("open/secrets=", secrets), func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, c.Close())
				var err error
				c.sqlite, err = c.try()
				require.NoError(b, err)
				c.Store = c.sqlite.Store
			}
			var err error
			c.m, err = secretlife.New(c.Store, func(o *secretlife.Options) { o.Clock = c.clock })
			require.NoError(b, err)
		})
	}
}

// BenchmarkSize tells what a secret takes in the files: with a value of 300 bytes
// and the event of its creation, and where half of them were scheduled since, with
// two events more.
func BenchmarkSize(b *testing.B) {
	for _, secrets := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint("created/secrets=", secrets), func(b *testing.B) { newBenchStore(b, secrets).size(b) })
		b.Run(fmt.Sprint("half-scheduled/secrets=", secrets), func(b *testing.B) { scheduled(b, secrets).size(b) })
	}
}

func (c *benchStore) size(b *testing.B) {
	b.Helper()
	for b.Loop() {
		require.NoError(b, c.sqlite.Scrub(ctx))
	}
	var size int64
	for _, path := range []string{c.db(), c.keys()} {
		info, err := os.Stat(path)
		require.NoError(b, err)
		size += info.Size()
	}
	b.ReportMetric(float64(size)/float64(c.n), "B/secret")
}

// BenchmarkPurge purges 1,000 due secrets, as a Purger does. The baseline is a
// Purger over a store that has no Claim: one at a time.
func BenchmarkPurge(b *testing.B) {
	c := newBenchStore(b, 10_000)
	singly := manager(b, withoutClaim{c.Store})
	for _, x := range []struct {
		name string
		m    *secretlife.Manager
	}{{"baseline=singly", singly}, {"together", c.m}} {
		b.Run(x.name, func(b *testing.B) {
			p := secretlife.NewPurger(x.m)
			for b.Loop() {
				b.StopTimer()
				inParallel(b, 1000, func(i int) error {
					_, err := c.m.DeleteSecret(
						ctx,
						secretlife.DeleteSecretInput{SecretID: benchName(i), ForceDeleteWithoutRecovery: true},
					)
					return err
				})
				b.StartTimer()
				report, err := p.RunDue(ctx)
				require.NoError(b, err)
				require.Len(b, report.Purged(), 1000)
				b.StopTimer()
				inParallel(b, 1000, func(i int) error {
					_, err := c.m.CreateSecret(
						ctx,
						secretlife.CreateSecretInput{Name: benchName(i), Value: secretlife.SecretString("v")},
					)
					return err
				})
				b.StartTimer()
			}
		})
	}
}

// withoutClaim is a store that a Purger purges one secret at a time.
type withoutClaim struct{ secretlife.Store }

func (withoutClaim) Claim(
	context.Context, secretlife.DueQuery, func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return secretlife.Receipt{}, errors.ErrUnsupported
}

// scheduled is a benchStore of which 1,000 are due in a week, and half later.
func scheduled(b *testing.B, secrets int) *benchStore {
	b.Helper()
	c := newBenchStore(b, secrets)
	if s, err := c.Load(ctx, key(b, c.m, benchName(0))); err == nil && s.Deletion().Scheduled() {
		return c
	}
	inParallel(b, secrets/2, func(i int) error {
		days := int64(30)
		if i%(secrets/2000) == 0 {
			days = 7
		}
		_, err := c.m.DeleteSecret(
			ctx,
			secretlife.DeleteSecretInput{SecretID: benchName(i), RecoveryWindowInDays: &days},
		)
		return err
	})
	return c
}

// plainTable is a table of names and states, and one of events, set up as the
// store sets its own up, and changed by prepared statements.
type plainTable struct {
	begin, update, insert, commit *sql.Stmt

	full      bool
	seq       int
	revisions []int
}

func newPlainTable(b *testing.B, rows int, full bool) *plainTable {
	b.Helper()
	conn, err := newFiles(b).sql(b).Conn(ctx)
	require.NoError(b, err)
	b.Cleanup(func() { _ = conn.Close() })
	exec := func(query string, args ...any) {
		_, err := conn.ExecContext(ctx, query, args...)
		require.NoError(b, err)
	}
	for _, statement := range []string{
		"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON", "PRAGMA wal_autocheckpoint=4000",
		"CREATE TABLE t (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, changed INTEGER, due INTEGER, state BLOB NOT " +
			"NULL)",
		"CREATE TABLE e (seq INTEGER PRIMARY KEY, record BLOB NOT NULL, mac BLOB NOT NULL)",
	} {
		exec(statement)
	}
	if full {
		exec("CREATE INDEX by_due ON t (due, name) WHERE due IS NOT NULL")
		exec("CREATE INDEX by_changed ON t (changed, name)")
	}
	exec("BEGIN")
	for i := range rows {
		exec("INSERT INTO t VALUES (?, 0, ?, NULL, ?)", benchName(i), i, make([]byte, 180))
	}
	exec("COMMIT")
	t := &plainTable{full: full, revisions: make([]int, rows)}
	for query, stmt := range map[string]**sql.Stmt{
		"BEGIN IMMEDIATE": &t.begin,
		"UPDATE t SET revision = revision + 1, changed = ?, due = ?, state = ? WHERE name = ? AND revision = ?": &t.update,
		"INSERT INTO e (seq, record, mac) VALUES (?, ?, ?)":                                                     &t.insert,
		"COMMIT": &t.commit,
	} {
		*stmt, err = conn.PrepareContext(ctx, query)
		require.NoError(b, err)
	}
	return t
}

// change marks a row, or takes the mark back.
func (t *plainTable) change(b *testing.B, i int) {
	exec := func(stmt *sql.Stmt, args ...any) {
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			b.Fatal(err)
		}
	}
	t.seq += 2
	var due any
	if t.revisions[i]%2 == 0 {
		due = t.seq
	}
	exec(t.begin)
	exec(t.update, len(t.revisions)+t.seq, due, make([]byte, 180), benchName(i), t.revisions[i])
	if t.full {
		exec(t.insert, t.seq, make([]byte, 180), make([]byte, 32))
	}
	exec(t.commit)
	t.revisions[i]++
}
