package lifetest

import (
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/explore"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// Exploration is the result of [Explore].
type Exploration = explore.Result

// HistoryError is a history that leads to a broken rule. Its fields are the steps, the
// rule, and a Go test to paste.
type HistoryError = history.Error

// Explore goes through all histories of a Manager and its Purger up to a depth, in two
// small worlds: one name in two Regions with holds and protection, and then two names in
// two Regions with three versions each. It makes every call in every state, lets time
// pass onto each deadline and to just before it, and lets the background work or not.
// States with the same possible futures count as one.
//
// Explore checks the invariants of secretlife in every state and at every step. The
// error is a [*HistoryError] with a shortest history to a broken rule in one of the
// worlds, or the context's.
//
// wrap may put something between the Manager and its store, to see that Explore finds
// mistakes. It may be nil.
func Explore(ctx context.Context, depth int, wrap func(secretlife.Store) secretlife.Store) (Exploration, error) {
	return explore.Run(ctx, depth, wrap)
}
