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
	// Steps is how many steps there are together.
	Steps int
	// Length is how many steps each history has; by default 40. Short histories
	// are of one area each, and come to what is rare sooner.
	Length int
	// ShrinkTime is how long a history that breaks a rule is made shorter for; by
	// default 10 seconds.
	ShrinkTime time.Duration
	// Progress, if there is one, is told now and then how far it is.
	Progress func(steps int)
	// Edits are of the Manager's options, as for [Check].
	Edits []func(*secretlife.Options)
}

// RunReport is what [Run] did.
type RunReport struct {
	// Histories and Steps is how many there were. Every step was held against the
	// model.
	Histories, Steps int
	coverage         *machine.Coverage
}

// String is the table of operations and phases, with how many calls succeeded of
// how many there were.
func (r RunReport) String() string { return r.coverage.String() }

// Missed lists the cells of the table of operations and phases that no call met,
// or none that succeeds though it should, and the ways in which no rotation went.
func (r RunReport) Missed() []string { return r.coverage.Missed() }

// Run runs random histories as [Check] does, without a test: as many as there is
// time for. open makes an empty store for each; no more than the last two that it
// made are used. An answer or a state that is against the rules ends it, with a
// [*HistoryError] that has the shortest history Run can find.
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
