package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
)

var claimClauses = []clause{
	{
		"hands out what is due",
		"Claim hands out the secrets that Due returns for the same arguments, in that order, as they are at present.",
		withClaim(func(c *check) {
			all := append(c.ties(), c.dueAt(key("early"), start.Add(-time.Hour)), c.dueAt(key("late"), start.Add(time.Hour)),
				c.create("active"), c.do(c.create("scheduled").Delete(atStart, window(7), 0)))
			for _, by := range []time.Time{start.Add(-2 * time.Hour), start.Add(-time.Millisecond), start,
				start.Add(time.Hour)} {
				for limit := range all {
					var after secretlife.Due
					for range len(all) + 1 {
						page := dueOf(by, after, limit, all...)
						c.checkClaim(by, after, limit, page)
						if len(page) < max(limit, 1) {
							break
						}
						after = page[len(page)-1]
					}
				}
			}
		}),
	},
	{
		"knows other work than purges",
		"Claim hands out secrets whose versions are to be aged, or that are to be replicated, as Due returns them.",
		withClaim(func(c *check) {
			primary := c.create("primary")
			primary = c.do(primary.AddReplicas(atStart,
				[]secretlife.Replica{{Region: valid(secretlife.ParseRegion("eu-west-1"))}}, false))
			c.checkClaim(start, secretlife.Due{}, 10, dueOf(start, secretlife.Due{}, 10, primary))
		}),
	},
	{
		"does not hand out what a hold keeps",
		"Claim hands out a secret by its present state: one that a hold keeps since it was due is not among them.",
		withClaim(func(c *check) {
			by := start.Add(10 * oneDay)
			s := c.do(c.create("held").Delete(atStart, window(7), 0))
			other := c.do(c.create("other").Delete(atStart, window(8), 0))
			c.checkClaim(by, secretlife.Due{}, 10, dueOf(by, secretlife.Due{}, 10, s, other))
			s = c.do(s.PlaceHold(atStart, secretlife.Hold{Name: "legal"}, false))
			c.checkClaim(by, secretlife.Due{}, 10, dueOf(by, secretlife.Due{}, 10, other))
			s = c.do(s.ReleaseHold(atStart, "legal", false, 0))
			c.checkClaim(by, secretlife.Due{}, 10, dueOf(by, secretlife.Due{}, 10, s, other))
		}),
	},
	{
		"commits what was decided",
		"When Claim returned nil, the changes that decide returned are written as Commit writes them, with their values, " +
			"and their events in the order of the changes.",
		withClaim(func(c *check) {
			a, b, kept := c.dueAt(key("a"), start), c.dueAt(key("b"), start), c.dueAt(key("kept"), start)
			p := c.create("p")
			p = c.do(p.AddReplicas(atStart,
				[]secretlife.Replica{{Region: valid(secretlife.ParseRegion("eu-west-1"))}}, false))
			id := c.versionID()
			changes := []secretlife.Change{
				valid(p.PutValue(atStart, id, secretlife.SecretString("written"), nil)), valid(b.Purge(atStart)),
				valid(a.Purge(atStart)),
			}
			events := c.allEvents()
			for _, ch := range changes {
				events = append(events, ch.Events()...)
			}
			c.claim(4, changes...)
			for _, gone := range []secretlife.Secret{a, b} {
				c.absent(gone.Key())
				c.hasNoValue(gone.Key(), gone.Incarnation(), current(gone), "a secret that was purged")
			}
			p = changes[0].Next()
			c.stored(p)
			c.hasValue(p, id, secretlife.SecretString("written"))
			c.stored(kept)
			c.sameEvents(events, c.allEvents())
			c.do(c.newSecret(a.Key(), start), nil)
		}),
	},
	{
		"writes nothing where nothing is decided",
		"Where decide returns no change nothing is written, and Claim returns nil.",
		withClaim(func(c *check) {
			s := c.dueAt(key("due"), start)
			c.untouched(func() { c.claim(10) }, s.Key())
		}),
	},
	{
		"does not ask where nothing is due",
		"Where no secret can be handed out decide is not called, and Claim returns nil.",
		withClaim(func(c *check) {
			c.create("active")
			_, err := c.Claim(c.ctx, secretlife.DueQuery{By: start, Limit: 10}, func([]secretlife.Secret) []secretlife.Change {
				c.Errorf("%s\nBut: decide was called.", c.rule)
				return nil
			})
			c.noError(err, "Claim")
		}),
	},
	{
		"writes all or none",
		"A change of a secret that was not handed out, or that was decided at another state, is refused with " +
			"ErrConflict; then none of the changes is written.",
		withClaim(func(c *check) {
			due, active := c.dueAt(key("due"), start), c.create("active")
			made := c.newSecret(key("new"), start)
			old := c.create("old")
			stale := valid(old.Delete(atStart, force(), 0))
			old = c.do(old.Update(atStart, secretlife.Update{}))
			old = c.do(old.Delete(atStart, force(), 0))
			good := valid(due.Purge(atStart))
			for _, bad := range []secretlife.Change{valid(active.Update(atStart, secretlife.Update{})), made, stale} {
				for _, changes := range [][]secretlife.Change{{bad}, {good, bad}, {bad, good}} {
					c.claimRefused(secretlife.ErrConflict, []secretlife.Key{due.Key(), active.Key(), old.Key(), made.Key()}, changes)
				}
			}
			c.claim(10, good)
		}),
	},
	{
		"refuses zero changes and repeated keys",
		"A zero Change, or two changes of one secret, are refused with ErrInvalidParameter, and so is what comes with them.",
		withClaim(func(c *check) {
			a, b := c.dueAt(key("a"), start), c.dueAt(key("b"), start)
			purgeA, purgeB := valid(a.Purge(atStart)), valid(b.Purge(atStart))
			for _, changes := range [][]secretlife.Change{{{}}, {purgeA, {}}, {purgeA, purgeA}, {purgeA, purgeB, purgeA}} {
				c.claimRefused(secretlife.ErrInvalidParameter, []secretlife.Key{a.Key(), b.Key()}, changes)
			}
			c.claim(10, purgeA, purgeB)
		}),
	},
	{
		"keeps others out",
		"Between what is handed out and what is written nobody else changes these secrets: of a Claim and a Commit at " +
			"the same time the second is refused.",
		withClaim(func(c *check) {
			for i := range 10 {
				s := c.dueAt(key(fmt.Sprint("claimed-", i)), start)
				purge := valid(s.Purge(atStart))
				events := len(c.allEvents())
				answer := make(chan error, 1)
				var once sync.Once
				_, err := c.Claim(c.ctx, secretlife.DueQuery{By: start, Limit: 10}, func([]secretlife.Secret) []secretlife.Change {
					begun := make(chan struct{})
					once.Do(func() {
						go func() {
							close(begun)
							_, err := c.Commit(c.ctx, secretlife.BatchOf(purge))
							answer <- err
						}()
						<-begun
					})
					return []secretlife.Change{purge}
				})
				c.noError(err, "Claim")
				if err := <-answer; !errors.Is(err, secretlife.ErrConflict) {
					c.failf("a Commit that began while the secret was claimed returned %v", err)
				}
				if n := len(c.allEvents()) - events; n != len(purge.Events()) {
					c.failf("there are %d events of one purge, not %d", n, len(purge.Events()))
				}
			}
		}),
	},
	{
		"gives each secret to one",
		"Of many who claim at the same time each secret is purged by one, with its events once.",
		withClaim(func(c *check) {
			const secrets = 60
			for i := range secrets {
				c.dueAt(key(fmt.Sprintf("shared-%02d", i)), start)
			}
			events := len(c.allEvents())
			var purged [contenders]int
			c.together(func(me int) error {
				n, err := c.purgeInClaims(7, secrets)
				purged[me] = n
				return err
			})
			total := 0
			for _, n := range purged {
				total += n
			}
			if n := len(c.allEvents()) - events; total != secrets || n != 2*secrets {
				c.failf("%d secrets were purged %d times in all, with %d events, not 2 of each", secrets, total, n)
			}
			c.dueIs(start, secretlife.Due{}, 10)
		}),
	},
	{
		"honours a done context",
		"A context that is done before Claim begins ends it with the context's error, and decide is not called.",
		withClaim(func(c *check) {
			s := c.dueAt(key("due"), start)
			ctx, cancel := context.WithCancel(c.ctx)
			cancel()
			c.untouched(func() {
				_, err := c.Claim(ctx, secretlife.DueQuery{By: start, Limit: 10}, func([]secretlife.Secret) []secretlife.Change {
					return []secretlife.Change{valid(s.Purge(atStart))}
				})
				if !errors.Is(err, context.Canceled) {
					c.failf("with a canceled context Claim returned %v", err)
				}
			}, s.Key())
		}),
	},
}

