package explore

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/brokenstore"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
)

// TestExplore exhausts histories of six steps: more than a million transitions,
// and every cell of the table of operations and phases, holds and protection included.
func TestExplore(t *testing.T) {
	depth, least := 6, 1_000_000
	if testrun.UnderRace {
		depth, least = 4, 10_000
	}
	e, err := Run(t.Context(), depth, nil)
	require.NoError(t, err)
	t.Log(e)
	require.Equal(t, depth, e.Depth)
	require.GreaterOrEqual(t, e.Transitions, least)
	for _, op := range explored() {
		for _, p := range secretlife.Phases() {
			require.NotZero(t, e.Cells(op, p), "%s on %s", op, p)
		}
	}
}

// explored are the operations that concern a secret and that Explore calls.
func explored() []secretlife.Operation {
	beyondAWS := []secretlife.Operation{
		secretlife.OpPlaceHold, secretlife.OpReleaseHold, secretlife.OpProtectSecret,
	}
	return slices.DeleteFunc(append(service.Served(), beyondAWS...), func(op secretlife.Operation) bool {
		return slices.Contains(
			[]secretlife.Operation{
				secretlife.OpGetRandomPassword,
				secretlife.OpBatchGetSecretValue,
				secretlife.OpValidateResourcePolicy,
			},
			op,
		)
	})
}

func TestExploreEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, 3, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestExploreFindsTheShortestHistory(t *testing.T) {
	for _, c := range []struct {
		name  string
		wrap  func(secretlife.Store) secretlife.Store
		steps int
		what  string
	}{
		{"half commits", func(s secretlife.Store) secretlife.Store { return brokenstore.HalfCommits{Store: s} }, 2,
			"is InSync, and not there"},
		{"marks are not seen", func(s secretlife.Store) secretlife.Store { return brokenstore.Unmarked{Store: s} }, 3,
			"not InvalidRequestException"},
		{"holds are not seen", func(s secretlife.Store) secretlife.Store { return brokenstore.Unheld{Store: s} }, 3,
			"not InvalidRequestException"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Run(t.Context(), 6, c.wrap)
			var v *history.Error
			require.ErrorAs(t, err, &v)
			require.ErrorContains(t, v.Err, c.what)
			require.Len(t, v.History, c.steps, "%v", v)
			t.Log(v)
		})
	}
}
