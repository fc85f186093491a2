package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// TestEventsBeginAnywhere reads events from every one on, by pages of many sizes,
// where rows have one, two and many of them; and misses rows that are gone.
func TestEventsBeginAnywhere(t *testing.T) {
	const secrets = 40
	hold := func(t *testing.T, s secretlife.Store, exec func(statement string)) {
		many(t, s, secrets)
		report, err := secretlife.NewPurger(manager(t, s)).RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, report.Purged(), secrets)
		create(t, manager(t, s), "after", "v")
		all, err := s.Events(ctx, 0, 1000)
		require.NoError(t, err)
		for i, e := range all {
			require.EqualValues(t, i+1, e.Seq())
		}
		require.Greater(t, len(all), 4*secrets)
		for after := range len(all) + 2 {
			for _, limit := range []int{1, 2, 3, 17, 64, 65, 1000, 1 << 62} {
				page, err := s.Events(ctx, uint64(after), limit)
				require.NoError(t, err)
				rest := all[min(after, len(all)):]
				require.Len(t, page, min(limit, len(rest)), "%d after %d", limit, after)
				require.Equal(t, rest[:len(page)], append([]secretlife.Event{}, page...))
			}
		}
		// Rows go: those of the purges, some or all of them.
		exec(`DELETE FROM secretlife_events WHERE seq = (SELECT MIN(seq) FROM secretlife_events WHERE seq > 90)`)
		exec(`DELETE FROM secretlife_events WHERE seq > 100 AND seq < (SELECT MAX(seq) FROM secretlife_events)`)
		for _, limit := range []int{1, 2, 64, 1000} {
			for after := 0; ; {
				page, err := s.Events(ctx, uint64(after), limit)
				if err != nil {
					require.ErrorIs(t, err, sqlstore.ErrTampered)
					require.ErrorContains(t, err, "is gone")
					require.Less(t, after, 100)
					break
				}
				require.NotEmpty(t, page)
				after = int(page[len(page)-1].Seq())
			}
			for _, after := range []int{len(all) - 2, 120} {
				_, err = s.Events(ctx, uint64(after), limit)
				require.ErrorIs(t, err, sqlstore.ErrTampered)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		f := newFiles(t)
		hold(t, f.open(t), func(statement string) { f.exec(t, statement) })
	})
	t.Run("postgres", func(t *testing.T) {
		c := newCluster(t)
		d := c.database(t)
		hold(t, d.open(t), func(statement string) {
			_, err := c.db.ExecContext(ctx, "SET search_path = "+d.schema()+"; "+statement+"; RESET search_path")
			require.NoError(t, err)
		})
	})
}
