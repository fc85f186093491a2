package machine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestMain(m *testing.M) { testrun.Main(m) }

func openMemory(*testing.T) secretlife.Store { return memstore.New() }

// leastSteps is how many steps the histories of one run have together.
const leastSteps = 100_000

func TestMemstoreKeepsTheRules(t *testing.T) {
	if testrun.UnderRace {
		testrun.FewerHistories(t, "200")
	}
	ta := Check(t, openMemory, nil)
	t.Log(ta)
	if testrun.UnderRace || testing.Short() || testrun.Given("rapid.checks") || testrun.Given("rapid.steps") {
		return // fewer steps
	}
	require.GreaterOrEqual(t, ta.Steps, leastSteps)
	require.Empty(t, ta.Missed(), "cells that no call met:\n%s", ta)
	require.Len(t, ta.work, 4, "kinds of background work")
	require.NotZero(t, ta.jumps, "clock jumps")
	require.NotZero(t, ta.replays, "histories played again")
}

// TestInvariantsHoldWhenTheStoreFails runs the same histories over a store whose
// calls fail, and whose acknowledgements are lost. Every call is made again
// afterwards: with the same token, nothing happens twice.
func TestInvariantsHoldWhenTheStoreFails(t *testing.T) {
	testrun.FewerHistories(t, testrun.UnlessRace("150", "75"))
	c := OverFailingStores(func() secretlife.Store { return memstore.New() })
	c.Check(t)
	ta := c.Coverage
	t.Log(ta)
	require.NotZero(t, ta.outages, "failures of the store")
}
