// Package explore goes through all short histories of a small world.
package explore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
	"github.com/secretlife-go/secretlife/lifetest/internal/snapshot"
)

// Result counts what [Run] went through.
type Result struct {
	// Depth is the number of steps of the longest histories.
	Depth int
	// States is the number of different states, and Transitions the number of steps
	// taken from them, including refused calls.
	States, Transitions int
	// Exhausted reports that longer histories lead to no other states.
	Exhausted bool

	cells map[secretlife.Operation]map[secretlife.Phase]int
}

// String returns the counts in one line.
func (e Result) String() string {
	return fmt.Sprintf(
		"depth %d: %d states, %d transitions, all there are: %v",
		e.Depth,
		e.States,
		e.Transitions,
		e.Exhausted,
	)
}

// Cells returns how often an operation was called on a secret in a phase.
func (e Result) Cells(op secretlife.Operation, p secretlife.Phase) int { return e.cells[op][p] }

// Run goes through all histories up to a depth. See Explore of package lifetest.
func Run(ctx context.Context, depth int, wrap func(secretlife.Store) secretlife.Store) (Result, error) {
	done := Result{Exhausted: true, cells: map[secretlife.Operation]map[secretlife.Phase]int{}}
	for _, w := range worlds {
		one, err := w.run(ctx, depth, wrap)
		done.add(one)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// world is what histories are about: secrets of these names in each Region, and the calls on each.
type world struct {
	names []string
	calls func(*calls)
}

// worlds are gone through in this order: the smaller one first.
var worlds = []world{
	{smallNames[:1], func(c *calls) {
		c.creations()
		c.deletions()
		c.replications()
		c.guards()
	}},
	{smallNames, func(c *calls) {
		c.creations()
		c.values()
		c.deletions()
		c.replications()
		c.rotations()
		c.list = append(c.list, probes(c.name, c.at)...)
	}},
}

// run goes through all histories of a world.
func (w world) run(
	ctx context.Context, depth int, wrap func(secretlife.Store) secretlife.Store,
) (Result, error) {
	const workers = 2
	done := Result{cells: map[secretlife.Operation]map[secretlife.Phase]int{}}
	explorers := make([]*explorer, workers)
	for i := range explorers {
		x, err := newExplorer(w, uint64(i), wrap)
		if err != nil {
			return done, err
		}
		explorers[i] = x
	}
	first := &state{Snapshot: &snapshot.Snapshot{}, now: history.Epoch}
	seen := map[fingerprint]bool{explorers[0].fingerprint(first): true}
	for level := []*state{first}; done.Depth < depth && len(level) > 0; done.Depth++ {
		var together sync.WaitGroup
		for i, x := range explorers {
			part := level[len(level)*i/workers : len(level)*(i+1)/workers]
			together.Go(func() { x.explore(ctx, part) })
		}
		together.Wait()
		level = nil
		for _, x := range explorers {
			if x.err != nil {
				return done, x.err
			}
			for i, s := range x.found {
				if !seen[x.prints[i]] {
					seen[x.prints[i]] = true
					level = append(level, s)
				}
			}
			x.found, x.prints = nil, nil
		}
		done.Exhausted = len(level) == 0
	}
	done.States = len(seen)
	for _, x := range explorers {
		done.add(Result{Depth: done.Depth, Transitions: x.steps, Exhausted: done.Exhausted, cells: x.cells})
	}
	return done, ctx.Err()
}

func (e *Result) add(o Result) {
	e.Depth, e.Exhausted = max(e.Depth, o.Depth), e.Exhausted && o.Exhausted
	e.States += o.States
	e.Transitions += o.Transitions
	for op, phases := range o.cells {
		if e.cells[op] == nil {
			e.cells[op] = map[secretlife.Phase]int{}
		}
		for p, n := range phases {
			e.cells[op][p] += n
		}
	}
}

// explorer takes steps. It is for one goroutine.
type explorer struct {
	names    []string
	store    *snapshot.Store
	from     *state // the state before the present step
	wrong    error  // the first broken rule of a save in it
	clock    *stillClock
	managers []*secretlife.Manager // by Region
	actions  []action

	steps  int
	cells  map[secretlife.Operation]map[secretlife.Phase]int
	local  map[fingerprint]bool // found at this level
	found  []*state
	prints []fingerprint
	err    error
}

func newExplorer(w world, seed uint64, wrap func(secretlife.Store) secretlife.Store) (*explorer, error) {
	x := &explorer{
		names: w.names,
		store: snapshot.New(),
		clock: &stillClock{},
		cells: map[secretlife.Operation]map[secretlife.Phase]int{},
	}
	x.store.Wrote = func(old snapshot.Secret, c secretlife.Change, next snapshot.Secret) {
		if err := checkWrite(old, c, next); err != nil && x.wrong == nil {
			x.wrong = err
		}
	}
	var front secretlife.Store = x.store
	if wrap != nil {
		front = wrap(front)
	}
	m, err := secretlife.New(front, func(o *secretlife.Options) {
		o.Clock, o.Random, o.Rotator = x.clock, rand.NewChaCha8([32]byte{byte(seed)}), smallRotation
		o.CheckRotation = callable
	})
	if err != nil {
		return nil, err
	}
	for i, region := range smallRegions {
		in, err := m.In(history.MainAccount, region)
		if err != nil {
			return nil, err
		}
		x.managers = append(x.managers, in)
		for _, name := range w.names {
			c := calls{name: name, at: i}
			w.calls(&c)
			x.actions = append(x.actions, c.list...)
		}
	}
	x.actions = append(x.actions, timeActions()...)
	return x, nil
}

// callable is nil but for the function that can't be called.
func callable(_ context.Context, r secretlife.RotationRequest) error {
	if r.FunctionARN == model.UncallableFunction {
		return errors.New("it can't be called")
	}
	return nil
}

// smallRotation is a rotation function that works.
func smallRotation(ctx context.Context, r secretlife.RotationRequest) error {
	switch r.Step {
	case secretlife.StepCreateSecret:
		_, err := r.Manager.PutSecretValue(ctx, secretlife.PutSecretValueInput{
			SecretID: r.SecretID, ClientRequestToken: r.ClientRequestToken, Value: smallValue(r.ClientRequestToken),
			VersionStages: []secretlife.Stage{secretlife.StagePending},
		})
		return err
	case secretlife.StepFinishSecret:
		d, err := r.Manager.DescribeSecret(ctx, secretlife.SecretInput{SecretID: r.SecretID})
		if err != nil {
			return err
		}
		in := secretlife.UpdateSecretVersionStageInput{
			SecretID:        r.SecretID,
			VersionStage:    secretlife.StageCurrent,
			MoveToVersionID: r.ClientRequestToken,
		}
		for id, stages := range d.VersionIDsToStages {
			if slices.Contains(stages, secretlife.StageCurrent) {
				in.RemoveFromVersionID = id
			}
		}
		_, err = r.Manager.UpdateSecretVersionStage(ctx, in)
		return err
	}
	return nil
}

// explore takes every step from every state of a level.
func (x *explorer) explore(ctx context.Context, level []*state) {
	x.local = map[fingerprint]bool{}
	for _, from := range level {
		if x.err = ctx.Err(); x.err != nil {
			return
		}
		from.look(&state{Snapshot: &snapshot.Snapshot{}})
		for i := range x.actions {
			if err := x.step(from, &x.actions[i]); err != nil {
				x.err = &history.Error{History: append(from.history(), x.actions[i].name), Err: err}
				return
			}
		}
		from.plain = nil
	}
}

func (s *state) history() []string {
	var out []string
	for ; s.before != nil; s = s.before {
		out = append(out, s.by.name)
	}
	slices.Reverse(out)
	return out
}

// step takes one step, and checks the result against the invariants.
func (x *explorer) step(from *state, a *action) error {
	x.steps++
	x.from, x.wrong = from, nil
	x.store.At, x.clock.now = from.Snapshot, from.now
	var err error
	if a.call != nil {
		err = a.call(context.Background(), x.managers[a.at])
	} else {
		err = a.pass(x)
	}
	if x.wrong != nil {
		return x.wrong
	}
	to := &state{Snapshot: x.store.At, now: x.clock.now}
	if err := x.checkOutcome(to, a, err); err != nil {
		return err
	}
	if to.same(from) {
		return nil
	}
	to.look(from)
	if err := from.checkTo(to, a); err != nil {
		return err
	}
	if a.probe {
		return nil
	}
	print := x.fingerprint(to)
	if x.local[print] {
		return nil
	}
	x.local[print] = true
	to.before, to.by, to.plain = from, a, nil
	x.found, x.prints = append(x.found, to), append(x.prints, print)
	return nil
}

// checkOutcome compares the result of a call with the expected one in the phase of its
// secret. A refused call must change nothing.
func (x *explorer) checkOutcome(to *state, a *action, err error) error {
	from := x.from
	if a.call == nil {
		return err
	}
	var e secretlife.Error
	if err != nil && (!errors.As(err, &e) || e.ErrorCode() == model.CodeInternal) {
		return fmt.Errorf("%s failed: %w", a.op, err)
	}
	if err != nil && !to.same(from) {
		return fmt.Errorf("%s was refused (%w), but changed something", a.op, err)
	}
	phase := secretlife.PhasePurged
	m := x.managers[a.at]
	secret := from.named(m.Region(), a.id)
	if secret != nil {
		phase = phaseAt(secret, from.now)
	}
	if x.cells[a.op] == nil {
		x.cells[a.op] = map[secretlife.Phase]int{}
	}
	x.cells[a.op][phase]++
	got := succeeds
	if err != nil {
		got = e.ErrorCode()
	}
	of := expected[a.op]
	if a.want != nil {
		of = *a.want
	}
	want := of.of(phase)
	if secret != nil && a.guarded != nil {
		there := from.named(x.managers[1-a.at].Region(), a.id)
		want = a.guarded(guarded{secret, from.now.UnixMilli(), phase, there, want})
	}
	if want != got && want != anyOutcome && (want != anyRefusal || got == succeeds) {
		return fmt.Errorf("%s on a secret that is %s: %s, not %s", a.op, phase, got, want)
	}
	return nil
}

// checkTo checks the invariants of one step.
func (s *state) checkTo(to *state, a *action) error {
	now := to.now.UnixMilli()
	states := make(map[model.Key]plain.State, len(to.Secrets))
	for i, k := range to.Secrets {
		st := *to.plain[i]
		if err := invariants.CheckState(st); err != nil {
			return fmt.Errorf("%s: %w", st.ARN, err)
		}
		at := k.Key()
		states[model.NewKey(at.Account.String(), at.Region.String(), at.Name.String())] = st
	}
	for i, k := range s.Secrets {
		if err := checkSecret(k, *s.plain[i], to, a, now); err != nil {
			return fmt.Errorf("%s: %w", k.ARN(), err)
		}
	}
	return invariants.CheckReplicas(states)
}

// checkSecret checks what one step did to one secret.
func checkSecret(k snapshot.Secret, old plain.State, to *state, a *action, now int64) error {
	at := invariants.Moment{Now: now, Exact: true}
	if old.Window != nil { // the clock is always right
		at.Age = now - *old.DeletionDate + old.Window.Period.Milliseconds()
	}
	i, there := to.Find(k.Key())
	if !there || to.Secrets[i].Incarnation() != k.Incarnation() {
		replaced := false
		if there {
			_, replaced = to.Secrets[i].ReplicaOf()
		}
		return invariants.CheckGone(old, at, replaced)
	}
	next := to.Secrets[i]
	if next.Secret == k.Secret {
		return nil
	}
	for _, v := range k.Values {
		if j := slices.IndexFunc(next.Values, func(x secretlife.VersionValue) bool { return x.ID == v.ID }); j >= 0 &&
			!next.Values[j].Value.Equal(v.Value) {
			return fmt.Errorf("version %s has another value", v.ID)
		}
	}
	is := *to.plain[i]
	key := k.Key()
	mine := key.Region.String() == smallRegions[a.at] && key.Name.String() == a.id
	if err := a.checkGuard(old, is, mine, now); err != nil {
		return err
	}
	return invariants.CheckStep(old, is, at)
}
