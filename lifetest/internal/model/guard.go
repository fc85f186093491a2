package model

import (
	"time"
)

// Guard is the model of a purger's clock guard: it goes on with the wall, but
// no faster than time passes (give or take a thousandth), and agrees with the
// wall as long as that is not over five minutes ahead.
type Guard struct {
	At      time.Time
	Elapsed time.Duration
}

// Observe returns the time to go by, and whether the guard agrees with the wall clock.
func (g *Guard) Observe(wall time.Time, elapsed time.Duration) (now time.Time, agrees bool) {
	passed := elapsed - g.Elapsed
	g.Elapsed = elapsed
	reach := g.At.Add(passed + passed/1000)
	if wall.Before(reach) {
		reach = wall
	}
	if reach.After(g.At) {
		g.At = reach
	}
	now = g.At
	if wall.Before(now) {
		now = wall
	}
	return now, wall.Sub(g.At) <= 5*time.Minute
}
