package secretlife

import (
	"sync"
	"time"
)

// Clock is all the time this package needs. clock.New() and clock.NewMock() of
// github.com/benbjohnson/clock satisfy it, and so does [VirtualClock].
// Implementations must be safe for concurrent use.
//
// A clock that also has a method Elapsed() time.Duration, which counts time
// passed and is not moved by setting the clock, is asked by the purger's guard
// against clock jumps; of other clocks the guard uses the monotonic part of
// Now's readings, where there is one.
type Clock interface {
	// Now returns the present. The Manager reads it once per operation and
	// uses it in UTC, truncated to milliseconds: what the wire shows is what
	// the rules use.
	Now() time.Time
	// After returns a channel that receives once d has passed.
	After(d time.Duration) <-chan time.Time
}

// settable is a clock whose time can be set: [VirtualClock] and clock.Mock.
type settable interface {
	Set(time.Time)
}

// VirtualClock is a Clock that stands still until it is moved. It is safe for
// concurrent use, and moving it costs the same however far it moves.
type VirtualClock struct {
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
	return &VirtualClock{now: start.UTC().Round(0)}
}

// Now returns the time the clock stands at, in UTC.
func (c *VirtualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Elapsed returns how much time has passed on this clock: what [VirtualClock.Set]
// moved it forward, without the jumps of [VirtualClock.Jump].
func (c *VirtualClock) Elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.elapsed
}

// Set lets time pass until t, and wakes who waits for an instant up to t. A t
// before the present moves the clock back, as [VirtualClock.Jump] does.
func (c *VirtualClock) Set(t time.Time) {
	t = t.UTC().Round(0)
	c.mu.Lock()
	c.elapsed += max(t.Sub(c.now), 0)
	c.now = t
	due := c.takeDue()
	c.mu.Unlock()
	for _, a := range due {
		a.c <- t
	}
}

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
// an operator's mistake or a bad time server does to a machine. It wakes
// nobody. It serves to test how code bears it.
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

// moment is an instant in whole milliseconds, or none. Zero is none, so the
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

// day is the midnight in UTC at or before t.
func day(t time.Time) time.Time {
	return t.UTC().Truncate(24 * time.Hour)
}

// instant is t as the rules use it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond).Round(0) }
