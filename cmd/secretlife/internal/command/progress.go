package command

import (
	"context"

	"github.com/secretlife-go/secretlife/sqlstore"
)

// Bar shows how far long work is.
type Bar interface {
	Add(pieces int) error
	Finish() error
}

// progress shows how far long work is, on a terminal only: what is kept in a file
// has nothing of it.
type progress struct{ bar Bar }

// newProgress begins a bar of so many pieces, -1 where that is not known.
func newProgress(o process, doing string, pieces int64) progress {
	if o.newBar == nil {
		return progress{}
	}
	return progress{o.newBar(o.log, doing, pieces)}
}

func (p progress) add(n int) {
	if p.bar != nil {
		_ = p.bar.Add(n) // nothing depends on it
	}
}

func (p progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// size is how many secrets and events a store has.
func size(ctx context.Context, store *sqlstore.Store) (int64, error) {
	var n int64
	err := eachScope(ctx, store, func(s sqlstore.Scope) error {
		secrets, err := store.Count(ctx, s.Account, s.Region)
		n += int64(secrets)
		return err
	})
	if err != nil {
		return 0, err
	}
	events, err := store.EventCount(ctx)
	return n + int64(events), err
}
