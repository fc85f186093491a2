package machine

import (
	"go/parser"
	"go/token"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/brokenstore"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/memstore"
)

// findIn looks for a wrong answer of a store, and makes the history short.
func findIn(t *testing.T, open func() secretlife.Store) *history.Error {
	t.Helper()
	c := OverStores(open, nil)
	random := rand.New(rand.NewPCG(1, 1))
	h, failure := c.Find(random, 40, func() bool { return c.Coverage.Steps < 200_000 })
	require.NotNil(t, h, "nothing was found in %d steps", c.Coverage.Steps)
	return c.Shortest(h, failure, random, time.Now().Add(time.Minute))
}

func TestFailuresComeOutShort(t *testing.T) {
	for _, x := range []struct {
		name  string
		wrap  func(secretlife.Store) secretlife.Store
		steps int
		what  string
	}{
		{"half commits", func(s secretlife.Store) secretlife.Store { return brokenstore.HalfCommits{Store: s} }, 2,
			"must be there"},
		{"marks are not seen", func(s secretlife.Store) secretlife.Store { return brokenstore.Unmarked{Store: s} }, 2, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := findIn(t, func() secretlife.Store { return x.wrap(memstore.New()) })
			require.LessOrEqual(t, h.Steps, x.steps, "%v", h)
			require.ErrorContains(t, h, x.what)
			_, err := parser.ParseFile(
				token.NewFileSet(),
				"history_test.go",
				"package x\n"+h.Script,
				parser.AllErrors,
			)
			require.NoError(t, err, h.Script)
			t.Log(h.Script)
		})
	}
}

// TestAHistoryIsItsChoices plays a history that was drawn, and draws it again.
func TestAHistoryIsItsChoices(t *testing.T) {
	played := func(on *history.Tape) (history.Choices, []string) {
		c := OverStores(func() secretlife.Store { return memstore.New() }, nil)
		tr := &trial{tell: true}
		require.True(t, c.run(tr, on, 30, 1), tr.failure)
		return on.Made, tr.told
	}
	h, told := played(history.Record(rand.New(rand.NewPCG(7, 7))))
	require.Len(t, h, 31)
	again, toldAgain := played(history.Record(rand.New(rand.NewPCG(7, 7))))
	require.Equal(t, h, again)
	require.Equal(t, told, toldAgain)
	copied, toldCopied := played(history.Play(h, nil))
	require.Equal(t, h, copied)
	require.Equal(t, told, toldCopied)
}
