package lifetest

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// chosen tells which flags the command line gave.
var chosen = map[string]bool{}

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Visit(func(f *flag.Flag) { chosen[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": "800", "rapid.steps": "150", "rapid.seed": "1", "rapid.nofailfile": "true"} {
		if !chosen[name] {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

func openMemory(*testing.T) secretlife.Store { return memstore.New() }

// leastSteps is how many steps the histories of one run have together.
const leastSteps = 100_000

func TestMemstoreKeepsTheRules(t *testing.T) {
	if underRace {
		fewerHistories(t, "200")
	}
	ta := check(t, openMemory, nil)
	t.Log(ta)
	if underRace || testing.Short() || chosen["rapid.checks"] || chosen["rapid.steps"] {
		return // fewer steps
	}
	require.GreaterOrEqual(t, ta.steps, leastSteps)
	require.Empty(t, ta.missed(), "cells that no call met:\n%s", ta)
	require.Len(t, ta.work, 4, "kinds of background work")
	require.NotZero(t, ta.jumps, "clock jumps")
	require.NotZero(t, ta.replays, "histories played again")
}

// TestInvariantsHoldWhenTheStoreFails runs the same histories over a store whose
// calls fail, and whose acknowledgements are lost. Every call is made again
// afterwards: with the same token, nothing happens twice.
func TestInvariantsHoldWhenTheStoreFails(t *testing.T) {
	fewerHistories(t, atLeisure("150", "75"))
	c := outageCourse(func() secretlife.Store { return memstore.New() })
	c.check(t)
	ta := c.tally
	t.Log(ta)
	require.NotZero(t, ta.outages, "failures of the store")
}

// fewerHistories is for one test, and leaves it to the command line if that says
// how many.
func fewerHistories(t *testing.T, n string) {
	if chosen["rapid.checks"] {
		return
	}
	old := flag.Lookup("rapid.checks").Value.String()
	t.Cleanup(func() { require.NoError(t, flag.Set("rapid.checks", old)) })
	require.NoError(t, flag.Set("rapid.checks", n))
}

// atLeisure is how many histories there are: fewer under the race detector, which
// finds nothing in a history of one goroutine.
func atLeisure(all, less string) string {
	if underRace {
		return less
	}
	return all
}

// keeper is a store that keeps the mark of the purger's clock.
type keeper struct {
	secretlife.Store
	mark time.Time
}

func (k *keeper) ClockMark(context.Context) (time.Time, error) { return k.mark, nil }

func (k *keeper) SetClockMark(_ context.Context, mark time.Time) error {
	if mark.After(k.mark) {
		k.mark = mark
	}
	return nil
}

// TestRestartsKeepTheClockMark runs histories over a store from which a new
// purger learns how late it can be at most.
func TestRestartsKeepTheClockMark(t *testing.T) {
	fewerHistories(t, atLeisure("100", "50"))
	var edited bool
	Check(t, func(*testing.T) secretlife.Store { return &keeper{Store: memstore.New()} }, func(*secretlife.Options) { edited = true })
	require.True(t, edited, "the options were not edited")
}
