package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

var listClauses = []clause{
	{
		"orders by name, byte by byte",
		"In the order ByName a list is ordered by the bytes of the names, not by any language's rules.",
		func(c *check) { c.checkList(secretlife.ListQuery{Order: secretlife.OrderByName}) },
	},
	{
		"orders by creation date, then by Ordinal, then by name",
		"In the order ByCreatedDate a list is ordered by creation date, by Creation.Ordinal where that is the same, " +
			"and by name where both are.",
		func(c *check) { c.checkList(secretlife.ListQuery{Order: secretlife.OrderByCreatedDate}) },
	},
	{
		"descending by name",
		"Descending turns the order ByName round.",
		func(c *check) { c.checkList(secretlife.ListQuery{Order: secretlife.OrderByName, Descending: true}) },
	},
	{
		"descending by creation date",
		"Descending turns the order ByCreatedDate round, ordinals and names included.",
		func(c *check) {
			c.checkList(secretlife.ListQuery{Order: secretlife.OrderByCreatedDate, Descending: true})
		},
	},
	{
		"leaves out other names than the prefix's",
		"With a Prefix a list has the secrets whose names begin with these very bytes, in every order.",
		func(c *check) {
			all := c.population()
			for _, q := range orders() {
				for _, q.Prefix = range []string{"a", "a_", "a_b", "A", "a-b", "prod/", "prod/db/2", "z", "nothing",
					"prod/db/2/and/more", "-", "a!"} {
					c.pages(all, q)
				}
			}
		},
	},
	{
		"returns pages of up to Limit",
		"A page has Limit secrets, and fewer only where the list ends; pages read in order give every secret once.",
		func(c *check) {
			all := c.population()
			for _, q := range orders() {
				for q.Limit = 1; q.Limit <= len(all)+1; q.Limit++ {
					c.pages(all, q)
				}
			}
		},
	},
	{
		"begins after a secret that is gone",
		"A page begins after the place of its cursor, whether or not a secret is there.",
		func(c *check) {
			all := c.population()
			for _, at := range []secretlife.Cursor{
				{At: start, Name: "a_"}, {At: start.Add(-time.Hour), Name: "zzz"}, {At: start.Add(time.Millisecond), Name: "!"},
				{At: start.Add(oneDay), Name: "b"}, {At: start.Add(2 * time.Millisecond), Name: "~"},
				{At: start.Add(2 * time.Millisecond), Ordinal: 1, Name: "b"}, {At: start, Ordinal: 9, Name: "!"},
				{At: start, Name: "prod/db/1x"},
			} {
				for _, q := range orders() {
					if q.After = at; q.Order == secretlife.OrderByName {
						q.After.At = time.Time{}
					}
					if q.Order != secretlife.OrderByCreatedDate {
						q.After.Ordinal = 0
					}
					c.page(all, q)
					q.Prefix = "prod/"
					c.page(all, q)
				}
			}
			for len(all) > 15 {
				gone := all[0]
				c.purge(gone)
				all = all[1:]
				for _, q := range orders() {
					q.After = secretlife.CursorOf(gone, q.Order)
					c.page(all, q)
				}
			}
		},
	},
	{
		"keeps accounts and Regions apart",
		"A list has the secrets of one account and Region only.",
		func(c *check) {
			for _, account := range []string{homeAccount, "123456789013"} {
				for _, region := range []string{homeRegion, "us-east-2", "eu-west-1"} {
					c.do(c.newSecret(keyIn(account, region, "shared"), start), nil)
					c.do(c.newSecret(keyIn(account, region, "of-"+account+"-"+region), start), nil)
				}
			}
			for _, q := range orders() {
				c.listed(q, "of-"+homeAccount+"-"+homeRegion, "shared")
			}
			q := secretlife.ListQuery{Account: valid(secretlife.ParseAccount("999999999999")), Region: key("x").Region, Limit: 9}
			got, err := c.List(c.ctx, q)
			c.noError(err, "List of an account without secrets")
			if len(got) > 0 {
				c.failf("an account without secrets lists %s", namesOf(got))
			}
		},
	},
	{
		"shows the present state",
		"A list shows every secret as it is now, scheduled ones included, at its place in the order.",
		func(c *check) {
			a, b := c.create("a"), c.do(c.newSecret(key("b"), start.Add(time.Hour)), nil)
			description := "changed"
			a = c.do(a.Update(secretlife.Exactly(start.Add(2*time.Hour)), secretlife.Update{Description: &description}))
			b = c.do(b.Delete(secretlife.Exactly(start.Add(2*time.Hour)), window(7), 0))
			for _, q := range orders() {
				got, err := c.List(c.ctx, c.home(q))
				c.noError(err, "List")
				want := model([]secretlife.Secret{a, b}, c.home(q))
				if len(got) != len(want) {
					c.failf("a list of %s has %s", namesOf(want), namesOf(got))
				}
				for i := range want {
					c.same(want[i], got[i])
				}
			}
		},
	},
	{
		"leaves out what is purged",
		"A purged secret is on no list; one that is created again is on it once, at the place of its new creation.",
		func(c *check) {
			a, b := c.create("a"), c.create("b")
			c.purge(a)
			for _, q := range orders() {
				c.listed(q, "b")
			}
			again := c.do(c.newSecret(a.Key(), start.Add(time.Hour)), nil)
			for _, q := range orders() {
				c.page([]secretlife.Secret{again, b}, q)
			}
			c.purge(b)
			c.purge(again)
			for _, q := range orders() {
				c.listed(q)
			}
		},
	},
	{
		"is the caller's",
		"What List returns is the caller's: changing it changes nothing in the store.",
		func(c *check) {
			c.create("a")
			c.create("b")
			for _, q := range orders() {
				got, err := c.List(c.ctx, c.home(q))
				c.noError(err, "List")
				clear(got)
				c.listed(q, "a", "b")
			}
		},
	},
}

