package machine

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// Runner plays histories: over what begin makes, with the checks of end.
type Runner struct {
	Coverage *Coverage
	// begin makes an empty service and its model. Its choices are the first row of a
	// history.
	begin func(*trial, history.Chooser) drawer
	end   func(drawer)
	every int // steps between two checks of everything
}

// run plays a history, or draws one with a number of steps, and reports whether it kept
// the rules. It checks everything once in so many steps.
func (c Runner) run(t *trial, on *history.Tape, steps, every int) bool {
	return t.try(func() {
		on.Next()
		d := c.begin(t, on)
		d.every = every
		if d.profile = balanced; on.Given == nil {
			d.profile = drawProfile(on.Random)
		}
		for on.More(steps) {
			on.Next()
			if d.step(on) {
				c.Coverage.Steps++
			} else {
				on.Drop()
			}
		}
		if c.end != nil {
			c.end(d)
		}
	})
}

// step does one step, and reports whether there was something to do.
func (d drawer) step(on *history.Tape) bool {
	d.idle = false
	d.steps++
	if d.world != nil {
		d.log.expect(1000)
	}
	if d.subject != nil && d.subject.LoseAnswer != nil {
		d.losing = on.Chance(30)
	}
	weights := d.profile.weights
	if len(d.model.Secrets) == 0 && d.profile.eager {
		weights = creating
	}
	stepKinds[on.Weighted(d.served(weights))].do(d)
	return !d.idle
}

// Find draws histories until one breaks a rule or more returns false.
func (c Runner) Find(random *rand.Rand, length int, more func() bool) (history.Choices, string) {
	for more() {
		t, on := &trial{}, history.Record(random)
		if !c.run(t, on, length, c.every) {
			return on.Made, t.failure
		}
	}
	return nil, ""
}

// Check draws histories until one breaks a rule. It fails with the shortest one that
// does. The flags of rapid set how many it draws, of how many steps, and from which
// seed.
func (c Runner) Check(t *testing.T) {
	t.Helper()
	seed := flagOr("rapid.seed", uint64(0))
	if seed == 0 {
		seed = rand.Uint64()
	}
	left := flagOr("rapid.checks", 100)
	if testing.Short() {
		left = max(left/5, 1)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	h, failure := c.Find(random, flagOr("rapid.steps", 30), func() bool { left--; return left >= 0 })
	if h == nil {
		return
	}
	found := c.Shortest(h, failure, random, time.Now().Add(flagOr("rapid.shrinktime", 30*time.Second)))
	t.Fatalf("%v\n\nAs a test (open is the function that you gave):\n\n%s\n"+
		"The same search again: -run='^%s$' -rapid.seed=%d",
		found, found.Script, t.Name(), seed)
}

// Shortest shortens a history that breaks a rule, and returns it as an error.
func (c Runner) Shortest(h history.Choices, failure string, random *rand.Rand, until time.Time) *history.Error {
	quiet := c
	quiet.Coverage = newCoverage()
	s := shrinker{Runner: quiet, random: random, until: until, best: h, failure: failure}
	s.shrink()
	var d drawer
	quiet.begin = func(t *trial, choose history.Chooser) drawer { d = c.begin(t, choose); return d }
	t := &trial{tell: true}
	on := history.Play(s.best, random)
	if quiet.run(t, on, len(s.best)-1, 1) { // the rule is not broken again
		return &history.Error{
			History: []string{fmt.Sprintf("%d steps that kept the rules when they were made again", len(h)-1)},
			Err:     ruleError(failure),
		}
	}
	e := &history.Error{History: t.told, Err: ruleError(t.failure), Steps: len(s.best) - 1}
	if d.machine != nil { // nil if begin failed
		e.Script = d.script(t.failure, on.Made)
	}
	return e
}

// Replay plays a history and checks everything after each step. It fails if the history
// breaks a rule.
func (c Runner) Replay(t *testing.T, steps history.Choices) {
	t.Helper()
	tr := &trial{tell: true}
	if !c.run(tr, history.Play(steps, rand.New(rand.NewPCG(0, 0))), len(steps)-1, 1) {
		t.Fatal(&history.Error{History: tr.told, Err: ruleError(tr.failure)})
	}
}

// ruleError describes a broken rule.
type ruleError string

func (e ruleError) Error() string { return strings.TrimSpace(string(e)) }

// flagOr returns the value of a flag, or another one where there is no such flag.
func flagOr[V any](name string, otherwise V) V {
	if f := flag.Lookup(name); f != nil {
		if getter, ok := f.Value.(flag.Getter); ok {
			if v, ok := getter.Get().(V); ok {
				return v
			}
		}
	}
	return otherwise
}
