package secretlife

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/secretlife-go/secretlife/internal/tally"
)

// Purger does what AWS does in the background, for all accounts and Regions of
// a [Manager]'s store: it purges secrets that are due, removes aged versions,
// carries replicas along, and rotates, in the order of the instants at which
// they are due. It is safe for concurrent use, and any number of Purgers may work on one
// store: each piece of work is one conditional Commit, so nothing is done twice.
// A Purger that finds another at the same work continues elsewhere among what is due.
// If the store has [Store.Claim], consecutive purges are written many at once; what is done,
// and in what order, is the same.
//
// A secret for which the work fails does not stop that for others: it is tried
// again after a pause that doubles, up to an hour, and [Purger.Stuck] lists it
// after five failures.
//
// # Time
//
// Purging can't be undone, and clocks are wrong at times. So a secret is purged
// only when its DeletionDate has come by the clock and its window has passed by
// the store's [Tally], which a Purger counts on twice a minute. Whatever the clock
// says, and said when the secret was scheduled, nothing is purged before its
// window has really passed. Where time was not counted, as while a machine was
// off, purges are late: [Purger.Waiting] tells how many secrets wait, and
// [Manager.ConfirmGap] lets an operator say that the time has passed.
//
// All other work goes by date. A clock that goes forward by more than five
// minutes is believed when it has stood so for an hour. One that goes back only
// delays. Restoring, deleting and everything else is not affected.
type Purger struct {
	core     *core
	interval time.Duration

	rotations       int           // at once, by Run
	rotationTimeout time.Duration // of a step
	turn            chan struct{} // is had by Advance, and by other calls while they rotate

	mu    sync.Mutex // guards wall and aside; held while working, but not while a rotation function is
	wall  wallClock
	aside *[]piece // what other calls do while Advance runs; nil while it does not

	fails   *failures
	pauses  pauses
	state   purgerState
	waiting atomic.Pointer[Waiting] // as of the last look at everything that is due
	aging   atomic.Int64            // a [time.Duration]: then, until versions that wait can be removed; 0 if none wait
}

const (
	defaultInterval = time.Second

	defaultRotations       = 8
	defaultRotationTimeout = 30 * time.Second
	// The steps of one try are over before another Purger takes it for lost.
	longestRotationTimeout = rotationPause / 4
)

// PurgerOptions are what [NewPurger] can be told.
type PurgerOptions struct {
	// Interval is how often [Purger.Run] looks for due work; by default every
	// second.
	Interval time.Duration
	// Rotations is how many rotations [Purger.Run] does at once; by default 8.
	Rotations int
	// RotationTimeout is how long a step of a rotation may take, on the Manager's
	// clock; by default 30 seconds, as the rotation functions have that AWS offers,
	// and at most 15 minutes, as any Lambda function has. The rotation function's
	// context ends then, and the rotation has failed: it is tried again in an hour.
	RotationTimeout time.Duration
}

// NewPurger makes a Purger with the store, clock, random source, observer
// and logger of a Manager. It logs a warning if the store keeps no notes: elapsed time is then
// counted by this process alone, and every process begins recovery windows anew.
func NewPurger(m *Manager, edits ...func(*PurgerOptions)) *Purger {
	var o PurgerOptions
	for _, edit := range edits {
		edit(&o)
	}
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	if o.Rotations <= 0 {
		o.Rotations = defaultRotations
	}
	if o.RotationTimeout <= 0 {
		o.RotationTimeout = defaultRotationTimeout
	}
	if !keepsNotes(m.core.store) {
		m.core.log.Warn("the store keeps no notes: recovery windows begin anew with every process")
	}
	return &Purger{
		core:            m.core,
		interval:        o.Interval,
		rotations:       o.Rotations,
		rotationTimeout: min(o.RotationTimeout, longestRotationTimeout),
		turn:            make(chan struct{}, 1),
		fails:           newFailures(),
	}
}

