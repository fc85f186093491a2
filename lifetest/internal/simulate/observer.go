package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// observer stands right before the store of a simulation, behind all faults. It sees
// every save that took effect, checks the invariants, and judges every secret by the time
// that has really passed, whatever clocks say.
type observer struct {
	secretlife.Store
	truth func() time.Time
	began func() time.Time // when the present call began
	view

	hash            hash.Hash
	commits, purged int
	wrong           error // the first rule that was broken
}

// view is what the observer knows of the store.
type view struct {
	known  map[model.Key]secretlife.Secret
	states map[model.Key]plain.State
	marked map[string]time.Time // by incarnation, when its deletion was asked for
	made   map[madeVersion]time.Time
	trails map[secretlife.Incarnation]*invariants.Trail
	holds  map[heldBy]holdTimes
	seen   uint64 // the last event that was checked
	beats  []beat // the last ones
}

// madeVersion is a version that was written.
type madeVersion struct {
	of secretlife.Incarnation
	id string
}

// beat is when a beat of the tally was saved.
type beat struct {
	n     uint64
	count time.Duration // that the tally had with it
	at    time.Time
}

func newObserver(store secretlife.Store, truth, began func() time.Time) *observer {
	return &observer{Store: store, truth: truth, began: began, hash: sha256.New(), view: view{
		known: map[model.Key]secretlife.Secret{}, states: map[model.Key]plain.State{},
		marked: map[string]time.Time{}, made: map[madeVersion]time.Time{},
		trails: map[secretlife.Incarnation]*invariants.Trail{}, holds: map[heldBy]holdTimes{},
	}}
}

// clone returns a copy, for a backup.
func (v view) clone() view {
	v.known, v.states, v.marked = maps.Clone(v.known), maps.Clone(v.states), maps.Clone(v.marked)
	v.holds = maps.Clone(v.holds)
	v.made, v.trails, v.beats = maps.Clone(v.made), maps.Clone(v.trails), slices.Clone(v.beats)
	for inc, t := range v.trails {
		c := *t
		v.trails[inc] = &c
	}
	return v
}

// age returns how much time has really passed since the deletion of a secret was asked
// for.
func (w *observer) age(st plain.State) time.Duration {
	return w.truth().Sub(w.marked[st.Incarnation])
}

// Commit saves, and checks the result.
func (w *observer) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	stale := false
	for _, c := range batch.Changes {
		inc, revision := c.Base()
		old := w.known[model.KeyOfStore(c.Key())]
		stale = stale || inc != old.Incarnation() || revision != old.Revision()
	}
	receipt, err := w.Store.Commit(ctx, batch)
	switch {
	case err != nil:
		if !stale && errors.Is(err, secretlife.ErrConflict) {
			w.fail(fmt.Errorf("a conflict without another's change"))
		}
		return secretlife.Receipt{}, err
	case stale:
		w.fail(fmt.Errorf("a save went over another's change"))
	}
	w.commits++
	if w.wrong == nil {
		w.fail(w.look(batch.Changes))
	}
	return receipt, nil
}

// Claim saves as Commit does. If the store has no Claim it is made of other methods,
// which is the same in a simulation with one goroutine.
func (w *observer) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	var changes []secretlife.Change
	look := func(due []secretlife.Secret) []secretlife.Change {
		for _, s := range due {
			if !reflect.DeepEqual(plain.Of(s), w.states[model.KeyOfStore(s.Key())]) {
				w.fail(fmt.Errorf("%s was claimed as it was not saved", s.ARN()))
			}
		}
		changes = decide(due)
		return changes
	}
	receipt, err := w.Store.Claim(ctx, query, look)
	if errors.Is(err, errors.ErrUnsupported) {
		receipt, err = claimed{w.Store}.Claim(ctx, query, look)
	}
	if err != nil || len(changes) == 0 {
		return receipt, err
	}
	w.commits++
	if w.wrong == nil {
		w.fail(w.look(changes))
	}
	return receipt, nil
}

// claimed is a store with a Claim made of its other methods.
type claimed struct{ secretlife.Store }

func (c claimed) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	page, err := c.Due(ctx, query)
	if err != nil || len(page) == 0 {
		return secretlife.Receipt{}, err
	}
	due := make([]secretlife.Secret, len(page))
	for i, d := range page {
		if due[i], err = c.Load(ctx, d.Key); err != nil {
			return secretlife.Receipt{}, err
		}
	}
	if changes := decide(due); len(changes) > 0 {
		return c.Commit(ctx, secretlife.Batch{Changes: changes})
	}
	return secretlife.Receipt{}, nil
}

func (w *observer) fail(err error) {
	if w.wrong == nil {
		w.wrong = err
	}
}

// look checks one save.
func (w *observer) look(changes []secretlife.Change) error {
	if err := w.readEvents(changes); err != nil {
		return err
	}
	for _, c := range changes {
		if err := w.step(c); err != nil {
			return fmt.Errorf("%s: %w", c.Key().Name, err)
		}
	}
	return invariants.CheckReplicas(w.states)
}

