package storetest

import (
	"context"
	"errors"

	"github.com/secretlife-go/secretlife"
)

// optional are calls of the methods that a store need not have. With a context that is
// done they have no effect.
var optional = map[Method]func(context.Context, secretlife.Store) error{
	Claim: func(ctx context.Context, s secretlife.Store) error {
		_, err := s.Claim(ctx, secretlife.DueQuery{By: start, Limit: 1},
			func([]secretlife.Secret) []secretlife.Change { return nil })
		return err
	},
	CommitLater: func(ctx context.Context, s secretlife.Store) error {
		_, err := s.CommitLater(ctx, key("a"), func(secretlife.Secret) secretlife.Change { return secretlife.Change{} })
		return err
	},
	Count: func(ctx context.Context, s secretlife.Store) error {
		_, err := s.Count(ctx, key("a").Account, key("a").Region)
		return err
	},
	Health: func(ctx context.Context, s secretlife.Store) error { return s.Health(ctx) },
	Note: func(ctx context.Context, s secretlife.Store) error {
		_, err := s.Note(ctx, "note")
		return err
	},
	SwapNote: func(ctx context.Context, s secretlife.Store) error {
		return s.SwapNote(ctx, "note", nil, []byte("value"))
	},
}

// has reports whether a store has a method that it need not have.
func has(s secretlife.Store, m Method) bool {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return !errors.Is(optional[m](ctx, s), errors.ErrUnsupported)
}

func hasClaim(s secretlife.Store) bool { return has(s, Claim) }

var wrapperClauses = []clause{
	{
		"has what the store behind it has",
		"A store that stands before another one has every method that the other has.",
		func(c *check) {
			if c.wraps == nil {
				return
			}
			behind := c.wraps(c.Store)
			for m := range optional {
				if has(behind, m) && !has(c.Store, m) {
					c.failf("%s is not supported, which the store behind has", m)
				}
			}
		},
	},
	{
		"says at once what it does not have",
		"A method that a store does not have returns errors.ErrUnsupported, whether or not its context is done.",
		func(c *check) {
			for m, call := range optional {
				if live := !errors.Is(call(c.ctx, c.Store), errors.ErrUnsupported); live != has(c.Store, m) {
					c.failf("%s is supported with one context and not with another", m)
				}
			}
		},
	},
}

var healthClauses = []clause{
	{
		"of a store that works",
		"Health returns nil while the store works.",
		func(c *check) {
			if has(c.Store, Health) {
				c.create("a")
				c.noError(c.Health(c.ctx), "Health")
			}
		},
	},
	{
		"honours a done context",
		"A context that is done before Health begins ends it with the context's error.",
		func(c *check) {
			ctx, cancel := context.WithCancel(c.ctx)
			cancel()
			if err := c.Health(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, errors.ErrUnsupported) {
				c.failf("with a canceled context Health returned %v", err)
			}
		},
	},
}
