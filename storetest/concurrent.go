package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/secretlife-go/secretlife"
)

// contenders is how many goroutines want the same at once.
const contenders = 8

var concurrentClauses = []clause{
	{
		"one change of a revision wins",
		"Of many concurrent changes of one revision exactly one is written, and the others are refused with ErrConflict.",
		func(c *check) {
			s := c.create("contested")
			for range 10 {
				s = c.race(func(int) secretlife.Change { return valid(s.Update(atStart, secretlife.Update{})) })
			}
		},
	},
	{
		"one creation of a name wins",
		"Of many concurrent creations of one name exactly one is written, and the others are refused with ErrConflict.",
		func(c *check) {
			for i := range 10 {
				made := make([]secretlife.Change, contenders)
				for j := range made {
					made[j] = c.newSecret(key(fmt.Sprint("contested-", i)), start)
				}
				s := c.race(func(j int) secretlife.Change { return made[j] })
				c.hasValue(s, current(s), valueOf(current(s)))
			}
		},
	},
	{
		"commits of several keys end",
		"Concurrent commits of the same secrets in any order all end, and each is written wholly or not at all.",
		func(c *check) {
			keys := []secretlife.Key{key("contested-a"), key("contested-b"), keyIn(homeAccount, "eu-west-1", "contested-c")}
			for _, k := range keys {
				c.do(c.newSecret(k, start), nil)
			}
			var won atomic.Uint64
			c.together(func(me int) error {
				for range 20 {
					changes := make([]secretlife.Change, len(keys))
					for i := range keys {
						s, err := c.Load(c.ctx, keys[(i+me)%len(keys)])
						if err != nil {
							return err
						}
						changes[i] = valid(s.Update(atStart, secretlife.Update{}))
					}
					switch _, err := c.Commit(c.ctx, secretlife.Batch{Changes: changes}); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, secretlife.ErrConflict):
						return err
					}
				}
				return nil
			})
			for _, st := range c.states(keys) {
				if st.Revision() != 1+won.Load() {
					c.failf("after %d commits that changed all, %s is at revision %d", won.Load(), st.ARN(), st.Revision())
				}
			}
			if n := uint64(len(c.allEvents())); n != (1+won.Load())*uint64(len(keys)) {
				c.failf("%d commits of %d events each left %d events", 1+won.Load(), len(keys), n)
			}
		},
	},
	{
		"events have no gaps",
		"Concurrent commits leave events without gaps, each once, and those of one secret in the order of its revisions.",
		func(c *check) {
			secrets := make([]secretlife.Secret, contenders)
			for i := range secrets {
				secrets[i] = c.create(fmt.Sprint("busy-", i))
			}
			const rounds = 20
			c.together(func(me int) error {
				s := secrets[me]
				for range rounds {
					ch := valid(s.Update(atStart, secretlife.Update{}))
					if _, err := c.Commit(c.ctx, secretlife.BatchOf(ch)); err != nil {
						return err
					}
					s = ch.Next()
				}
				return nil
			})
			last := map[secretlife.Key]uint64{}
			events := c.allEvents()
			for i, e := range events {
				if i > 0 && e.Seq() != events[i-1].Seq()+1 {
					c.failf("an event has number %d after number %d", e.Seq(), events[i-1].Seq())
				}
				if e.Revision() != last[e.Key()]+1 {
					c.failf("of %s the event of revision %d follows that of revision %d", e.Key().Name, e.Revision(), last[e.Key()])
				}
				last[e.Key()] = e.Revision()
			}
			for _, s := range secrets {
				if last[s.Key()] != rounds+1 {
					c.failf("of %s the last event is that of revision %d, not %d", s.Name(), last[s.Key()], rounds+1)
				}
			}
		},
	},
	{
		"readers see whole commits",
		"Who reads while others commit sees every commit wholly or not at all: states with their values, and several " +
			"changes together.",
		func(c *check) {
			a, b := c.create("whole-a"), c.create("whole-b")
			watched := a.Key()
			ids := make([]secretlife.VersionID, 40)
			for i := range ids {
				ids[i] = c.versionID()
			}
			done := make(chan struct{})
			c.together(func(me int) error {
				if me > 0 {
					return c.watch(watched, done)
				}
				defer close(done)
				for _, id := range ids {
					changeA := valid(a.PutValue(atStart, id, valueOf(id), nil))
					changeB := valid(b.Update(atStart, secretlife.Update{}))
					if _, err := c.Commit(c.ctx, secretlife.BatchOf(changeB, changeA)); err != nil {
						return err
					}
					a = changeA.Next()
					b = changeB.Next()
				}
				return nil
			})
		},
	},
}

// watch reads until done, and looks for torn commits.
func (c *check) watch(key secretlife.Key, done <-chan struct{}) error {
	q := c.home(secretlife.ListQuery{Order: secretlife.OrderByName, Prefix: "whole-"})
	for {
		select {
		case <-done:
			return nil
		default:
		}
		s, err := c.Load(c.ctx, key)
		if err != nil {
			return err
		}
		v, err := c.Value(c.ctx, s.Key(), s.Incarnation(), current(s))
		if err != nil {
			return fmt.Errorf("the value of the current version of revision %d: %w", s.Revision(), err)
		}
		if !v.Equal(valueOf(current(s))) {
			return fmt.Errorf("revision %d came with another version's value", s.Revision())
		}
		page, err := c.List(c.ctx, q)
		if err != nil {
			return err
		}
		if len(page) != 2 || page[0].Revision() != page[1].Revision() {
			return fmt.Errorf("a list has one of two changes that were committed together:%s",
				list(page, func(s secretlife.Secret) string { return fmt.Sprint(s.Name(), " at revision ", s.Revision()) }))
		}
	}
}

// race commits changes of one state at once, and returns the state that won.
func (c *check) race(change func(i int) secretlife.Change) secretlife.Secret {
	c.Helper()
	changes := make([]secretlife.Change, contenders)
	for i := range changes {
		changes[i] = change(i)
	}
	events := len(c.allEvents())
	var winners []secretlife.Change
	var mu sync.Mutex
	c.together(func(i int) error {
		_, err := c.Commit(c.ctx, secretlife.BatchOf(changes[i]))
		if errors.Is(err, secretlife.ErrConflict) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		winners = append(winners, changes[i])
		return err
	})
	if len(winners) != 1 {
		c.failf("of %d changes of one revision %d were written", contenders, len(winners))
	}
	s := winners[0].Next()
	c.stored(s)
	if n := len(c.allEvents()) - events; n != 1 {
		c.failf("of %d changes with one event each, of which one was written, %d events were kept", contenders, n)
	}
	return s
}

// together runs do in goroutines that begin at once, and checks that none
// returns an error.
func (c *check) together(do func(me int) error) {
	c.Helper()
	var wg sync.WaitGroup
	begin := make(chan struct{})
	errs := make([]error, contenders)
	for me := range contenders {
		wg.Go(func() {
			<-begin
			errs[me] = do(me)
		})
	}
	close(begin)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		c.failf("%v", err)
	}
}
