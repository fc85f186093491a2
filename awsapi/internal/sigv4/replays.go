package sigv4

import (
	"sync"
	"time"
)

// Replays remembers signatures for as long as they are valid, so that none is
// used twice. It is safe for concurrent use and bounded: when it is full, it
// refuses signatures that it can't remember. It forgets all of them with the
// process, and those whose date a clock that is set back makes valid again.
type Replays struct {
	now func() time.Time
	max int

	mu sync.Mutex
	// used has the signatures by the minute of their date: what is no longer
	// valid goes a minute at a time.
	used map[int64]map[[16]byte]struct{}
	n    int
}

// maxRemembered allows about 3,500 changes a second for five minutes.
const maxRemembered = 1 << 20

// NewReplays returns an empty memory. now must be the clock of the Verifier.
func NewReplays(now func() time.Time) *Replays {
	return &Replays{now: now, max: maxRemembered, used: map[int64]map[[16]byte]struct{}{}}
}

// Use uses the signature of a request up. The error is an [*Error]: it was used
// before, is no longer valid, or can't be remembered. A request that was not
// verified has no signature to use.
func (p *Replays) Use(i Identity) error {
	if !i.Verified() {
		return nil
	}
	// Half of it is enough to tell signatures apart.
	id, minute := [16]byte(i.signature.sum[:16]), i.signature.date.Unix()/60

	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now().UTC() // under the lock: a signature that is valid now was not forgotten
	if err := checkAge(i.signature.date, now); err != nil {
		return err
	}
	p.forget(now)
	used := p.used[minute]
	if _, twice := used[id]; twice {
		return errReplay
	}
	if p.n >= p.max {
		return errRemembered
	}
	if used == nil {
		used = map[[16]byte]struct{}{}
		p.used[minute] = used
	}
	used[id] = struct{}{}
	p.n++
	return nil
}

// forget drops the minutes whose signatures are not valid.
func (p *Replays) forget(now time.Time) {
	earliest, latest := now.Add(-maxSkew).Unix()/60, now.Add(maxSkew).Unix()/60
	for minute, used := range p.used {
		if minute < earliest || minute > latest {
			p.n -= len(used)
			delete(p.used, minute)
		}
	}
}
