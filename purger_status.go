package secretlife

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/multierr"
)

// Done is one piece of work that a [Purger] did.
type Done struct {
	At   time.Time // when it was due
	Work Work
	ARN  ARN
	// DeletionDate is that of a secret that was purged.
	DeletionDate time.Time
}

// Report is what a [Purger] did, in order.
type Report []Done

// Purged returns the ARNs of the secrets that were purged, in order.
func (r Report) Purged() []ARN {
	var out []ARN
	for _, d := range r {
		if d.Work == WorkPurge {
			out = append(out, d.ARN)
		}
	}
	return out
}

// piece is a piece of work that was done, in a quarter of the memory that its Done takes. A Purger can
// do a million of them in one call.
type piece struct {
	on   *identity
	at   moment // when it was due
	date moment // the DeletionDate
	work Work
}

func pieceOf(s Secret, at time.Time, work Work) piece {
	return piece{s.identity(), momentOf(at), s.Deletion().date, work}
}

func (p piece) due() Due { return Due{p.at.time(), p.on.key()} }

func (p piece) done() Done {
	date, _ := p.date.get()
	return Done{p.at.time(), p.work, p.on.arn(), date}
}

func reportOf(done []piece) Report {
	if len(done) == 0 {
		return nil
	}
	out := make(Report, len(done))
	for i, p := range done {
		out[i] = p.done()
	}
	return out
}

// purges returns how many secrets were purged.
func purges(done []piece) int {
	n := 0
	for _, p := range done {
		if p.work == WorkPurge {
			n++
		}
	}
	return n
}

// purgerState is what [Purger.Status] tells. It has a lock of its own.
type purgerState struct {
	mu      sync.Mutex
	running int
	active  time.Time // when Run began, or something was last done
	lastRun time.Time
	err     error
	last    lastRun
}

// lastRun is what a Purger did when it looked for due work last.
type lastRun struct {
	due, done, purged int
	lag               time.Duration
}

// stallAfter is how long a Purger that runs may do nothing beside its interval.
const stallAfter = time.Minute

func (s *purgerState) get(now time.Time, interval time.Duration) PurgerStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return PurgerStatus{
		LastRun: s.lastRun,
		Due:     s.last.due,
		Done:    s.last.done,
		Purged:  s.last.purged,
		Lag:     s.last.lag,
		Err:     s.err,
		Stalled: s.running > 0 && now.Sub(s.active) > interval+stallAfter,
	}
}

// start notes that Run begins; it returns what is to be called at its end.
func (s *purgerState) start(now time.Time) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
	s.active = now
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running--
	}
}

// did notes that something was done.
func (s *purgerState) did(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = now
}

// worked notes what was done.
func (s *purgerState) worked(last lastRun) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = last
}

// ran notes how a look for due work ended, unless its caller ended it.
func (s *purgerState) ran(ctx context.Context, now time.Time, err error) {
	if ctx.Err() != nil {
		return
	}
	err = ofAll(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active, s.lastRun, s.err = now, now, err
}

// ofAll returns what is wrong beside the work for single secrets.
func ofAll(err error) (out error) {
	list, ok := err.(interface{ Errors() []error }) // of multierr, whose function would take single errors apart
	if !ok {
		list = oneError{err}
	}
	for _, e := range list.Errors() {
		if single := new(workError); !errors.As(e, &single) {
			out = multierr.Append(out, e)
		}
	}
	return out
}

type oneError struct{ error }

func (e oneError) Errors() []error { return []error{e.error} }

// workError is why the work for one secret failed.
type workError struct {
	key Key
	err error
}

func (e *workError) Error() string {
	return "secretlife: " + e.key.Name.String() + " in " + e.key.Region.String() +
		" of " + e.key.Account.String() + ": " + e.err.Error()
}

func (e *workError) Unwrap() error { return e.err }

// failure is a secret whose work failed.
type failure struct {
	due   time.Time // the work was
	tries int
	next  time.Time
	err   error
	seq   uint64 // of the last try, counting all failures
}

// failures are the secrets whose work failed. They have a lock of their own, since
// the Purger's is held for as long as its work takes.
type failures struct {
	mu  sync.Mutex
	seq uint64
	of  map[Key]failure
}

func newFailures() *failures { return &failures{of: map[Key]failure{}} }

// get returns the failure of a piece of work, if it failed. A secret that has other
// work to be done since has changed, and did not fail.
func (f *failures) get(due Due) (failure, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, ok := f.of[due.Key]
	return x, ok && x.due.Equal(due.At)
}

// add counts a failure and returns it.
func (f *failures) add(due Due, now time.Time, err error) failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	x := f.of[due.Key]
	if !x.due.Equal(due.At) {
		x = failure{due: due.At}
	}
	f.seq++
	x.next = now.Add(min(firstPause<<min(x.tries, 12), longestPause))
	x.tries, x.err, x.seq = x.tries+1, err, f.seq
	f.of[due.Key] = x
	return x
}

// forget forgets the failure of a secret.
func (f *failures) forget(k Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, k)
}

// resume makes rotations that were interrupted go on without a pause.
func (f *failures) resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, x := range f.of {
		if errors.Is(x.err, errInterrupted) {
			x.next = time.Time{}
			f.of[k] = x
		}
	}
}

// all returns a copy.
func (f *failures) all() map[Key]failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.of)
}

// stuck returns how many secrets there are whose work failed, and those of them for which
// it failed so often that they are stuck, by key.
func (f *failures) stuck() (failing int, out []Stuck) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, x := range f.of {
		if x.tries >= stuckAfter {
			out = append(out, Stuck{k, x.tries, x.next, x.err})
		}
	}
	slices.SortFunc(out, func(a, b Stuck) int { return a.Key.Compare(b.Key) })
	return len(f.of), out
}

// count returns how many failures there were so far.
func (f *failures) count() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seq
}

// forgetOthers forgets secrets that were not among all that is due, unless they
// failed later: others did their work, or they changed.
func (f *failures) forgetOthers(due map[Key]bool, count uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, x := range f.of {
		if !due[k] && x.seq <= count {
			delete(f.of, k)
		}
	}
}

// errInterrupted is for a rotation that was told to stop. It is due again.
var errInterrupted = errors.New("secretlife: a rotation was interrupted")

// Work that failed is tried again after a pause that doubles. After stuckAfter failures a
// secret is stuck.
const (
	stuckAfter   = 5
	firstPause   = time.Second
	longestPause = time.Hour
)

// pauses are the kinds of work that wait.
type pauses struct {
	mu   sync.Mutex
	all  map[int][]Work
	next int
}

func (p *pauses) add(kinds []Work) (resume func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := p.next
	p.next++
	if p.all == nil {
		p.all = map[int][]Work{}
	}
	p.all[id] = kinds
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.all, id)
	}
}

// now returns the kinds that wait, nil if none does.
func (p *pauses) now() (kinds []Work) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, paused := range p.all {
		kinds = append(kinds, paused...)
	}
	return kinds
}
