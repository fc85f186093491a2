package storetest

import (
	"fmt"

	"github.com/secretlife-go/secretlife"
)

// costClauses are about what a store reads. They need [Options.Reads].
var costClauses = []clause{
	{
		"of Due is what is due",
		"Due does not read secrets that are not due.",
		withReads(func(c *check) {
			c.fill()
			for i := range 3 {
				c.dueAt(key(fmt.Sprint("due-", i)), start)
			}
			for _, limit := range []int{2, 10} {
				c.readsUpTo(func() int { return len(c.due(start, secretlife.Due{}, limit)) })
			}
		}),
	},
	{
		"of List is a page",
		"List reads the secrets of a page, and not those before it.",
		withReads(func(c *check) {
			c.fill()
			for _, q := range []secretlife.ListQuery{
				{Order: secretlife.OrderByName, Limit: 3},
				{Order: secretlife.OrderByName, Limit: 3, After: secretlife.Cursor{Name: "full-150"}},
				{Order: secretlife.OrderByName, Limit: 3, Descending: true},
				{Order: secretlife.OrderByCreatedDate, Limit: 3, After: secretlife.Cursor{At: start, Name: "full-150"}},
			} {
				c.readsUpTo(func() int { return c.lists(q) })
			}
		}),
	},
	{
		"of List with a Prefix is a page",
		"In the order ByName List finds the names that begin with a Prefix without reading others.",
		withReads(func(c *check) {
			c.fill()
			c.create("other")
			for _, prefix := range []string{"oth", "none"} {
				q := secretlife.ListQuery{Order: secretlife.OrderByName, Prefix: prefix, Limit: 3}
				c.readsUpTo(func() int { return c.lists(q) })
			}
		}),
	},
	{
		"of List by DeletionDate is what is scheduled",
		"In the order OrderByDeletionDate List does not read secrets that are not scheduled for deletion.",
		withReads(func(c *check) {
			c.fill()
			for i := range 5 {
				s := c.create(fmt.Sprint("scheduled-", i))
				c.do(s.Delete(secretlife.Exactly(start), window(7+int64(i)), 0))
			}
			for _, descending := range []bool{false, true} {
				q := secretlife.ListQuery{Order: secretlife.OrderByDeletionDate, Descending: descending, Limit: 3}
				c.readsUpTo(func() int { return c.lists(q) })
			}
		}),
	},
	{
		"of Count is nothing",
		"Count does not read secrets.",
		withReads(func(c *check) {
			if has(c.Store, Count) {
				c.fill()
				c.readsUpTo(func() int { c.counts(filled); return 0 })
			}
		}),
	},
}

// withReads checks stores whose reads are counted.
func withReads(holds func(*check)) func(*check) {
	return func(c *check) {
		if c.reads != nil {
			holds(c)
		}
	}
}

// filled is the number of secrets among which others are to be found.
const filled = 200

// fill creates secrets for which nothing is due.
func (c *check) fill() {
	c.Helper()
	changes := make([]secretlife.Change, filled)
	for i := range changes {
		changes[i] = c.newSecret(key(fmt.Sprintf("full-%03d", i)), start)
	}
	c.commit(changes...)
}

// lists reads a page of the home account and Region, and returns its length.
func (c *check) lists(q secretlife.ListQuery) int {
	c.Helper()
	page, err := c.List(c.ctx, c.home(q))
	c.noError(err, "List")
	return len(page)
}

// readsUpTo checks that a call reads no more than what it returns needs: twice as many
// rows, and a few of the store's own. The call returns how many secrets it found.
func (c *check) readsUpTo(call func() int) {
	c.Helper()
	before := c.reads(c.Store)
	found := call()
	if n, most := c.reads(c.Store)-before, 2*found+8; n > most {
		c.failf("to find %d of %d secrets, %d were read", found, filled, n)
	}
}
