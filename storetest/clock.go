package storetest

import (
	"time"

	"github.com/secretlife-go/secretlife"
)

var clockClauses = []clause{
	{
		"begins without a mark",
		"ClockMark returns the zero Time as long as no instant was kept.",
		withKeeper(func(c *check, keeper secretlife.ClockKeeper) {
			c.markIs(keeper, time.Time{})
		}),
	},
	{
		"keeps the mark",
		"ClockMark returns the instant that was kept, to the millisecond.",
		withKeeper(func(c *check, keeper secretlife.ClockKeeper) {
			for _, at := range []time.Time{start, start.Add(time.Millisecond), start.AddDate(1000, 0, 0)} {
				c.noError(keeper.SetClockMark(c.ctx, at), "SetClockMark")
				c.markIs(keeper, at)
			}
		}),
	},
	{
		"does not go back",
		"SetClockMark with an instant before the kept one changes nothing.",
		withKeeper(func(c *check, keeper secretlife.ClockKeeper) {
			c.noError(keeper.SetClockMark(c.ctx, start), "SetClockMark")
			for _, back := range []time.Duration{time.Millisecond, oneDay} {
				c.noError(keeper.SetClockMark(c.ctx, start.Add(-back)), "SetClockMark with an instant before the kept one")
				c.markIs(keeper, start)
			}
			c.noError(keeper.SetClockMark(c.ctx, start.Add(time.Second)), "SetClockMark")
			c.markIs(keeper, start.Add(time.Second))
		}),
	},
	{
		"is apart from the secrets",
		"The mark and the secrets leave each other alone.",
		withKeeper(func(c *check, keeper secretlife.ClockKeeper) {
			s := c.create("here")
			c.noError(keeper.SetClockMark(c.ctx, start), "SetClockMark")
			c.stored(s)
			c.purge(s)
			c.markIs(keeper, start)
			c.allEvents()
		}),
	},
}

// withKeeper checks stores that keep the clock's mark; others have no need to.
func withKeeper(holds func(*check, secretlife.ClockKeeper)) func(*check) {
	return func(c *check) {
		if keeper, ok := c.Store.(secretlife.ClockKeeper); ok {
			holds(c, keeper)
		}
	}
}

func (c *check) markIs(keeper secretlife.ClockKeeper, want time.Time) {
	c.Helper()
	got, err := keeper.ClockMark(c.ctx)
	c.noError(err, "ClockMark")
	if !got.Equal(want) || got.IsZero() != want.IsZero() {
		c.failf("ClockMark returned %s where %s was kept", got, want)
	}
}
