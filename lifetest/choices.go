package lifetest

import (
	"math/bits"
	"math/rand/v2"

	"pgregory.net/rapid"
)

// chooser makes the choices that a history, or a part of a request, is made of.
// The choice 0, or false, is the plainest one.
type chooser interface {
	// below chooses a number from 0 to n-1, each as likely as the others.
	below(n int) int
	// chance chooses true in so many of 100 cases.
	chance(percent int) bool
}

// pick chooses one of several.
func pick[V any](c chooser, from ...V) V { return from[c.below(len(from))] }

// history is all choices of a history, in rows: those of its setting, and then
// those of each step. That is all there is to it: the same choices make the same
// calls, and with some of them left out or changed they make others.
//
// A row that is nil is drawn at random when it is played.
type history [][]int

// tape is the chooser of histories. It gives the choices of a history that is
// played, and keeps those that were made.
type tape struct {
	random *rand.Rand
	given  history
	made   history
	fresh  bool // the present row is drawn
	row    int
	at     int
}

// record is a tape that draws a new history.
func record(random *rand.Rand) *tape { return &tape{random: random, row: -1} }

// play is a tape with a history on it.
func play(h history, random *rand.Rand) *tape { return &tape{random: random, given: h, row: -1} }

// next begins a row.
func (t *tape) next() {
	t.row, t.at = t.row+1, 0
	t.fresh = t.row >= len(t.given) || t.given[t.row] == nil
	t.made = append(t.made, make([]int, 0, 12))
}

// drop forgets the present row: nothing came of it.
func (t *tape) drop() { t.made = t.made[:len(t.made)-1] }

// more reports whether there is another step to play, or to draw where there are
// to be so many. Where hardly anything leads to a step, that is all.
func (t *tape) more(steps int) bool {
	if t.given != nil {
		return t.row+1 < len(t.given)
	}
	return len(t.made) <= steps && t.row < 10*steps+100
}

// choose makes a choice: the one that is given, if any is, or 0 where a row is
// too short.
func (t *tape) choose(n int, draw func() int) int {
	v := 0
	switch {
	case t.fresh:
		v = draw()
	case t.at < len(t.given[t.row]):
		v = t.given[t.row][t.at] % n
	}
	t.at++
	last := len(t.made) - 1
	t.made[last] = append(t.made[last], v)
	return v
}

func (t *tape) below(n int) int { return t.choose(n, func() int { return t.random.IntN(n) }) }

func (t *tape) chance(percent int) bool {
	return t.choose(2, func() int {
		if t.random.IntN(100) < percent {
			return 1
		}
		return 0
	}) == 1
}

// weighted chooses a number below len(weights), as likely as its weight says.
func (t *tape) weighted(weights []int) int {
	return t.choose(len(weights), func() int {
		sum := 0
		for _, w := range weights {
			sum += w
		}
		at := t.random.IntN(sum)
		for i, w := range weights {
			if at -= w; at < 0 {
				return i
			}
		}
		return 0
	})
}

// rapidChooser makes the choices of rapid's generators.
type rapidChooser struct{ t *rapid.T }

// below is even, other than rapid's own numbers, which are small mostly.
func (c rapidChooser) below(n int) int {
	return int(evenly[bits.Len(uint(n))].Draw(c.t, "choice")) % n
}

func (c rapidChooser) chance(percent int) bool { return c.below(100) >= 100-percent }

// evenly draws numbers of some bits, with four to spare for an even spread.
var evenly = func() (out [29]*rapid.Generator[uint]) {
	for i := range out {
		out[i] = rapid.Custom(func(t *rapid.T) uint {
			var u uint
			for range i + 4 {
				if u <<= 1; rapid.Bool().Draw(t, "bit") {
					u |= 1
				}
			}
			return u
		})
	}
	return out
}()
