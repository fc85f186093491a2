package machine

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// shrinker shortens a history that breaks a rule. It leaves out steps, makes choices
// simpler, and replaces steps by others, as long as a rule is still broken. Every attempt
// plays a history on a fresh service and checks everything after every step.
type shrinker struct {
	Runner
	random  *rand.Rand
	until   time.Time
	best    history.Choices
	failure string
	tries   int
}

// enough is the number of failed attempts to exchange steps after which it stops.
const enough = 4000

func (s *shrinker) shrink() {
	if !s.attempt(s.best) { // the failure depends on more than the choices
		return
	}
	for {
		s.leaveOut()
		s.makePlain()
		if !s.exchange() {
			return
		}
	}
}

func (s *shrinker) late() bool { return !time.Now().Before(s.until) }

// attempt plays a history, and keeps the part that was played if it breaks a rule.
func (s *shrinker) attempt(h history.Choices) bool {
	s.tries++
	t, on := &trial{}, history.Play(h, s.random)
	if s.run(t, on, len(h)-1, 1) {
		return false
	}
	s.best, s.failure = on.Made, t.failure
	return true
}

// leaveOut removes steps from the end on, first many at once.
func (s *shrinker) leaveOut() {
	for size := (len(s.best) - 1) / 2; size > 0; size /= 2 {
		for at := len(s.best) - size; at >= 1; at -= size {
			if s.late() {
				return
			}
			if at+size <= len(s.best) {
				s.attempt(slices.Delete(slices.Clone(s.best), at, at+size))
			}
		}
	}
}

// makePlain makes choices smaller. It does not turn a step into one of another kind.
func (s *shrinker) makePlain() {
	for row := len(s.best) - 1; row >= 0; row-- {
		first := min(row, 1) // the first choice is the kind of the step
		s.plainRow(row, first)
		for i := first; row < len(s.best) && i < len(s.best[row]); i++ {
			for v := s.best[row][i]; v > 0 && !s.late(); {
				lower := slices.IndexFunc(
					[]int{0, v / 2, v - 1},
					func(w int) bool { return w < v && s.with(row, i, w) },
				)
				if lower < 0 || row >= len(s.best) || i >= len(s.best[row]) || s.best[row][i] >= v {
					break
				}
				v = s.best[row][i]
			}
		}
	}
}

// plainRow tries the smallest choices for a whole row.
func (s *shrinker) plainRow(row, first int) {
	if row < len(s.best) && !s.late() &&
		slices.ContainsFunc(s.best[row][min(first, len(s.best[row])):], func(v int) bool { return v > 0 }) {
		h := slices.Clone(s.best)
		h[row] = slices.Clone(h[row][:first])
		s.attempt(h)
	}
}

func (s *shrinker) with(row, i, v int) bool {
	h := slices.Clone(s.best)
	h[row] = slices.Clone(h[row])
	h[row][i] = v
	return s.attempt(h)
}

// exchange leaves out one step and changes another, and reports whether that helped.
// For example one longer wait can replace two.
func (s *shrinker) exchange() bool {
	n := len(s.best) - 1
	for range enough {
		if n < 2 || s.late() {
			return false
		}
		h := slices.Clone(s.best)
		gone := 1 + s.random.IntN(n)
		h = slices.Delete(h, gone, gone+1)
		row := 1 + s.random.IntN(n-1)
		h[row] = s.other(h[row])
		if s.attempt(h) {
			return true
		}
	}
	return false
}

// other returns a step of another kind, or the same step with one choice changed.
func (s *shrinker) other(row []int) []int {
	if len(row) < 2 || s.random.IntN(3) == 0 {
		return nil
	}
	row = slices.Clone(row)
	row[1+s.random.IntN(len(row)-1)] = s.random.IntN(12)
	return row
}