// Run does due work until the context is done; then it returns nil. It looks
// for work once per interval, on the Manager's clock. What fails is logged and
// tried again. Rotations have goroutines of their own, up to
// [PurgerOptions].Rotations, so that a slow rotation function keeps neither a
// purge waiting nor, unless as many are slow, another rotation. They end before
// Run returns: a rotation that goes on then is interrupted, and due again.
func (p *Purger) Run(ctx context.Context) error {
	p.core.log.InfoContext(ctx, "purger started", "interval", p.interval)
	defer p.core.log.InfoContext(ctx, "purger stopped")
	if p.core.rotator == nil {
		p.runAll(ctx, anyWork)
		return nil
	}
	var rotating sync.WaitGroup
	rotating.Go(func() { p.rotateAll(ctx) })
	p.runAll(ctx, func(w Work) bool { return w != WorkRotate })
	rotating.Wait()
	return nil
}

func anyWork(Work) bool { return true }

// runAll does due work of some kinds until the context is done.
func (p *Purger) runAll(ctx context.Context, kinds func(Work) bool) {
	defer p.state.start(p.core.clock.Now())()
	var last string
	skip := &skipped{}
	for {
		_, err := p.runDue(ctx, kinds, skip)
		if ctx.Err() != nil {
			return
		}
		last = p.logError(ctx, err, last)
		select {
		case <-ctx.Done():
			return
		case <-p.core.clock.After(p.interval):
		}
	}
}

// logError logs an error that is not the one before.
func (p *Purger) logError(ctx context.Context, err error, last string) string {
	if err == nil {
		return ""
	}
	if text := err.Error(); text != last {
		p.core.log.ErrorContext(ctx, "purger failed", "error", err)
		return text
	}
	return last
}

// RunDue does all work of the given kinds that is due now, of all kinds where none
// is given, and what becomes due by it. The Report tells what was done even where
// the error is not nil: that has all that went wrong, as multierr.Errors lists it.
//
// It begins no rotation while another call of RunDue, Step or Advance has one going
// on: that call does the rest. So RunDue may be called, with everything else, by a
// rotation function.
func (p *Purger) RunDue(ctx context.Context, kinds ...Work) (Report, error) {
	if len(kinds) == 0 {
		return p.runDue(ctx, anyWork, nil)
	}
	return p.runDue(ctx, func(w Work) bool { return slices.Contains(kinds, w) }, nil)
}

func (p *Purger) runDue(ctx context.Context, kinds func(Work) bool, skip *skipped) (r Report, err error) {
	defer func() {
		p.state.ran(ctx, p.core.clock.Now(), err)
		p.observed(ctx)
	}()
	p.mu.Lock()
	defer p.mu.Unlock()
	at, err := p.observe(ctx)
	if err != nil {
		return nil, err
	}
	done, err := p.work(ctx, at, 0, kinds, skip)
	return reportOf(done), err
}

// Step does the piece of work that is due first, if any is due now, and reports
// whether there was one. It does work that is paused, too.
func (p *Purger) Step(ctx context.Context) (Done, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, err := p.observe(ctx)
	if err != nil {
		return Done{}, false, err
	}
	done, err := p.workUntil(ctx, &run{at: at, most: 1, kinds: anyWork, stop: ctx, single: true})
	if len(done) == 0 {
		return Done{}, false, err
	}
	return done[0].done(), true, err
}

// Pause pauses kinds of work, all kinds where none is given, until resume is called. What
// is due stays due meanwhile, so that a test or an operator can look at the state in between,
// such as a replica that is in progress; it is done with the next work after resume. [Purger.Step]
// does it piece by piece in spite of the pause. Work that several pauses have in common waits for
// the last resume. Other Purgers know nothing of it.
func (p *Purger) Pause(kinds ...Work) (resume func()) {
	if len(kinds) == 0 {
		kinds = []Work{WorkPurge, WorkAge, WorkReplicate, WorkRotate}
	}
	return p.pauses.add(slices.Clone(kinds))
}

