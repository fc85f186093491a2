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
	covered := Check(t, openMemory, nil)
	t.Log(covered)
	if testrun.UnderRace || testing.Short() || testrun.Given("rapid.checks") || testrun.Given("rapid.steps") {
		return // fewer steps
	}
	require.GreaterOrEqual(t, covered.Steps, leastSteps)
	require.Empty(t, covered.Missed(), "cells that no call met:\n%s", covered)
	require.Len(t, covered.work, 4, "kinds of background work")
	require.NotZero(t, covered.disbelieved, "steps of the wall clock")
	require.NotZero(t, covered.waited, "secrets that waited for counted time")
	require.NotZero(t, covered.replays, "histories played again")
}

// TestInvariantsHoldWhenTheStoreFails runs the same histories over a store whose
// calls fail, and whose acknowledgements are lost. Every call is made again
// afterwards: with the same token, nothing happens twice.
func TestInvariantsHoldWhenTheStoreFails(t *testing.T) {
	testrun.FewerHistories(t, testrun.UnlessRace("150", "75"))
	c := OverFailingStores(func() secretlife.Store { return memstore.New() })
	c.Check(t)
	covered := c.Coverage
	t.Log(covered)
	require.NotZero(t, covered.outages, "failures of the store")
}
