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
func (p *Purger) work(ctx context.Context, at At, most int, kinds func(Work) bool, skip *skipped) ([]piece, error) {
	return p.workUntil(ctx, &run{at: at, most: most, kinds: kinds, stop: ctx, skip: skip})
}

// workUntil is work as a run describes it. ctx is for the store's calls.
func (p *Purger) workUntil(ctx context.Context, s *run) ([]piece, error) {
	p.core.publishUnsettled()
	s.p, s.now, s.purged = p, s.at.Time, map[Incarnation]bool{}
	if paused := p.pauses.now(); paused != nil && !s.single {
		wanted := s.kinds
		s.kinds = func(w Work) bool { return wanted(w) && !slices.Contains(paused, w) }
	}
	s.from = s.skip.from(s.at, p.wall.last)
	// With Options.Audit nothing is claimed: a claim is decided and saved in one step.
	s.noClaims = s.most > 0 || !s.kinds(WorkPurge) || p.core.audit != nil
	for s.round(ctx) {
		s.later = true
	}
	if s.from == (Due{}) && s.most == 0 && s.kinds(WorkPurge) && s.stop.Err() == nil {
		s.skip.note(s.at, p.wall.last, s.waiting)
		p.tellWaiting(ctx, s.waiting)
		p.aging.Store(int64(s.aging))
	}
	if p.aside != nil && !s.advance {
		*p.aside = append(*p.aside, s.done...)
	}
	if s.most == 0 {
		p.state.worked(lastRun{
			due:  len(s.done) + s.failing + s.waiting.Secrets,
			done: len(s.done), purged: purges(s.done), lag: s.lag,
		})
	}
	return s.done, s.errs
}

// tellWaiting keeps what waits for [Purger.Waiting], and logs it when it changes
// between some and none.
func (p *Purger) tellWaiting(ctx context.Context, w Waiting) {
	before := p.waiting.Swap(&w)
	had := before != nil && before.Secrets > 0
	switch {
	case w.Secrets > 0 && !had:
		p.core.log.WarnContext(
			ctx,
			"secrets past their DeletionDate wait: their windows have not passed by counted time",
			"secrets",
			w.Secrets,
			"first in",
			w.Least,
			"counted",
			w.Counted,
			"window",
			w.Window,
		)
	case w.Secrets == 0 && had:
		p.core.log.InfoContext(ctx, "no secret waits for counted time any more")
	}
}

// run is one call of work.
type run struct {
	p       *Purger
	at      At
	now     time.Time // at.Time
	skip    *skipped  // nil: everything that is due is looked at
	from    Due       // everything up to here is passed by
	most    int
	kinds   func(Work) bool
	stop    context.Context // ends the work after the piece that is being done; rotation functions get it
	begun   func()          // is called before a rotation function is; nil for nothing
	advance bool            // it is part of Advance
	single  bool            // it is a Step, which does work that is paused
	// noClaims: everything is done one by one
	noClaims bool

	done    []piece
	errs    error
	later   bool                 // it is not the first round
	last    Due                  // the last piece of work that was done
	purged  map[Incarnation]bool // of the first pieces of done, as many as indexed
	indexed int
	waiting Waiting       // of this round
	failing int           // of this round
	aging   time.Duration // of this round: until versions that wait can be removed; 0 if none wait
	lag     time.Duration // how late the work was that was done or failed
}

// late notes when work was due that is done, or fails.
func (s *run) late(due time.Time) { s.lag = max(s.lag, s.now.Sub(due)) }

// fails notes work that fails.
func (s *run) fails(due Due) {
	s.failing++
	s.late(due.At)
}

// round goes through what is due once, and reports whether to do so again. Where
// the store can, purges are done many at once first; what they leave over, such
// as what can't be read, is then done one by one.
func (s *run) round(ctx context.Context) bool {
	before, failures := len(s.done), s.p.fails.count()
	failed := map[Key]bool{} // of what is due
	after := s.from
	s.waiting, s.failing, s.aging = Waiting{}, 0, 0
	for {
		page, err := s.p.core.store.Due(ctx, DueQuery{By: s.now, After: after, Limit: duePage})
		if err != nil {
			s.errs = multierr.Append(s.errs, fmt.Errorf("%w: %w", errLooking, err))
			return false
		}
		if len(page) > 1 && after == s.from && !s.noClaims {
			if goOn := s.claims(ctx); !goOn || len(s.done) > before {
				return goOn
			}
		}
		full := len(page) == duePage
		if full {
			after = page[duePage-1]
		}
		for _, d := range page {
			if _, ok := s.p.fails.get(d); ok {
				failed[d.Key] = true
			}
		}
		if !s.page(ctx, page) {
			return false
		}
		if !full {
			if s.from == (Due{}) { // all that is due was seen
				s.p.fails.forgetOthers(failed, failures)
			}
			return len(s.done) > before
		}
	}
}

