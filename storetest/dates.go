package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

// dateClauses are about the orders by dates that change.
var dateClauses = []clause{
	{
		"orders by the date of the last change, then by name",
		"In the order ByLastChangedDate a list is ordered by LastChangedDate, to the millisecond, and by name where that " +
			"is the same.",
		func(c *check) { c.checkList(secretlife.ListQuery{Order: secretlife.OrderByLastChangedDate}) },
	},
	{
		"orders by the day of the last access, the never accessed first",
		"In the order ByLastAccessedDate a list is ordered by LastAccessedDate, and by name where that is the same; " +
			"secrets that were never accessed come first, by name.",
		func(c *check) { c.checkList(secretlife.ListQuery{Order: secretlife.OrderByLastAccessedDate}) },
	},
	{
		"descending by the date of the last change",
		"Descending turns the order ByLastChangedDate round, names included.",
		func(c *check) {
			c.checkList(secretlife.ListQuery{Order: secretlife.OrderByLastChangedDate, Descending: true})
		},
	},
	{
		"descending by the day of the last access, the never accessed last",
		"Descending turns the order ByLastAccessedDate round: secrets that were never accessed come last, names included.",
		func(c *check) {
			c.checkList(secretlife.ListQuery{Order: secretlife.OrderByLastAccessedDate, Descending: true})
		},
	},
	{
		"goes on among the never accessed",
		"A page in the order ByLastAccessedDate begins after a secret that was never accessed where its cursor has the " +
			"zero Time, however early others were accessed.",
		func(c *check) {
			var all []secretlife.Secret
			for _, name := range []string{"a", "b", "c", "d"} {
				all = append(all, c.create(name))
			}
			early := c.do(c.newSecret(key("early"), time.Unix(0, 0).AddDate(-1, 0, 0)), nil)
			all = append(all, c.do(early.Read(secretlife.Exactly(early.CreatedDate()), current(early))))
			for _, q := range dateOrders() {
				for q.Limit = 1; q.Limit <= len(all); q.Limit++ {
					c.pages(all, q)
				}
			}
		},
	},
	{
		"moves a secret with its dates",
		"After a change a secret is where its new dates put it, and nowhere else.",
		func(c *check) {
			all := c.population()[:12]
			c.keepOnly(all)
			c.inEveryOrder(all)
			at := start.Add(2 * oneDay)
			for i, s := range all {
				at = at.Add(time.Hour)
				switch i % 4 {
				case 0:
					s = c.do(s.Update(secretlife.Exactly(at), secretlife.Update{}))
				case 1:
					s = c.do(s.Read(secretlife.Exactly(at.Add(time.Duration(i)*oneDay)), current(s)))
				case 2:
					s = c.do(s.Delete(secretlife.Exactly(at), window(7), 0))
					all[i] = s
					c.inEveryOrder(all)
					s = c.do(s.Restore(secretlife.Exactly(at)))
				case 3:
					c.purge(s)
					c.inEveryOrder(slices.Concat(all[:i], all[i+1:]))
					s = c.do(c.newSecret(s.Key(), at), nil)
				}
				all[i] = s
				c.inEveryOrder(all)
			}
		},
	},
	{
		"goes on while secrets change",
		"A page begins after the place of its cursor among the secrets as they are then: one that has moved behind it " +
			"comes again, one that has moved before it does not.",
		func(c *check) {
			for _, q := range dateOrders() {
				c.keepOnly(nil)
				all := c.population()
				at := start.Add(3 * oneDay)
				q.Limit = 4
				for range 4 {
					page := c.page(all, q)
					q.After = secretlife.CursorOf(page[len(page)-1], q.Order)
					for i, s := range all {
						if i%5 == 0 || s.Name() == page[1].Name() {
							at = at.Add(7 * time.Hour)
							s = c.do(s.Update(secretlife.Exactly(at), secretlife.Update{}))
							all[i] = c.do(s.Read(secretlife.Exactly(at), current(s)))
						}
					}
				}
			}
		},
	},
	{
		"is of one moment",
		"A page is of one moment: while secrets change it has every one once, in order.",
		func(c *check) {
			secrets := make([]secretlife.Secret, contenders)
			for i := range secrets {
				secrets[i] = c.create(fmt.Sprint("moving-", i))
			}
			c.together(func(me int) error { return c.move(me, secrets[me]) })
		},
	},
}

// dateOrders are the ways to go through a list by dates that change.
func dateOrders() []secretlife.ListQuery {
	return slices.DeleteFunc(orders(), func(q secretlife.ListQuery) bool {
		return q.Order == secretlife.OrderByName || q.Order == secretlife.OrderByCreatedDate
	})
}

