package storetest

import (
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
)

var receiptClauses = []clause{
	{
		"of a Commit has the number of its first event",
		"The Receipt of a Commit has the sequence number of the first event that was written; the others follow it in " +
			"the order of the changes.",
		func(c *check) {
			for i := range 5 {
				a, b := c.newSecret(key(fmt.Sprint("a-", i)), start), c.newSecret(key(fmt.Sprint("b-", i)), start)
				c.isReceipt(c.receipt(a, b), a, b)
				s := a.Next()
				deleted := valid(s.Delete(atStart, force(), 0))
				c.isReceipt(c.receipt(deleted), deleted)
				s = deleted.Next()
				purged := valid(s.Purge(atStart))
				c.isReceipt(c.receipt(purged), purged)
			}
		},
	},
	{
		"of concurrent commits is each one's own",
		"Of several commits at the same time each gets the numbers of its own events.",
		func(c *check) {
			secrets := make([]secretlife.Secret, contenders)
			for i := range secrets {
				secrets[i] = c.create(fmt.Sprint("busy-", i))
			}
			c.together(func(me int) error {
				s := secrets[me]
				for range 20 {
					ch := valid(s.Update(atStart, secretlife.Update{}))
					r, err := c.Commit(c.ctx, secretlife.BatchOf(ch))
					if err != nil {
						return err
					}
					if err := c.wrongReceipt(r, ch); err != nil {
						return err
					}
					s = ch.Next()
				}
				return nil
			})
		},
	},
	{
		"of a Claim has the number of its first event",
		"The Receipt of a Claim has the sequence number of the first event that was written; it is 0 where nothing was.",
		withClaim(func(c *check) {
			c.create("before")
			a, b := c.dueAt(key("a"), start), c.dueAt(key("b"), start)
			query := secretlife.DueQuery{By: start, Limit: 10}
			r, err := c.Claim(c.ctx, query, func([]secretlife.Secret) []secretlife.Change { return nil })
			c.noError(err, "Claim")
			if r != (secretlife.Receipt{}) {
				c.failf("a Claim that wrote nothing returned %+v", r)
			}
			changes := []secretlife.Change{
				valid(b.Purge(atStart)), valid(a.Purge(atStart)),
			}
			r, err = c.Claim(c.ctx, query, func([]secretlife.Secret) []secretlife.Change { return changes })
			c.noError(err, "Claim")
			c.isReceipt(r, changes...)
		}),
	},
}

func (c *check) receipt(changes ...secretlife.Change) secretlife.Receipt {
	c.Helper()
	r, err := c.Commit(c.ctx, secretlife.BatchOf(changes...))
	c.noError(err, "a Commit onto the present state")
	return r
}

// isReceipt checks that a receipt is that of changes which were written.
func (c *check) isReceipt(r secretlife.Receipt, changes ...secretlife.Change) {
	c.Helper()
	if err := c.wrongReceipt(r, changes...); err != nil {
		c.failf("%v", err)
	}
}

func (c *check) wrongReceipt(r secretlife.Receipt, changes ...secretlife.Change) error {
	if r.FirstSeq == 0 {
		return errors.New("the receipt of a change with events has no number")
	}
	seq := r.FirstSeq
	for _, ch := range changes {
		for _, want := range ch.Events() {
			got, err := c.Events(c.ctx, seq-1, 1)
			if err != nil {
				return err
			}
			if len(got) != 1 || got[0].Seq() != seq || got[0].ID() != want.ID() {
				return fmt.Errorf("by the receipt event %d is %s of %q, and the store has%s there", seq,
					want.Name(), want.Key().Name, list(got, secretlife.Event.String))
			}
			seq++
		}
	}
	return nil
}