// withClaim checks stores that have Claim; others have no need to.
func withClaim(holds func(*check)) func(*check) {
	return func(c *check) {
		_, err := c.Claim(c.ctx, secretlife.DueQuery{By: start, Limit: 1},
			func([]secretlife.Secret) []secretlife.Change { return nil })
		if !errors.Is(err, errors.ErrUnsupported) {
			holds(c)
		}
	}
}

// checkClaim checks that Claim hands out these, as Load returns them.
func (c *check) checkClaim(by time.Time, after secretlife.Due, limit int, want []secretlife.Due) {
	c.Helper()
	var got []secretlife.Secret
	query := secretlife.DueQuery{By: by, After: after, Limit: limit}
	_, err := c.Claim(c.ctx, query, func(due []secretlife.Secret) []secretlife.Change {
		got = slices.Clone(due)
		return nil
	})
	c.noError(err, "Claim")
	name := func(k secretlife.Key) string {
		return k.Account.String() + " " + k.Region.String() + " " + k.Name.String()
	}
	have := list(got, func(s secretlife.Secret) string { return name(s.Key()) })
	if wanted := list(want, func(d secretlife.Due) string { return name(d.Key) }); have != wanted {
		c.failf("by %s, with limit %d, Claim hands out%s\ninstead of%s", by.Format(time.RFC3339Nano), limit, have, wanted)
	}
	for _, s := range got {
		c.stored(s)
	}
}

