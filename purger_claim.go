package secretlife

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife/internal/tally"
	"go.uber.org/multierr"
)

const (
	// claimMost is how many secrets are claimed at once, and mostRows how many rows
	// of a table their purges may take: some databases have a limit of 3,000 for a
	// transaction.
	claimMost = 512
	mostRows  = 2800
)

// claims goes through what is due once, with purges many at once, in the order in
// which they would be done one by one: where other work comes between, that is
// done in its turn. It reports whether to go on.
func (s *run) claims(ctx context.Context) bool {
	after := s.from
	var ahead []dueEntry // what is known of those after it
	c := &claim{run: s}
	for {
		for len(ahead) > 0 && ahead[0].action == workSingly {
			after = ahead[0].due
			ahead = ahead[1:]
			if !s.page(ctx, []Due{after}) {
				return false
			}
		}
		limit := claimMost
		if len(ahead) > 0 {
			limit = together(ahead)
		}
		c.begin()
		receipt, err := s.p.core.store.Claim(ctx, DueQuery{By: s.now, After: after, Limit: limit}, c.decide)
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			s.noClaims = true
			return true
		case err != nil && s.stop.Err() != nil:
			s.errs = multierr.Append(s.errs, err)
			return false
		case err != nil:
			last, goOn := s.singly(ctx, after, limit, c, err)
			if !goOn || last == after {
				return goOn
			}
			// What the store still does with the claim that failed is not known.
			c, after, ahead = &claim{run: s}, last, nil
			continue
		case c.last == (Due{}) && len(ahead) > 0: // another Purger has them
			after, ahead = ahead[limit-1].due, ahead[limit:]
			continue
		case c.last.Compare(after) <= 0: // there are no more
			return true
		}
		if !s.claimed(ctx, receipt, c) {
			return false
		}
		for len(ahead) > 0 && ahead[0].due.Compare(c.last) <= 0 {
			ahead = ahead[1:]
		}
		if c.after != (Due{}) {
			after = c.after
		}
		ahead = append(c.ahead, ahead...)
	}
}

// claimed tells of what a claim did, and reports whether to go on.
func (s *run) claimed(ctx context.Context, receipt Receipt, c *claim) bool {
	s.p.state.did(s.p.core.clock.Now())
	s.p.core.publish(ctx, receipt, c.changes)
	s.room(len(c.changes))
	for i := range c.changes {
		p := c.piece(i)
		s.p.logDone(ctx, p)
		if !s.note(p) {
			return false
		}
	}
	return s.stop.Err() == nil
}

// singly does one by one what a claim failed to do, so that the one that it failed
// for is found and keeps no other waiting. It returns the last one, and whether to go
// on.
func (s *run) singly(ctx context.Context, after Due, limit int, c *claim, failed error) (Due, bool) {
	s.p.core.log.WarnContext(
		ctx, "purging many at once failed; they are done one by one", "secrets", len(c.changes), "error", failed,
	)
	page, err := s.p.core.store.Due(ctx, DueQuery{By: s.now, After: after, Limit: limit})
	if err != nil {
		s.errs = multierr.Append(s.errs, fmt.Errorf("%w: %w", errLooking, err))
		return after, false
	}
	if len(page) > 0 {
		after = page[len(page)-1]
	}
	before := len(s.done)
	goOn := s.page(ctx, page)
	if lost := s.unaccounted(c, s.done[before:]); lost > 0 && !errors.Is(failed, ErrConflict) {
		// The acknowledgement was lost, or another Purger came in between.
		s.errs = multierr.Append(
			s.errs, fmt.Errorf("secretlife: purging secrets at once, of which %d are gone: %w", lost, failed),
		)
	}
	return after, goOn
}

// unaccounted counts the secrets that a claim meant to purge, and that were then
// neither purged nor failed for.
func (s *run) unaccounted(c *claim, done []piece) int {
	seen := make(map[Incarnation]bool, len(done))
	for _, p := range done {
		seen[p.on.incarnation] = true
	}
	n := 0
	for i := range c.changes {
		p := c.piece(i)
		if _, failed := s.p.fails.get(p.due()); !failed && !seen[p.on.incarnation] {
			n++
		}
	}
	return n
}

// action is what a Purger does about a due secret.
type action uint8

const (
	leaveAlone action = iota // of a kind that is not wanted, before its next try, or waiting for counted time
	purgeTogether
	workSingly // by itself
)

type dueEntry struct {
	due    Due
	action action
	rows   int
}

// together is how many entries can be claimed at once.
func together(entries []dueEntry) int {
	rows := 0
	for i, e := range entries {
		rows += e.rows
		if e.action == workSingly || i > 0 && rows > mostRows {
			return i
		}
	}
	return len(entries)
}