// errLooking is for a store that does not say what is due.
var errLooking = errors.New("secretlife: looking for due work")

// page does work one by one, and reports whether to go on.
func (s *run) page(ctx context.Context, page []Due) bool {
	for i, due := range page {
		done, met, err := s.do(ctx, due)
		if met {
			giveWay(page[i+1:])
		}
		s.errs = multierr.Append(s.errs, err)
		if !s.noteAll(done) || s.stop.Err() != nil || s.most > 0 && len(s.done) >= s.most {
			return false
		}
	}
	return true
}

// noteAll is note for several pieces of work.
func (s *run) noteAll(done []piece) bool {
	s.room(len(done))
	for _, p := range done {
		if !s.note(p) {
			return false
		}
	}
	return true
}

// room makes room for more pieces.
func (s *run) room(more int) {
	if len(s.done)+more > cap(s.done) {
		s.done = slices.Grow(s.done, max(len(s.done), more))
	}
}

// note takes down a piece of work, and reports whether to go on.
func (s *run) note(p piece) bool {
	due := p.due()
	s.late(due.At)
	if p.work == WorkPurge && s.wasPurged(due, p.on.incarnation) {
		s.errs = multierr.Append(s.errs, fmt.Errorf("secretlife: the store still has %s after its purge", p.on.arn()))
		return false
	}
	s.last = due
	s.done = append(s.done, p)
	return true
}

// wasPurged reports whether the run purged a secret already. In the first round, what is
// due after the last piece of work was not met yet.
func (s *run) wasPurged(due Due, in Incarnation) bool {
	if !s.later && due.Compare(s.last) > 0 {
		return false
	}
	for _, p := range s.done[s.indexed:] {
		s.purged[p.on.incarnation] = p.work == WorkPurge
	}
	s.indexed = len(s.done)
	return s.purged[in]
}

// giveWay goes on in the middle of what is left, and comes back to its beginning
// later: Purgers that met on one piece of work would otherwise meet on each of
// the next, and together be no faster than one.
func giveWay(rest []Due) {
	middle := len(rest) / 2
	copy(rest, slices.Concat(rest[middle:], rest[:middle]))
}

// do does one piece of work, unless it waits for its next try. met reports that
// another Purger was at the same.
func (s *run) do(ctx context.Context, due Due) (done []piece, met bool, err error) {
	if fail, failed := s.p.fails.get(due); failed && s.now.Before(fail.next) {
		s.fails(due)
		return nil, false, nil
	}
	done, err = s.attempt(ctx, due)
	s.p.state.did(s.p.core.clock.Now())
	switch {
	case err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrNotDue) || errors.Is(err, ErrSecretNotFound):
		// Another caller came first: a restore, or another Purger.
		s.p.fails.forget(due.Key)
		return done, errors.Is(err, ErrConflict), nil
	case errors.Is(err, errOtherWork):
		return nil, false, nil
	case s.stop.Err() != nil && !errors.Is(err, errInterrupted):
		return nil, false, err
	}
	s.fails(due)
	fail := s.p.fails.add(due, s.now, err)
	if errors.Is(err, errInterrupted) {
		return nil, false, s.stop.Err()
	}
	s.p.core.log.WarnContext(
		ctx, "background work failed",
		"name", due.Key.Name.String(), "try", fail.tries, "next", fail.next, "error", err,
	)
	return nil, false, &workError{due.Key, err}
}

// errOtherWork is for a secret that waits for another kind of work.
var errOtherWork = errors.New("other work")

