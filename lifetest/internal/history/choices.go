// Package history is what histories are made of: choices, names, places and the parts
// of requests.
package history

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// Chooser makes the choices of a history or of a part of a request. The choice 0, or
// false, is the simplest.
type Chooser interface {
	// Below chooses a number from 0 to n-1 with equal probability.
	Below(n int) int
	// Chance chooses true with a probability of so many percent.
	Chance(percent int) bool
}

// Pick chooses one of several values.
func Pick[V any](c Chooser, from ...V) V { return from[c.Below(len(from))] }

// Choices are all choices of a history, in rows: one for its setting and one for each
// step. They determine the history. Without some of them, or with some changed, they
// are another valid history.
//
// A row that is nil is drawn at random when it is played.
type Choices [][]int

// String returns the choices as text, for [ParseChoices].
func (h Choices) String() string {
	rows := make([]string, len(h))
	for i, row := range h {
		rows[i] = strings.Trim(strings.ReplaceAll(fmt.Sprint(row), " ", ","), "[]")
	}
	return strings.Join(rows, ";")
}

// ParseChoices reads choices.
func ParseChoices(text string) (Choices, error) {
	var h Choices
	for _, row := range strings.Split(text, ";") {
		made := []int{} // not nil, which would be drawn
		for _, n := range strings.Split(row, ",") {
			v, err := strconv.Atoi(n)
			switch {
			case row == "":
			case err != nil || v < 0:
				return nil, fmt.Errorf("lifetest: %q is no history", text)
			default:
				made = append(made, v)
			}
		}
		h = append(h, made)
	}
	return h, nil
}

// Tape is the Chooser of histories. It plays given choices, or draws new ones, and
// records what it chose.
type Tape struct {
	Random *rand.Rand
	Given  Choices
	Made   Choices
	fresh  bool // the present row is drawn
	row    int
	at     int
}

// Record returns a tape that draws a new history.
func Record(random *rand.Rand) *Tape { return &Tape{Random: random, row: -1} }

// Play returns a tape that plays a history.
func Play(h Choices, random *rand.Rand) *Tape { return &Tape{Random: random, Given: h, row: -1} }

// Next starts a row.
func (t *Tape) Next() {
	t.row, t.at = t.row+1, 0
	t.fresh = t.row >= len(t.Given) || t.Given[t.row] == nil
	t.Made = append(t.Made, make([]int, 0, 12))
}

// Drop removes the present row, which had no effect.
func (t *Tape) Drop() { t.Made = t.Made[:len(t.Made)-1] }

// More reports whether there is another step to play, or to draw if the history is to
// have so many. It ends a drawn history in which almost no row leads to a step.
func (t *Tape) More(steps int) bool {
	if t.Given != nil {
		return t.row+1 < len(t.Given)
	}
	return len(t.Made) <= steps && t.row < 10*steps+100
}

// choose returns the given choice, if there is one, or 0 if a given row is too short.
func (t *Tape) choose(n int, draw func() int) int {
	v := 0
	switch {
	case t.fresh:
		v = draw()
	case t.at < len(t.Given[t.row]):
		v = t.Given[t.row][t.at] % n
	}
	t.at++
	last := len(t.Made) - 1
	t.Made[last] = append(t.Made[last], v)
	return v
}

// Below implements [Chooser].
func (t *Tape) Below(n int) int { return t.choose(n, func() int { return t.Random.IntN(n) }) }

// Chance implements [Chooser].
func (t *Tape) Chance(percent int) bool {
	return t.choose(2, func() int {
		if t.Random.IntN(100) < percent {
			return 1
		}
		return 0
	}) == 1
}

// Weighted chooses a number below len(weights) with these weights.
func (t *Tape) Weighted(weights []int) int {
	return t.choose(len(weights), func() int {
		sum := 0
		for _, w := range weights {
			sum += w
		}
		at := t.Random.IntN(sum)
		for i, w := range weights {
			if at -= w; at < 0 {
				return i
			}
		}
		return 0
	})
}

// RapidChooser makes the choices of rapid's generators.
type RapidChooser struct{ T *rapid.T }

// Below implements [Chooser]. Unlike rapid's own integers, which are mostly small, all
// numbers are equally likely.
func (c RapidChooser) Below(n int) int {
	return int(Evenly[bits.Len(uint(n))].Draw(c.T, "choice")) % n
}

// Chance implements [Chooser].
func (c RapidChooser) Chance(percent int) bool { return c.Below(100) >= 100-percent }

// Evenly draws numbers of a number of bits, with four extra bits for an even
// distribution.
var Evenly = func() (out [29]*rapid.Generator[uint]) {
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
