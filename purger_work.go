package secretlife

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.uber.org/multierr"
)

// work does what is due by now of some kinds, up to most pieces; 0 is all. It
// pages past secrets that fail, and begins again as long as it got something done, since
// work can make other work due.
//
// A store that keeps what it was told to purge would keep it busy for ever; it
// stops when a secret is purged a second time.
func (p *Purger) work(ctx context.Context, now time.Time, most int, kinds func(Work) bool) (Report, error) {
	p.publishUnsettled()
	s := &shift{Purger: p, now: now, most: most, kinds: kinds, purged: map[Incarnation]bool{}}
	if most == 0 && kinds(WorkPurge) {
		s.claimer, _ = p.store.(Claimer)
	}
	for s.round(ctx) {
	}
	return s.report, s.errs
}

// shift is one call of work.
type shift struct {
	*Purger
	now     time.Time
	most    int
	kinds   func(Work) bool
	claimer Claimer // nil: everything is done one by one

	report Report
	errs   error
	purged map[Incarnation]bool
}

// round goes through what is due once, and reports whether to do so again. Where
// the store can, purges are done many at once first; what they leave over, such
// as what can't be read, is then done one by one.
func (s *shift) round(ctx context.Context) bool {
	before := len(s.report)
	var after Due
	for {
		page, err := s.store.Due(ctx, s.now, after, duePage)
		if err != nil {
			s.errs = multierr.Append(s.errs, fmt.Errorf("secretlife: looking for due work: %w", err))
			return false
		}
		if len(page) > 1 && after == (Due{}) && s.claimer != nil {
			if goOn := s.claims(ctx); !goOn || len(s.report) > before {
				return goOn
			}
		}
		full := len(page) == duePage
		if full {
			after = page[duePage-1]
		}
		if !s.page(ctx, page) {
			return false
		}
		if !full {
			return len(s.report) > before
		}
	}
}

// page does work one by one, and reports whether to go on.
func (s *shift) page(ctx context.Context, page []Due) bool {
	for i, due := range page {
		done, met, err := s.do(ctx, due, s.now, s.kinds)
		if met {
			giveWay(page[i+1:])
		}
		s.errs = multierr.Append(s.errs, err)
		if !s.note(done) || ctx.Err() != nil || s.most > 0 && len(s.report) >= s.most {
			return false
		}
	}
	return true
}

// note takes work into the report, and reports whether to go on.
func (s *shift) note(done Report) bool {
	if len(done) > cap(s.report)-len(s.report) {
		s.report = slices.Grow(s.report, max(len(done), len(s.report))) // append grows long ones by less
	}
	for _, d := range done {
		if d.Work == WorkPurge && s.purged[d.incarnation] {
			s.errs = multierr.Append(s.errs, fmt.Errorf("secretlife: the store still has %s after its purge", d.ARN))
			return false
		}
		s.purged[d.incarnation] = d.Work == WorkPurge
		s.report = append(s.report, d)
	}
	return true
}

// giveWay goes on in the middle of what is left, and comes back to its beginning
// later: Purgers that met on one piece of work would otherwise meet on each of
// the next, and together be no faster than one.
func giveWay(rest []Due) {
	middle := len(rest) / 2
	copy(rest, slices.Concat(rest[middle:], rest[:middle]))
}

// do does one piece of work, unless it waits for its next try. met reports that
// somebody else was at the same.
func (p *Purger) do(ctx context.Context, due Due, now time.Time, kinds func(Work) bool) (done Report, met bool, err error) {
	fail := p.fails[due.Key]
	if fail != nil && now.Before(fail.next) {
		return nil, false, nil
	}
	done, err = p.attempt(ctx, due, now, kinds)
	switch {
	case err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrNotDue) || errors.Is(err, ErrSecretNotFound):
		// Somebody else was here: a restore, or another Purger.
		delete(p.fails, due.Key)
		return done, errors.Is(err, ErrConflict), nil
	case errors.Is(err, errOtherWork):
		return nil, false, nil
	case ctx.Err() != nil:
		return nil, false, err
	}
	if fail == nil {
		fail = &failure{}
		p.fails[due.Key] = fail
	}
	pause := min(firstPause<<min(fail.tries, 12), longestPause)
	fail.tries++
	fail.next, fail.err = now.Add(pause), err
	p.log.WarnContext(ctx, "background work failed", "name", due.Key.Name.String(), "try", fail.tries, "next", fail.next, "error", err)
	return nil, false, fmt.Errorf("secretlife: %s in %s of %s: %w", due.Key.Name, due.Key.Region, due.Key.Account, err)
}

// errOtherWork is for a secret that waits for another kind of work.
var errOtherWork = errors.New("other work")

func (p *Purger) attempt(ctx context.Context, due Due, now time.Time, kinds func(Work) bool) (Report, error) {
	s, err := p.store.Load(ctx, due.Key)
	if err != nil {
		return nil, err
	}
	at, kind, ok := s.NextDue()
	if !ok || at.After(now) {
		return nil, ErrNotDue
	}
	if !kinds(kind) {
		return nil, errOtherWork
	}
	done := Report{doneTo(s, at, kind)}
	if kind == WorkRotate {
		if err := p.rotate(ctx, s, now); err != nil {
			return nil, err
		}
		return done, nil
	}
	var changes []Change
	switch kind {
	case WorkPurge:
		changes, err = one(s.Purge(now))
	case WorkAge:
		changes, err = one(s.Age(now))
	case WorkReplicate:
		changes, err = p.replicate(ctx, s, now)
	}
	if err != nil {
		return nil, err
	}
	if err := p.save(ctx, nil, changes...); err != nil {
		return nil, err
	}
	p.logDone(ctx, done[0])
	return done, nil
}

func doneTo(s Secret, at time.Time, kind Work) Done {
	date, _ := s.Deletion().Date()
	return Done{at, kind, s.ARN(), date, s.Incarnation()}
}

func (p *Purger) logDone(ctx context.Context, d Done) {
	if p.log.Enabled(ctx, slog.LevelInfo) { // of many secrets, most often to nobody
		p.log.InfoContext(ctx, "background work done", "work", d.Work.String(), "arn", d.ARN.String(), "due", d.At)
	}
}

func one(c Change, err error) ([]Change, error) { return []Change{c}, err }

// replicate carries a primary's state to the replica that waits longest.
func (p *Purger) replicate(ctx context.Context, s Secret, now time.Time) ([]Change, error) {
	r := s.attrs().replicas[s.attrs().nextReplica()]
	there, err := p.store.Load(ctx, s.keyIn(r.Region))
	if err != nil && !errors.Is(err, ErrSecretNotFound) {
		return nil, err
	}
	overwrites := r.overwrite && there.Phase(now) == Active
	if !there.IsZero() && !there.isReplicaFrom(s) && !overwrites {
		return []Change{s.replicationDone(now, r.Region, textReplicaExists)}, nil
	}
	fresh, err := p.random.incarnation()
	if err != nil {
		return nil, err
	}
	replica, err := s.replicaOf(now, r, there, fresh, func(id VersionID) (Value, error) {
		return p.store.Value(ctx, s.Key(), s.Incarnation(), id)
	})
	if errors.Is(err, ErrVersionNotFound) {
		return nil, ErrConflict // the primary changed meanwhile
	}
	if err != nil {
		return nil, err
	}
	return []Change{s.replicationDone(now, r.Region, ""), replica}, nil
}