func (s *run) attempt(ctx context.Context, due Due) ([]piece, error) {
	x, err := s.p.core.store.Load(ctx, due.Key)
	if err != nil {
		return nil, err
	}
	at, kind, ok := x.NextDue()
	if !ok || at.After(s.now) {
		return nil, ErrNotDue
	}
	if missing := x.agingWaits(s.at); kind == WorkAge && missing > 0 {
		if x.foreign(s.at.Tally) {
			return nil, s.recount(ctx, x)
		}
		s.sooner(missing)
		if at, kind, ok = x.nextDue(false); !ok { // what else there is does not wait for counted time
			return nil, ErrNotDue
		}
		if at.After(s.now) {
			s.sooner(at.Sub(s.now))
			return nil, ErrNotDue
		}
	}
	if !s.kinds(kind) {
		return nil, errOtherWork
	}
	if missing := x.waits(s.at); kind == WorkPurge && missing > 0 {
		s.waiting.add(s.at.Tally, x)
		return nil, s.recount(ctx, x)
	}
	done := []piece{pieceOf(x, at, kind)}
	if kind == WorkRotate {
		if err := s.rotate(ctx, x); err != nil {
			return nil, err
		}
		return done, nil
	}
	var changes []Change
	switch kind {
	case WorkPurge:
		changes, err = one(x.Purge(s.at))
	case WorkAge:
		changes, err = one(x.Age(s.at))
	case WorkReplicate:
		changes, err = s.p.replicate(ctx, x, s.at)
	}
	if err != nil {
		return nil, err
	}
	if err := s.p.core.save(ctx, time.Time{}, changes...); err != nil {
		return nil, err
	}
	s.p.logDone(ctx, done[0])
	return done, nil
}

// sooner notes that there is something to do after a time, about a secret whose versions wait.
func (s *run) sooner(after time.Duration) {
	if s.aging == 0 || after < s.aging {
		s.aging = after
	}
}

// recount lets the window or the hold of a secret that waits go on by this store's tally,
// where it began by another.
func (s *run) recount(ctx context.Context, x Secret) error {
	if x.foreign(s.at.Tally) {
		return s.p.core.save(ctx, time.Time{}, x.recount(s.at))
	}
	return nil
}

func (p *Purger) logDone(ctx context.Context, x piece) {
	if p.core.log.Enabled(ctx, slog.LevelInfo) { // of many secrets, most often without a logger
		d := x.done()
		p.core.log.InfoContext(ctx, "background work done", "work", d.Work.String(), "arn", d.ARN.String(), "due", d.At)
	}
}

// keysFailure returns why KMS lets no value be read from a primary, or written to its
// replica, "" if it does. ReplicateSecretToRegions is not refused for a wrong key: that
// shows in the replica's status (cloudformation-coverage-roadmap #1459).
func (p *Purger) keysFailure(ctx context.Context, s Secret, r replica, there Secret) (string, error) {
	key := r.kmsKeyID
	if there.isReplicaFrom(s) {
		key = there.KMSKeyID()
	}
	account := s.Key().Account
	err := p.core.useKey(ctx, account, s.Key(), s.KMSKeyID(), keyDecrypts)
	if err == nil {
		err = p.core.useKey(ctx, account, s.keyIn(r.region), key, keyEncrypts)
	}
	var failed *InternalServiceError
	if e, refused := asError(err); refused && !errors.As(err, &failed) {
		return textReplicationFailed + e.ErrorMessage(), nil
	}
	return "", err
}

// replicate carries a primary's state to the replica that waits longest.
func (p *Purger) replicate(ctx context.Context, s Secret, at At) ([]Change, error) {
	now := at.Time
	r := s.attrs().replicas[s.attrs().nextReplica()]
	there, err := p.core.store.Load(ctx, s.keyIn(r.region))
	if err != nil && !errors.Is(err, ErrSecretNotFound) {
		return nil, err
	}
	if failure := s.replicationFailure(at, r, there); failure != "" {
		return []Change{s.replicationDone(now, r.region, failure)}, nil
	}
	failure, err := p.keysFailure(ctx, s, r, there)
	if err != nil {
		return nil, err
	}
	if failure != "" {
		return []Change{s.replicationDone(now, r.region, failure)}, nil
	}
	fresh, err := p.core.fresh(ctx, scope{s.Key().Account, r.region}, now)
	if err != nil {
		return nil, err
	}
	replica, err := s.replicaOf(at, r, there, fresh, func(id VersionID) (Value, error) {
		return p.core.store.Value(ctx, s.Key(), s.Incarnation(), id)
	})
	if errors.Is(err, ErrVersionNotFound) {
		return nil, ErrConflict // the primary changed meanwhile
	}
	if err != nil {
		return nil, err
	}
	return []Change{s.replicationDone(now, r.region, ""), replica}, nil
}
