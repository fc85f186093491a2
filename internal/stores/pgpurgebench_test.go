package stores_test

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPostgresPurge purges 100,000 due secrets among 1,000,000 (with -short
// a hundredth of both) with one process, with two and with four. The baseline is the
// same rows taken away and as long rows of events written by four connections with
// nothing but the statements. Then four processes purge as many that are anywhere among the
// others, and last the data keys are destroyed. The processor time per purge, of
// the server and of the purgers, says what to expect where nothing else runs.
func BenchmarkPostgresPurge(b *testing.B) {
	secrets, due := 1_000_000, 100_000
	if testing.Short() {
		secrets, due = secrets/100, due/100
	}
	// PostgreSQL takes huge pages where the system has some set aside. Without them
	// each new server process gets the memory that all share page by page, which
	// here takes longer than purging.
	c := newCluster(b, "shared_buffers=4GB", "max_wal_size=8GB", "checkpoint_timeout=1h")
	d := c.database(b)
	s := d.open(b)
	// The secrets of the first hours stand together, those of the last one among
	// those that stay.
	const together = 5
	hour := func(i int) int {
		switch {
		case i < together*due:
			return i / due
		case i%5 == 0:
			return together
		}
		return -1
	}
	began := time.Now()
	populate(b, s, secrets, func(i int) (time.Time, bool) {
		return start.Add(time.Duration(hour(i)) * time.Hour), hour(i) >= 0
	})
	b.Logf("%d secrets made in %v", secrets, time.Since(began).Round(time.Second))
	_, err := c.db.ExecContext(ctx, "CHECKPOINT")
	require.NoError(b, err)
	left := secrets
	measure := func(name string, n int, run func(b *testing.B, now time.Time) (int, time.Duration)) {
		// What the server does later about what was changed before is not to be in
		// somebody else's time.
		_, err := c.db.ExecContext(ctx, "VACUUM ANALYZE")
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			before := c.cpu(b)
			b.ResetTimer()
			purged, took := run(b, start.Add(time.Duration(n)*time.Hour))
			b.ReportMetric(float64(purged)/b.Elapsed().Seconds(), "purges/s")
			b.StopTimer()
			each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(purged) }
			b.ReportMetric(each(c.cpu(b)-before), "server-µs/purge")
			if took > 0 {
				b.ReportMetric(each(took), "own-µs/purge")
			}
			left -= purged
			require.Equal(b, left, c.rows(b, d, "secrets"))
			require.Equal(b, left, c.rows(b, d, "keys"))
		})
	}
	// Four purgers and their server are eight processes and more: each purger has
	// one thread at work, as in a container with one processor. More of them are
	// only in each other's way where there are two processors for all.
	const one = "GOMAXPROCS=1"
	for hour, x := range []struct {
		name string
		run  func(b *testing.B, now time.Time) (int, time.Duration)
	}{
		{"processes=1", func(b *testing.B, now time.Time) (int, time.Duration) { return inProcesses(b, d, now, 1) }},
		{"processes=4", func(b *testing.B, now time.Time) (int, time.Duration) { return inProcesses(b, d, now, 4, one) }},
		{"processes=2", func(b *testing.B, now time.Time) (int, time.Duration) { return inProcesses(b, d, now, 2) }},
		{"processes=4/threads=all", func(b *testing.B, now time.Time) (int, time.Duration) {
			return inProcesses(b, d,
				now, 4)
		}},
		{"baseline=sql", func(b *testing.B, now time.Time) (int, time.Duration) {
			return plainPurges(b, c.db, d,
				now, 4), 0
		}},
		{"spread/processes=4", func(b *testing.B, now time.Time) (int, time.Duration) {
			return inProcesses(b, d, now,
				4, one)
		}},
	} {
		measure(x.name, hour, x.run)
	}
	b.Run("destroy keys", func(b *testing.B) {
		began := time.Now()
		require.NoError(b, s.DestroyKeys(ctx))
		b.ReportMetric(float64(left)/time.Since(began).Seconds(), "keys/s")
	})
}

