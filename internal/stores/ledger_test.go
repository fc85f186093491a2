package stores_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
)

// TestLedgerQueriesUseIndexes checks that SQLite reads a page of entries, and finds old ones, without
// going through the table or sorting.
func TestLedgerQueriesUseIndexes(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	require.NoError(t, s.Close())
	db := f.sql(t)
	const order = "account, region, name, incarnation, day, operation, "
	for query, plan := range map[string]string{
		`SELECT calls FROM secretlife_accesses WHERE day >= 1 AND account = 'a' AND
			(` + order + `scheduled, principal) > ('a', 'r', 'n', x'00', 1, 1, 1, 'p')
			ORDER BY ` + order + `scheduled, principal LIMIT 10`: "USING INDEX sqlite_autoindex_secretlife_accesses_1",
		`SELECT calls FROM secretlife_accesses WHERE day >= 1 AND account = 'a' AND scheduled = 1 AND
			(` + order + `principal) > ('a', 'r', 'n', x'00', 1, 1, 'p')
			ORDER BY ` + order + `principal LIMIT 10`: "USING INDEX secretlife_accesses_of_scheduled",
		`SELECT account FROM secretlife_accesses WHERE day < 1 ORDER BY day LIMIT 10`: "USING INDEX " +
			"secretlife_accesses_by_day",
	} {
		rows, err := db.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query)
		require.NoError(t, err)
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
			steps = append(steps, step)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		require.Contains(t, strings.Join(steps, "\n"), plan)
		require.NotContains(t, strings.Join(steps, "\n"), "TEMP B-TREE")
	}
}

// BenchmarkLedger reads values over SQLite, without an access ledger and with one that is written
// every ten seconds.
func BenchmarkLedger(b *testing.B) {
	const secrets = 10_000
	c := newBenchStore(b, secrets)
	for _, kind := range []string{"baseline=none", "ledger"} {
		b.Run(kind, func(b *testing.B) {
			var observer secretlife.Observer
			if kind == "ledger" {
				ledger, err := access.New(c.Store)
				require.NoError(b, err)
				observer = ledger.Observer()
				ctx, cancel := context.WithCancel(ctx)
				done := make(chan error, 1)
				go func() { done <- ledger.Run(ctx) }()
				defer func() {
					cancel()
					require.NoError(b, <-done)
				}()
			}
			m, err := secretlife.New(c.Store, func(o *secretlife.Options) { o.Clock, o.Observer = c.clock, observer })
			require.NoError(b, err)
			caller := secretlife.WithCaller(ctx, secretlife.Caller{AccessKeyID: "AKIDEXAMPLE"})
			read := func(i int) error {
				_, err := m.GetSecretValue(caller, secretlife.GetSecretValueInput{SecretID: benchName(i)})
				return err
			}
			inParallel(b, secrets, read) // so that the day is noted
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := read(i % secrets); err != nil {
					b.Fatal(fmt.Errorf("secret %d: %w", i, err))
				}
			}
		})
	}
}
