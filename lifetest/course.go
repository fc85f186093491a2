package lifetest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// course is how histories are played: over what, and what is held at the end.
type course struct {
	tally *tally
	// begin makes an empty service and its model. The choices it makes are the
	// first row of a history.
	begin func(*trial, chooser) drawer
	end   func(drawer)
	every int // how many steps there are between looks at everything
}

// run plays a history to its end, or draws one of so many steps, and reports
// whether it kept the rules. Every so many steps everything is looked at.
func (c course) run(t *trial, on *tape, steps, every int) bool {
	return t.try(func() {
		on.next()
		d := c.begin(t, on)
		d.every = every
		if d.profile = allAround; on.given == nil {
			d.profile = drawProfile(on.random)
		}
		for on.more(steps) {
			on.next()
			if d.step(on) {
				c.tally.steps++
			} else {
				on.drop()
			}
		}
		if c.end != nil {
			c.end(d)
		}
	})
}

// step does one thing, and reports whether there was one to do.
func (d drawer) step(on *tape) bool {
	d.idle = false
	d.steps++
	if d.world != nil {
		d.log.expect(1000)
	}
	weights := d.profile.weights
	if len(d.model.secrets) == 0 && d.profile.eager {
		weights = toBegin
	}
	deeds[on.weighted(weights)].do(d)
	return !d.idle
}

// find draws histories until one breaks a rule, or so many steps are done.
func (c course) find(random *rand.Rand, length int, more func() bool) (history, string) {
	for more() {
		t, on := &trial{}, record(random)
		if !c.run(t, on, length, c.every) {
			return on.made, t.failure
		}
	}
	return nil, ""
}

// check has rapid draw histories, and shows the shortest that breaks a rule.
func (c course) check(t *testing.T) {
	t.Helper()
	var found *HistoryError // that this test made short already
	var foundSeed uint64
	t.Cleanup(func() {
		if found != nil {
			t.Logf("The history as an ordinary test:\n\n%s", found.Script)
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		seed := uint64(evenly[28].Draw(rt, "history")) // 32 bits
		switch {
		case found != nil && seed != foundSeed: // rapid tries to make a number smaller
			return
		case found == nil:
			random := rand.New(rand.NewPCG(seed, 0))
			once := true
			h, failure := c.find(random, numberFlag("rapid.steps", 30), func() bool { defer func() { once = false }(); return once })
			if h == nil {
				return
			}
			foundSeed, found = seed, c.shortest(h, failure, random, time.Now().Add(durationFlag("rapid.shrinktime", 30*time.Second)))
		}
		rt.Fatal(found)
	})
}

// shortest makes a history short, and tells it.
func (c course) shortest(h history, failure string, random *rand.Rand, until time.Time) *HistoryError {
	quiet := c
	quiet.tally = newTally()
	s := shrinker{course: quiet, random: random, until: until, best: h, failure: failure}
	s.shrink()
	var d drawer
	quiet.begin = func(t *trial, choose chooser) drawer { d = c.begin(t, choose); return d }
	t := &trial{tell: true}
	on := play(s.best, random)
	if quiet.run(t, on, len(s.best)-1, 1) { // nothing breaks it when it is played again
		return &HistoryError{History: []string{fmt.Sprintf("%d steps that kept the rules when they were made again", len(h)-1)}, Err: ruleError(failure)}
	}
	e := &HistoryError{History: t.told, Err: ruleError(t.failure), Steps: len(s.best) - 1}
	if d.machine != nil { // else there was nothing to begin with
		e.Script = d.script()
	}
	return e
}

// ruleError is a rule that is broken, as text.
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
