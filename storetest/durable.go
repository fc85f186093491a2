package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
)

// durableClauses are about what outlives a process. They need [Options.Reopen].
var durableClauses = []clause{
	{
		"keeps secrets, values and events",
		"What a Commit that returned nil has written is there when the store is opened again: secrets with all they " +
			"have, their values, and their events with their numbers.",
		withReopen(func(c *check) {
			a, b := c.create("a"), c.create("b")
			first := current(a)
			a = c.do(a.PutValue(atStart, c.versionID(), secretlife.SecretBinary([]byte("\x00second")), nil))
			b = c.do(b.Delete(atStart, window(7), time.Minute))
			look := func() string {
				return c.seen(a, first) + c.seen(a, current(a)) + c.seen(b, current(b)) +
					list(c.allEvents(), func(e secretlife.Event) string { return string(valid(json.Marshal(e))) })
			}
			c.outlives(look)
			c.outlives(look) // once more, without a change
			c.do(b.Restore(atStart))
			c.outlives(look)
		}),
	},
	{
		"keeps lists, counts and what is due",
		"When a store is opened again, List, Count and Due find everything that was there.",
		withReopen(func(c *check) {
			c.create("a")
			c.dueAt(key("b"), start)
			c.do(c.create("c").Delete(atStart, window(7), 0))
			c.outlives(func() string {
				var out string
				for _, q := range orders() {
					page, err := c.List(c.ctx, c.home(q))
					c.noError(err, "List")
					out += describe(q) + namesOf(page) + "\n"
				}
				due := c.due(start.AddDate(1, 0, 0), secretlife.Due{}, 10)
				out += "due" + list(due, func(d secretlife.Due) string { return d.Key.Name.String() + " " + d.At.String() })
				count, err := c.Count(c.ctx, key("a").Account, key("a").Region)
				return out + fmt.Sprintln("\ncount", count, err)
			})
		}),
	},
	{
		"leaves gone what is gone",
		"What was purged is gone when the store is opened again, and what was refused is not there.",
		withReopen(func(c *check) {
			purged, s := c.create("purged"), c.create("kept")
			late := valid(s.PutValue(atStart, c.versionID(), secretlife.SecretString("late"), nil))
			c.do(s.Update(atStart, secretlife.Update{}))
			_, _ = c.Commit(c.ctx, secretlife.BatchOf(late)) // which is refused
			c.purge(purged)
			c.create("last")
			c.outlives(func() string { return c.seen(purged, current(purged)) + c.seen(s, late.Values()[0].ID) })
			c.create("purged")
			c.outlives(func() string { return c.seen(purged, current(purged)) })
		}),
	},
	{
		"keeps what was claimed",
		"What a Claim that returned nil has written is there when the store is opened again, and what it purged is gone.",
		withReopen(withClaim(func(c *check) {
			s := c.dueAt(key("due"), start)
			c.claim(10, valid(s.Purge(atStart)))
			c.create("last")
			c.outlives(func() string {
				return c.seen(s, current(s)) +
					list(c.allEvents(), func(e secretlife.Event) string { return string(valid(json.Marshal(e))) })
			})
		})),
	},
	{
		"goes on with the numbers of events",
		"A store that is opened again goes on with the sequence numbers of events, without gaps.",
		withReopen(func(c *check) {
			s := c.create("a")
			for range 3 {
				c.Store = c.reopen(c.Store)
				before := c.allEvents()
				s = c.do(s.Update(atStart, secretlife.Update{}))
				after := c.allEvents()
				if len(after) != len(before)+1 || len(before) == 0 {
					c.failf("the store had %d events when it was opened again, and %d after one more", len(before), len(after))
				}
				if last, next := before[len(before)-1].Seq(), after[len(after)-1].Seq(); next != last+1 {
					c.failf("the number after %d is %d in the store that was opened again", last, next)
				}
			}
		}),
	},
	{
		"keeps what many were told",
		"Of commits at the same time, some of which end with their contexts, everything that was acknowledged is there " +
			"when the store is opened again.",
		withReopen(func(c *check) {
			var mu sync.Mutex
			var told []secretlife.Secret
			made := make([][]secretlife.Change, contenders)
			for me := range made {
				for i := range 10 {
					made[me] = append(made[me], c.newSecret(key(fmt.Sprintf("many-%d-%d", me, i)), start))
				}
			}
			ctx, cancel := context.WithCancel(c.ctx)
			defer cancel()
			c.together(func(me int) error {
				for i, ch := range made[me] {
					if i == 7 && me == 0 {
						cancel()
					}
					if _, err := c.Commit(ctx, secretlife.BatchOf(ch)); err != nil {
						return nil // it may be there, or not
					}
					s := ch.Next()
					mu.Lock()
					told = append(told, s)
					mu.Unlock()
				}
				return nil
			})
			c.Store = c.reopen(c.Store)
			for _, s := range told {
				c.stored(s)
				c.hasValue(s, current(s), valueOf(current(s)))
			}
		}),
	},
}

// outlives checks that what is seen of a store is the same when it is opened again.
func (c *check) outlives(look func() string) {
	c.Helper()
	before := look()
	c.Store = c.reopen(c.Store)
	if after := look(); after != before {
		c.failf("when it is opened again there is\n%s\ninstead of\n%s", after, before)
	}
}

// seen is what a store shows of a secret, if it is there, and of one of its versions.
func (c *check) seen(s secretlife.Secret, id secretlife.VersionID) string {
	c.Helper()
	st := c.states([]secretlife.Key{s.Key()})[0]
	v, err := c.Value(c.ctx, s.Key(), s.Incarnation(), id)
	if err != nil && !errors.Is(err, secretlife.ErrVersionNotFound) {
		c.noError(err, "Value")
	}
	return fmt.Sprintf("%s\nversion %s: %t %x %v\n", valid(json.Marshal(st)), id, v.IsBinary(), reveal(v), err)
}

func reveal(v secretlife.Value) string {
	if v.IsZero() {
		return ""
	}
	return v.Reveal()
}

// withReopen checks stores that can be opened again.
func withReopen(holds func(*check)) func(*check) {
	return func(c *check) {
		if c.reopen != nil {
			holds(c)
		}
	}
}