// step checks one change, at the instant it was decided for.
func (w *observer) step(c secretlife.Change) error {
	if len(c.Events()) == 0 {
		return fmt.Errorf("a change without event")
	}
	k := model.KeyOfStore(c.Key())
	at := c.Events()[0].Time()
	old, had := w.known[k]
	before := w.states[k]
	next := c.Next()
	if had && (next.IsZero() || next.Incarnation() != old.Incarnation()) {
		_, replica := next.ReplicaOf()
		if err := w.ended(old, before, at, replica); err != nil {
			return err
		}
		had = false
	}
	if next.IsZero() {
		delete(w.known, k)
		delete(w.states, k)
		return w.same(c.Key(), secretlife.Secret{}, plain.State{})
	}
	st := plain.Of(next)
	w.known[k], w.states[k] = next, st
	if err := invariants.CheckState(st); err != nil {
		return err
	}
	if had {
		moment := invariants.Moment{Now: at.UnixMilli(), Age: w.age(before).Milliseconds()}
		if err := invariants.CheckStep(before, st, moment); err != nil {
			return err
		}
		if err := w.checkAged(before, st, next.Incarnation()); err != nil {
			return err
		}
	}
	if l := w.trails[next.Incarnation()]; l == nil || l.Revision != st.Revision {
		return fmt.Errorf("a state without event")
	}
	w.note(next, before)
	return w.same(c.Key(), next, st)
}

// note remembers when a deletion was asked for, and when versions were written.
func (w *observer) note(s secretlife.Secret, before plain.State) {
	st, inc := plain.Of(s), s.Incarnation()
	if st.DeletionDate == nil {
		delete(w.marked, st.Incarnation)
	} else if before.Incarnation != st.Incarnation || before.DeletionDate == nil {
		w.marked[st.Incarnation] = w.began()
	}
	w.noteHolds(st, before)
	for _, v := range st.Versions {
		if _, known := w.made[madeVersion{inc, v.ID}]; !known {
			w.made[madeVersion{inc, v.ID}] = w.truth()
		}
	}
}

// checkAged checks that a version was removed no sooner than 24 hours after it was
// written. Replicas follow their primaries, and tests of rotations remove versions that
// have no value.
func (w *observer) checkAged(before, st plain.State, inc secretlife.Incarnation) error {
	there := map[string]bool{}
	for _, v := range st.Versions {
		there[v.ID] = true
	}
	for _, v := range before.Versions {
		if there[v.ID] {
			continue
		}
		if !slices.Contains(before.Reserved, v.ID) {
			if err := w.held(before); err != nil {
				return fmt.Errorf("version %s was removed: %w", v.ID, err)
			}
		}
		made, known := w.made[madeVersion{inc, v.ID}]
		delete(w.made, madeVersion{inc, v.ID})
		passed := w.truth().Sub(made)
		if known && passed < 24*time.Hour && st.Primary == "" && !slices.Contains(before.Reserved, v.ID) {
			return fmt.Errorf("version %s of %s was removed after %v", v.ID, st.ARN, passed)
		}
	}
	return nil
}

// ended checks that a secret may end, with its event, and not before its window has
// really passed.
func (w *observer) ended(old secretlife.Secret, st plain.State, at time.Time, replaced bool) error {
	moment := invariants.Moment{Now: at.UnixMilli(), Age: w.age(st).Milliseconds()}
	if err := invariants.CheckGone(st, moment, replaced); err != nil {
		return err
	}
	if l := w.trails[old.Incarnation()]; l == nil || !l.Purged {
		return fmt.Errorf("ended without SecretPurged")
	}
	if err := w.held(st); err != nil {
		return fmt.Errorf("it ended: %w", err)
	}
	w.noteHolds(plain.State{}, st)
	delete(w.marked, st.Incarnation)
	for _, v := range st.Versions {
		delete(w.made, madeVersion{old.Incarnation(), v.ID})
	}
	w.purged++
	return nil
}

// same checks that the store has a secret as it is known.
func (w *observer) same(key secretlife.Key, want secretlife.Secret, st plain.State) error {
	got, err := w.Load(context.Background(), key)
	switch {
	case want.IsZero() && errors.Is(err, secretlife.ErrSecretNotFound):
		return nil
	case want.IsZero():
		return errors.Join(errors.New("it is still there"), err)
	case err != nil:
		return err
	case !reflect.DeepEqual(plain.Of(got), st):
		return fmt.Errorf("the store has %+v, not %+v", plain.Of(got), st)
	}
	return nil
}

// readEvents checks that the store has the events of a save, and no others.
func (w *observer) readEvents(changes []secretlife.Change) error {
	var want []secretlife.Event
	for _, c := range changes {
		want = append(want, c.Events()...)
	}
	got, err := w.Events(context.Background(), w.seen, len(want)+1)
	if err != nil {
		return err
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d new events, not %d", len(got), len(want))
	}
	for i, e := range got {
		if e.ID() != want[i].ID() {
			return fmt.Errorf("event %s in the place of %s", e.Name(), want[i].Name())
		}
		x := invariants.EventOf(e)
		if err := invariants.CheckEvent(x, w.seen, w.trails); err != nil {
			return err
		}
		w.seen = e.Seq()
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if canary.Leaks(string(text)) {
			return fmt.Errorf("event %s shows a value", e.Name())
		}
		w.hash.Write(text)
	}
	return nil
}

// all checks that the store has every secret that is known, and no other.
func (w *observer) all(places map[model.Place]*secretlife.Manager) error {
	left := len(w.known)
	for at, m := range places {
		page, err := w.List(
			context.Background(),
			secretlife.ListQuery{Account: m.Account(), Region: m.Region(), Order: secretlife.OrderByName, Limit: 1000},
		)
		if err != nil {
			return err
		}
		for _, s := range page {
			k := model.Key{Place: at, Name: s.Name().String()}
			if st, there := w.states[k]; !there || !reflect.DeepEqual(st, plain.Of(s)) {
				return fmt.Errorf("%s is not as it was saved", s.ARN())
			}
			left--
		}
	}
	if left != 0 {
		return fmt.Errorf("%d secrets are lost", left)
	}
	return nil
}
