package storetest

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/secretlife-go/secretlife"
)

// managerClauses use the store as it will be used: some changes, such as those
// of replication, only a Manager and a Purger make.
var managerClauses = []clause{
	{
		"purges at the instant",
		"A Manager and a Purger over the store delete, restore and purge secrets at the instants they are due.",
		func(c *check) {
			ctx, cancel := context.WithCancel(c.ctx)
			defer cancel()
			left := 30 // events; a store that does not let go of a secret would have it purged for ever
			m, p := c.service(func(o *secretlife.Options) {
				o.Observer = secretlife.EventObserver(func(context.Context, secretlife.Event) {
					if left--; left == 0 {
						cancel()
					}
				})
			})
			for _, name := range []string{"kept", "week", "month", "now"} {
				c.must(m.CreateSecret(c.ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("v")}))
			}
			c.must(m.DeleteSecret(c.ctx, secretlife.DeleteSecretInput{SecretID: "week",
				RecoveryWindowInDays: secretlife.Days(7)}))
			c.must(m.DeleteSecret(c.ctx, secretlife.DeleteSecretInput{SecretID: "month"}))
			c.must(m.DeleteSecret(c.ctx, secretlife.DeleteSecretInput{SecretID: "kept"}))
			c.must(m.DeleteSecret(c.ctx, secretlife.DeleteSecretInput{SecretID: "now", ForceDeleteWithoutRecovery: true}))
			c.must(m.RestoreSecret(c.ctx, secretlife.SecretInput{SecretID: "kept"}))
			report, err := p.Advance(ctx, 30*oneDay)
			c.noError(err, "Purger.Advance")
			line := func(d secretlife.Done) string { return d.At.Format(time.RFC3339Nano) + " " + d.ARN.Name().String() }
			want := list([]secretlife.Done{{At: start}, {At: start.Add(7 * oneDay)}, {At: start.Add(30 * oneDay)}},
				func(d secretlife.Done) string {
					return line(d) + map[time.Time]string{start: "now", start.Add(7 * oneDay): "week",
						start.Add(30 * oneDay): "month"}[d.At]
				})
			if got := list(report, line); got != want {
				c.failf("in 30 days these were purged:%s\ninstead of:%s", got, want)
			}
			c.listed(secretlife.ListQuery{}, "kept")
			c.allEvents()
		},
	},
	{
		"replaces a secret by another incarnation",
		"A change whose next state is another incarnation takes the old one's place: its values are gone, and the new " +
			"one's are there.",
		func(c *check) {
			m, p := c.service()
			there := valid(m.In(homeAccount, "eu-west-1"))
			created := func(m *secretlife.Manager, value string) secretlife.Secret {
				c.must(m.CreateSecret(c.ctx, secretlife.CreateSecretInput{Name: "same", Value: secretlife.SecretString(value)}))
				s, err := c.Load(c.ctx, secretlife.Key{Account: m.Account(), Region: m.Region(), Name: key("same").Name})
				c.noError(err, "Load")
				return s
			}
			old := created(there, "of the old one")
			primary := created(m, "of the primary")
			c.must(m.ReplicateSecretToRegions(c.ctx, secretlife.ReplicateSecretToRegionsInput{
				SecretID:                    "same",
				AddReplicaRegions:           []secretlife.ReplicaRegion{{Region: "eu-west-1"}},
				ForceOverwriteReplicaSecret: true,
			}))
			c.must(p.Advance(c.ctx, 0))
			replica, err := c.Load(c.ctx, old.Key())
			c.noError(err, "Load")
			if replica.Incarnation() == old.Incarnation() {
				c.failf("the old incarnation is still there")
			}
			c.hasNoValue(old.Key(), old.Incarnation(), current(old), "the incarnation that was replaced")
			c.hasValue(replica, current(primary), secretlife.SecretString("of the primary"))
			if due := c.due(start.AddDate(1, 0, 0), secretlife.Due{}, 10); len(due) > 0 {
				c.failf("something is due after the replication was done")
			}
			c.allEvents()
		},
	},
	{
		"keeps what a request said",
		"Events come back with what the request said, as the caller was told.",
		func(c *check) {
			var told []secretlife.Event
			m, _ := c.service(func(o *secretlife.Options) {
				o.Observer = secretlife.EventObserver(func(_ context.Context, e secretlife.Event) { told = append(told, e) })
			})
			c.must(m.CreateSecret(c.ctx, secretlife.CreateSecretInput{
				Name: "told", Value: secretlife.SecretString("v"), Description: "why",
				Tags: []secretlife.Tag{{Key: "team", Value: "a"}},
			}))
			c.must(m.DeleteSecret(c.ctx, secretlife.DeleteSecretInput{SecretID: "told",
				RecoveryWindowInDays: secretlife.Days(8)}))
			c.must(m.RestoreSecret(c.ctx, secretlife.SecretInput{SecretID: "told"}))
			c.must(m.GetSecretValue(c.ctx, secretlife.GetSecretValueInput{SecretID: "told"}))
			saved := c.allEvents()
			c.must(m.ListSecrets(c.ctx, secretlife.ListSecretsInput{})) // tells what was written behind its call
			c.sameEvents(told, saved)
		},
	},
}

// service makes a Manager and a Purger over the store in virtual time.
func (c *check) service(edits ...func(*secretlife.Options)) (*secretlife.Manager, *secretlife.Purger) {
	basic := func(o *secretlife.Options) {
		o.Clock, o.Random = secretlife.NewVirtualClock(start), rand.NewChaCha8([32]byte{})
		o.Account, o.Region = homeAccount, homeRegion
	}
	m := valid(secretlife.New(c.Store, append([]func(*secretlife.Options){basic}, edits...)...))
	return m, secretlife.NewPurger(m)
}

// must checks that an operation succeeded.
func (c *check) must(_ any, err error) {
	c.Helper()
	c.noError(err, "an operation of the Manager")
}
