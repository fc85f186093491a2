package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/secretlife-go/secretlife"
)

var loadClauses = []clause{
	{
		"returns what was committed",
		"Load returns the secret as it was written, with all it has.",
		func(c *check) {
			c.stored(c.create("plain"))
			cr := c.creation(key("full"))
			cr.Ordinal = 300
			cr.Description, cr.KMSKeyID, cr.Type = "what it is for, in three scripts: é 密 🔑", "alias/mine", "kind"
			cr.Tags = []secretlife.Tag{{Key: "b", Value: "2"}, {Key: "a", Value: ""}}
			cr.Replicas = []secretlife.Replica{{Region: valid(secretlife.ParseRegion("eu-west-1")),
				KMSKeyID: "alias/there"}}
			s := c.do(secretlife.NewSecret(atStart, cr))
			c.stored(s)
			s = c.do(s.PutValue(secretlife.Exactly(start.Add(time.Hour)), c.versionID(), secretlife.SecretString("next"),
				[]secretlife.Stage{"mine", "AWSPENDING"}))
			c.stored(s)
			s = c.do(s.Read(secretlife.Exactly(start.Add(2*time.Hour)), current(s)))
			c.stored(s)
			empty := c.creation(key("empty"))
			empty.VersionID, empty.Value = secretlife.VersionID{}, secretlife.Value{}
			c.stored(c.do(secretlife.NewSecret(atStart, empty)))
		},
	},
	{
		"returns a scheduled secret with its dates",
		"Load returns a secret that is scheduled for deletion with all it has, until it is purged.",
		func(c *check) {
			s := c.do(c.create("scheduled").Delete(secretlife.Exactly(start.Add(1234567*time.Microsecond)), window(7),
				90*time.Minute))
			got := c.stored(s)
			c.same(s, got)
			c.stored(c.do(s.Delete(secretlife.Exactly(start.Add(time.Hour)), force(), time.Second)))
		},
	},
	{
		"returns ErrSecretNotFound where there is none",
		"Load returns ErrSecretNotFound for a key at which there is no secret.",
		func(c *check) {
			c.absent(key("here"))
			c.create("here")
			for _, k := range []secretlife.Key{
				key("her"), key("here2"), key("Here"),
				keyIn("210987654321", homeRegion, "here"),
				keyIn(homeAccount, "us-east-2", "here"),
			} {
				c.absent(k)
			}
		},
	},
	{
		"sees every commit that returned",
		"Load sees every Commit that returned before it was called, from whichever goroutine.",
		func(c *check) {
			s := c.create("seen")
			for range 20 {
				s = c.do(s.Update(atStart, secretlife.Update{}))
				seen := make(chan uint64)
				go func() {
					got, _ := c.Load(c.ctx, s.Key())
					seen <- got.Revision()
				}()
				if n := <-seen; n != s.Revision() {
					c.failf("Load returned revision %d after revision %d was committed", n, s.Revision())
				}
			}
		},
	},
}

var contextClauses = []clause{
	contextClause("Load", func(ctx context.Context, c *check, s secretlife.Secret) error {
		_, err := c.Load(ctx, s.Key())
		return err
	}),
	contextClause("Value", func(ctx context.Context, c *check, s secretlife.Secret) error {
		_, err := c.Value(ctx, s.Key(), s.Incarnation(), current(s))
		return err
	}),
	contextClause("Commit", func(ctx context.Context, c *check, s secretlife.Secret) error {
		_, err := c.Commit(ctx, secretlife.BatchOf(valid(s.Update(atStart, secretlife.Update{}))))
		return err
	}),
	contextClause("List", func(ctx context.Context, c *check, s secretlife.Secret) error {
		_, err := c.List(ctx, secretlife.ListQuery{Account: s.Key().Account, Region: s.Key().Region, Limit: 10})
		return err
	}),
	contextClause("Due", func(ctx context.Context, c *check, _ secretlife.Secret) error {
		_, err := c.Due(ctx, secretlife.DueQuery{By: start, Limit: 10})
		return err
	}),
	contextClause("Events", func(ctx context.Context, c *check, _ secretlife.Secret) error {
		_, err := c.Events(ctx, 0, 10)
		return err
	}),
}

func contextClause(method string, call func(context.Context, *check, secretlife.Secret) error) clause {
	return clause{
		method + " honours a done context",
		"A context that is done before " + method + " begins ends it with the context's error, and nothing is done.",
		func(c *check) {
			s := c.create("here")
			canceled, cancel := context.WithCancel(c.ctx)
			cancel()
			late, cancel := context.WithDeadline(c.ctx, time.Unix(1, 0))
			defer cancel()
			for _, ctx := range []context.Context{canceled, late} {
				c.untouched(func() {
					if err := call(ctx, c, s); !errors.Is(err, ctx.Err()) {
						c.failf("with a context whose error is %v, %s returned %v", ctx.Err(), method, err)
					}
				}, s.Key())
			}
			c.noError(call(c.ctx, c, s), method+" with a context that is not done")
		},
	}
}
