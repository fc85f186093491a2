package sqlite

import (
	"log/slog"
	"time"

	"github.com/secretlife-go/secretlife/sqlstore/internal/anchor"
)

// Options are those of sqlstore.Options, which says what they are.
type Options struct {
	KeySlots   string
	ScrubAfter time.Duration
	Anchor     anchor.Anchor
	Restored   bool
	ReadOnly   bool
	Logger     *slog.Logger
}

func (o Options) withDefaults(path string) Options {
	if o.KeySlots == "" {
		o.KeySlots = path + ".keys"
	}
	if o.ScrubAfter <= 0 {
		o.ScrubAfter = time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
