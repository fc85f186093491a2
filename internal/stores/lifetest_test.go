package stores_test

import (
	"errors"
	"flag"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest"
)

// TestSQLiteKeepsTheRules runs random histories; the flags -rapid.checks and
// -rapid.steps tell how many and how long.
func TestSQLiteKeepsTheRules(t *testing.T) { lifetest.Check(t, openForTest) }

var (
	longSteps = flag.Int("longrun.steps", 0, "how many steps TestLongRunOn… makes on each database")
	longSeed  = flag.Uint64("longrun.seed", 1, "where their histories come from")
)

// TestLongRunOnSQLite runs as many steps as it is told, which are few otherwise.
//
//	go test ./internal/stores -run LongRunOnSQLite -longrun.steps 1000000 -timeout 0 -v
func TestLongRunOnSQLite(t *testing.T) { longRun(t, 2000, 100, openForTest) }

// TestLongRunOnPostgres is the same on PostgreSQL.
func TestLongRunOnPostgres(t *testing.T) {
	c := newCluster(t)
	longRun(t, 300, 300, func(t *testing.T) secretlife.Store {
		d := c.database(t)
		d.conns = 1
		return d.open(t)
	})
}

// longRun runs histories in parts, each with stores that are gone after it.
func longRun(t *testing.T, few, length int, open func(t *testing.T) secretlife.Store) {
	t.Helper()
	left, part := few, 5000
	if *longSteps > 0 {
		left = *longSteps
	}
	done := 0
	for i := uint64(0); left > 0; i++ {
		t.Run(fmt.Sprint("part ", i), func(t *testing.T) {
			r, err := lifetest.Run(ctx, func() (secretlife.Store, error) { return open(t), nil }, lifetest.RunOptions{
				Seed: *longSeed + i<<32, Steps: min(left, part), Length: length,
			})
			if h := (*lifetest.HistoryError)(nil); errors.As(err, &h) {
				t.Log(h.Script)
			}
			require.NoError(t, err)
			done, left = done+r.Steps, left-r.Steps
		})
		if t.Failed() {
			break
		}
	}
	t.Logf("seed %d: %d steps, each compared with the model and the invariants", *longSeed, done)
}
