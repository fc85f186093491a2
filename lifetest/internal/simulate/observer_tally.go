package simulate

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife/internal/tally"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// SwapNote saves, and notes when the tally's beats are. By no tally may a deletion be
// older than it is, but for the drift of clocks.
func (w *observer) SwapNote(ctx context.Context, name string, old, next []byte) error {
	if err := w.Store.SwapNote(ctx, name, old, next); err != nil {
		return err
	}
	var t tally.Tally
	if name != "tally" || t.UnmarshalBinary(next) != nil {
		return nil //nolint:nilerr // another note, or none
	}
	if err := w.follows(t); err != nil {
		w.fail(err)
	}
	for _, st := range w.states {
		if st.Window == nil {
			continue
		}
		age, passed := t.Age(stampOf(st.Window)), w.age(st)
		if age > passed+passed/1000 {
			w.fail(fmt.Errorf("%s is %v old by the tally, and was scheduled %v ago", st.ARN, age, passed))
		}
	}
	if w.beats = append(w.beats, beat{t.N(), t.Count(), w.truth()}); len(w.beats) > 20_000 {
		w.beats = slices.Clone(w.beats[10_000:])
	}
	return nil
}

func stampOf(st *plain.CountState) tally.Stamp {
	s := tally.Stamp{From: st.From, N: st.N, Had: st.Had}
	if id, err := hex.DecodeString(st.Tally); err == nil {
		copy(s.Tally[:], id)
	}
	return s
}

// between returns how much time has surely passed in the gap after a beat, if nothing of
// it was counted but two strides.
func (w *observer) between(n uint64) time.Duration {
	for i := range max(0, len(w.beats)-1) {
		if w.beats[i].n == n && w.beats[i+1].n == n+1 {
			passed := w.beats[i+1].at.Sub(w.beats[i].at) - 2*tally.Real().Stride
			return passed - passed/1000
		}
	}
	return 0
}

// follows checks that a tally is the last one with one more beat, or with a gap that an
// operator confirmed or withdrew: no process may undo what another one has counted.
func (w *observer) follows(t tally.Tally) error {
	if len(w.beats) == 0 {
		return nil
	}
	last := w.beats[len(w.beats)-1]
	if t.N() == last.n+1 && t.Count() >= last.count || t.N() == last.n && t.Count() == last.count {
		return nil
	}
	return fmt.Errorf(
		"beat %d of the tally, at %v, took the place of beat %d, at %v", t.N(), t.Count(), last.n, last.count,
	)
}
