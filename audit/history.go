package audit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

// ErrEventsBroken is returned for events that are missing or contradict each other: they
// are not the history of any store.
var ErrEventsBroken = errors.New("audit: the events are not a history")

// Standing is where a name stands in its lifecycle. The zero Standing is that of a
// name without a secret: none was created, or it was purged.
type Standing struct {
	Incarnation secretlife.Incarnation
	Revision    uint64
	// DeletionDate is the zero Time unless the secret is marked for deletion.
	DeletionDate time.Time
}

// StandingOf returns where a secret stands.
func StandingOf(s secretlife.Secret) Standing {
	if s.IsZero() {
		return Standing{}
	}
	date, _ := s.Deletion().Date()
	return Standing{s.Incarnation(), s.Revision(), date}
}

// String describes the standing in a few words.
func (s Standing) String() string {
	switch {
	case s == (Standing{}):
		return "no secret"
	case s.DeletionDate.IsZero():
		return fmt.Sprintf("incarnation %s at revision %d, active", s.Incarnation, s.Revision)
	}
	return fmt.Sprintf("incarnation %s at revision %d, marked for deletion on %s",
		s.Incarnation, s.Revision, s.DeletionDate.Format(time.RFC3339Nano))
}

// history is what events tell, from the first one on.
type history struct {
	seq    uint64
	names  map[secretlife.Key]Standing // of every name that was ever used
	purged map[secretlife.Incarnation]bool
}

func newHistory() *history {
	return &history{names: map[secretlife.Key]Standing{}, purged: map[secretlife.Incarnation]bool{}}
}

// add adds the next event.
func (h *history) add(e secretlife.Event) error {
	if e.Seq() != h.seq+1 {
		return fmt.Errorf("%w: event %d comes after event %d", ErrEventsBroken, e.Seq(), h.seq)
	}
	h.seq = e.Seq()
	if e.Incarnation().IsZero() {
		return nil // a call that was refused: nothing happened
	}
	is, err := h.names[e.Key()].after(e)
	if err == nil && h.purged[e.Incarnation()] {
		err = errors.New("it was purged before")
	}
	if err != nil {
		return fmt.Errorf("%w: event %d, %s of %s: %w", ErrEventsBroken, e.Seq(), e.Name(), e.ARN(), err)
	}
	if is == (Standing{}) {
		h.purged[e.Incarnation()] = true
	}
	h.names[e.Key()] = is
	return nil
}

// purged is the name of the event of a purge.
const purged = "SecretPurged"

// after is the standing after an event. A change has several, all of one
// revision.
func (s Standing) after(e secretlife.Event) (Standing, error) {
	switch first := s == (Standing{}); {
	case first && e.Revision() != 1:
		return s, fmt.Errorf("it is at revision %d, and was never created", e.Revision())
	case !first && s.Incarnation != e.Incarnation():
		return s, fmt.Errorf("the name has another secret, which was not purged")
	case e.Revision() != s.Revision && e.Revision() != s.Revision+1:
		return s, fmt.Errorf("revision %d comes after revision %d", e.Revision(), s.Revision)
	}
	s.Incarnation, s.Revision = e.Incarnation(), e.Revision()
	date, marks := e.DeletionDate()
	switch op, _ := e.Operation(); {
	case e.Name() == purged:
		return Standing{}, nil
	case marks:
		s.DeletionDate = date
	case op == secretlife.OpRestoreSecret:
		s.DeletionDate = time.Time{}
	}
	return s, nil
}

// keys are the keys of all names, in order.
func (h *history) keys() []secretlife.Key {
	return slices.SortedFunc(maps.Keys(h.names), secretlife.Key.Compare)
}

// places are the accounts and Regions that have events.
func (h *history) places() []secretlife.Key {
	places := map[secretlife.Key]bool{}
	for k := range h.names {
		places[secretlife.Key{Account: k.Account, Region: k.Region}] = true
	}
	return slices.SortedFunc(maps.Keys(places), secretlife.Key.Compare)
}

// Difference is a name for which the events of a store and the store disagree.
type Difference struct {
	Key           secretlife.Key
	Events, Store Standing
}

// String describes the difference in a line.
func (d Difference) String() string {
	return fmt.Sprintf("%s in %s of account %s: the events say %s; the store has %s",
		d.Key.Name, d.Key.Region, d.Key.Account, d.Events, d.Store)
}
