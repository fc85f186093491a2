package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"reflect"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// observer stands right before the store of a simulation, behind all faults, and
// sees every save that took effect: it holds the invariants of each, and keeps
// what the store must have.
type observer struct {
	secretlife.Store
	clock secretlife.Clock
	truth func() time.Time // what time it is, whatever the clock says

	known  map[model.Key]secretlife.Secret
	states map[model.Key]secretlife.State
	marks  map[secretlife.Incarnation]deletionMark
	trails map[secretlife.Incarnation]*invariants.Trail
	seen   uint64 // the last event that was checked
	hash   hash.Hash

	commits, purged int
	wrong           error // the first rule that was broken
}

// deletionMark is what is known of a mark for deletion from the outside.
type deletionMark struct {
	at      time.Time // by no clock that can be wrong
	trusted bool      // whether the clock was right
	window  time.Duration
}

// clockSlack is how far a clock may be off without a guard seeing it, both when a
// secret is marked and when it is purged.
const clockSlack = 11 * time.Minute

func newObserver(store secretlife.Store, clock secretlife.Clock, truth func() time.Time) *observer {
	return &observer{
		Store: store, clock: clock, truth: truth, hash: sha256.New(),
		known: map[model.Key]secretlife.Secret{}, states: map[model.Key]secretlife.State{},
		marks: map[secretlife.Incarnation]deletionMark{}, trails: map[secretlife.Incarnation]*invariants.Trail{},
	}
}

// Commit saves, and looks at what became of it.
func (w *observer) Commit(ctx context.Context, changes ...secretlife.Change) error {
	stale := false
	for _, c := range changes {
		inc, revision := c.Base()
		old := w.known[model.KeyOfStore(c.Key())]
		stale = stale || inc != old.Incarnation() || revision != old.Revision()
	}
	err := w.Store.Commit(ctx, changes...)
	switch {
	case err != nil:
		if !stale && errors.Is(err, secretlife.ErrConflict) {
			w.fail(fmt.Errorf("a conflict without another's change"))
		}
		return err
	case stale:
		w.fail(fmt.Errorf("a save went over another's change"))
	}
	w.commits++
	if w.wrong == nil {
		w.fail(w.look(changes))
	}
	return nil
}

// Claim saves as Commit does. Where the store has no Claim it is made of what the
// store has, which comes to the same, as a simulation is one goroutine.
func (w *observer) Claim(
	ctx context.Context,
	by time.Time,
	after secretlife.Due,
	limit int,
	decide func([]secretlife.Secret) []secretlife.Change,
) error {
	claimer, ok := w.Store.(secretlife.Claimer)
	if !ok {
		claimer = claimed{w.Store}
	}
	var changes []secretlife.Change
	err := claimer.Claim(ctx, by, after, limit, func(due []secretlife.Secret) []secretlife.Change {
		for _, s := range due {
			if !reflect.DeepEqual(s.State(), w.states[model.KeyOfStore(s.Key())]) {
				w.fail(fmt.Errorf("%s was claimed as it was not saved", s.ARN()))
			}
		}
		changes = decide(due)
		return changes
	})
	if err != nil || len(changes) == 0 {
		return err
	}
	w.commits++
	if w.wrong == nil {
		w.fail(w.look(changes))
	}
	return nil
}

// claimed is a store with a Claim made of its other methods.
type claimed struct{ secretlife.Store }

func (c claimed) Claim(
	ctx context.Context,
	by time.Time,
	after secretlife.Due,
	limit int,
	decide func([]secretlife.Secret) []secretlife.Change,
) error {
	page, err := c.Due(ctx, by, after, limit)
	if err != nil || len(page) == 0 {
		return err
	}
	due := make([]secretlife.Secret, len(page))
	for i, d := range page {
		if due[i], err = c.Load(ctx, d.Key); err != nil {
			return err
		}
	}
	if changes := decide(due); len(changes) > 0 {
		return c.Commit(ctx, changes...)
	}
	return nil
}

func (w *observer) fail(err error) {
	if w.wrong == nil {
		w.wrong = err
	}
}

