package lifetest

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/machine"
)

// RunOptions say how far [Run] goes.
type RunOptions struct {
	// Seed decides everything that happens.
	Seed uint64
	// Steps is the total number of steps.
	Steps int
	// Length is the number of steps of each history; the default is 40. A history is
	// mostly about one thing, so many short ones reach rare states sooner.
	Length int
	// ShrinkTime is how long Run shortens a history that breaks a rule; the default
	// is 10 seconds.
	ShrinkTime time.Duration
	// Progress, if set, is called with the number of steps once in a million.
	Progress func(steps int)
	// Edits edit the Manager's options, as for [Check].
	Edits []func(*secretlife.Options)
}

// RunReport is what [Run] did.
type RunReport struct {
	// Histories and Steps are the numbers of histories and steps. Every step was
	// compared with the model.
	Histories, Steps int
	coverage         *machine.Coverage
}

// String returns the table of operations and phases with the number of successful calls
// and of all calls.
func (r RunReport) String() string { return r.coverage.String() }

// Missed lists the cells of that table without a call, or without a successful call
// where the operation is allowed, and the events of rotations that did not happen.
func (r RunReport) Missed() []string { return r.coverage.Missed() }

// Run runs random histories as [Check] does, without a test. open returns an empty
// store for each history; Run uses only the last two. The first output or state that
// breaks a rule ends it with a [*HistoryError] that has the shortest history Run can
// find.
func Run(ctx context.Context, open func() (secretlife.Store, error), o RunOptions) (RunReport, error) {
	var openErr error
	c := machine.OverStores(func() secretlife.Store {
		store, err := open()
		if err != nil {
			openErr = err
			panic(err) // which ends the history
		}
		return store
	}, o.Edits)
	if o.Length == 0 {
		o.Length = 40
	}
	if o.ShrinkTime == 0 {
		o.ShrinkTime = 10 * time.Second
	}
	random := rand.New(rand.NewPCG(o.Seed, 1))
	told := 0
	h, failure := c.Find(random, o.Length, func() bool {
		if o.Progress != nil && c.Coverage.Steps >= told+1_000_000 {
			told = c.Coverage.Steps / 1_000_000 * 1_000_000
			o.Progress(told)
		}
		return c.Coverage.Steps < o.Steps && ctx.Err() == nil
	})
	r := RunReport{Histories: c.Coverage.Histories, Steps: c.Coverage.Steps, coverage: c.Coverage}
	switch {
	case openErr != nil:
		return r, openErr
	case h != nil:
		return r, c.Shortest(h, failure, random, time.Now().Add(o.ShrinkTime))
	}
	return r, ctx.Err()
}
