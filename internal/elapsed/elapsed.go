// Package elapsed reads the clocks of this machine and process that count elapsed
// time and can't be set.
package elapsed

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// Reading is a count of elapsed time, and whose it is: readings of one boot can be
// subtracted from each other.
type Reading struct {
	Boot    string
	Elapsed time.Duration
}

// process is one life of this process.
type process struct {
	id    string
	boot  string
	start time.Time // with Go's monotonic reading
}

var thisProcess = sync.OnceValue(func() process {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	name := hex.EncodeToString(id[:])
	return process{name, "process " + name, time.Now()}
})

// Process returns the reading of Go's monotonic clock, which counts within this
// process only. now is a reading of [time.Now]; one without a monotonic part is
// replaced by another.
func Process(now time.Time) Reading {
	p := thisProcess()
	if now == now.Round(0) { //nolint:staticcheck // tells whether there is a monotonic part
		now = time.Now()
	}
	return Reading{p.boot, now.Sub(p.start)}
}

// ProcessID returns a random id of this process.
func ProcessID() string { return thisProcess().id }

// Host returns the reading of the machine's clock, which goes on while processes
// start and end, and while the machine sleeps. Where the system has none that is
// known to do so, it is that of the process.
func Host() Reading {
	if r, ok := host(); ok {
		return r
	}
	return Process(time.Now())
}
