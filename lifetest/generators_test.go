package lifetest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest"
)

// drawn collects what a generator draws.
func drawn[V any](g *rapid.Generator[V]) map[string]V {
	out := map[string]V{}
	for seed := range 2000 {
		v := g.Example(seed)
		out[fmt.Sprintf("%v", v)] = v
	}
	return out
}

func TestGeneratorsReachTheEdges(t *testing.T) {
	days := map[int64]bool{}
	for _, w := range drawn(rapid.Map(lifetest.Windows(), func(w *int64) string {
		if w == nil {
			return "default"
		}
		days[*w] = true
		return fmt.Sprint(*w)
	})) {
		require.NotEmpty(t, w)
	}
	for _, d := range []int64{6, 7, 30, 31} {
		require.True(t, days[d], "%d days", d)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	moves := drawn(lifetest.ClockMoves(now, now.Add(100*time.Hour), now.Add(-time.Hour)))
	for _, m := range []string{"100h0m0s", "99h59m59.999s", "100h0m0.001s", "0s"} {
		require.Contains(t, moves, m)
	}
	for _, m := range moves {
		require.GreaterOrEqual(t, m, time.Duration(0))
	}
	arn, err := secretlife.ParseARN("arn:aws:secretsmanager:us-east-1:111111111111:secret:db-AbCdEf")
	require.NoError(t, err)
	ids := drawn(lifetest.IDs(arn))
	for _, id := range []string{"db", arn.String(), "arn:aws:secretsmanager:us-east-1:111111111111:secret:db", ""} {
		require.Contains(t, ids, id)
	}
	require.Contains(t, drawn(lifetest.IDs()), "bad name")
	require.Contains(t, drawn(lifetest.Names()), "db-abc123")
	require.Contains(t, drawn(lifetest.Tokens()), "short")
	sizes := map[int]bool{}
	for _, set := range drawn(lifetest.LabelSets()) {
		sizes[len(set)] = true
	}
	for _, n := range []int{0, 1, 3, 20, 21} {
		require.True(t, sizes[n], "%d labels", n)
	}
	sets := drawn(lifetest.RegionSets("us-east-1", "eu-west-1"))
	require.Contains(t, sets, "[us-east-1 us-east-1]")
	require.Contains(t, sets, "[nowhere]")
}

func TestAPropertyOfOnesOwn(t *testing.T) { rapid.Check(t, restorableUntilItsDate) }
