package machine

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

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
	weights := d.profile.weights
	if len(d.model.Secrets) == 0 && d.profile.eager {
		weights = creating
	}
	stepKinds[on.Weighted(weights)].do(d)
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

// Check lets rapid draw histories. It fails with the shortest history that breaks a
// rule.
func (c Runner) Check(t *testing.T) {
	t.Helper()
	var found *history.Error // by this test, already shortened
	var foundSeed uint64
	t.Cleanup(func() {
		if found != nil {
			t.Logf("The history as an ordinary test:\n\n%s", found.Script)
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		seed := uint64(history.Evenly[28].Draw(rt, "history")) // 32 bits
		switch {
		case found != nil && seed != foundSeed: // rapid is shrinking the seed
			return
		case found == nil:
			random := rand.New(rand.NewPCG(seed, 0))
			once := true
			h, failure := c.Find(
				random,
				numberFlag("rapid.steps", 30),
				func() bool { defer func() { once = false }(); return once },
			)
			if h == nil {
				return
			}
			foundSeed, found = seed, c.Shortest(
				h,
				failure,
				random,
				time.Now().Add(durationFlag("rapid.shrinktime", 30*time.Second)),
			)
		}
		rt.Fatal(found)
	})
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
		e.Script = d.script()
	}
	return e
}

// ruleError describes a broken rule.
type ruleError string

func (e ruleError) Error() string { return strings.TrimSpace(string(e)) }

func numberFlag(name string, otherwise int) int {
	if f := flag.Lookup(name); f != nil {
		if n, err := strconv.Atoi(f.Value.String()); err == nil {
			return n
		}
	}
	return otherwise
}

func durationFlag(name string, otherwise time.Duration) time.Duration {
	if f := flag.Lookup(name); f != nil {
		if d, err := time.ParseDuration(f.Value.String()); err == nil {
			return d
		}
	}
	return otherwise
}
