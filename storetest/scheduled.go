package storetest

import (
	"time"

	"github.com/secretlife-go/secretlife"
)

// scheduledClauses are about the order by DeletionDate.
var scheduledClauses = []clause{
	{
		"lists what is scheduled, by DeletionDate, then by name",
		"In the order OrderByDeletionDate a list has the secrets that are scheduled for deletion, forced ones included, by " +
			"DeletionDate, to the millisecond, and by name where that is the same.",
		func(c *check) { c.scheduledIs(false) },
	},
	{
		"descending by DeletionDate",
		"Descending turns the order OrderByDeletionDate round, names included.",
		func(c *check) { c.scheduledIs(true) },
	},
	{
		"follows the secret",
		"A secret is in the order OrderByDeletionDate from its deletion until it is restored or purged, where its present " +
			"DeletionDate puts it.",
		func(c *check) {
			q := secretlife.ListQuery{Order: secretlife.OrderByDeletionDate}
			early, s := c.create("early"), c.create("s")
			c.page(nil, q)
			early = c.do(early.Delete(secretlife.Exactly(start), window(8), 0))
			s = c.do(s.Delete(secretlife.Exactly(start), window(30), time.Minute))
			c.page([]secretlife.Secret{early, s}, q)
			s = c.do(s.Restore(secretlife.Exactly(start)))
			c.page([]secretlife.Secret{early}, q)
			s = c.do(s.Delete(secretlife.Exactly(start), window(7), 0))
			c.page([]secretlife.Secret{s, early}, q)
			early = c.do(early.Delete(secretlife.Exactly(start.Add(time.Hour)), force(), 0))
			c.page([]secretlife.Secret{early, s}, q)
			c.do(early.Purge(secretlife.Exactly(start.Add(time.Hour))))
			c.page([]secretlife.Secret{s}, q)
			c.do(c.newSecret(early.Key(), start), nil)
			c.page([]secretlife.Secret{s}, q)
		},
	},
}

// scheduledIs deletes some of many secrets, and goes through the list of them.
func (c *check) scheduledIs(descending bool) {
	c.Helper()
	q := secretlife.ListQuery{Order: secretlife.OrderByDeletionDate, Descending: descending}
	c.page(nil, q)
	all := c.population()
	for i, s := range all {
		at := secretlife.Exactly(start.Add(5*oneDay + time.Duration(i*5%3)*time.Millisecond))
		switch i % 4 {
		case 0:
			all[i] = c.do(s.Delete(at, window(7+int64(i%2)), time.Hour))
		case 1:
			all[i] = c.do(s.Delete(at, force(), 0))
		}
	}
	c.do(c.do(c.newSecret(keyIn(homeAccount, "eu-west-1", "elsewhere"), start), nil).Delete(
		secretlife.Exactly(start), window(7), 0))
	c.page(all, q)
	for q.Limit = 1; q.Limit <= len(all); q.Limit += 3 {
		c.pages(all, q)
	}
	q.Limit, q.Prefix = 0, "prod"
	c.page(all, q)
	q.Prefix = ""
	for _, s := range all {
		if q.Order.Has(s) {
			q.After = secretlife.CursorOf(s, q.Order)
			c.page(all, q)
		}
	}
}
