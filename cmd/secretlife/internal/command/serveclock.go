package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
)

// clock is nil, the Manager's default, for a real clock. A virtual clock goes on
// where the store's virtual time was left.
func (s serve) clock(ctx context.Context, store secretlife.Store) (secretlife.Clock, error) {
	switch {
	case s.Clock == "real" && s.Start != nil:
		return nil, errors.New("--start is for --clock virtual: a real clock can't be set")
	case s.Clock == "real":
		return nil, nil
	case s.Witness != "":
		return nil, errors.New("--witness is for --clock real: virtual time needs no proof")
	case s.Start != nil:
		return secretlife.NewVirtualClock(*s.Start), nil
	}
	start := time.Now()
	t, err := tallyOf(ctx, store)
	if err != nil {
		return nil, err
	}
	if at := virtualTime(t); at.After(start) {
		start = at
	}
	return secretlife.NewVirtualClock(start), nil
}

// checkClock returns the error for a store that has counted the other kind of time.
func (s serve) checkClock(ctx context.Context, m *secretlife.Manager) error {
	t, err := m.Tally(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		return err
	case err != nil: // serving ends before it begins
		return nil //nolint:nilerr // that is no failure
	case t.IsZero() || t.Virtual() == (s.Clock == "virtual"):
		return nil
	case t.Virtual():
		return fmt.Errorf("--clock real: %s has counted virtual time; use --clock virtual, or another store",
			s.location().name())
	}
	return fmt.Errorf("--clock virtual: %s has counted real time, and a virtual clock would purge its secrets early; "+
		"use another store",
		s.location().name())
}
