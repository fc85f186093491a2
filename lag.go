package secretlife

import (
	"sync"
	"time"
)

// lag keeps what secrets were before their latest changes, for as long as
// these do not show everywhere: AWS is eventually consistent ("ListSecrets" in
// its API reference). Several changes within the delay show together.
type lag struct {
	delay Delay

	mu    sync.Mutex
	past  map[Key]past
	sweep int // how many entries make it worth looking for old ones
}

type past struct {
	was   Secret      // zero: the secret was not there yet
	of    Incarnation // which the change led to
	until time.Time
}

// note remembers what a secret was before a change that was just saved.
func (l *lag) note(now time.Time, c Change, r *source) {
	if l.delay.isZero() || c.next.IsZero() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.past[c.key]; ok && p.of == c.next.Incarnation() && now.Before(p.until) {
		return
	}
	delay, err := l.delay.draw(r)
	if err != nil {
		return // the change was made; it shows at once
	}
	if l.past == nil {
		l.past = make(map[Key]past)
	}
	if len(l.past) >= l.sweep {
		for key, p := range l.past {
			if !now.Before(p.until) {
				delete(l.past, key)
			}
		}
		l.sweep = max(2*len(l.past), 64)
	}
	l.past[c.key] = past{c.base, c.next.Incarnation(), now.Add(delay)}
}

// seen returns what of a secret shows at an instant; false where its creation
// does not.
func (l *lag) seen(s Secret, now time.Time) (Secret, bool) {
	if l.delay.isZero() {
		return s, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.past[s.Key()]; ok && p.of == s.Incarnation() && now.Before(p.until) {
		return p.was, !p.was.IsZero()
	}
	return s, true
}

// noteChange tells the two lags of a change: that of lists of any, the other
// of deletions and restorations.
func (f *frame) noteChange(c Change) {
	f.lists.note(f.now, c, f.random)
	if !c.base.IsZero() && c.base.Deletion() != c.next.Deletion() {
		f.states.note(f.now, c, f.random)
	}
}
