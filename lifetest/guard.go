package lifetest

import "time"

// guard is the model of a purger's clock guard: it goes on with the wall, but
// no faster than time passes (give or take a thousandth), and agrees with the
// wall as long as that is not over five minutes ahead.
type guard struct {
	at      time.Time
	elapsed time.Duration
}

func (g *guard) observe(wall time.Time, elapsed time.Duration) (now time.Time, agrees bool) {
	passed := elapsed - g.elapsed
	g.elapsed = elapsed
	reach := g.at.Add(passed + passed/1000)
	if wall.Before(reach) {
		reach = wall
	}
	if reach.After(g.at) {
		g.at = reach
	}
	now = g.at
	if wall.Before(now) {
		now = wall
	}
	return now, wall.Sub(g.at) <= 5*time.Minute
}
