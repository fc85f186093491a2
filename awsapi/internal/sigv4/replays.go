package sigv4

import (
	"crypto/sha256"
	"sync"
	"time"
)

// Replays remembers signatures for as long as they are valid, so that none is
// used twice. It is safe for concurrent use and bounded: when it is full, it
// refuses signatures that it can't remember. It forgets all of them with the
// process, and those whose date a clock that is set back makes valid again.
//
// A date has whole seconds, so that a client that makes the same call twice in a
// second signs the same bytes twice, unless it signs an id of the call. Of a
// client that sends such an id and does not sign it, a signature is let in with
// each id once, for two seconds after its first use: in that time a replay with
// an id made up is not told from the client.
type Replays struct {
	now func() time.Time
	max int

	mu sync.Mutex
	// used has, by the minute of their dates, when signatures were used first,
	// and those with their ids. What is no longer valid goes a minute at a time.
	used map[int64]map[mark]int64
	n    int
}

// mark stands for a signature, or for one with an id.
type mark [16]byte

const (
	// maxRemembered allows about 3,500 changes a second for five minutes, or half
	// as many with ids that are not signed.
	maxRemembered = 1 << 20
	// repeats is how long after the first use of a signature it is let in with
	// another id: the second of its date, and one for the way.
	repeats = 2 * time.Second
)

// NewReplays returns an empty memory. now must be the clock of the Verifier.
func NewReplays(now func() time.Time) *Replays {
	return &Replays{now: now, max: maxRemembered, used: map[int64]map[mark]int64{}}
}

// Use uses the signature of a request up. The error is an [*Error]: it was used
// before, is no longer valid, or can't be remembered. A request that was not
// verified has no signature to use.
func (p *Replays) Use(i Identity) error {
	if !i.Verified() {
		return nil
	}
	s := i.signature
	marks := []mark{mark(s.sum[:16])} // half of it is enough
	if s.attempt != "" {
		sum := sha256.Sum256(append(s.sum[:], s.attempt...))
		marks = append(marks, mark(sum[:16]))
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now().UTC() // under the lock: a signature that is valid now was not forgotten
	if err := checkAge(s.date, now); err != nil {
		return err
	}
	p.forget(now)
	minute := s.date.Unix() / 60
	used := p.used[minute]
	if first, again := used[marks[0]]; again {
		marks = marks[1:]
		since := time.Duration(now.UnixNano() - first)
		if len(marks) == 0 || since < 0 || since > repeats {
			return errReplay
		}
		if _, again := used[marks[0]]; again {
			return errReplay
		}
	}
	if p.n+len(marks) > p.max {
		return errRemembered
	}
	if used == nil {
		used = map[mark]int64{}
		p.used[minute] = used
	}
	for _, m := range marks {
		used[m] = now.UnixNano()
	}
	p.n += len(marks)
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