// look holds the rules of one save.
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

// step holds the rules of one change, at the instant it was decided for.
func (w *observer) step(c secretlife.Change) error {
	if len(c.Events()) == 0 {
		return fmt.Errorf("a change without event")
	}
	k := model.KeyOfStore(c.Key())
	at := c.Events()[0].Time()
	old, had := w.known[k]
	before := w.states[k]
	next, alive := c.Next()
	if had && (!alive || next.Incarnation() != old.Incarnation()) {
		_, replica := next.ReplicaOf()
		if err := w.ended(old, before, at, replica); err != nil {
			return err
		}
		had = false
	}
	if !alive {
		delete(w.known, k)
		delete(w.states, k)
		return w.same(c.Key(), secretlife.Secret{}, secretlife.State{})
	}
	st := next.State()
	w.known[k], w.states[k] = next, st
	if err := invariants.CheckState(st); err != nil {
		return err
	}
	if had {
		if err := invariants.CheckStep(before, st, at.UnixMilli()); err != nil {
			return err
		}
	}
	if l := w.trails[next.Incarnation()]; l == nil || l.Revision != st.Revision {
		return fmt.Errorf("a state without event")
	}
	w.noteMark(next, before, at)
	return w.same(c.Key(), next, st)
}

// noteMark remembers when a secret was marked, and for how long.
func (w *observer) noteMark(s secretlife.Secret, before secretlife.State, at time.Time) {
	st := s.State()
	if st.DeletionDate == nil || st.Forced {
		delete(w.marks, s.Incarnation())
		return
	}
	if before.Incarnation == st.Incarnation && before.DeletionDate != nil {
		return
	}
	off := w.clock.Now().Sub(w.truth())
	w.marks[s.Incarnation()] = deletionMark{
		at.Add(-off),
		off.Abs() <= smallStep,
		time.UnixMilli(*st.DeletionDate).Sub(at),
	}
}

// ended holds that a secret may end, with its event, and not before its window
// is over for a stopwatch, too.
func (w *observer) ended(old secretlife.Secret, st secretlife.State, at time.Time, replaced bool) error {
	if err := invariants.CheckGone(st, at.UnixMilli(), replaced); err != nil {
		return err
	}
	if l := w.trails[old.Incarnation()]; l == nil || !l.Purged {
		return fmt.Errorf("ended without SecretPurged")
	}
	if at.After(w.clock.Now()) {
		return fmt.Errorf("ended at %s, which is to come", at)
	}
	m, marked := w.marks[old.Incarnation()]
	if passed := w.truth().Sub(m.at); marked && m.trusted && passed < m.window-clockSlack {
		return fmt.Errorf("purged when %v of its window of %v had passed", passed, m.window)
	}
	delete(w.marks, old.Incarnation())
	w.purged++
	return nil
}

// same holds that the store has a secret as it is known.
func (w *observer) same(key secretlife.Key, want secretlife.Secret, st secretlife.State) error {
	got, err := w.Load(context.Background(), key)
	switch {
	case want.IsZero() && errors.Is(err, secretlife.ErrSecretNotFound):
		return nil
	case want.IsZero():
		return errors.Join(errors.New("it is still there"), err)
	case err != nil:
		return err
	case !reflect.DeepEqual(got.State(), st):
		return fmt.Errorf("the store has %+v, not %+v", got.State(), st)
	}
	return nil
}

// readEvents holds that the store has the events of a save, and no others.
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

// all holds that the store has every secret that is known, and no other.
func (w *observer) all(places map[model.Place]*secretlife.Manager) error {
	left := len(w.known)
	for at, m := range places {
		page, err := w.List(
			context.Background(),
			secretlife.ListQuery{Account: m.Account(), Region: m.Region(), Order: secretlife.ByName, Limit: 1000},
		)
		if err != nil {
			return err
		}
		for _, s := range page {
			k := model.Key{Place: at, Name: s.Name().String()}
			if st, there := w.states[k]; !there || !reflect.DeepEqual(st, s.State()) {
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
