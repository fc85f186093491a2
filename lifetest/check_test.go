package lifetest

import (
	"flag"
	"os"
	"testing"

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
	ta := check(t, openMemory, nil)
	t.Log(ta)
	if testing.Short() || chosen["rapid.checks"] || chosen["rapid.steps"] {
		return
	}
	require.GreaterOrEqual(t, ta.steps, leastSteps)
	require.Empty(t, ta.missed(), "cells that no call met:\n%s", ta)
	require.Len(t, ta.work, 3, "kinds of background work")
	require.NotZero(t, ta.jumps, "clock jumps")
	require.NotZero(t, ta.replays, "histories played again")
}

// TestInvariantsHoldWhenTheStoreFails runs the same histories over a store whose
// calls fail, and whose acknowledgements are lost. Every call is made again
// afterwards: with the same token, nothing happens twice.
func TestInvariantsHoldWhenTheStoreFails(t *testing.T) {
	if !chosen["rapid.checks"] {
		old := flag.Lookup("rapid.checks").Value.String()
		t.Cleanup(func() { require.NoError(t, flag.Set("rapid.checks", old)) })
		require.NoError(t, flag.Set("rapid.checks", "200"))
	}
	ta := checkOutages(t, openMemory)
	t.Log(ta)
	require.NotZero(t, ta.outages, "failures of the store")
}
