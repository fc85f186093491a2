package secretlife

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/multierr"
)

// Advance lets d pass on a virtual clock ([VirtualClock] or clock.Mock) and
// does all work that becomes due, each piece at the instant it is due, in the
// order of those instants: the same history every time. The guard takes it for
// what it is. Where the clock can't be set, it answers [ErrClockNotVirtual];
// with a d below zero, or one that leads beyond the year 9900,
// [ErrInvalidParameter], and the clock stays. A d of zero does what is due now.
//
// The clock is d ahead in the end even where some work failed; the Report tells
// what was done, the error what was not.
func (p *Purger) Advance(ctx context.Context, d time.Duration) (Report, error) {
	clk, ok := p.clock.(settable)
	if !ok {
		return nil, ErrClockNotVirtual
	}
	p.advancing.Lock()
	defer p.advancing.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	start := instant(p.clock.Now())
	target := start.Add(d)
	if d < 0 || target.Year() > lastYear {
		return nil, fmt.Errorf("%w: can't advance the clock by %v from %s", ErrInvalidParameter, d, start.Format(time.RFC3339))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	report, errs := p.settle(ctx, start)
	for ctx.Err() == nil {
		next, found, err := p.nextInstant(ctx, target)
		if err != nil || !found {
			errs = multierr.Append(errs, err)
			break
		}
		p.moveTo(clk, next)
		done, err := p.settle(ctx, next)
		report, errs = append(report, done...), multierr.Append(errs, err)
	}
	p.moveTo(clk, target)
	return report, multierr.Append(errs, ctx.Err())
}

// moveTo sets the clock, and the guard with it.
func (p *Purger) moveTo(clk settable, t time.Time) {
	clk.Set(t)
	wall, elapsed := p.readClock()
	if !p.guard.started {
		p.guard.start(wall, elapsed, time.Time{})
	}
	p.guard.trust(wall, elapsed)
}

// settle does all work that is due at an instant.
func (p *Purger) settle(ctx context.Context, now time.Time) (Report, error) {
	return p.work(ctx, now, 0, anyWork)
}

// nextInstant is the first instant after the present and up to target at which
// something is to be done, retries of failed work included.
func (p *Purger) nextInstant(ctx context.Context, target time.Time) (time.Time, bool, error) {
	now := instant(p.clock.Now())
	var next time.Time
	sooner := func(t time.Time) {
		if t.After(now) && !t.After(target) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, f := range p.fails {
		sooner(f.next)
	}
	// Everything due by now was tried; the first entry after it is next.
	page, err := p.store.Due(ctx, target, Due{At: now, Key: lastKey}, 1)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("secretlife: looking for due work: %w", err)
	}
	for _, due := range page {
		sooner(due.At)
	}
	return next, !next.IsZero(), nil
}

// lastKey is after every key: "~" comes after all digits.
var lastKey = Key{Account: Account{"~"}}
