package storetest

import (
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

var dueClauses = []clause{
	{
		"returns nothing early",
		"Due returns a secret from the instant on at which something is to be done, and not a moment before.",
		func(c *check) {
			s := c.do(c.create("due").Delete(atStart, window(7), 5*time.Millisecond))
			c.create("active")
			at, _, _ := s.NextDue()
			for _, early := range []time.Time{start, at.Add(-oneDay), at.Add(-time.Millisecond), at.Add(-time.Nanosecond)} {
				c.dueIs(early, secretlife.Due{}, 10)
			}
			for _, on := range []time.Time{at, at.Add(time.Nanosecond), at.Add(oneDay), at.AddDate(1000, 0, 0)} {
				c.dueIs(on, secretlife.Due{}, 10, s)
			}
		},
	},
	{
		"orders by instant",
		"Due returns secrets in the order of the instants at which they are due.",
		func(c *check) {
			var all []secretlife.Secret
			for i, name := range []string{"d", "b", "a", "e", "c"} {
				all = append(all, c.dueAt(key(name), start.Add(time.Duration(i*3%5)*time.Millisecond)))
			}
			c.dueIs(start.Add(time.Hour), secretlife.Due{}, 10, all...)
		},
	},
	{
		"orders by key where the instant is the same",
		"Due orders secrets that are due at one instant by account, Region and name.",
		func(c *check) {
			c.dueIs(start.Add(time.Hour), secretlife.Due{}, 100, c.ties()...)
		},
	},
	{
		"goes on after an entry",
		"Due begins after the entry it is told, and returns up to limit secrets: pages read in order give every secret once.",
		func(c *check) {
			all := append(c.ties(), c.dueAt(key("early"), start.Add(-time.Hour)), c.dueAt(key("late"), start.Add(time.Hour)))
			for limit := 1; limit <= len(all)+1; limit++ {
				var after secretlife.Due
				for range len(all) + 1 {
					page := c.dueIs(start.Add(time.Hour), after, limit, all...)
					if len(page) < limit {
						break
					}
					after = page[len(page)-1]
				}
			}
		},
	},
	{
		"goes on after an entry that is not there",
		"Due begins after the place it is told, whether or not a secret is due there.",
		func(c *check) {
			all := append(c.ties(), c.dueAt(key("early"), start.Add(-time.Hour)), c.dueAt(key("late"), start.Add(time.Hour)))
			for _, after := range []secretlife.Due{
				{At: start.Add(-2 * time.Hour), Key: key("zzz")},
				{At: start, Key: key("bb")},
				{At: start, Key: keyIn("999999999999", "us-east-2", "zzz")},
				{At: start.Add(time.Millisecond), Key: key("a")},
				{At: start.Add(2 * time.Hour), Key: key("a")},
			} {
				c.dueIs(start.Add(time.Hour), after, 100, all...)
			}
		},
	},
	{
		"follows the secret",
		"A secret is due when its present state says so: a deletion puts it there, force moves it, a restore or a purge " +
			"takes it away.",
		func(c *check) {
			far := start.AddDate(10, 0, 0)
			s := c.create("moving")
			c.dueIs(far, secretlife.Due{}, 10)
			s = c.do(s.Delete(atStart, window(30), 0))
			c.dueIs(far, secretlife.Due{}, 10, s)
			s = c.do(s.Restore(atStart))
			c.dueIs(far, secretlife.Due{}, 10)
			s = c.do(s.Delete(secretlife.Exactly(start.Add(time.Hour)), window(7), time.Minute))
			c.dueIs(far, secretlife.Due{}, 10, s)
			s = c.do(s.Delete(secretlife.Exactly(start.Add(2*time.Hour)), force(), 0))
			c.dueIs(start.Add(2*time.Hour), secretlife.Due{}, 10, s)
			c.do(s.Purge(secretlife.Exactly(start.Add(2 * time.Hour))))
			c.dueIs(far, secretlife.Due{}, 10)
			c.do(c.newSecret(s.Key(), start), nil)
			c.dueIs(far, secretlife.Due{}, 10)
		},
	},
	{
		"knows ageing and replication",
		"Due returns secrets for everything that is to be done in the background, not only for purges.",
		func(c *check) {
			aging := c.create("aging")
			for range 101 {
				aging = c.do(aging.PutValue(atStart, c.versionID(), secretlife.SecretString("v"), nil))
			}
			primary := c.create("primary")
			region := valid(secretlife.ParseRegion("eu-west-1"))
			targets := []secretlife.Replica{{Region: region}}
			primary = c.do(primary.AddReplicas(secretlife.Exactly(start.Add(time.Hour)), targets, false))
			c.dueIs(start.Add(2*time.Hour), secretlife.Due{}, 10, primary)
			c.dueIs(start.Add(2*oneDay), secretlife.Due{}, 10, aging, primary)
			marked := c.do(aging.Age(secretlife.Exactly(start.Add(2 * oneDay))))
			c.do(marked.Age(secretlife.Exactly(start.Add(3 * oneDay))))
			alone, err := primary.RemoveReplicas(secretlife.Exactly(start.Add(2*time.Hour)), []secretlife.Region{region},
				map[secretlife.Region]secretlife.Secret{region: {}}, 0)
			c.do(alone[0], err)
			c.dueIs(start.AddDate(1, 0, 0), secretlife.Due{}, 10)
		},
	},
	{
		"follows holds",
		"A secret that a hold without an end keeps is not due, whatever its dates say; it is due again when the hold is " +
			"released. One whose holds end is due when they have.",
		func(c *check) {
			far := start.AddDate(10, 0, 0)
			s := c.do(c.create("held").Delete(atStart, window(7), 0))
			other := c.do(c.create("other").Delete(atStart, window(8), 0))
			s = c.do(s.PlaceHold(atStart, secretlife.Hold{Name: "legal"}, false))
			c.dueIs(far, secretlife.Due{}, 10, other)
			s = c.do(s.ReleaseHold(atStart, "legal", false, 0))
			c.dueIs(far, secretlife.Due{}, 10, s, other)
			s = c.do(s.PlaceHold(atStart, secretlife.Hold{Name: "audit", Until: start.Add(20 * oneDay)}, false))
			c.dueIs(start.Add(10*oneDay), secretlife.Due{}, 10, other)
			c.dueIs(far, secretlife.Due{}, 10, other, s)
			c.do(s.Purge(secretlife.Exactly(start.Add(20 * oneDay))))
			c.dueIs(far, secretlife.Due{}, 10, other)
		},
	},
	{
		"knows instants far away",
		"Instants are kept to the millisecond however far they are away.",
		func(c *check) {
			old := c.dueAt(key("old"), time.Date(1902, 3, 4, 5, 6, 7, 89_000_000, time.UTC))
			late := c.dueAt(key("late"), time.Date(9500, 3, 4, 5, 6, 7, 89_000_000, time.UTC))
			c.dueIs(start, secretlife.Due{}, 10, old)
			c.dueIs(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), secretlife.Due{}, 10, old, late)
			c.dueIs(late.LastChangedDate().Add(-time.Millisecond), secretlife.Due{}, 10, old)
		},
	},
	{
		"is the caller's",
		"What Due returns is the caller's: changing it changes nothing in the store.",
		func(c *check) {
			all := c.ties()
			clear(c.dueIs(start, secretlife.Due{}, 100, all...))
			c.dueIs(start, secretlife.Due{}, 100, all...)
		},
	},
}

