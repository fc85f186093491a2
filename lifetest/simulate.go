package lifetest

import (
	"context"

	"github.com/secretlife-go/secretlife/lifetest/internal/simulate"
)

// SimOptions are the options of [Simulate]: Seed, which decides everything that
// happens; Years, the length; and Open, which returns the store.
type SimOptions = simulate.Options

// SimReport counts what a simulation did, and identifies its events by a hash.
type SimReport = simulate.Report

// Simulate runs a service for years of virtual time with all kinds of faults: clients
// of two accounts in three Regions, three purgers, rotation and replication; a store
// that fails before and after it saved, is slow, full or away; processes that crash
// between any two steps; and clocks that are set forward and back. It checks every
// save against the invariants of secretlife. At the end everything that is due must
// have been purged, once.
//
// The error names the seed and the step of a broken rule, and the report covers the
// history up to there. Simulate stops with the context's error when that is done.
func Simulate(ctx context.Context, o SimOptions) (SimReport, error) { return simulate.Run(ctx, o) }
