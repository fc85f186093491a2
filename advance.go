package secretlife

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife/internal/tally"
)

// Advance lets d pass on a virtual clock ([VirtualClock] or clock.Mock) and
// does all work that becomes due, each piece at the instant it is due, in the
// order of those instants: the same history every time. Where the clock can't be
// set, it returns [ErrClockNotVirtual];
// with a d below zero, or one that leads beyond the year 9900,
// [ErrInvalidParameter], and the clock stays. A d of zero does what is due now.
//
// The clock is d ahead in the end even where the work for some secrets failed; the
// Report tells what was done, the error what was not. When ctx ends, Advance
// finishes the piece of work it is doing, interrupts a rotation, and returns the
// context's error: the clock then stands at the instant of that work, and the next
// call goes on there. It also stops where the store can't say what is due.
func (p *Purger) Advance(ctx context.Context, d time.Duration) (report Report, errs error) {
	clk, ok := p.core.clock.(SettableClock)
	if !ok {
		return nil, ErrClockNotVirtual
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	start := instant(p.core.clock.Now())
	target := start.Add(d)
	if d < 0 || target.Year() > lastYear {
		return nil, fmt.Errorf(
			"%w: can't advance the clock by %v from %s", ErrInvalidParameter, d, start.Format(time.RFC3339),
		)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.aside = &Report{}
	defer func() {
		report = report.with(*p.aside)
		p.aside = nil
	}()
	p.fails.resume()
	report, errs = p.settle(ctx, start)
	for ctx.Err() == nil && !errors.Is(errs, errLooking) {
		next, found, err := p.nextInstant(context.WithoutCancel(ctx), target)
		switch {
		case err != nil:
			return report, multierr.Append(errs, err)
		case !found:
			if target.After(p.core.clock.Now()) { // unless a rotation function moved it further
				clk.Set(target)
			}
			_, err := p.core.counter.counted(context.WithoutCancel(ctx))
			return report, multierr.Append(errs, err)
		}
		clk.Set(next)
		done, err := p.settle(ctx, next)
		if len(report) == 0 {
			report = done
		} else {
			report = append(report, done...)
		}
		errs = multierr.Append(errs, err)
	}
	if err := ctx.Err(); !errors.Is(errs, err) {
		errs = multierr.Append(errs, err)
	}
	return report, errs
}

// with adds what others did, each piece after what was due before it.
func (r Report) with(aside Report) Report {
	for _, d := range aside {
		i := slices.IndexFunc(r, func(o Done) bool { return o.At.After(d.At) })
		if i < 0 {
			i = len(r)
		}
		r = slices.Insert(r, i, d)
	}
	return r
}

// settle does all work that is due at an instant. Whoever moves the clock in steps
// means the date that it shows. When ctx ends, what was begun is still finished:
// otherwise its outcome would be unknown.
func (p *Purger) settle(ctx context.Context, now time.Time) (Report, error) {
	stop := ctx
	ctx = context.WithoutCancel(ctx)
	s, err := p.core.counter.counted(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLooking, internal(err))
	}
	p.wall.last, p.wall.stepped = s.now, false
	at := s.at(tally.Stamp{})
	at.Time = now
	report, err := p.workUntil(ctx, &run{at: at, kinds: anyWork, stop: stop, advance: true})
	p.state.ran(stop, now, err)
	p.observed(ctx)
	return report, err
}

// nextInstant is the first instant after the present and up to target at which
// something is to be done, retries of failed work included.
func (p *Purger) nextInstant(ctx context.Context, target time.Time) (time.Time, bool, error) {
	now := instant(p.core.clock.Now())
	var next time.Time
	sooner := func(t time.Time) {
		if t.After(now) && !t.After(target) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, f := range p.fails.all() {
		sooner(f.next)
	}
	held := p.holds.now()
	if w := p.waiting.Load(); w != nil && w.Secrets > 0 && !slices.Contains(held, WorkPurge) {
		sooner(now.Add(ceilTick(w.Least)))
	}
	if d := time.Duration(p.aging.Load()); d > 0 && !slices.Contains(held, WorkAge) {
		sooner(now.Add(ceilTick(d)))
	}
	// Everything due by now was tried; the first entry after it is next.
	page, err := p.core.store.Due(ctx, DueQuery{By: target, After: Due{At: now, Key: lastKey}, Limit: 1})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("%w: %w", errLooking, err)
	}
	for _, due := range page {
		sooner(due.At)
	}
	return next, !next.IsZero(), nil
}

// ceilTick is d or a little more: instants are whole milliseconds.
func ceilTick(d time.Duration) time.Duration {
	return (d + tick - 1).Truncate(tick)
}