// look says what is to be done about a secret that is due.
func (s *run) look(x Secret) dueEntry {
	at, kind, ok := x.NextDue()
	e := dueEntry{due: Due{at, x.Key()}}
	fail, failed := s.p.fails.get(e.due)
	switch {
	case !ok || at.After(s.now) || !s.kinds(kind) || failed && s.now.Before(fail.next):
	case kind == WorkPurge && failed && x.waits(s.at) > 0: // of others, Purge finds out
	case kind != WorkPurge || failed || s.wasPurged(e.due, x.Incarnation()):
		e.action = workSingly
	default:
		// The secret and its end, and of each version the value, its key and its end.
		e.action, e.rows = purgeTogether, 2+3*x.data().versions.Len()
	}
	return e
}

// claim is one call of [Store.Claim], and what it came to.
type claim struct {
	run     *run
	entries []dueEntry // what was handed out; the next claim uses the memory again
	changes []Change
	after   Due        // the last one that is done with
	last    Due        // the last one that was handed out
	ahead   []dueEntry // those in between
}

func (c *claim) begin() { *c = claim{run: c.run, entries: c.entries[:0]} }

// piece is what a change did, once it is saved.
func (c *claim) piece(i int) piece {
	purged := c.changes[i].base
	at, _, _ := purged.NextDue()
	return pieceOf(purged, at, WorkPurge)
}

// decide purges the first secrets, up to one that needs something else.
func (c *claim) decide(due []Secret) []Change {
	c.begin()
	if len(due) == 0 {
		return nil
	}
	for _, s := range due {
		c.entries = append(c.entries, c.run.look(s))
	}
	n := together(c.entries)
	c.changes = make([]Change, 0, n)
	for i := range c.entries[:n] {
		if c.entries[i].action != purgeTogether {
			continue
		}
		if change, err := due[i].Purge(c.run.at); err == nil { // it is due
			c.changes = append(c.changes, change)
		}
	}
	c.last = c.entries[len(c.entries)-1].due
	c.ahead = slices.Clone(c.entries[n:])
	if n > 0 {
		c.after = c.entries[n-1].due
	}
	return c.changes
}

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
func (p *Purger) Advance(ctx context.Context, d time.Duration) (Report, error) {
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
	p.aside = &[]piece{}
	defer func() { p.aside = nil }()
	p.fails.resume()
	done, err := p.advance(ctx, clk, start, target)
	return reportOf(with(done, *p.aside)), err
}

func (p *Purger) advance(ctx context.Context, clk SettableClock, start, target time.Time) ([]piece, error) {
	done, errs := p.settle(ctx, start)
	for ctx.Err() == nil && !errors.Is(errs, errLooking) {
		next, found, err := p.nextInstant(context.WithoutCancel(ctx), target)
		switch {
		case err != nil:
			return done, multierr.Append(errs, err)
		case !found:
			if target.After(p.core.clock.Now()) { // unless a rotation function moved it further
				clk.Set(target)
			}
			_, err := p.core.counter.counted(context.WithoutCancel(ctx))
			return done, multierr.Append(errs, err)
		}
		clk.Set(next)
		more, err := p.settle(ctx, next)
		if len(done) == 0 {
			done = more
		} else {
			done = append(done, more...)
		}
		errs = multierr.Append(errs, err)
	}
	if err := ctx.Err(); !errors.Is(errs, err) {
		errs = multierr.Append(errs, err)
	}
	return done, errs
}

// with adds what others did, each piece after what was due before it.
func with(done, aside []piece) []piece {
	for _, p := range aside {
		i := slices.IndexFunc(done, func(o piece) bool { return o.at > p.at })
		if i < 0 {
			i = len(done)
		}
		done = slices.Insert(done, i, p)
	}
	return done
}

// settle does all work that is due at an instant. Whoever moves the clock in steps
// means the date that it shows. When ctx ends, what was begun is still finished:
// otherwise its outcome would be unknown.
func (p *Purger) settle(ctx context.Context, now time.Time) ([]piece, error) {
	stop := ctx
	ctx = context.WithoutCancel(ctx)
	s, err := p.core.counter.counted(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLooking, internal(err))
	}
	p.wall.last, p.wall.stepped = s.now, false
	at := s.at(tally.Stamp{})
	at.Time, at.Protection = now, p.core.protection
	done, err := p.workUntil(ctx, &run{at: at, kinds: anyWork, stop: stop, advance: true})
	p.state.ran(stop, now, err)
	p.observed(ctx)
	return done, err
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
	paused := p.pauses.now()
	if w := p.waiting.Load(); w != nil && w.Secrets > 0 && !slices.Contains(paused, WorkPurge) {
		sooner(now.Add(ceilTick(w.Least)))
	}
	if d := time.Duration(p.aging.Load()); d > 0 && !slices.Contains(paused, WorkAge) {
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
