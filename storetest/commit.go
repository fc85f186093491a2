package storetest

import (
	"time"

	"github.com/secretlife-go/secretlife"
)

var commitClauses = []clause{
	{
		"refuses a stale revision",
		"A change is written only onto the revision it was decided at; otherwise Commit returns ErrConflict and writes " +
			"nothing.",
		func(c *check) {
			s := c.create("stale")
			next := c.do(s.Update(atStart, secretlife.Update{}))
			for _, ch := range []secretlife.Change{
				valid(s.Update(atStart, secretlife.Update{})),
				valid(s.PutValue(atStart, c.versionID(), secretlife.SecretString("late"), nil)),
				valid(s.Delete(atStart, window(7), 0)),
			} {
				c.untouched(func() { c.refused(secretlife.ErrConflict, "a change of a revision that is past", ch) }, s.Key())
			}
			c.stored(next)
		},
	},
	{
		"refuses a revision to come",
		"A change that was decided at a revision the store does not have yet is refused with ErrConflict.",
		func(c *check) {
			s := c.create("early")
			first := valid(s.Update(atStart, secretlife.Update{}))
			between := first.Next()
			second := valid(between.Update(atStart, secretlife.Update{}))
			c.untouched(func() { c.refused(secretlife.ErrConflict, "a change of a revision to come", second) }, s.Key())
			c.commit(first)
			c.commit(second)
		},
	},
	{
		"refuses another incarnation at the same revision",
		"A change is written only onto the incarnation it was decided at: a late change can't touch the next secret of " +
			"that name.",
		func(c *check) {
			first := c.create("again")
			late := valid(first.Update(atStart, secretlife.Update{}))
			at := c.purge(first)
			second := c.do(c.newSecret(first.Key(), at), nil)
			c.untouched(func() { c.refused(secretlife.ErrConflict, "a change of the incarnation before", late) }, first.Key())
			c.stored(second)
			c.hasValue(second, current(second), valueOf(current(second)))
		},
	},
	{
		"refuses a late purge of another incarnation",
		"A purge that was decided at one incarnation never ends another one.",
		func(c *check) {
			first := c.create("again")
			deleted := c.do(first.Delete(atStart, force(), 0))
			late := valid(deleted.Purge(secretlife.Exactly(start.Add(time.Second))))
			c.commit(late)
			second := c.do(c.do(c.newSecret(first.Key(), start), nil).Delete(atStart, window(7), 0))
			c.untouched(func() { c.refused(secretlife.ErrConflict, "a purge of the incarnation before", late) }, first.Key())
			c.stored(second)
		},
	},
	{
		"refuses a creation where a secret is",
		"A change decided where there was no secret is refused with ErrConflict where there is one.",
		func(c *check) {
			s := c.create("taken")
			c.untouched(func() { c.refused(secretlife.ErrConflict, "a second creation", c.newSecret(s.Key(), start)) }, s.Key())
			s = c.do(s.Delete(atStart, window(7), 0))
			c.untouched(func() {
				c.refused(secretlife.ErrConflict, "a creation over a scheduled secret", c.newSecret(s.Key(), start))
			}, s.Key())
			c.stored(s)
		},
	},
	{
		"refuses a change of a secret that is gone",
		"A change of a secret that is no longer there is refused with ErrConflict.",
		func(c *check) {
			s := c.create("gone")
			late := valid(s.Update(atStart, secretlife.Update{}))
			c.purge(s)
			c.untouched(func() { c.refused(secretlife.ErrConflict, "a change of a purged secret", late) }, s.Key())
			c.absent(s.Key())
		},
	},
	{
		"frees the key with a purge",
		"After a change without a next state the key is free, and nothing of the secret is left but its events.",
		func(c *check) {
			s := c.create("freed")
			events := len(c.allEvents())
			at := c.purge(s)
			c.absent(s.Key())
			if n := len(c.allEvents()); n < events+2 {
				c.failf("of %d events before the purge and those of the purge, %d are left", events, n)
			}
			again := c.do(c.newSecret(s.Key(), at), nil)
			c.stored(again)
		},
	},
	{
		"writes several changes",
		"Several changes are written together.",
		func(c *check) {
			a, b := c.create("a"), c.do(c.create("b").Delete(atStart, force(), 0))
			changeA := valid(a.PutValue(atStart, c.versionID(), secretlife.SecretString("second"), nil))
			made := c.newSecret(key("c"), start)
			c.commit(changeA, valid(b.Purge(atStart)), made)
			next := changeA.Next()
			c.stored(next)
			c.hasValue(next, current(next), secretlife.SecretString("second"))
			c.absent(b.Key())
			created := made.Next()
			c.stored(created)
			c.hasValue(created, current(created), valueOf(current(created)))
		},
	},
	{
		"writes all of several changes or none",
		"Where one of several changes is refused, none is written: no state, no value, no event, nothing listed or due.",
		func(c *check) {
			a, b := c.create("a"), c.create("b")
			stale := valid(b.Update(atStart, secretlife.Update{}))
			b = c.do(b.Update(atStart, secretlife.Update{}))
			id := c.versionID()
			good := []secretlife.Change{
				valid(a.PutValue(atStart, id, secretlife.SecretString("never"), nil)),
				valid(a.Delete(atStart, force(), 0)),
			}
			for _, g := range good {
				made := c.newSecret(key("c"), start)
				for _, changes := range [][]secretlife.Change{{g, stale}, {stale, g}, {made, stale}, {made, g, stale},
					{stale, made}} {
					c.untouched(func() { c.refused(secretlife.ErrConflict, "changes of which one is stale", changes...) }, a.Key(),
						b.Key(), key("c"))
				}
			}
			c.hasNoValue(a.Key(), a.Incarnation(), id, "a version that was never written")
			c.listed(secretlife.ListQuery{Limit: 10}, "a", "b")
			if due := c.due(start.Add(oneDay), secretlife.Due{}, 10); len(due) > 0 {
				c.failf("a secret is due whose deletion was refused")
			}
		},
	},
	{
		"refuses no change",
		"A Commit of no change at all is refused with ErrInvalidParameter.",
		func(c *check) { c.untouched(func() { c.refused(secretlife.ErrInvalidParameter, "no change") }) },
	},
	{
		"refuses a zero change",
		"A zero Change is refused with ErrInvalidParameter, and so is what comes with it.",
		func(c *check) {
			s := c.create("here")
			good := valid(s.Update(atStart, secretlife.Update{}))
			for _, changes := range [][]secretlife.Change{{{}}, {good, {}}, {{}, good}} {
				c.untouched(func() { c.refused(secretlife.ErrInvalidParameter, "a zero Change", changes...) }, s.Key())
			}
		},
	},
	{
		"refuses a repeated key",
		"Two changes of one key in a Commit are refused with ErrInvalidParameter.",
		func(c *check) {
			s, other := c.create("here"), c.create("other")
			first := valid(s.Update(atStart, secretlife.Update{}))
			next := first.Next()
			second := valid(next.Update(atStart, secretlife.Update{}))
			between := valid(other.Update(atStart, secretlife.Update{}))
			for _, changes := range [][]secretlife.Change{{first, first}, {first, second}, {first, between, second}} {
				c.untouched(func() { c.refused(secretlife.ErrInvalidParameter, "two changes of one key", changes...) }, s.Key(),
					other.Key())
			}
			c.commit(first, between)
		},
	},
}
