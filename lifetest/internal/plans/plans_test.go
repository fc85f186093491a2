// Package plans_test checks plans in random worlds: on secrets in all states, while other callers
// change them, and with calls that fail or whose answers are lost.
package plans_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/plan"
)

// TestApply checks that applying a plan reaches exactly what the plan says, or stops and changes
// nothing after that.
func TestApply(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t.Context(), rt)
		var s plan.Service = service{w}
		if w.exact = rapid.Bool().Draw(rt, "DeletionDates are shown"); w.exact {
			s = exactService{service{w}}
			w.late = false
		}
		p := draw(w, s)
		if rapid.Bool().Draw(rt, "without what is blocked") {
			p = p.WithoutBlocked()
		}
		w.plan = p
		before := w.states()
		hidden := w.hidden(p)
		quiet := rapid.Bool().Draw(rt, "quiet")
		if !quiet {
			w.faulty = rapid.Bool().Draw(rt, "faulty")
			w.interfere = rapid.IntRange(0, 12).Draw(rt, "reads before a change")
			for range rapid.IntRange(0, 1).Draw(rt, "changes before") {
				w.meddle()
			}
		}
		w.applying = true
		err := plan.Apply(t.Context(), s, p, nil)
		w.applying = false
		w.check(p, err, before)
		if quiet && len(p.Blocked()) == 0 && !hidden && err != nil {
			rt.Fatalf("nothing is in the way, and: %v", err)
		}
		if quiet && !hidden {
			for _, c := range w.calls {
				if c.err != nil {
					rt.Fatalf("%s of %s was refused: %v", c.op, c.name, c.err)
				}
			}
		}
		if !quiet && !hidden && len(w.interfered) == 0 && len(p.Blocked()) == 0 {
			w.resume(p, s)
		}
	})
}

// hidden reports whether a plan restores what can't be restored any more, and the service does not
// show that.
func (w *world) hidden(p plan.Plan) bool {
	return !w.exact && slices.ContainsFunc(p.Secrets, func(s plan.Secret) bool {
		return s.After == secretlife.PhaseActive && len(s.Steps) > 0 && w.phase(s.Name) == secretlife.PhaseAwaitingPurge
	})
}

// resume applies a plan again, when all faults have ended and everything shows.
func (w *world) resume(p plan.Plan, s plan.Service) {
	w.faulty, w.interfere, w.applying = false, 0, true
	w.pass(5 * time.Minute)
	if err := plan.Apply(w.ctx, s, p, nil); err != nil {
		w.t.Fatalf("it does not go on: %v", err)
	}
	w.applying = false
	w.reached(p)
}

// check checks what became of a plan.
func (w *world) check(p plan.Plan, err error, before map[string]string) {
	if !inOrder(p, w.calls) {
		w.t.Fatalf("the calls are not those of the plan: %v\n%+v", w.calls, p.Secrets)
	}
	var stopped *plan.StoppedError
	switch {
	case err == nil:
		w.reached(p)
	case !errors.As(err, &stopped):
		w.t.Fatalf("it ended with %v", err)
	case len(p.Blocked()) > 0 && len(w.calls) > 0:
		w.t.Fatalf("a plan with blockers was applied: %v", w.calls)
	}
	behind := false // the secret at which it stopped
	for _, s := range p.Secrets {
		touched := len(s.Steps) > 0 && !behind
		behind = behind || stopped != nil && s.Name == stopped.Name
		if !touched {
			w.untouched(s.Name, before)
		}
		delete(before, s.Name)
	}
	for name := range before {
		w.untouched(name, before)
	}
}

// reached requires the states that a plan says, but for secrets that another caller changed while it
// was applied.
func (w *world) reached(p plan.Plan) {
	for _, s := range p.Secrets {
		if len(s.Steps) == 0 || w.during[s.Name] {
			continue
		}
		is := w.phase(s.Name)
		gone := s.After == secretlife.PhaseAwaitingPurge && is == secretlife.PhasePurged
		// AWS does not show with what window, or by force, another caller deleted it.
		deleted := !w.exact && len(w.interfered[s.Name]) > 0 && s.After == secretlife.PhaseScheduledForDeletion
		if deleted && is == secretlife.PhaseAwaitingPurge {
			continue
		}
		if is != s.After && !gone {
			w.t.Fatalf("%s is %s, and the plan says %s: %+v", s.Name, is, s.After, s)
		}
		if s.After != secretlife.PhaseScheduledForDeletion || deleted {
			continue
		}
		secret := secretlife.Must(w.m.Secret(w.ctx, s.Name))
		date, _ := secret.Deletion().Date()
		if date.Before(s.Purge.Earliest) || date.After(s.Purge.Latest) {
			w.t.Fatalf("the DeletionDate of %s is %v, and the plan says %v", s.Name, date, *s.Purge)
		}
	}
}

// untouched requires that a secret is as it was, unless another caller changed it.
func (w *world) untouched(name string, before map[string]string) {
	if is := w.state(name); is != before[name] && len(w.interfered[name]) == 0 && !w.lapsed(name) {
		w.t.Fatalf("%s was %s, and is %s", name, before[name], is)
	}
}

// lapsed reports whether a secret was purged while the plan was applied.
func (w *world) lapsed(name string) bool { return w.phase(name) == secretlife.PhasePurged }

// draw makes a plan.
func draw(w *world, s plan.Service) plan.Plan {
	sel := rapid.SampledFrom([]plan.Selector{
		{All: true}, {Prefix: "a/"}, {Names: []string{"a/1", "b/2"}}, {Tags: []secretlife.Tag{{Key: "team"}}},
		{ScheduledSince: start.Add(-time.Hour)},
	}).Draw(w.t, "selector")
	action := rapid.SampledFrom([]plan.Action{plan.ActionRestore, plan.ActionForce})
	var p plan.Plan
	var err error
	switch kind := rapid.SampledFrom([]string{"delete", "restore", "sweep", "recreate"}).Draw(w.t, "plan"); kind {
	case "delete":
		mode := secretlife.Force()
		if rapid.Bool().Draw(w.t, "with a window") {
			mode = secretlife.Window(rapid.Int64Range(7, 30).Draw(w.t, "days"))
		}
		p, err = plan.Delete(w.ctx, s, sel, mode)
	case "restore":
		p, err = plan.Restore(w.ctx, s, sel)
	case "sweep":
		p, err = plan.Sweep(w.ctx, s, plan.Rule{Select: sel, Then: action.Draw(w.t, "then")},
			plan.Rule{Select: plan.Selector{Prefix: "a/"}, Then: plan.ActionLeave},
			plan.Rule{Select: plan.Selector{All: true}, Then: action.Draw(w.t, "else")})
	default:
		p, err = plan.Recreate(w.ctx, s, sel, action.Draw(w.t, "how"))
	}
	if err != nil {
		w.t.Fatalf("planning: %v", err)
	}
	return p
}
