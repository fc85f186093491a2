package tally

import (
	"math"
	"slices"
	"time"
)

// Rules are the bounds by which time is counted.
type Rules struct {
	// Stride is the longest time between two beats that goes into the count.
	// More than that becomes a gap: it is proven to have passed, but not when.
	Stride time.Duration
	// Merge is how long neighbouring proven gaps become one.
	Merge time.Duration
	// Unproven is the shortest time without any proof that is kept as a gap.
	Unproven time.Duration
	// Longest is the age after which nothing is asked for any more: gaps that
	// are older are dropped. MaxGaps is how many are kept at most.
	Longest time.Duration
	MaxGaps int
}

// Real returns the rules by which real time is counted.
func Real() Rules {
	return Rules{
		Stride:   time.Minute,
		Merge:    time.Hour,
		Unproven: 5 * time.Minute,
		Longest:  31 * 24 * time.Hour * 1002 / 1000,
		MaxGaps:  900, // 64 KiB at most, as a note of a store has
	}
}

// Virtual returns the rules of virtual time: all of it is proven.
func Virtual() Rules { return Rules{Stride: math.MaxInt64} }

// RulesOf returns the rules that a reading is counted by.
func RulesOf(r Reading) Rules {
	if r.Virtual {
		return Virtual()
	}
	return Real()
}

// First returns the first beat of a store's tally, which has counted nothing.
func First(id ID, now Reading, nonce uint64) Tally {
	t := Tally{id: id, virtual: now.Virtual, n: 1, nonce: nonce}
	return t.at(now)
}

// at takes over a reading.
func (t Tally) at(now Reading) Tally {
	now = now.whole()
	t.boot, t.elapsed, t.wall, t.store, t.witness = now.Boot, now.Elapsed, now.Wall, now.Store, now.Witness
	return t
}

// Beat returns the tally after a beat. now must have been read after t was read
// from the store, and seen is the process's first reading since it read t (now
// itself, where it has no earlier one).
//
// What is added is bounded by the process's own elapsed clock, since t's beat
// where that was made by the same boot, else since seen. Each other clock that is
// there, of the wall and of the store, can only make it less.
//
// unseen is the time before seen in which the process did not look: where that is
// short, nothing was lost, whatever wall clocks say.
func (t Tally) Beat(r Rules, seen, now Reading, unseen time.Duration, nonce uint64) Tally {
	seen, now = seen.whole(), now.whole()
	next := t.at(now)
	next.n, next.nonce = t.n+1, nonce
	next.gaps = slices.Clone(t.gaps)
	passed, same := t.passed(seen, now)
	switch {
	case passed <= r.Stride:
		next.count = add(t.count, passed)
	default:
		next.add(r, Gap{N: t.n, Count: t.count, From: t.wall, To: now.Wall, Length: passed, Proof: ProofBoot})
	}
	if !same && !t.virtual {
		next.lose(r, t, seen, now, passed, unseen)
	}
	next.prune(r)
	return next
}

// passed returns the time that a process can prove, and whether that is all since
// the beat before.
func (t Tally) passed(seen, now Reading) (time.Duration, bool) {
	since, same := t.Since(now)
	wall, store := now.Wall.Sub(t.wall), between(t.store, now.Store)
	if !same {
		if seen.Boot != now.Boot {
			return 0, false
		}
		since, wall, store = now.Elapsed-seen.Elapsed, now.Wall.Sub(seen.Wall), between(seen.Store, now.Store)
	}
	if !t.virtual {
		since = min(since, wall, store)
	}
	return max(since, 0), same
}

// between is the time between two readings of a clock that may be missing, which
// then limits nothing.
func between(a, b time.Time) time.Duration {
	if a.IsZero() || b.IsZero() {
		return math.MaxInt64
	}
	return b.Sub(a)
}

// lose notes the time between the last beat and the first reading of a process
// that can't prove it.
func (t *Tally) lose(r Rules, before Tally, seen, now Reading, passed, unseen time.Duration) {
	if seen.Boot != now.Boot {
		seen = now
	}
	lost := min(seen.Wall.Sub(before.wall), unseen)
	if lost < r.Unproven {
		return
	}
	g := Gap{N: before.n, Count: before.count, From: before.wall, To: seen.Wall, Length: lost}
	if !before.witness.IsZero() && !now.Witness.IsZero() {
		if l := min(lost, now.Witness.Sub(before.witness)-passed); l > 0 {
			g.Length, g.Proof = l, ProofWitness
		}
	}
	t.add(r, g)
}
