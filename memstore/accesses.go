package memstore

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
)

// accesses are the entries of access ledgers.
type accesses struct {
	keep int // how many there are at most; 0 is any number

	mu      sync.RWMutex
	entries sorted[*access.Entry]
	came    []*access.Entry // in the order in which they came
	writers map[[16]byte]accessWriter
}

// accessWriter is how far a ledger has come.
type accessWriter struct {
	number uint64
	last   time.Time // the last day of its last group
}

var _ access.Store = (*Store)(nil)

// AddAccesses implements [access.Store]. With [Options.KeepAccesses] the entries that came
// first may be gone.
func (s *Store) AddAccesses(ctx context.Context, group access.Group) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := group.Check(); err != nil {
		return err
	}
	a := &s.accesses
	a.mu.Lock()
	defer a.mu.Unlock()
	if group.Number <= a.writers[group.Writer].number {
		return nil
	}
	if a.writers == nil {
		a.writers = map[[16]byte]accessWriter{}
	}
	a.writers[group.Writer] = accessWriter{group.Number, group.LastDay()}
	for _, e := range group.Entries {
		a.add(e)
	}
	return nil
}

// add needs the lock, as all below do.
func (a *accesses) add(e access.Entry) {
	at := a.entries.search(func(x *access.Entry) bool { return x.Compare(e) < 0 })
	for there := range a.entries.ascend(at) {
		if there.Compare(e) == 0 {
			*there = there.Add(e)
			return
		}
		break
	}
	a.entries.insertAt(at, &e)
	a.came = append(a.came, &e)
	for a.keep > 0 && a.entries.len > a.keep {
		a.remove(a.came[0])
		a.came = without(a.came, 0)
	}
}

func (a *accesses) remove(e *access.Entry) {
	a.entries.remove(e, nil, func(x *access.Entry) bool { return x.Compare(*e) < 0 })
}

// Accesses implements [access.Store].
func (s *Store) Accesses(ctx context.Context, query access.Query) ([]access.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a := &s.accesses
	a.mu.RLock()
	defer a.mu.RUnlock()
	from := a.entries.search(func(x *access.Entry) bool {
		return placeIn(query, x) < 0 || !query.After.Incarnation.IsZero() && x.Compare(query.After) <= 0
	})
	var out []access.Entry
	for e := range a.entries.ascend(from) {
		if len(out) >= query.Limit || placeIn(query, e) > 0 {
			break
		}
		if query.Has(*e) {
			out = append(out, *e)
		}
	}
	return out, nil
}

// placeIn says whether an entry comes before all that a query asks for, or after, as far as the
// order tells.
func placeIn(q access.Query, e *access.Entry) int {
	key, at := e.ARN.Key(), secretlife.Key{Account: q.Account, Region: q.Region, Name: q.Name}
	switch {
	case q.Account == secretlife.Account{}:
		return 0
	case q.Region == secretlife.Region{}:
		key.Region, at.Name = secretlife.Region{}, secretlife.Name{}
		key.Name = secretlife.Name{}
	case q.Name == secretlife.Name{}:
		key.Name = secretlife.Name{}
	}
	return key.Compare(at)
}

// ForgetAccesses implements [access.Store].
func (s *Store) ForgetAccesses(ctx context.Context, before time.Time, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	a := &s.accesses
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.forget(limit, func(e *access.Entry) bool { return e.Day.Before(before) })
	if n < limit {
		maps.DeleteFunc(a.writers, func(_ [16]byte, w accessWriter) bool { return w.last.Before(before) })
	}
	return n, nil
}

// forget removes up to limit entries, and returns how many it removed.
func (a *accesses) forget(limit int, forgotten func(*access.Entry) bool) (n int) {
	stay := a.came[:0]
	for _, e := range a.came {
		if n < limit && forgotten(e) {
			a.remove(e)
			n++
			continue
		}
		stay = append(stay, e)
	}
	clear(a.came[len(stay):])
	a.came = stay
	return n
}

func (a *accesses) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.entries, a.came, a.writers = sorted[*access.Entry]{}, nil, nil
}

// removeAccount forgets the entries of secrets of an account.
func (a *accesses) removeAccount(account secretlife.Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget(len(a.came), func(e *access.Entry) bool { return e.ARN.Key().Account == account })
}

// cloneTo copies the entries into those of a new store.
func (a *accesses) cloneTo(out *accesses) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	out.keep, out.writers = a.keep, maps.Clone(a.writers)
	for _, e := range a.came {
		out.add(*e)
	}
}
