package simulate

import (
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// heldBy is one hold of one incarnation. Its Since tells it from another one of its name.
type heldBy struct {
	incarnation, name string
	since             int64
}

// holdTimes are when a hold was really placed, and when its release was really asked for.
type holdTimes struct{ placed, released time.Time }

// noteHolds remembers when holds were placed and released.
func (w *observer) noteHolds(st, before plain.State) {
	kept := map[heldBy]bool{}
	for _, h := range st.Holds {
		of := heldBy{st.Incarnation, h.Name, h.Since}
		kept[of] = true
		times := w.holds[of]
		if times.placed.IsZero() {
			times.placed = w.began()
		}
		if times.released.IsZero() && h.Release != nil {
			times.released = w.began()
		}
		w.holds[of] = times
	}
	for _, h := range before.Holds {
		if of := (heldBy{before.Incarnation, h.Name, h.Since}); !kept[of] {
			delete(w.holds, of)
		}
	}
}

// held returns a hold of a secret that really goes on, whatever clocks say.
func (w *observer) held(st plain.State) error {
	for _, h := range st.Holds {
		times := w.holds[heldBy{st.Incarnation, h.Name, h.Since}]
		ended := func(end *plain.CountdownState, since time.Time) bool {
			return end != nil && w.truth().Sub(since) >= end.Count.Period
		}
		if !ended(h.Until, times.placed) && !ended(h.Release, times.released) {
			return fmt.Errorf("the hold %s of %s goes on", h.Name, st.ARN)
		}
	}
	return nil
}
