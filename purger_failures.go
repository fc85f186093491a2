package secretlife

import (
	"errors"
	"maps"
	"sync"
	"time"
)

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
