// Package tally counts elapsed time that the processes of one store can prove.
//
// A deletion may not be carried out before its window has passed, and wall
// clocks can't say that: they are set, they start in 1970, they differ from
// machine to machine. So the store keeps a [Tally], one small cell that is
// replaced by compare-and-swap. Each replacement, a beat, adds the time that the
// process which makes it has measured with a clock that can't be set. A deletion
// keeps a [Stamp] of the tally, and [Tally.Age] says how much of its life is
// proven since.
//
// Everything here is pure: readings, nonces and ids come in as arguments.
package tally

import (
	"math"
	"time"
)

// ID tells the tally of one store from that of any other.
type ID [16]byte

// Tally is the time counted so far. It is an immutable value; the zero Tally has
// counted nothing. Its methods that change return the next Tally.
type Tally struct {
	id      ID
	virtual bool
	n       uint64        // the number of the beat
	nonce   uint64        // makes beats of the same number differ, as after a backup was restored
	count   time.Duration // proven, beat by beat
	boot    string        // whose clock elapsed is
	elapsed time.Duration
	wall    time.Time
	store   time.Time // the store's own clock, where it has one
	witness time.Time // the witness, where there is one
	gaps    []Gap     // in order of N
}

// Reading is what a process reads of its clocks at one moment.
type Reading struct {
	// Boot says whose Elapsed it is: readings of one boot can be subtracted.
	Boot    string
	Elapsed time.Duration
	// Wall is what the time is said to be.
	Wall time.Time
	// Store is what the store's own clock says, zero if it has none.
	Store time.Time
	// Witness is what a clock says that may vouch for time nobody counted, zero
	// without a witness.
	Witness time.Time
	// Virtual says that Elapsed passes when a test says so.
	Virtual bool
}

// whole returns the reading with instants in whole milliseconds, as the binary form keeps
// them: a fraction that only one of two instants has would count as time that passed.
func (r Reading) whole() Reading {
	for _, at := range []*time.Time{&r.Wall, &r.Store, &r.Witness} {
		*at = at.Round(0)
		*at = at.Add(-time.Duration(at.Nanosecond()) % time.Millisecond)
	}
	return r
}

// Stamp is where in a tally a deletion began.
type Stamp struct {
	// Tally is the tally that the stamp is of; zero for none.
	Tally ID
	// From is the count at which the age is 0, if Had is.
	From time.Duration
	// N is the number of the first beat whose gaps count.
	N uint64
	// Had is the age that was reached by another tally.
	Had time.Duration
}

// IsZero reports whether nothing was ever counted.
func (t Tally) IsZero() bool { return t.id == ID{} }

// ID returns whose tally it is.
func (t Tally) ID() ID { return t.id }

// N returns the number of the last beat.
func (t Tally) N() uint64 { return t.n }

// Count returns the time that was counted beat by beat.
func (t Tally) Count() time.Duration { return t.count }

// Boot returns whose clock the last beat was made by.
func (t Tally) Boot() string { return t.boot }

// Wall returns what the time was said to be at the last beat.
func (t Tally) Wall() time.Time { return t.wall }

// Virtual reports whether the time passed because tests said so.
func (t Tally) Virtual() bool { return t.virtual }

// Since returns the time since the last beat by a reading of the same boot, and
// whether it is one.
func (t Tally) Since(r Reading) (time.Duration, bool) {
	if t.IsZero() || t.boot != r.Boot || r.Elapsed < t.elapsed {
		return 0, false
	}
	return r.Elapsed - t.elapsed, true
}

// Stamp returns the stamp of a deletion that is decided after the tally was read.
//
// Where exact is true the tally must be that of a beat that was made after the
// deletion was asked for, or a virtual one. Otherwise some process may have counted time that it
// has not written yet, up to a stride, and another that began after that, so the
// stamp lies two strides and two beats ahead.
func (t Tally) Stamp(r Rules, exact bool) Stamp {
	if exact || t.virtual {
		return Stamp{Tally: t.id, From: t.count, N: t.n}
	}
	return Stamp{Tally: t.id, From: add(t.count, 2*r.Stride), N: t.n + 2}
}

// StampAfter returns the stamp of a deletion at a time after the last beat. It is
// exact where one clock, and no other, counts for the store.
func (t Tally) StampAfter(passed time.Duration) Stamp {
	return Stamp{Tally: t.id, From: add(t.count, passed), N: t.n}
}

// Age returns how much time is proven to have passed since a stamp.
func (t Tally) Age(s Stamp) time.Duration {
	if s.Tally != t.id || t.IsZero() {
		return s.Had
	}
	age := t.count - s.From
	for i := len(t.gaps) - 1; i >= 0 && t.gaps[i].N >= s.N; i-- {
		age = add(age, t.credit(t.gaps[i]))
	}
	return add(s.Had, max(age, 0))
}

// Credited returns the time of all gaps that counts. It changes when a gap is
// found, confirmed or withdrawn.
func (t Tally) Credited() time.Duration {
	var sum time.Duration
	for _, g := range t.gaps {
		sum = add(sum, t.credit(g))
	}
	return sum
}

// add adds without leaving the range of a Duration.
func add(a, b time.Duration) time.Duration {
	switch sum := a + b; {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	default:
		return sum
	}
}
