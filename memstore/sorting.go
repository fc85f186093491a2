package memstore

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"github.com/secretlife-go/secretlife"
)

// sorting is an order by date on its way. While its entries are collected and sorted, without a lock,
// it notes what changes. Then it has the list, and what was noted is carried into that bit by bit,
// under the lock of the index. From then on only what was noted and not yet carried is noted again;
// all else changes in the list, so that however much changes meanwhile, less and less is to be carried.
type sorting struct {
	moves map[*record]move
	list  *sorted[dated]
	done  chan struct{} // closed at the end
}

// move is how the place of a record has changed: from where it was, if it was in the order, to where
// it is, if it is in the order.
type move struct {
	from, to dated
	was, is  bool
}

func (b *sorting) leaves(e dated, has bool) {
	m, noted := b.moves[e.rec]
	switch {
	case !noted && b.list == nil:
		m.from, m.was = e, has
	case !noted && has:
		leave(b.list, e)
		return
	case !noted:
		return
	}
	m.is = false
	b.moves[e.rec] = m
}

func (b *sorting) enters(e dated, has bool) {
	m, noted := b.moves[e.rec]
	switch {
	case noted || b.list == nil:
		m.to, m.is = e, has
		b.moves[e.rec] = m
	case has:
		enter(b.list, e)
	}
}

// take returns what has changed so far. It needs the lock of the index.
func (b *sorting) take() map[*record]move {
	moves := b.moves
	b.moves = map[*record]move{}
	return moves
}

// carry makes the moves in the list, and lets others have the lock of the index after every few.
func (s *Store) carry(b *sorting, l *sorted[dated]) {
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	b.list = l
	n := 0
	for rec, m := range b.moves {
		if m.was {
			leave(l, m.from)
		}
		if m.is {
			enter(l, m.to)
		}
		delete(b.moves, rec)
		if n++; n%fewMoves == 0 {
			s.index.mu.Unlock()
			s.index.mu.Lock()
		}
	}
}

const (
	// sortingPage is how many entries are collected, and fewMoves how many moves are made, under
	// the lock of the index, which changes wait for.
	sortingPage = 1024
	fewMoves    = 16
)

// order sorts the secrets of a realm for an order by date, if nobody has; if somebody is about to, it
// waits. It returns early where the context ends. Changes go on meanwhile.
func (s *Store) order(ctx context.Context, id realmID, i int) {
	r, b, mine := s.begin(id, i)
	switch {
	case b == nil:
		return
	case !mine:
		select {
		case <-b.done:
		case <-ctx.Done():
		}
		return
	}
	defer close(b.done)
	var l *sorted[dated]
	if entries, ok := s.entries(ctx, r, dateOrders[i]); ok {
		l = inOrder(entries, s.take(b))
		s.carry(b, l)
	}
	s.end(r, i, l)
}

// begin begins an order, unless it is there. mine is false where somebody else has begun it.
func (s *Store) begin(id realmID, i int) (r *realm, b *sorting, mine bool) {
	s.exclusively(func() {
		r = s.index.realms[id]
		switch {
		case r == nil || r.byDate[i] != nil:
			return
		case r.sorting[i] == nil:
			r.sorting[i], mine = &sorting{moves: map[*record]move{}, done: make(chan struct{})}, true
		}
		b = r.sorting[i]
	})
	return r, b, mine
}

// end has an order be used, or forgotten if it is nil.
func (s *Store) end(r *realm, i int, l *sorted[dated]) {
	s.exclusively(func() { r.byDate[i], r.sorting[i] = l, nil })
}

// exclusively does something while nobody else uses the store.
func (s *Store) exclusively(do func()) {
	all := ^shardSet(0)
	s.lock(all)
	defer s.unlock(all)
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	do()
}

func (s *Store) take(b *sorting) map[*record]move {
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	return b.take()
}

// entries returns those of an order as they are found page by page; it is not ok if the context
// ended. Secrets that are scheduled for deletion are among those for which something is due, so that
// no others are read for them.
func (s *Store) entries(ctx context.Context, r *realm, o secretlife.Order) (out []dated, ok bool) {
	entryOf := func(rec *record) (dated, bool) {
		secret := rec.state.Load().secret
		return at(o, rec, secret), o.Has(secret)
	}
	if o == secretlife.OrderByDeletionDate {
		return pages(ctx, s, &s.index.byDue, dated.before, func(e dated) (dated, bool) {
			if e.rec.realm != r {
				return dated{}, false
			}
			return entryOf(e.rec)
		})
	}
	before := func(a, b *record) bool { return a.name.String() < b.name.String() }
	return pages(ctx, s, &r.byName, before, entryOf)
}

// pages returns what entryOf returns for each of a list, where it reports that there is something. It
// looks at a page at a time, under the lock of the index. It puts the pages together at the end, without
// the lock, as millions of entries are not copied in a moment.
func pages[T comparable](
	ctx context.Context, s *Store, l *sorted[T], before func(a, b T) bool, entryOf func(T) (dated, bool),
) (out []dated, ok bool) {
	var all [][]dated
	page := make([]dated, 0, sortingPage)
	var last T
	for first, more := true, true; more; first = false {
		if ctx.Err() != nil {
			return nil, false
		}
		s.index.mu.RLock()
		var from place
		if !first {
			from = l.search(func(e T) bool { return !before(last, e) })
		}
		n := 0
		for x := range l.ascend(from) {
			if e, has := entryOf(x); has {
				page = append(page, e)
			}
			last = x
			if n++; n == sortingPage {
				break
			}
		}
		more = n == sortingPage
		s.index.mu.RUnlock()
		all = append(all, slices.Clone(page))
		page = page[:0]
		runtime.Gosched()
	}
	return slices.Concat(all...), true
}

// inOrder puts entries in order, of which those have changed that moves has. Entries that were collected
// by name and have few different dates are nearly in order, which sorting finds out. Moved ones are not.
//
// Go would let it have a processor for 10 ms at a time, for which calls would wait.
func inOrder(entries []dated, moves map[*record]move) *sorted[dated] {
	steps := 0
	step := func() {
		if steps++; steps%sortingPage == 0 {
			runtime.Gosched()
		}
	}
	inTurn := func(a, b dated) int {
		step()
		return byDate(a, b)
	}
	entries = slices.DeleteFunc(entries, func(e dated) bool {
		step()
		_, moved := moves[e.rec]
		return moved
	})
	var moved []dated
	for _, m := range moves {
		if step(); m.is {
			moved = append(moved, m.to)
		}
	}
	slices.SortFunc(entries, inTurn)
	slices.SortFunc(moved, inTurn)
	l := &sorted[dated]{len: len(entries) + len(moved)}
	for _, e := range entries {
		for len(moved) > 0 && inTurn(moved[0], e) < 0 {
			l.push(moved[0])
			moved = moved[1:]
		}
		step()
		l.push(e)
	}
	for _, e := range moved {
		step()
		l.push(e)
	}
	return l
}

func byDate(a, b dated) int {
	if c := cmp.Compare(a.ms, b.ms); c != 0 {
		return c
	}
	return cmp.Compare(a.rec.name.String(), b.rec.name.String())
}