// observe counts time, and returns when it is, as far as the clock is believed.
func (p *Purger) observe(ctx context.Context) (At, error) {
	if err := ctx.Err(); err != nil {
		return At{}, err
	}
	s, err := p.core.counter.counted(ctx)
	if err != nil {
		return At{}, internal(err)
	}
	at := s.at(tally.Stamp{})
	at.Protection = p.core.protection
	at.Time = p.wall.believe(s.now)
	if server := s.now.Store; !server.IsZero() && server.Before(at.Time) {
		at.Time = instant(server)
	}
	return at, nil
}

// Waiting returns how many secrets wait for their windows to pass by counted time,
// as the Purger saw it when it looked at everything that is due last.
func (p *Purger) Waiting() Waiting {
	if w := p.waiting.Load(); w != nil {
		return *w
	}
	return Waiting{}
}

// wallClock is what a Purger believes of its wall clock.
type wallClock struct {
	last     tally.Reading // the last one, with the Wall that was believed
	stepped  bool          // the clock is ahead of what can have passed
	stepping time.Duration // since then, as elapsed time
}

const (
	// clockStep is how far a wall clock may go ahead of elapsed time before that
	// counts as a step, and stepBelieved how long a step has to stand.
	clockStep    = 5 * time.Minute
	stepBelieved = time.Hour
)

// believe returns the time by which work is done that goes by date: the clock's, or
// what it would be without a step forward that has not stood for long.
func (w *wallClock) believe(now tally.Reading) time.Time {
	limit := w.last.Wall.Add(now.Elapsed - w.last.Elapsed + clockStep)
	switch {
	case w.last.Boot != now.Boot || !now.Wall.After(limit):
		w.stepped = false
	case !w.stepped:
		w.stepped, w.stepping = true, now.Elapsed
	case now.Elapsed-w.stepping >= stepBelieved:
		w.stepped = false
	}
	if w.stepped {
		now.Wall = instant(limit.Add(-clockStep))
	}
	w.last = now
	return now.Wall
}

// skipped is what [Purger.Run] passes by between two looks at everything that is
// due: secrets that wait, of which there can be many, change nothing as long as
// nothing was counted.
type skipped struct {
	after    Due // what is due up to here was looked at
	until    time.Duration
	boot     string
	credited time.Duration
}

// manyWaiting are so many that they are looked at every longLook only.
const (
	manyWaiting = 1000
	longLook    = 15 * time.Minute
)

// from returns where to begin.
func (k *skipped) from(at At, now tally.Reading) Due {
	if k == nil || k.boot != now.Boot || now.Elapsed >= k.until || at.Tally.t.Credited() != k.credited {
		return Due{}
	}
	return k.after
}

// note keeps what a look at everything found.
func (k *skipped) note(at At, now tally.Reading, w Waiting) {
	if k == nil {
		return
	}
	*k = skipped{}
	if w.Secrets == 0 {
		return
	}
	pause := beatInterval
	if w.Secrets >= manyWaiting {
		pause = longLook
	}
	*k = skipped{Due{at.Time, lastKey}, now.Elapsed + max(w.Least, pause), now.Boot, at.Tally.t.Credited()}
}

// lastKey is after every key: "~" comes after all digits.
var lastKey = Key{Account: Account{"~"}}

// Status returns how the Purger is doing. It waits for no work.
func (p *Purger) Status() PurgerStatus {
	out := p.state.get(p.core.clock.Now(), p.interval)
	out.Failing, out.Stuck = p.fails.stuck()
	out.Waiting = p.Waiting()
	return out
}

// observed tells the observer how the Purger is doing.
func (p *Purger) observed(ctx context.Context) {
	if worked := p.core.observer.Worked; worked != nil {
		worked(ctx, p.Status())
	}
}

// Stuck lists the secrets for which work failed five times or more, by key. They are
// still tried; none keeps the others waiting. One that another Purger is done with,
// or that changed, is forgotten when the Purger next looks at all that is due.
func (p *Purger) Stuck() []Stuck {
	_, out := p.fails.stuck()
	return out
}
