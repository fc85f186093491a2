// Package hosttest has machines for tests whose clocks can go wrong.
package hosttest

import (
	"fmt"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Host is a machine with a wall clock and a clock of elapsed time, both real as
// far as a store can tell. It is a [secretlife.ElapsedClock], and safe for
// concurrent use.
type Host struct {
	name string

	mu      sync.Mutex
	wall    time.Time
	elapsed time.Duration
	boots   int
	drift   int64 // per million of time
	stalled bool
}

var _ secretlife.ElapsedClock = (*Host)(nil)

// New returns a machine that was booted a minute ago.
func New(name string, wall time.Time) *Host {
	return &Host{name: name, wall: wall.UTC(), elapsed: time.Minute, boots: 1}
}

// Pass lets time pass. A machine that stalls does not notice.
func (h *Host) Pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stalled {
		return
	}
	d += time.Duration(d.Nanoseconds() / 1_000_000 * h.drift)
	h.elapsed += d
	h.wall = h.wall.Add(d)
}

// Step sets the wall clock forward or back.
func (h *Host) Step(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wall = h.wall.Add(d)
}

// SetWall sets the wall clock.
func (h *Host) SetWall(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wall = t.UTC()
}

// Drift lets both clocks run fast, or slow below zero, by so many parts in a
// million.
func (h *Host) Drift(ppm int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drift = int64(ppm)
}

// Stall stops both clocks, or lets them go on, as when a virtual machine is paused.
func (h *Host) Stall(stalled bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stalled = stalled
}

// Reboot starts a new boot.
func (h *Host) Reboot() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.boots++
	h.elapsed = 5 * time.Second
}

// Clone makes other a copy of this machine as it was a while ago: with its boot.
func (h *Host) Clone(other *Host, ago time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	other.mu.Lock()
	defer other.mu.Unlock()
	other.name, other.boots, other.elapsed = h.name, h.boots, max(h.elapsed-ago, 0)
}

// Now returns the wall clock's time.
func (h *Host) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.wall
}

// Elapsed returns the time since the boot.
func (h *Host) Elapsed() secretlife.Elapsed {
	h.mu.Lock()
	defer h.mu.Unlock()
	return secretlife.Elapsed{Boot: fmt.Sprint(h.name, " boot ", h.boots), Time: h.elapsed}
}

// After returns a channel that never receives: machines don't run by themselves.
func (h *Host) After(time.Duration) <-chan time.Time { return nil }