var orderNames = map[secretlife.Order]string{
	secretlife.OrderByCreatedDate:      "ByCreatedDate",
	secretlife.OrderByName:             "ByName",
	secretlife.OrderByLastChangedDate:  "ByLastChangedDate",
	secretlife.OrderByLastAccessedDate: "ByLastAccessedDate",
	secretlife.OrderByDeletionDate:     "ByDeletionDate",
}

// orders are the eight ways to go through a list.
func orders() []secretlife.ListQuery {
	var all []secretlife.ListQuery
	for _, o := range []secretlife.Order{
		secretlife.OrderByName, secretlife.OrderByCreatedDate,
		secretlife.OrderByLastChangedDate, secretlife.OrderByLastAccessedDate,
	} {
		all = append(all, secretlife.ListQuery{Order: o}, secretlife.ListQuery{Order: o, Descending: true})
	}
	return all
}

// population creates secrets whose names, dates and ordinals tell orders apart. In every
// order by a date some have the same one, and some of these the same ordinal.
func (c *check) population() []secretlife.Secret {
	c.Helper()
	var all []secretlife.Secret
	for i, name := range strings.Fields(
		"b a B A a_b aXb a-b a/b a.b a!b a_ _ - zz z prod/db/10 prod/db/2 prod/db/1 Prod/db/1 prod") {
		at := start.Add(time.Duration(i*7%5) * time.Millisecond)
		cr := c.creation(key(name))
		cr.Ordinal = uint32(i * 4 % 3)
		s := c.do(secretlife.NewSecret(secretlife.Exactly(at), cr))
		if i%3 == 1 {
			s = c.do(s.Update(secretlife.Exactly(start.Add(time.Duration(i*5%4)*time.Hour)), secretlife.Update{}))
		}
		if i%4 >= 2 {
			s = c.do(s.Read(secretlife.Exactly(start.Add(time.Duration(i*11%3)*oneDay)), current(s)))
		}
		all = append(all, s)
	}
	return all
}

