package postgres

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/secretlife-go/secretlife/sqlstore/internal/anchor"
)

// Options are those of sqlstore.PostgresOptions, which says what they are.
type Options struct {
	DestroyKeysAfter time.Duration
	DestroyKeysEvery int
	Anchor           anchor.Anchor
	Restored         bool
	Connections      int
	Timeout          time.Duration
	Random           func() float64
	Logger           *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.DestroyKeysAfter <= 0 {
		o.DestroyKeysAfter = 24 * time.Hour
	}
	if o.Connections <= 0 {
		o.Connections = 8
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
