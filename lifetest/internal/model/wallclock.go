package model

// WallClock is what a purger believes of the wall clock. Its instants and elapsed times
// are milliseconds. A step forward of more than five minutes is believed after it has
// stood for an hour.
type WallClock struct {
	started  bool
	wall     int64 // the last one that was believed
	elapsed  int64 // then
	stepped  bool
	stepping int64 // when the step was first seen
}

// Believe returns the time that a purger goes by.
func (c *WallClock) Believe(wall, elapsed int64) int64 {
	expected := c.wall + elapsed - c.elapsed
	switch {
	case !c.started || wall <= expected+5*60*1000:
		c.stepped = false
	case !c.stepped:
		c.stepped, c.stepping = true, elapsed
	case elapsed-c.stepping >= hour:
		c.stepped = false
	}
	if c.stepped {
		wall = expected
	}
	c.started, c.wall, c.elapsed = true, wall, elapsed
	return wall
}

// Stepped reports whether the purger goes by another time than the wall clock's.
func (c *WallClock) Stepped() bool { return c.stepped }

// Trust makes the purger go by the wall clock.
func (c *WallClock) Trust(wall, elapsed int64) {
	*c = WallClock{started: true, wall: wall, elapsed: elapsed}
}