// inProcesses has processes purge what is due, and answers how many secrets that
// was, and their processor time. Their start is in neither time.
func inProcesses(
	b *testing.B,
	d database,
	now time.Time,
	processes int,
	env ...string,
) (purged int, took time.Duration) {
	b.StopTimer()
	var purgers []*purger
	for range processes {
		purgers = append(purgers, newPurger(b, d, now, env...))
	}
	b.StartTimer()
	var total atomic.Int64
	everyone(b, processes, func(i int) error {
		if err := purgers[i].begin(); err != nil {
			return err
		}
		n, err := purgers[i].end()
		total.Add(int64(n))
		return err
	})
	for _, p := range purgers {
		took += p.ProcessState.UserTime() + p.ProcessState.SystemTime() - p.opening
	}
	return int(total.Load()), took
}

// plainPurges takes due secrets away, many in each transaction, with the
// statements of a purge and nothing else: nothing is checked, decided or
// authenticated, and the rows of events are as long and mean nothing.
func plainPurges(b *testing.B, db *sql.DB, d database, now time.Time, connections int) int {
	const most = 512
	in := strings.NewReplacer("@", d.schema()+".secretlife_")
	list := func(elements []string) string { return `{"` + strings.Join(elements, `","`) + `"}` }
	var length, inRow int // of the rows that purges before wrote
	require.NoError(
		b,
		db.QueryRowContext(ctx, in.Replace(`SELECT avg(length(record))::int, (max(seq) - min(seq)) / (count(*) - 1)
		FROM (SELECT seq, record FROM @events ORDER BY seq DESC LIMIT 1000) AS e`)).Scan(&length, &inRow),
	)
	record, mac := `\\x`+strings.Repeat("78", length), `\\x`+strings.Repeat("00", 32)
	once := func() (int, error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		defer func() { _ = tx.Rollback() }()
		rows, err := tx.QueryContext(
			ctx,
			in.Replace(`SELECT account, region, name, incarnation, state, mac FROM @secrets
			WHERE due <= $1 ORDER BY due, account, region, name LIMIT $2 FOR UPDATE SKIP LOCKED`),
			now.UnixMilli(),
			most,
		)
		if err != nil {
			return 0, err
		}
		var accounts, regions, names, lives []string
		for rows.Next() {
			var account, region, name string
			var incarnation, state, mac []byte
			if err := rows.Scan(&account, &region, &name, &incarnation, &state, &mac); err != nil {
				return 0, err
			}
			accounts, regions, names = append(accounts, account), append(regions, region), append(names, name)
			lives = append(lives, fmt.Sprintf(`\\x%x`, incarnation))
		}
		n := len(lives)
		if err := rows.Close(); err != nil || n == 0 {
			return 0, err
		}
		for _, x := range []struct {
			query string
			args  []any
		}{
			{`DELETE FROM @versions WHERE incarnation = ANY ($1::bytea[])`, []any{list(lives)}},
			{`DELETE FROM @keys WHERE incarnation = ANY ($1::bytea[])`, []any{list(lives)}},
			{`DELETE FROM @secrets WHERE (account, region, name) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`,
				[]any{list(accounts), list(regions), list(names)}},
			{`UPDATE @counts SET secrets = secrets - $1`, []any{n}},
		} {
			if _, err := tx.ExecContext(ctx, in.Replace(x.query), x.args...); err != nil {
				return 0, err
			}
		}
		var last int
		err = tx.QueryRowContext(ctx, in.Replace(`UPDATE @head SET seq = seq + $1 RETURNING seq`), 2*n).Scan(&last)
		if err != nil {
			return 0, err
		}
		var seqs, records, macs []string
		for seq := last - 2*n; seq < last; {
			seq = min(seq+inRow, last)
			seqs, records, macs = append(seqs, strconv.Itoa(seq)), append(records, record), append(macs, mac)
		}
		if _, err := tx.ExecContext(ctx,
			in.Replace(`INSERT INTO @events (seq, record, mac) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])`),
			list(seqs), list(records), list(macs)); err != nil {
			return 0, err
		}
		return n, tx.Commit()
	}
	var purged atomic.Int64
	everyone(b, connections, func(int) error {
		for {
			n, err := once()
			if err != nil || n == 0 {
				return err
			}
			purged.Add(int64(n))
		}
	})
	return int(purged.Load())
}
