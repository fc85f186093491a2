package storetest

import (
	"context"
	"errors"
	"slices"

	"github.com/secretlife-go/secretlife"
)

var laterClauses = []clause{
	{
		"is seen by all methods",
		"All methods that are called after CommitLater returned see its change.",
		withLater(func(c *check) {
			s := c.create("read")
			c.later(s.Key(), read)
			s = read(s).Next()
			c.stored(s)
			c.later(s.Key(), touch)
			s = touch(s).Next()
			c.listed(c.home(secretlife.ListQuery{Order: secretlife.OrderByLastChangedDate, Limit: 10}), "read")
			page, err := c.List(c.ctx, c.home(secretlife.ListQuery{Limit: 10}))
			c.noError(err, "List")
			c.same(s, page[0])
			events := len(c.allEvents())
			c.later(s.Key(), touch)
			s = touch(s).Next()
			if n := len(c.allEvents()) - events; n != 1 {
				c.failf("Events shows %d events of the change, not one", n)
			}
			c.later(s.Key(), touch)
			c.do(touch(s).Next().Delete(atStart, window(7), 0))
			due := c.create("due")
			c.later(due.Key(), func(s secretlife.Secret) secretlife.Change { return valid(s.Delete(atStart, force(), 0)) })
			c.dueIs(start, secretlife.Due{}, 10, valid(due.Delete(atStart, force(), 0)).Next())
		}),
	},
	{
		"decides at what is there",
		"decide gets the secret at the key as it is when the change is written.",
		withLater(func(c *check) {
			s := c.create("read")
			for range 5 {
				var got secretlife.Secret
				c.written(c.later(s.Key(), func(present secretlife.Secret) secretlife.Change {
					got = present
					return read(present)
				}), read(s))
				c.same(s, got)
				if ch := read(s); !ch.IsZero() {
					s = ch.Next()
				}
				s = c.do(s.Update(atStart, secretlife.Update{}))
			}
		}),
	},
	{
		"tells its outcome",
		"The Outcome of a change arrives when it is written, with the number of its first event.",
		withLater(func(c *check) {
			a, b := c.create("a"), c.create("b")
			first, second := c.later(a.Key(), read), c.later(b.Key(), read)
			c.written(first, read(a))
			c.written(second, read(b))
		}),
	},
	{
		"writes nothing where nothing is decided",
		"For the zero Change nothing is written.",
		withLater(func(c *check) {
			s := c.create("a")
			nothing := func(secretlife.Secret) secretlife.Change { return secretlife.Change{} }
			c.untouched(func() { c.written(c.later(s.Key(), nothing), secretlife.Change{}) }, s.Key())
		}),
	},
	{
		"does not ask where there is no secret",
		"Where there is no secret decide is not called.",
		withLater(func(c *check) {
			asked := false
			c.later(key("nothing"), func(secretlife.Secret) secretlife.Change {
				asked = true
				return secretlife.Change{}
			})
			if c.allEvents(); asked {
				c.failf("decide was called")
			}
		}),
	},
	{
		"refuses other changes",
		"A change of another secret or of another state, and one with values, is not written, and its Outcome says so.",
		withLater(func(c *check) {
			s, other := c.create("a"), c.create("other")
			old := valid(s.Update(atStart, secretlife.Update{}))
			s = c.do(s.Update(atStart, secretlife.Update{}))
			value := valid(s.PutValue(atStart, c.versionID(), secretlife.SecretString("v"), nil))
			for _, ch := range []secretlife.Change{old, valid(other.Update(atStart, secretlife.Update{})), value} {
				c.untouched(func() {
					out := c.later(s.Key(), func(secretlife.Secret) secretlife.Change { return ch })
					c.allEvents() // so that the store does not let it wait
					if o := <-out; o.Err == nil {
						c.failf("such a change has the Outcome of one that was written")
					}
				}, s.Key(), other.Key())
			}
		}),
	},
	{
		"honours a done context",
		"A context that is done before CommitLater begins ends it with the context's error.",
		withLater(func(c *check) {
			s := c.create("a")
			ctx, cancel := context.WithCancel(c.ctx)
			cancel()
			c.untouched(func() {
				if _, err := c.CommitLater(ctx, s.Key(), read); !errors.Is(err, context.Canceled) {
					c.failf("with a canceled context CommitLater returned %v", err)
				}
			}, s.Key())
		}),
	},
	{
		"is durable with its outcome",
		"A change whose Outcome arrived is there when the store is opened again.",
		withReopen(withLater(func(c *check) {
			s := c.create("a")
			events := c.allEvents()
			c.written(c.later(s.Key(), read), read(s))
			c.Store = c.reopen(c.Store)
			c.stored(read(s).Next())
			c.sameEvents(slices.Concat(events, read(s).Events()), c.allEvents())
		})),
	},
}

// withLater checks stores that have CommitLater; others have no need to.
func withLater(holds func(*check)) func(*check) {
	return func(c *check) {
		if has(c.Store, CommitLater) {
			holds(c)
		}
	}
}

// read is what is decided when a value is read, the zero Change where the day is noted.
func read(s secretlife.Secret) secretlife.Change { return valid(s.Read(atStart, current(s))) }

// touch is a change that can be made again and again.
func touch(s secretlife.Secret) secretlife.Change {
	return valid(s.Update(atStart, secretlife.Update{}))
}

// later has a change committed later.
func (c *check) later(
	k secretlife.Key, decide func(secretlife.Secret) secretlife.Change,
) <-chan secretlife.Outcome {
	c.Helper()
	out, err := c.CommitLater(c.ctx, k, decide)
	c.noError(err, "CommitLater")
	return out
}

// written waits until a change is written, and checks the number of its first event.
func (c *check) written(out <-chan secretlife.Outcome, want secretlife.Change) {
	c.Helper()
	c.allEvents() // so that the store does not let it wait
	o := <-out
	c.noError(o.Err, "a change that was to be committed later")
	switch {
	case !want.IsZero():
		c.isReceipt(o.Receipt, want)
	case o.Receipt != secretlife.Receipt{}:
		c.failf("the receipt of a change that is zero has a number")
	}
}
