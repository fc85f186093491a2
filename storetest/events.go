package storetest

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

var eventClauses = []clause{
	{
		"are taken over from another store",
		"A change that has events only (ImportEvents) appends them, of whichever secrets they tell, where there is no " +
			"secret at its key; a secret is taken over (ImportSecret) as it was.",
		func(c *check) {
			a, b := c.newSecret(key("a"), start), c.newSecret(keyIn("223456789012", "eu-west-1", "b"), start)
			first := a.Next()
			put := valid(first.PutValue(atStart, c.versionID(), secretlife.SecretBinary([]byte("v")), nil))
			s := put.Next()
			events := slices.Concat(a.Events(), b.Events(), put.Events())
			c.commit(valid(secretlife.ImportEvents(events)))
			c.absent(a.Key())
			c.absent(b.Key())
			values := append(slices.Clone(a.Values()), put.Values()...)
			c.commit(valid(secretlife.ImportSecret(secretlife.At{}, s, values)))
			c.stored(s)
			for _, v := range values {
				c.hasValue(s, v.ID, v.Value)
			}
			c.untouched(func() {
				c.refused(secretlife.ErrConflict, "an import over a secret",
					valid(secretlife.ImportSecret(secretlife.At{}, s, values)))
				c.refused(secretlife.ErrConflict, "an import of events where a secret is", valid(secretlife.ImportEvents(events)))
			}, s.Key())
			c.sameEvents(events, c.allEvents())
		},
	},
	{
		"are of no secret, too",
		"An event of an operator is about no secret: its key has an account and a Region, and no name. It is appended " +
			"like any other.",
		func(c *check) {
			var confirmed secretlife.Event
			c.noError(json.Unmarshal([]byte(operatorEvent), &confirmed), "reading an event of an operator")
			c.commit(valid(secretlife.ImportEvents([]secretlife.Event{confirmed})))
			s := c.newSecret(key("a"), start)
			c.commit(s)
			c.commit(valid(secretlife.ImportEvents([]secretlife.Event{confirmed})))
			c.absent(confirmed.Key())
			c.sameEvents(append([]secretlife.Event{confirmed}, append(s.Events(), confirmed)...), c.allEvents())
		},
	},
	{
		"are numbered from 1 without gaps",
		"Events get sequence numbers from 1 on, without gaps and none twice, in the order of the commits.",
		func(c *check) {
			s := c.create("a")
			for range 30 {
				s = c.do(s.Delete(atStart, window(7), 0))
				c.refused(secretlife.ErrConflict, "a second creation", c.newSecret(s.Key(), start))
				s = c.do(s.Restore(atStart))
			}
			c.purge(s)
			c.numberedEvents()
		},
	},
	{
		"are all kept, in the order of the changes",
		"Every event of every change is kept, as it was and in order.",
		func(c *check) {
			var want []secretlife.Event
			write := func(changes ...secretlife.Change) {
				for _, ch := range changes {
					want = append(want, ch.Events()...)
				}
				c.commit(changes...)
			}
			a, b := c.newSecret(key("a"), start), c.newSecret(keyIn("223456789012", "eu-west-1", "b"), start)
			write(a, b)
			first := a.Next()
			second := b.Next()
			del, put := valid(first.Delete(atStart, window(9), 0)),
				valid(second.PutValue(atStart, c.versionID(), secretlife.SecretString("v"), nil))
			write(put, del)
			first = del.Next()
			forced := valid(first.Delete(atStart, force(), 0))
			write(forced)
			first = forced.Next()
			write(valid(first.Purge(secretlife.Exactly(start.Add(time.Second)))), c.newSecret(key("c"), start))
			c.sameEvents(want, c.allEvents())
		},
	},
	{
		"come back in pages",
		"Events returns up to limit events with a number above after.",
		func(c *check) {
			s := c.create("a")
			for range 5 {
				s = c.do(s.Delete(atStart, window(7), 0))
				s = c.do(s.Restore(atStart))
			}
			all := c.allEvents()
			n := len(all)
			for _, limit := range []int{1, 2, 3, n - 1, n, n + 1} {
				for i := range n + 2 {
					after := all[min(i, n-1)].Seq() - 1
					if i >= n {
						after = all[n-1].Seq() + uint64(i-n)
					}
					got, err := c.Events(c.ctx, after, limit)
					c.noError(err, "Events")
					rest := all[min(i, n):]
					c.sameEvents(rest[:min(limit, len(rest))], got)
				}
			}
		},
	},
	{
		"outlive the secret",
		"Events stay after the secret they tell of is purged, and after its name is used again.",
		func(c *check) {
			s := c.create("a")
			before := c.allEvents()
			at := c.purge(s)
			c.do(c.newSecret(s.Key(), at), nil)
			after := c.allEvents()
			c.sameEvents(before, after[:min(len(before), len(after))])
		},
	},
	{
		"are not saved by a refused commit",
		"A Commit that is refused leaves no event and uses up no number.",
		func(c *check) {
			s := c.create("a")
			late := valid(s.Delete(atStart, window(7), 0))
			s = c.do(s.Update(atStart, secretlife.Update{}))
			before := c.allEvents()
			c.refused(secretlife.ErrConflict, "a stale change", late)
			c.do(s.Update(atStart, secretlife.Update{}))
			after := c.allEvents()
			if got := len(after) - len(before); got != 1 {
				c.failf("a refused and an accepted Commit of one event each left %d events", got)
			}
			last, next := before[len(before)-1].Seq(), after[len(after)-1].Seq()
			if next != last+1 {
				c.failf("after a refused Commit the number after %d is %d", last, next)
			}
		},
	},
	{
		"are the caller's",
		"What Events returns is the caller's: changing it changes nothing in the store.",
		func(c *check) {
			c.create("a")
			before := c.allEvents()
			got, err := c.Events(c.ctx, 0, 10)
			c.noError(err, "Events")
			clear(got)
			c.sameEvents(before, c.allEvents())
		},
	},
}

