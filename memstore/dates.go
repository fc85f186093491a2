package memstore

import (
	"cmp"
	"slices"

	"github.com/secretlife-go/secretlife"
)

// dateOrders are the orders by dates that change.
var dateOrders = [...]secretlife.Order{
	secretlife.OrderByLastChangedDate, secretlife.OrderByLastAccessedDate, secretlife.OrderByDeletionDate,
}

// dateOrder returns where among dateOrders an order is, below 0 where it is not.
func dateOrder(o secretlife.Order) int { return slices.Index(dateOrders[:], o) }

// at returns the place of a record in an order by a date, while its state is s.
func at(o secretlife.Order, rec *record, s secretlife.Secret) dated {
	return dated{secretlife.CursorOf(s, o).At.UnixMilli(), rec}
}

// date puts a record in the state s into the orders by date there are.
func (r *realm) date(rec *record, s secretlife.Secret) {
	for i, l := range r.byDate {
		if l != nil && dateOrders[i].Has(s) {
			e := at(dateOrders[i], rec, s)
			l.insert(e, func(o dated) bool { return o.before(e) })
		}
	}
}

// undate takes a record in the state s out of the orders by date there are.
func (r *realm) undate(rec *record, s secretlife.Secret) {
	for i, l := range r.byDate {
		if l != nil && dateOrders[i].Has(s) {
			e := at(dateOrders[i], rec, s)
			l.remove(e, nil, func(o dated) bool { return o.before(e) })
		}
	}
}

// moves reports whether a record has another place in one of the orders by date
// after a change.
func (r *realm) moves(rec *record, from, to secretlife.Secret) bool {
	for i, l := range r.byDate {
		if o := dateOrders[i]; l != nil && (o.Has(from) != o.Has(to) || at(o, rec, from) != at(o, rec, to)) {
			return true
		}
	}
	return false
}

// entries returns those of an order by date. Secrets that are scheduled for deletion are
// among those for which something is due, so that no others are read for them.
func (x *index) entries(r *realm, o secretlife.Order) []dated {
	if o != secretlife.OrderByDeletionDate {
		out := make([]dated, 0, r.byName.len)
		for rec := range r.byName.ascend(place{}) {
			out = append(out, at(o, rec, rec.state.Load().secret))
		}
		return out
	}
	var out []dated
	for e := range x.byDue.ascend(place{}) {
		if secret := e.rec.state.Load().secret; e.rec.realm == r && o.Has(secret) {
			out = append(out, at(o, e.rec, secret))
		}
	}
	return out
}

// order sorts the secrets of a realm for an order by date, if nobody has. No
// change comes between.
func (s *Store) order(id realmID, i int) {
	all := ^shardSet(0)
	s.lock(all)
	defer s.unlock(all)
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	r := s.index.realms[id]
	if r == nil || r.byDate[i] != nil {
		return
	}
	entries := s.index.entries(r, dateOrders[i])
	slices.SortFunc(entries, func(a, b dated) int {
		return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.rec.name.String(), b.rec.name.String()))
	})
	l := &sorted[dated]{len: len(entries)}
	for _, e := range entries {
		l.push(e)
	}
	r.byDate[i] = l
}