// dueAt creates a secret and deletes it by force.
func (c *check) dueAt(k secretlife.Key, at time.Time) secretlife.Secret {
	c.Helper()
	return c.do(c.do(c.newSecret(k, at.Add(-time.Second)), nil).Delete(secretlife.Exactly(at), force(), 0))
}

// ties creates secrets that are due at start, in several accounts and Regions.
func (c *check) ties() []secretlife.Secret {
	c.Helper()
	var all []secretlife.Secret
	for _, name := range []string{"c", "a", "B", "b", "a-b", "a_b"} {
		for _, region := range []string{"us-east-2", homeRegion} {
			for _, account := range []string{"223456789012", homeAccount} {
				all = append(all, c.dueAt(keyIn(account, region, name), start))
			}
		}
	}
	return all
}

func (c *check) due(by time.Time, after secretlife.Due, limit int) []secretlife.Due {
	c.Helper()
	got, err := c.Due(c.ctx, secretlife.DueQuery{By: by, After: after, Limit: limit})
	c.noError(err, "Due")
	return got
}

// dueOf returns what Due must return of these secrets.
func dueOf(by time.Time, after secretlife.Due, limit int, all ...secretlife.Secret) []secretlife.Due {
	var want []secretlife.Due
	for _, s := range all {
		at, _, ok := s.NextDue()
		d := secretlife.Due{At: at, Key: s.Key()}
		if ok && !at.After(by) && (after == secretlife.Due{} || d.Compare(after) > 0) {
			want = append(want, d)
		}
	}
	slices.SortFunc(want, secretlife.Due.Compare)
	return want[:min(limit, len(want))]
}

// dueIs checks that, of these secrets, Due returns what it must.
func (c *check) dueIs(by time.Time, after secretlife.Due, limit int, all ...secretlife.Secret) []secretlife.Due {
	c.Helper()
	want := dueOf(by, after, limit, all...)
	got := c.due(by, after, limit)
	same := func(a, b secretlife.Due) bool { return a.At.Equal(b.At) && a.Key == b.Key }
	if !slices.EqualFunc(want, got, same) {
		line := func(d secretlife.Due) string {
			return d.At.Format(time.RFC3339Nano) + " " + d.Key.Account.String() + " " + d.Key.Region.String() + " " +
				d.Key.Name.String()
		}
		c.failf("by %s, after %q, with limit %d, due is%s\ninstead of%s",
			by.Format(time.RFC3339Nano), line(after), limit, list(got, line), list(want, line))
	}
	return got
}