// allEvents reads all events, whatever their numbers are.
func (c *check) allEvents() []secretlife.Event {
	c.Helper()
	const page = 1000
	var all []secretlife.Event
	var after uint64
	for {
		got, err := c.Events(c.ctx, after, page)
		c.noError(err, "Events")
		if len(got) > page {
			c.failf("Events returned %d events where the limit was %d", len(got), page)
		}
		all = append(all, got...)
		if len(got) < page {
			return all
		}
		last := got[page-1].Seq()
		if last <= after {
			c.failf("Events returned a page after number %d that ends at number %d", after, last)
		}
		after = last
	}
}

// numberedEvents reads all events, and checks that their numbers have no gaps.
func (c *check) numberedEvents() []secretlife.Event {
	c.Helper()
	all := c.allEvents()
	for i, e := range all {
		if want := uint64(i) + 1; e.Seq() != want {
			c.failf("an event has number %d where %d comes next", e.Seq(), want)
		}
	}
	return all
}

// sameEvents checks that events are as they were written; the number counts
// where the one written has one.
func (c *check) sameEvents(want, got []secretlife.Event) {
	c.Helper()
	if len(want) != len(got) {
		line := func(e secretlife.Event) string { return e.String() }
		c.failf("there are these events:%s\ninstead of:%s", list(got, line), list(want, line))
	}
	for i, w := range want {
		g := got[i]
		if w.Seq() == 0 {
			g = g.WithSeq(0)
		}
		if wrote, read := string(valid(json.Marshal(w))), string(valid(json.Marshal(g))); wrote != read {
			c.failf("an event came back as\n\t%s\nnot as it was written:\n\t%s", read, wrote)
		}
	}
}

const operatorEvent = `{"eventName": "ConfirmGap", "awsRegion": "us-east-1", "recipientAccountId": "123456789012",
	"userIdentity": {"userName": "ada"}, "requestParameters": {"gap": 3, "passed": "216h0m0s"},
	"secretlife": {"timeMillis": 1522777862000}}`