func (c *check) checkList(q secretlife.ListQuery) {
	c.Helper()
	all := c.population()
	c.page(all, q)
	q.Limit = 7
	c.pages(all, q)
	for _, s := range all {
		q.After = secretlife.CursorOf(s, q.Order)
		c.page(all, q)
	}
}

// home completes a query.
func (c *check) home(q secretlife.ListQuery) secretlife.ListQuery {
	q.Account, q.Region = key("x").Account, key("x").Region
	if q.Limit == 0 {
		q.Limit = 1000
	}
	return q
}

// page checks that one page is what it must be, and returns it.
func (c *check) page(all []secretlife.Secret, q secretlife.ListQuery) []secretlife.Secret {
	c.Helper()
	q = c.home(q)
	got, err := c.List(c.ctx, q)
	c.noError(err, "List")
	if want := model(all, q); namesOf(want) != namesOf(got) {
		c.failf("with %s the list is\n%s\ninstead of\n%s", describe(q), namesOf(got), namesOf(want))
	}
	return got
}

// pages goes through a list page by page.
func (c *check) pages(all []secretlife.Secret, q secretlife.ListQuery) {
	c.Helper()
	q = c.home(q)
	for range len(all) + 1 {
		got := c.page(all, q)
		if len(got) < q.Limit {
			return
		}
		q.After = secretlife.CursorOf(got[len(got)-1], q.Order)
	}
	c.failf("with %s the list does not end", describe(q))
}

// listed checks that a list has these names, in any order.
func (c *check) listed(q secretlife.ListQuery, names ...string) {
	c.Helper()
	got, err := c.List(c.ctx, c.home(q))
	c.noError(err, "List")
	var have []string
	for _, s := range got {
		have = append(have, s.Name().String())
	}
	slices.Sort(have)
	if !slices.Equal(have, names) {
		c.failf("the list has %q, not %q", have, names)
	}
}

// model is the list as the documentation has it.
func model(all []secretlife.Secret, q secretlife.ListQuery) []secretlife.Secret {
	all = slices.DeleteFunc(slices.Clone(all), func(s secretlife.Secret) bool { return !q.Order.Has(s) })
	return modelBy(all, q, func(s secretlife.Secret) secretlife.Cursor { return secretlife.CursorOf(s, q.Order) })
}

// modelBy is the list where at says what place a secret has.
func modelBy(all []secretlife.Secret, q secretlife.ListQuery,
	at func(secretlife.Secret) secretlife.Cursor) []secretlife.Secret {
	compare := func(a, b secretlife.Cursor) int {
		if q.Descending {
			a, b = b, a
		}
		return a.Compare(b)
	}
	var out []secretlife.Secret
	for _, s := range all {
		if strings.HasPrefix(s.Name().String(), q.Prefix) && (q.After.IsZero() || compare(at(s), q.After) > 0) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b secretlife.Secret) int { return compare(at(a), at(b)) })
	return out[:min(q.Limit, len(out))]
}

func namesOf(all []secretlife.Secret) string {
	return list(all, func(s secretlife.Secret) string {
		accessed := "never accessed"
		if day, ok := s.LastAccessedDate(); ok {
			accessed = "accessed " + day.Format(time.DateOnly)
		}
		return fmt.Sprintf("%s of %s (%d), changed %s, %s", s.Name(), s.CreatedDate().Format(time.RFC3339Nano),
			secretlife.CursorOf(s, secretlife.OrderByCreatedDate).Ordinal,
			s.LastChangedDate().Format(time.RFC3339Nano), accessed)
	})
}

func describe(q secretlife.ListQuery) string {
	return fmt.Sprintf("Order %s, Descending %v, After %q of %s (%d), Prefix %q, Limit %d",
		orderNames[q.Order], q.Descending, q.After.Name, q.After.At.Format(time.RFC3339Nano), q.After.Ordinal,
		q.Prefix, q.Limit)
}
