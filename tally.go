package secretlife

import (
	"time"

	"github.com/secretlife-go/secretlife/internal/tally"
)

// At is when a decision is made: by date, and by the elapsed time that a store's
// processes have counted.
type At struct {
	// Time is what the clock says. Decisions use it in UTC, truncated to
	// milliseconds.
	Time time.Time
	// Tally is the elapsed time counted so far. A deletion keeps where in it
	// it began, and is carried out when its window has passed by count, too. With
	// the zero Tally nothing is ever purged but what was deleted by force.
	Tally Tally

	stamp tally.Stamp // zero: one that is surely late enough
}

// began returns the stamp of what begins at this moment.
func (a At) began() tally.Stamp {
	if a.stamp == (tally.Stamp{}) && !a.Tally.IsZero() {
		return a.Tally.t.Stamp(tally.Real(), false)
	}
	return a.stamp
}

// Exactly returns the instant t, with a tally in which just the time has passed
// that lies between two instants: the clock is right, and has always been. It is
// for rules that are tested without a [Manager].
func Exactly(t time.Time) At {
	return At{Time: t, Tally: Tally{tally.First(tally.ID{1}, tally.Reading{Boot: "exact", Virtual: true}, 0).
		Beat(tally.Virtual(), tally.Reading{Boot: "exact"}, tally.Reading{
			Boot: "exact", Elapsed: t.Sub(exactStart), Wall: t, Virtual: true,
		}, 0, 0)}}
}

// exactStart is the earliest instant that Exactly counts from.
var exactStart = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// Tally is elapsed time that the processes of one store have counted, and can
// prove: each with a clock that can't be set, such as the time since its machine
// was booted. Wall clocks can only make it less. It is an immutable value; the
// zero Tally has counted nothing. [Manager.Tally] returns that of a store.
type Tally struct{ t tally.Tally }

// IsZero reports whether nothing was ever counted.
func (t Tally) IsZero() bool { return t.t.IsZero() }

// Virtual reports whether the time is that of a clock which a test moves.
func (t Tally) Virtual() bool { return t.t.Virtual() }

// Count returns the time that was counted without a gap between two beats.
func (t Tally) Count() time.Duration { return t.t.Count() }

// LastBeat returns what the wall clock said when time was counted last, and who
// counted: the boot of a machine, or a process.
func (t Tally) LastBeat() (at time.Time, by string) { return t.t.Wall(), t.t.Boot() }

// Missing returns how much time has to be counted until a secret can be purged, if
// its DeletionDate has come; 0 where none is missing.
func (t Tally) Missing(s Secret) time.Duration { return max(s.waits(At{Tally: t}), 0) }

// Age returns how much time is proven to have passed since the secret was
// scheduled for deletion; 0 for one that is not.
func (t Tally) Age(s Secret) time.Duration {
	if c := s.data().deletion.since; c != nil {
		return max(t.t.Age(c.stamp), 0)
	}
	return 0
}

// Carry returns the secret with the age that its recovery window has reached by
// this tally, for another store that counts with a tally of its own.
func (t Tally) Carry(s Secret) Secret {
	c := s.data().deletion.since
	if c == nil {
		return s
	}
	d := *s.d
	d.deletion.since = &counted{c.period, tally.Stamp{Had: t.Age(s)}}
	return Secret{&d}
}

// Real clocks drift, and time is counted a little late. So a purge waits for a
// thousandth more than the window, and a restoration is refused by date as long
// as no more than restoreSlack is missing.
const (
	driftShare   = 1000
	restoreSlack = time.Hour
	// tick is what instants are truncated to.
	tick = time.Millisecond
)

// needed is the age at which a window has surely passed.
func (t Tally) needed(window time.Duration) time.Duration {
	if t.t.Virtual() {
		return window - tick + 1
	}
	return window + window/driftShare
}

// slack is how much later than by date the window has passed by count, where all
// clocks are right.
func (t Tally) slack(window time.Duration) time.Duration {
	if t.IsZero() || t.t.Virtual() {
		return 0
	}
	return window/driftShare + 4*tally.Real().Stride
}

// missing returns how much of a period is not proven to have passed: at or below
// zero where it has.
func (t Tally) missing(c counted) time.Duration {
	return t.needed(c.period) - max(t.t.Age(c.stamp), 0)
}

// spent reports whether a secret can no longer be restored, if its date has come.
func (t Tally) spent(d Deletion) bool {
	if d.since == nil {
		return true
	}
	if t.t.Virtual() {
		return t.missing(*d.since) <= 0
	}
	return t.t.Age(d.since.stamp) >= d.since.period-restoreSlack
}

// counted is a period that has to pass by count, since a stamp.
type counted struct {
	period time.Duration
	stamp  tally.Stamp
}

// foreign reports whether the period began by another tally, which says nothing of
// how it goes on.
func (c counted) foreign(t Tally) bool { return !t.IsZero() && c.stamp.Tally != t.t.ID() }

// again is the period as it goes on by another tally.
func (c counted) again(at At) *counted {
	had := c.stamp.Had
	c.stamp = at.began()
	c.stamp.Had = had
	return &c
}
