package secretlife

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// ErrEventsBroken says that events are missing or contradict each other: they are
// not the history of any store.
var ErrEventsBroken = errors.New("secretlife: the events are not a history")

// Standing is where a name stands in its lifecycle. The zero Standing is that of a
// name without a secret: none was created, or it was purged.
type Standing struct {
	Incarnation Incarnation
	Revision    uint64
	// DeletionDate is the zero Time unless the secret is marked for deletion.
	DeletionDate time.Time
}

// Standing returns where the secret stands.
func (s Secret) Standing() Standing {
	if s.IsZero() {
		return Standing{}
	}
	date, _ := s.Deletion().Date()
	return Standing{s.Incarnation(), s.Revision(), date}
}

// String tells it in a few words.
func (s Standing) String() string {
	switch {
	case s == (Standing{}):
		return "no secret"
	case s.DeletionDate.IsZero():
		return fmt.Sprintf("incarnation %s at revision %d, active", s.Incarnation, s.Revision)
	}
	return fmt.Sprintf("incarnation %s at revision %d, marked for deletion on %s", s.Incarnation, s.Revision, s.DeletionDate.Format(time.RFC3339Nano))
}

// ledger is what events tell, from the first one on.
type ledger struct {
	seq    uint64
	names  map[Key]Standing // those of all that ever were
	purged map[Incarnation]bool
}

func newLedger() *ledger {
	return &ledger{names: map[Key]Standing{}, purged: map[Incarnation]bool{}}
}

// add takes the next event in.
func (l *ledger) add(e Event) error {
	if e.Seq() != l.seq+1 {
		return fmt.Errorf("%w: event %d comes after event %d", ErrEventsBroken, e.Seq(), l.seq)
	}
	l.seq = e.Seq()
	if e.Incarnation().IsZero() {
		return nil // a call that was refused: nothing happened
	}
	is, err := l.names[e.Key()].after(e)
	if err == nil && l.purged[e.Incarnation()] {
		err = errors.New("it was purged before")
	}
	if err != nil {
		return fmt.Errorf("%w: event %d, %s of %s: %w", ErrEventsBroken, e.Seq(), e.Name(), e.ARN(), err)
	}
	if is == (Standing{}) {
		l.purged[e.Incarnation()] = true
	}
	l.names[e.Key()] = is
	return nil
}

// after is the standing after an event. A change has several, all of one
// revision.
func (s Standing) after(e Event) (Standing, error) {
	switch first := s == (Standing{}); {
	case first && e.Revision() != 1:
		return s, fmt.Errorf("it is at revision %d, and was never created", e.Revision())
	case !first && s.Incarnation != e.Incarnation():
		return s, fmt.Errorf("the name has another secret, which was not purged")
	case e.Revision() != s.Revision && e.Revision() != s.Revision+1:
		return s, fmt.Errorf("revision %d comes after revision %d", e.Revision(), s.Revision)
	}
	s.Incarnation, s.Revision = e.Incarnation(), e.Revision()
	switch op, _ := e.Operation(); {
	case e.kind == secretPurged:
		return Standing{}, nil
	case op == OpDeleteSecret:
		s.DeletionDate, _ = e.DeletionDate()
	case op == OpRestoreSecret:
		s.DeletionDate = time.Time{}
	}
	return s, nil
}

// keys are those of all names, in order.
func (l *ledger) keys() []Key { return slices.SortedFunc(maps.Keys(l.names), Key.Compare) }

// places are the accounts and Regions there are events of.
func (l *ledger) places() []Key {
	places := map[Key]bool{}
	for k := range l.names {
		places[Key{Account: k.Account, Region: k.Region}] = true
	}
	return slices.SortedFunc(maps.Keys(places), Key.Compare)
}

// Difference is a name of which a store's events say something else than the
// store.
type Difference struct {
	Key           Key
	Events, Store Standing
}

// String tells the difference in a line.
func (d Difference) String() string {
	return fmt.Sprintf("%s in %s of account %s: the events say %s; the store has %s", d.Key.Name, d.Key.Region, d.Key.Account, d.Events, d.Store)
}
