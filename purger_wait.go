package secretlife

import (
	"time"

	"github.com/secretlife-go/secretlife/internal/tally"
)

// wallClock is what a Purger believes of its wall clock.
type wallClock struct {
	last     tally.Reading // the last one, with the Wall that was believed
	stepped  bool          // the clock is ahead of what can have passed
	stepping time.Duration // since then, as elapsed time
}

const (
	// clockStep is how far a wall clock may go ahead of elapsed time before that
	// counts as a step, and stepBelieved how long a step has to stand.
	clockStep    = 5 * time.Minute
	stepBelieved = time.Hour
)

// believe returns the time by which work is done that goes by date: the clock's, or
// what it would be without a step forward that has not stood for long.
func (w *wallClock) believe(now tally.Reading) time.Time {
	limit := w.last.Wall.Add(now.Elapsed - w.last.Elapsed + clockStep)
	switch {
	case w.last.Boot != now.Boot || !now.Wall.After(limit):
		w.stepped = false
	case !w.stepped:
		w.stepped, w.stepping = true, now.Elapsed
	case now.Elapsed-w.stepping >= stepBelieved:
		w.stepped = false
	}
	if w.stepped {
		now.Wall = instant(limit.Add(-clockStep))
	}
	w.last = now
	return now.Wall
}

// Waiting are secrets whose DeletionDate has come, and that are not purged, since
// their windows have not passed by the count of the [Tally].
type Waiting struct {
	Secrets int
	// Least is how much time has to be counted until the first of them is purged,
	// Counted is how much has been counted for it, of its Window.
	Least, Counted, Window time.Duration
}

func (w *Waiting) add(t Tally, s Secret) {
	if missing := t.Missing(s); w.Secrets == 0 || missing < w.Least {
		w.Least, w.Counted, w.Window = missing, t.Age(s), s.Deletion().Window()
	}
	w.Secrets++
}

// skipped is what [Purger.Run] passes by between two looks at everything that is
// due: secrets that wait, of which there can be many, change nothing as long as
// nothing was counted.
type skipped struct {
	after    Due // what is due up to here was looked at
	until    time.Duration
	boot     string
	credited time.Duration
}

// manyWaiting are so many that they are looked at every longLook only.
const (
	manyWaiting = 1000
	longLook    = 15 * time.Minute
)

// from returns where to begin.
func (k *skipped) from(at At, now tally.Reading) Due {
	if k == nil || k.boot != now.Boot || now.Elapsed >= k.until || at.Tally.t.Credited() != k.credited {
		return Due{}
	}
	return k.after
}

// note keeps what a look at everything found.
func (k *skipped) note(at At, now tally.Reading, w Waiting) {
	if k == nil {
		return
	}
	*k = skipped{}
	if w.Secrets == 0 {
		return
	}
	pause := beatInterval
	if w.Secrets >= manyWaiting {
		pause = longLook
	}
	*k = skipped{Due{at.Time, lastKey}, now.Elapsed + max(w.Least, pause), now.Boot, at.Tally.t.Credited()}
}
