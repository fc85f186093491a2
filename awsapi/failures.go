package awsapi

import (
	"sync"
	"time"
)

// caller is what failed authentication is counted by: an address, and the access
// key whose signature was wrong. Failures before a key is found, such as those
// with unknown keys, count for the address alone, so that they can't lock out
// the owner of a key at the same address. Replays and refused control calls are
// counted apart, and only so that the log is bounded.
type caller struct {
	source, accessKeyID string
	replay, control     bool
}

// failures counts failed authentication by caller and minute. It is safe for
// concurrent use and bounded: beyond maxCallers in a minute, further ones are
// not counted.
type failures struct {
	mu     sync.Mutex
	minute int64
	counts map[caller]int
}

const (
	maxFailures = 30 // of a caller in a minute
	maxCallers  = 10_000
)

func newFailures() *failures { return &failures{counts: map[caller]int{}} }

// tooMany reports whether a caller's requests are refused for the rest of the
// minute.
func (f *failures) tooMany(by caller, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn(now)
	return f.counts[by] >= maxFailures
}

// add counts a failure. It returns the number in this minute; 0 if there are
// too many callers to count this one.
func (f *failures) add(by caller, now time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn(now)
	if _, ok := f.counts[by]; !ok && len(f.counts) >= maxCallers {
		return 0
	}
	f.counts[by]++
	return f.counts[by]
}

// turn starts a new count with each minute.
func (f *failures) turn(now time.Time) {
	if minute := now.Unix() / 60; minute != f.minute {
		f.minute = minute
		clear(f.counts)
	}
}
