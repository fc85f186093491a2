package secretlife

import (
	"time"
)

// guard is the clock that irreversible work goes by: it never runs ahead of the
// time that can have passed. The wall clock says what time it is; the elapsed
// time since the guard's start bounds how far it may move on. A wall clock that
// went forward by more is not followed, and the guard reports a jump.
type guard struct {
	started bool
	at      time.Time     // how far the guard has come
	elapsed time.Duration // at that moment
}

const (
	// drift is how much faster than the elapsed time a wall clock may run: one
	// part in a thousand, far more than any quartz.
	driftShare = 1000
	// jumpTolerance is how far the wall may be ahead of the guard before that
	// counts as a jump.
	jumpTolerance = 5 * time.Minute
	// restartTrust is how much time a restart may have taken without anybody
	// else vouching for it.
	restartTrust = 24 * time.Hour
)

// elapsedClock is a clock that counts passing time apart from the wall.
type elapsedClock interface{ Elapsed() time.Duration }

// start begins at the wall clock, or, where a mark was kept, at most
// restartTrust after it.
func (g *guard) start(wall time.Time, elapsed time.Duration, mark time.Time) {
	g.started, g.at, g.elapsed = true, wall, elapsed
	if !mark.IsZero() && wall.Sub(mark) > restartTrust {
		g.at = mark.Add(restartTrust)
	}
}

// observe moves the guard on to the wall clock, as far as the elapsed time
// allows, and reports whether the two agree. It never goes back: a wall clock
// behind the guard only makes it wait.
func (g *guard) observe(wall time.Time, elapsed time.Duration) bool {
	passed := elapsed - g.elapsed
	g.elapsed = elapsed
	limit := g.at.Add(passed + passed/driftShare)
	switch {
	case wall.Before(g.at):
	case wall.Before(limit):
		g.at = wall
	default:
		g.at = limit
	}
	return wall.Sub(g.at) <= jumpTolerance
}

// now is the instant work may be done for: never ahead of the wall, so that
// what can be restored can't be purged.
func (g *guard) now(wall time.Time) time.Time {
	if wall.Before(g.at) {
		return wall
	}
	return g.at
}

// trust takes the wall clock's word.
func (g *guard) trust(wall time.Time, elapsed time.Duration) {
	g.at, g.elapsed = wall, elapsed
}
