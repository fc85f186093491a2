package concurrent

import (
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/memstore"
)

func openMemory(*testing.T) secretlife.Store { return memstore.New() }

// TestConcurrentHistoriesAreLinearizable checks that calls made at the same time
// come out as if each had happened at one moment between its call and its
// return.
func TestConcurrentHistoriesAreLinearizable(t *testing.T) {
	met := Check(t, openMemory, Concurrency{Histories: 500, Clients: 5, Calls: 20})
	require.Greater(t, met, 1000, "calls during which others were made")
}

// TestInterleavingsAreLinearizable is the same with interleavings that the seed
// chooses.
func TestInterleavingsAreLinearizable(t *testing.T) {
	met := CheckInterleavings(t, openMemory, Concurrency{Histories: 300, Clients: 5, Calls: 20})
	require.Greater(t, met, 1000, "calls during which others were made")
}

func TestASeedIsAnInterleaving(t *testing.T) {
	c := Concurrency{Clients: 5, Calls: 20}
	for seed := range uint64(20) {
		first := interleave(t, openMemory, c, seed).history
		require.Equal(t, first, interleave(t, openMemory, c, seed).history)
		require.NotEqual(t, first, interleave(t, openMemory, c, seed+1).history)
	}
}

// TestOtherHistoriesAreNot shows the check histories that no order explains.
func TestOtherHistoriesAreNot(t *testing.T) {
	op := func(at int64, c call, a answer) porcupine.Operation {
		return porcupine.Operation{Input: c, Output: a, Call: at, Return: at}
	}
	db := func(op string) call { return call{op: op, name: history.Names[0], value: "v"} }
	hold := func(at int64, does, name string) porcupine.Operation {
		return op(at, call{op: does, name: history.Names[0], value: name}, answer{})
	}
	purged := answer{arn: "a", value: history.Names[0]}
	tick := call{op: "tick", by: window}
	created := op(1, db("create"), answer{arn: "a"})
	for name, history := range map[string][]porcupine.Operation{
		"read while scheduled": {created, op(2, db("delete"), answer{arn: "a"}),
			op(3, db("get"), answer{arn: "a", value: "v"})},
		"purged after a restore": {created, op(2, db("delete"), answer{arn: "a"}), op(3, db("restore"), answer{arn: "a"}),
			op(4, db("purge"), answer{arn: "a", value: history.Names[0]})},
		"purged early": {created, op(2, db("delete"), answer{arn: "a"}), op(3, call{op: "tick", by: window - 1},
			answer{}), op(4, db("purge"), answer{arn: "a"})},
		"restored at its date": {created, op(2, db("delete"), answer{arn: "a"}), op(3, call{op: "tick", by: window},
			answer{}), op(4, db("restore"), answer{arn: "a"})},
		"created twice":              {created, op(2, db("create"), answer{arn: "b"})},
		"an old value":               {created, op(2, db("get"), answer{arn: "a", value: "other"})},
		"deleted in spite of a hold": {created, hold(2, "hold", endlessHold), op(3, db("delete"), answer{arn: "a"})},
		"forced in spite of a hold":  {created, hold(2, "hold", endingHold), op(3, db("force"), answer{arn: "a"})},
		"purged in spite of a hold": {created, op(2, db("force"), answer{arn: "a"}), hold(3, "hold", endlessHold),
			op(4, db("purge"), purged)},
		"a held secret is not restored": {created, op(2, db("force"), answer{arn: "a"}), hold(3, "hold", endlessHold),
			op(4, db("restore"), answer{fault: model.CodeNotFound})},
		"held for ever": {created, hold(2, "hold", endingHold), op(3, tick, answer{}),
			op(4, db("delete"), answer{fault: model.CodeRequest})},
		"released twice": {created, hold(2, "hold", endlessHold), hold(3, "release", endlessHold),
			hold(4, "release", endlessHold)},
		"forced in spite of its protection": {created, hold(2, "protect", ""), op(3, db("force"), answer{arn: "a"})},
		"unprotected when it is final": {created, hold(2, "protect", ""), op(3, tick, answer{}),
			hold(4, "unprotect", "")},
		"unprotected while scheduled": {created, hold(2, "protect", ""), op(3, db("delete"), answer{arn: "a"}),
			hold(4, "unprotect", "")},
		"purge of another life": {created, op(2, db("force"), answer{arn: "a"}), op(3, db("purge"), answer{arn: "b"})},
	} {
		require.False(t, porcupine.CheckOperations(sequentialModel, history), name)
	}
	require.True(t, porcupine.CheckOperations(sequentialModel, []porcupine.Operation{created}))
	require.True(t, porcupine.CheckOperations(sequentialModel, []porcupine.Operation{
		created, hold(2, "protect", ""), op(3, db("delete"), answer{arn: "a"}), hold(4, "hold", endlessHold),
		op(5, tick, answer{}), op(6, db("restore"), answer{arn: "a"}), hold(7, "release", endlessHold),
		op(8, db("force"), answer{fault: model.CodeRequest}), op(9, db("delete"), answer{arn: "a"}),
		op(10, tick, answer{}), op(11, db("purge"), purged),
	}))
}
