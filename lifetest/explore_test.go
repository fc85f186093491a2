package lifetest

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestExplore exhausts histories of six steps: more than a million transitions,
// and every cell of the table of operations and phases.
func TestExplore(t *testing.T) {
	depth, least := 6, 1_000_000
	if underRace {
		depth, least = 4, 10_000
	}
	e, err := Explore(t.Context(), depth, nil)
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
	return slices.DeleteFunc(served(), func(op secretlife.Operation) bool {
		return slices.Contains([]secretlife.Operation{secretlife.OpGetRandomPassword, secretlife.OpBatchGetSecretValue, secretlife.OpValidateResourcePolicy}, op)
	})
}

func TestExploreEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Explore(ctx, 3, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// halfStore writes the first of several changes only.
type halfStore struct{ secretlife.Store }

func (s halfStore) Commit(ctx context.Context, changes ...secretlife.Change) error {
	return s.Store.Commit(ctx, changes[:1]...)
}

// unmarked shows every secret without its mark for deletion.
type unmarked struct{ secretlife.Store }

func (s unmarked) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	found, err := s.Store.Load(ctx, key)
	if err != nil {
		return found, err
	}
	st := found.State()
	st.DeletionDate, st.PurgeAt, st.Forced = nil, nil, false
	return secretlife.FromState(st)
}

func TestExploreFindsTheShortestHistory(t *testing.T) {
	for _, c := range []struct {
		name  string
		wrap  func(secretlife.Store) secretlife.Store
		steps int
		what  string
	}{
		{"half commits", func(s secretlife.Store) secretlife.Store { return halfStore{s} }, 2, "is InSync, and not there"},
		{"marks are not seen", func(s secretlife.Store) secretlife.Store { return unmarked{s} }, 3, "not InvalidRequestException"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Explore(t.Context(), 6, c.wrap)
			var v *HistoryError
			require.ErrorAs(t, err, &v)
			require.ErrorContains(t, v.Err, c.what)
			require.Len(t, v.History, c.steps, "%v", v)
			t.Log(v)
		})
	}
}
