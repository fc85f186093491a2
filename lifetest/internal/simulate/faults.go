package simulate

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/storetest"
)

// The kinds of faults of a simulation. The first are drawn for single calls of
// the store, the others last.
const (
	faultBefore       = "error before a save"
	faultLost         = "lost acknowledgement"
	faultRead         = "error of a read"
	faultOvertaken    = "a client saves in between"
	faultOtherPurger  = "another purger works in between"
	faultPaused       = "a process is paused before a call of the store"
	faultSlow         = "slow store"
	faultCancelBefore = "context cancelled before a step"
	faultCancelAfter  = "context cancelled after a step"
	faultCrashBefore  = "crash before a step"
	faultCrashAfter   = "crash after a step"
	faultRandom       = "random source fails"
	faultFull         = "store is full"
	faultReadOnly     = "store is read-only"
	faultOut          = "store is out"
	faultAgain        = "request sent twice"
	faultRetry        = "request sent again after a failure"
	faultLate         = "request sent again days later"
	faultRestart      = "purger restarted"
	faultIdle         = "no purger for days"
	faultStep         = "clock moves by minutes"
	faultLeap         = "clock set forward"
	faultBack         = "clock set back"
	faultCorrect      = "clock set right"
	faultBootPast     = "boot six years ago"
	faultReboot       = "machine rebooted"
	faultStall        = "machine stalls"
	faultDrift        = "clocks drift"
	faultClone        = "machine cloned"
	faultServer       = "clock of the store set wrong"
	faultClock        = "a clock goes wrong in between"
	faultBackup       = "backup taken"
	faultRestored     = "backup restored"
	faultConfirmed    = "operator confirms a gap"
	faultWithdrawn    = "operator withdraws a confirmation"
	faultFunction     = "rotation function fails"
	faultInterfere    = "rotation interfered with"
)

var faultKinds = []string{
	faultBefore, faultLost, faultRead, faultOvertaken, faultOtherPurger, faultPaused, faultSlow, faultCancelBefore,
	faultCancelAfter, faultCrashBefore, faultCrashAfter, faultRandom, faultFull, faultReadOnly, faultOut, faultAgain,
	faultRetry, faultLate, faultRestart, faultIdle, faultStep, faultLeap, faultBack, faultCorrect, faultBootPast,
	faultReboot, faultStall, faultDrift, faultClone, faultServer, faultClock, faultBackup, faultRestored,
	faultConfirmed, faultWithdrawn, faultFunction, faultInterfere,
}

var (
	errSimulated = errors.New("the store fails")
	errCrashed   = errors.New("the process has crashed")
	errRandom    = errors.New("the random source fails")
)

// storeState is how well the store is for a while.
type storeState struct {
	kind  string // faultFull, faultReadOnly or faultOut; "" is well
	until time.Time
}

// actor is who calls the store: a call of a client, or a purger at work.
type actor struct {
	cancel  context.CancelFunc
	crashed bool
	faulted bool // whether anything went wrong
}

// oneInCalls is how many calls of the store there are to a fault.
const oneInCalls = 12

// decide says what goes wrong with a call of the store.
func (s *simulation) decide(c storetest.Call) storetest.Fault {
	a := s.actor
	if a == nil {
		return storetest.Fault{}
	}
	save := saves(c)
	if a.crashed {
		return storetest.Fault{Err: errCrashed}
	}
	if s.refuses(c) {
		s.hit(s.storeState.kind)
		return storetest.Fault{Err: errSimulated}
	}
	if s.nested {
		return storetest.Fault{}
	}
	note := c.Method == storetest.Note || c.Method == storetest.SwapNote
	if note && s.random.IntN(oneInCalls) == 0 {
		// Between what a process read and the beat it makes of that, any time can pass.
		return s.fault(a, faultPaused, c)
	}
	if s.random.IntN(oneInCalls) > 0 {
		return storetest.Fault{}
	}
	kinds := []string{
		faultRead, faultPaused, faultSlow, faultClock, faultCancelBefore, faultCancelAfter, faultCrashBefore,
		faultCrashAfter,
	}
	if save {
		kinds = []string{
			faultBefore,
			faultLost,
			faultOvertaken,
			faultOtherPurger,
			faultPaused,
			faultSlow,
			faultClock,
			faultCancelBefore,
			faultCancelAfter,
			faultCrashBefore,
			faultCrashAfter,
		}
	}
	return s.fault(a, kinds[s.random.IntN(len(kinds))], c)
}

// saves reports whether a call of the store writes.
func saves(c storetest.Call) bool {
	return c.Method == storetest.Commit || c.Method == storetest.Claim || c.Method == storetest.SwapNote
}

// refuses reports whether the store does not do such calls at present.
func (s *simulation) refuses(c storetest.Call) bool {
	switch s.storeState.kind {
	case faultOut:
		return true
	case faultReadOnly:
		return saves(c)
	case faultFull: // what writes a value finds no room
		return slices.ContainsFunc(c.Changes, func(c secretlife.Change) bool { return len(c.Values()) > 0 })
	}
	return false
}

// fault makes a fault of a kind for a call of an actor.
func (s *simulation) fault(a *actor, kind string, c storetest.Call) storetest.Fault {
	s.hit(kind)
	crash := func() { a.crashed = true }
	switch kind {
	case faultBefore, faultRead:
		return storetest.Fault{Err: errSimulated}
	case faultLost:
		return storetest.Fault{Lost: errSimulated}
	case faultOvertaken:
		return storetest.Fault{Before: func() { s.inBetween(func() { s.changeMeanwhile(c) }) }}
	case faultOtherPurger:
		return storetest.Fault{Before: func() { s.inBetween(func() { s.otherPurger() }) }}
	case faultPaused:
		return storetest.Fault{Before: func() { s.inBetween(func() { s.whilePaused(c) }) }}
	case faultSlow:
		return storetest.Fault{Before: func() { s.pass(time.Duration(1 + s.random.Int64N(int64(time.Hour)))) }}
	case faultClock:
		n := s.acting
		return storetest.Fault{Before: func() { draw(s, wallIncidents)(s, n) }}
	case faultCancelBefore:
		return storetest.Fault{Before: a.cancel}
	case faultCancelAfter:
		return storetest.Fault{After: a.cancel}
	case faultCrashBefore:
		return storetest.Fault{Before: crash, Err: errCrashed}
	}
	return storetest.Fault{Lost: errCrashed, After: crash} // faultCrashAfter
}

// hit counts a fault, which is the present actor's.
func (s *simulation) hit(kind string) {
	s.report.Faults[kind]++
	if s.actor != nil {
		s.actor.faulted = true
	}
}

// inBetween lets others act in the middle of a call of the store. Nothing goes
// wrong for them but what lasts.
func (s *simulation) inBetween(act func()) {
	s.nested = true
	outer, acting, began := s.actor, s.acting, s.began
	s.actor, s.began = &actor{cancel: func() {}}, s.truth
	act()
	s.actor, s.acting, s.began, s.nested = outer, acting, began, false
}

// Read is the random source of the library in the simulation: it fails now and
// then, and gives the same bytes for the same seed.
func (s *simulation) Read(b []byte) (int, error) {
	if s.actor != nil && !s.nested && s.random.IntN(60) == 0 {
		s.hit(faultRandom)
		return 0, errRandom
	}
	return s.bytes.Read(b)
}
