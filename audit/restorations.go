package audit

import (
	"context"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Restoration is a deletion that was taken back, as the events of a store tell it.
type Restoration struct {
	Key         secretlife.Key
	ARN         secretlife.ARN
	Incarnation secretlife.Incarnation
	// Deleted is when DeleteSecret was called, and DeletionDate what it set. Both are zero if
	// the event is not among those that the store has kept.
	Deleted, DeletionDate time.Time
	// Restored is when RestoreSecret was called.
	Restored time.Time
}

// Known reports whether it is known when the secret was deleted.
func (r Restoration) Known() bool { return !r.Deleted.IsZero() }

// TooLate reports whether the restoration would have come too late if the recovery window had been
// another one: at or after the DeletionDate. It is false if the deletion is not known.
func (r Restoration) TooLate(window time.Duration) bool {
	return r.Known() && !r.Restored.Before(r.Deleted.Add(window))
}

// Restorations returns every deletion that was taken back, in the order of the restorations.
// A store that forgets events may have forgotten when a secret was deleted, and restorations
// before.
func Restorations(ctx context.Context, store secretlife.Store) ([]Restoration, error) {
	var out []Restoration
	marked := map[secretlife.Incarnation]secretlife.Event{}
	var after uint64
	for {
		page, err := store.Events(ctx, after, eventPage)
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, e := range page {
			out = restorationsAfter(out, marked, e)
		}
		after = page[len(page)-1].Seq()
	}
}

// restorationsAfter adds what an event tells. marked has the deletions that were not taken back.
func restorationsAfter(
	out []Restoration, marked map[secretlife.Incarnation]secretlife.Event, e secretlife.Event,
) []Restoration {
	in := e.Incarnation()
	if in.IsZero() {
		return out // a call that was refused
	}
	_, marks := e.DeletionDate()
	switch op, _ := e.Operation(); {
	case marks:
		marked[in] = e
	case e.Name() == purged:
		delete(marked, in)
	case op == secretlife.OpRestoreSecret:
		r := Restoration{Key: e.Key(), ARN: e.ARN(), Incarnation: in, Restored: e.Time()}
		if by, known := marked[in]; known {
			r.Deleted = by.Time()
			r.DeletionDate, _ = by.DeletionDate()
		}
		delete(marked, in)
		out = append(out, r)
	}
	return out
}