// claim claims what is due at start, and makes changes.
func (c *check) claim(limit int, changes ...secretlife.Change) {
	c.Helper()
	_, err := c.Claim(c.ctx, secretlife.DueQuery{By: start, Limit: limit}, func([]secretlife.Secret) []secretlife.Change {
		return changes
	})
	c.noError(err, "Claim")
}

// claimRefused checks that changes are refused, and nothing is written.
func (c *check) claimRefused(reason error, keys []secretlife.Key, changes []secretlife.Change) {
	c.Helper()
	c.untouched(func() {
		_, err := c.Claim(c.ctx, secretlife.DueQuery{By: start, Limit: 10}, func([]secretlife.Secret) []secretlife.Change {
			return changes
		})
		if !errors.Is(err, reason) {
			c.failf("Claim with such a change among %d returned %v, not %v", len(changes), err, reason)
		}
	}, keys...)
}

// purgeInClaims purges what is due until there is nothing more, up to most secrets.
func (c *check) purgeInClaims(limit, most int) (purged int, err error) {
	for range 3_000 {
		var n int
		_, err := c.Claim(c.ctx, secretlife.DueQuery{By: start, Limit: limit},
			func(due []secretlife.Secret) (changes []secretlife.Change) {
				for _, s := range due {
					if ch, err := s.Purge(atStart); err == nil {
						changes = append(changes, ch)
					}
				}
				n = len(changes)
				return changes
			})
		if err != nil {
			return purged, err
		}
		purged += n
		// What others have claimed is due until they are done.
		if due, err := c.Due(c.ctx, secretlife.DueQuery{By: start, Limit: 1}); err != nil || len(due) == 0 || purged > most {
			return purged, err
		}
	}
	return purged, errors.New("secrets are due for ever, and Claim does not hand them out")
}
