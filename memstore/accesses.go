package memstore

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
)

// accesses are the entries of access ledgers. Entries come all the time, and are asked for rarely:
// they are put in order when they are.
type accesses struct {
	keep int // how many there are at most; 0 is any number

	mu     sync.RWMutex
	hash   func(*access.Entry) uint64 // tells entries of different subjects apart, most often
	byHash map[uint64]*accessEntry    // the newest with a hash
	came   []*accessEntry             // in the order in which they came
	next   uint64                     // the number of the next one
	// ordered has those with lower numbers than orderedTo, in the order of Compare; removed ones are
	// still there.
	ordered   []*accessEntry
	orderedTo uint64
	removed   int // in ordered
	writers   map[[16]byte]accessWriter
}

// accessEntry is an entry.
type accessEntry struct {
	access.Entry
	number  uint64 // in the order in which they came
	hash    uint64
	older   *accessEntry // the next one with the same hash
	removed bool
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
	for i := range group.Entries {
		a.add(&group.Entries[i])
	}
	return nil
}

// hashAccess returns a hash of what an entry counts.
func hashAccess(seed maphash.Seed, e *access.Entry) uint64 {
	h := maphash.String(seed, e.Principal)
	h ^= binary.NativeEndian.Uint64(e.Incarnation[8:]) // which is random
	h += uint64(e.Day.Unix())<<16 | uint64(e.Operation)<<8
	if e.Scheduled {
		h++
	}
	return h
}

// add copies an entry. It needs the lock, as all below do.
func (a *accesses) add(e *access.Entry) {
	hash := a.hash(e)
	newest := a.byHash[hash]
	for there := newest; there != nil; there = there.older {
		if there.Compare(*e) == 0 {
			there.Entry = there.Add(*e)
			return
		}
	}
	in := &accessEntry{Entry: *e, number: a.next, hash: hash, older: newest}
	a.next++
	if a.byHash == nil {
		a.byHash = map[uint64]*accessEntry{}
	}
	a.byHash[hash] = in
	a.came = append(a.came, in)
	for a.keep > 0 && len(a.came) > a.keep {
		a.remove(a.came[0])
		a.came = without(a.came, 0)
	}
}

// remove removes an entry, but not from came.
func (a *accesses) remove(e *accessEntry) {
	if newest := a.byHash[e.hash]; newest != e {
		for newest.older != e {
			newest = newest.older
		}
		newest.older = e.older
	} else if e.older != nil {
		a.byHash[e.hash] = e.older
	} else {
		delete(a.byHash, e.hash)
	}
	e.removed = true
	if e.number >= a.orderedTo {
		return
	}
	if a.removed++; 2*a.removed > len(a.ordered) { // nobody has asked for long
		a.ordered, a.orderedTo, a.removed = nil, 0, 0
	}
}

// order puts all entries in order.
func (a *accesses) order() {
	from := sort.Search(len(a.came), func(i int) bool { return a.came[i].number >= a.orderedTo })
	came := slices.Clone(a.came[from:])
	slices.SortFunc(came, func(x, y *accessEntry) int { return x.Compare(y.Entry) })
	merged := make([]*accessEntry, 0, len(a.came))
	for _, e := range a.ordered {
		if e.removed {
			continue
		}
		for len(came) > 0 && came[0].Compare(e.Entry) < 0 {
			merged, came = append(merged, came[0]), came[1:]
		}
		merged = append(merged, e)
	}
	a.ordered, a.orderedTo, a.removed = append(merged, came...), a.next, 0
}

// Accesses implements [access.Store].
func (s *Store) Accesses(ctx context.Context, query access.Query) ([]access.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a := &s.accesses
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.orderedTo < a.next {
		a.order()
	}
	from := sort.Search(len(a.ordered), func(i int) bool {
		e := a.ordered[i]
		return placeIn(query, e) >= 0 && (query.After.Incarnation.IsZero() || e.Compare(query.After) > 0)
	})
	var out []access.Entry
	for _, e := range a.ordered[from:] {
		if len(out) >= query.Limit || placeIn(query, e) > 0 {
			break
		}
		if !e.removed && query.Has(e.Entry) {
			out = append(out, e.Entry)
		}
	}
	return out, nil
}

// placeIn says whether an entry comes before all that a query asks for, or after, as far as the
// order tells.
func placeIn(q access.Query, e *accessEntry) int {
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
	n := a.forget(limit, func(e *accessEntry) bool { return e.Day.Before(before) })
	if n < limit {
		maps.DeleteFunc(a.writers, func(_ [16]byte, w accessWriter) bool { return w.last.Before(before) })
	}
	return n, nil
}

// forget removes up to limit entries, and returns how many it removed.
func (a *accesses) forget(limit int, forgotten func(*accessEntry) bool) (n int) {
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
	a.byHash, a.came, a.next, a.writers = nil, nil, 0, nil
	a.ordered, a.orderedTo, a.removed = nil, 0, 0
}

// removeAccount forgets the entries of secrets of an account.
func (a *accesses) removeAccount(account secretlife.Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget(len(a.came), func(e *accessEntry) bool { return e.ARN.Key().Account == account })
}

// cloneTo copies the entries into those of a new store.
func (a *accesses) cloneTo(out *accesses) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	out.keep, out.hash, out.writers = a.keep, a.hash, maps.Clone(a.writers)
	for _, e := range a.came {
		out.add(&e.Entry)
	}
}
