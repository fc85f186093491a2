package secretlife

import (
	"crypto/rand"
	"encoding/hex"
	"math"
	"sync"
	"time"
)

// Clock is all the time this package needs. clock.New() and clock.NewMock() of
// github.com/benbjohnson/clock satisfy it, and so does [VirtualClock].
// Implementations must be safe for concurrent use.
//
// Deletions go by elapsed time, too, which no clock that can be set tells: see
// [Tally]. An [ElapsedClock] counts it itself. A [SettableClock], such as clock.Mock, is a
// virtual one, on which time passes by setting it. For every other clock the system counts.
type Clock interface {
	// Now returns the present. The Manager reads it once per operation and
	// uses it in UTC, truncated to milliseconds: what the wire shows is what
	// the rules use.
	Now() time.Time
	// After returns a channel that receives once d has passed.
	After(d time.Duration) <-chan time.Time
}

// ElapsedClock is what a [Clock] may have beside: it counts elapsed time itself.
// [VirtualClock] does.
type ElapsedClock interface {
	// Elapsed returns how much time has passed. Setting the clock must not move
	// it, unless it is a virtual clock on which time passes so.
	Elapsed() Elapsed
}

// Elapsed is what an [ElapsedClock] has counted.
type Elapsed struct {
	// Boot names what counts. What one boot counts must not go back, nor run more
	// than a thousandth fast.
	Boot string
	Time time.Duration
	// Virtual says that a test moves the time. A store that has counted real time
	// takes no virtual time, and the reverse: see [ErrClockOfStore].
	Virtual bool
}

// SettableClock is what a [Clock] may have beside: it stands still until it is set, as
// [VirtualClock] and clock.Mock do. [Purger.Advance] needs one.
type SettableClock interface {
	// Set lets time pass until t.
	Set(t time.Time)
}

// VirtualClock is a Clock that stands still until it is moved. It is safe for
// concurrent use, and moving it costs the same however far it moves.
type VirtualClock struct {
	boot string

	mu      sync.Mutex
	now     time.Time
	elapsed time.Duration
	waiting []alarm
}

type alarm struct {
	at time.Duration // in elapsed time
	c  chan time.Time
}

// NewVirtualClock returns a clock that stands at start.
func NewVirtualClock(start time.Time) *VirtualClock {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return &VirtualClock{boot: "virtual " + hex.EncodeToString(id[:]), now: start.UTC().Round(0)}
}

// Now returns the time the clock stands at, in UTC.
func (c *VirtualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Elapsed returns how much time has passed on this clock: what [VirtualClock.Set]
// moved it forward, without the jumps of [VirtualClock.Jump].
func (c *VirtualClock) Elapsed() Elapsed {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Elapsed{Boot: c.boot, Time: c.elapsed, Virtual: true}
}

// Copy returns a clock that stands where this one does, and counts on from what it has counted. Each of
// the two is moved by itself. It serves to go back to a copy of a store, such as a snapshot.
func (c *VirtualClock) Copy() *VirtualClock {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &VirtualClock{boot: c.boot, now: c.now, elapsed: c.elapsed}
}

// Set lets time pass until t, and wakes callers that wait for an instant up to t. A t
// before the present moves the clock back, as [VirtualClock.Jump] does.
func (c *VirtualClock) Set(t time.Time) {
	t = t.UTC().Round(0)
	c.mu.Lock()
	if passed := max(t.Sub(c.now), 0); passed > math.MaxInt64-c.elapsed {
		c.elapsed = math.MaxInt64 // 292 years, and nothing counts any more
	} else {
		c.elapsed += passed
	}
	c.now = t
	due := c.takeDue()
	c.mu.Unlock()
	for _, a := range due {
		a.c <- t
	}
}

// Advance lets d pass, as [VirtualClock.Set] does. A d below zero moves the clock back. The
// background works by [Purger.Advance], which sets the clock itself.
func (c *VirtualClock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// takeDue needs the lock. It returns the alarms whose time has come.
func (c *VirtualClock) takeDue() []alarm {
	var due, rest []alarm
	for _, a := range c.waiting {
		if a.at <= c.elapsed {
			due = append(due, a)
		} else {
			rest = append(rest, a)
		}
	}
	c.waiting = rest
	return due
}

// Jump moves the clock by d, forward or back, without any time passing: what
// an operator's mistake or a bad time server does to a machine. It wakes no
// caller. It serves to test how code handles such clocks.
func (c *VirtualClock) Jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// After returns a channel that receives the time once d has passed by
// [VirtualClock.Set]. With d at or below zero it receives at once.
func (c *VirtualClock) After(d time.Duration) <-chan time.Time {
	ch := make(chan time.Time, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if d <= 0 {
		ch <- c.now
		return ch
	}
	c.waiting = append(c.waiting, alarm{c.elapsed + d, ch})
	return ch
}

// moment is an instant in whole milliseconds, or not set. Zero is not set, so an
// instant is shifted left by one and marked. Moments that are set are ordered
// like instants.
type moment int64

func momentOf(t time.Time) moment { return moment(t.UnixMilli()<<1 | 1) }

// momentAt is the instant some milliseconds after 1970.
func momentAt(ms int64) moment { return momentOf(time.UnixMilli(ms)) }

// time returns the instant in UTC.
func (m moment) time() time.Time { return time.UnixMilli(int64(m) >> 1).UTC() }

func (m moment) set() bool { return m != 0 }

func (m moment) get() (time.Time, bool) {
	if !m.set() {
		return time.Time{}, false
	}
	return m.time(), true
}

// orZero is a date as members of structs have it: zero if it is not set.
func orZero(t time.Time, ok bool) time.Time {
	if !ok {
		return time.Time{}
	}
	return t
}

// day is the midnight in UTC at or before t.
func day(t time.Time) time.Time {
	return t.UTC().Truncate(24 * time.Hour)
}

// instant is t as the rules use it: in UTC and whole milliseconds. It is what Truncate returns, for
// which that would divide all the time since the year 1.
func instant(t time.Time) time.Time {
	t = t.UTC().Round(0)
	return t.Add(-time.Duration(t.Nanosecond()) % time.Millisecond)
}

// lastYear leaves room for windows and delays within the four digits that
// RFC 3339 has for a year.
const lastYear = 9900

func (m moment) millis() *int64 {
	if !m.set() {
		return nil
	}
	ms := m.time().UnixMilli()
	return &ms
}

func momentOfMillis(ms *int64) moment {
	if ms == nil {
		return 0
	}
	return momentAt(*ms)
}