// inEveryOrder checks that the lists by date have these secrets.
func (c *check) inEveryOrder(all []secretlife.Secret) {
	c.Helper()
	for _, q := range dateOrders() {
		c.page(all, q)
	}
}

// keepOnly purges all secrets but these.
func (c *check) keepOnly(kept []secretlife.Secret) {
	c.Helper()
	all, err := c.List(c.ctx, c.home(secretlife.ListQuery{}))
	c.noError(err, "List")
	for _, s := range all {
		if !slices.ContainsFunc(kept, func(k secretlife.Secret) bool { return k.Name() == s.Name() }) {
			c.purge(s)
		}
	}
}

// move changes a secret again and again, and lists what others do meanwhile.
func (c *check) move(me int, s secretlife.Secret) error {
	for i := range 30 {
		at := start.Add(time.Duration(i*(me+3)%17) * oneDay)
		ch, err := s.Update(secretlife.Exactly(at), secretlife.Update{})
		if i%2 == me%2 {
			ch, err = s.Read(secretlife.Exactly(at), current(s))
		}
		if err != nil {
			return err
		}
		if !ch.IsZero() {
			if _, err := c.Commit(c.ctx, secretlife.BatchOf(ch)); err != nil {
				return err
			}
			s = ch.Next()
		}
		q := c.home(dateOrders()[(i+me)%4])
		page, err := c.List(c.ctx, q)
		if err != nil {
			return err
		}
		if len(page) != contenders {
			return fmt.Errorf("of %d secrets a list has %d", contenders, len(page))
		}
		if want := model(page, q); namesOf(want) != namesOf(page) {
			return fmt.Errorf("with %s the list is%s", describe(q), namesOf(page))
		}
	}
	return nil
}

var countClauses = []clause{
	{
		"counts one account and Region",
		"Count returns the number of secrets of one account and Region.",
		withCount(func(c *check) {
			for i, k := range []secretlife.Key{
				key("a"), key("b"), keyIn(homeAccount, "us-east-2", "a"), keyIn("123456789013", homeRegion, "a"), key("c"),
			} {
				c.do(c.newSecret(k, start), nil)
				c.counts([]int{1, 2, 2, 2, 3}[i])
			}
		}),
	},
	{
		"counts what List goes through",
		"Count counts scheduled secrets too, and a secret that is purged no longer.",
		withCount(func(c *check) {
			c.counts(0)
			a, b := c.create("a"), c.create("b")
			a = c.do(a.Delete(atStart, window(7), 0))
			c.counts(2)
			c.purge(b)
			c.counts(1)
			c.refused(secretlife.ErrConflict, "a creation where a secret is", c.newSecret(a.Key(), start))
			c.counts(1)
			c.purge(a)
			c.counts(0)
		}),
	},
	{
		"sees whole commits",
		"Count sees no part of a Commit without the rest.",
		withCount(func(c *check) {
			done := make(chan struct{})
			c.together(func(me int) error {
				if me > 0 {
					return c.countsPairs(done)
				}
				defer close(done)
				for i := range 40 {
					a, b := key(fmt.Sprint("pair-", i, "-a")), key(fmt.Sprint("pair-", i, "-b"))
					batch := secretlife.BatchOf(c.newSecret(a, start), c.newSecret(b, start))
					if _, err := c.Commit(c.ctx, batch); err != nil {
						return err
					}
				}
				return nil
			})
		}),
	},
	{
		"honours a done context",
		"A context that is done before Count begins ends it with the context's error.",
		withCount(func(c *check) {
			ctx, cancel := context.WithCancel(c.ctx)
			cancel()
			_, err := c.Count(ctx, key("a").Account, key("a").Region)
			if !errors.Is(err, context.Canceled) {
				c.failf("with a canceled context Count returned %v", err)
			}
		}),
	},
}

// withCount checks stores that count; others have no need to.
func withCount(holds func(*check)) func(*check) {
	return func(c *check) {
		if _, err := c.Count(c.ctx, key("a").Account, key("a").Region); !errors.Is(err, errors.ErrUnsupported) {
			holds(c)
		}
	}
}

// countsPairs counts secrets that are created two by two, until done.
func (c *check) countsPairs(done <-chan struct{}) error {
	for {
		select {
		case <-done:
			return nil
		default:
		}
		n, err := c.Count(c.ctx, key("a").Account, key("a").Region)
		if err != nil {
			return err
		}
		if n%2 != 0 {
			return fmt.Errorf("of secrets that are created two by two Count returned %d", n)
		}
	}
}

func (c *check) counts(want int) {
	c.Helper()
	got, err := c.Count(c.ctx, key("a").Account, key("a").Region)
	c.noError(err, "Count")
	if got != want {
		c.failf("Count returned %d where %d secrets are", got, want)
	}
}
