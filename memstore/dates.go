package memstore

import (
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
		if b := r.sorting[i]; b != nil {
			b.enters(at(dateOrders[i], rec, s), dateOrders[i].Has(s))
		}
		if l != nil && dateOrders[i].Has(s) {
			enter(l, at(dateOrders[i], rec, s))
		}
	}
}

// undate takes a record in the state s out of the orders by date there are.
func (r *realm) undate(rec *record, s secretlife.Secret) {
	for i, l := range r.byDate {
		if b := r.sorting[i]; b != nil {
			b.leaves(at(dateOrders[i], rec, s), dateOrders[i].Has(s))
		}
		if l != nil && dateOrders[i].Has(s) {
			leave(l, at(dateOrders[i], rec, s))
		}
	}
}

// moves reports whether a record has another place in one of the orders by date
// after a change.
func (r *realm) moves(rec *record, from, to secretlife.Secret) bool {
	for i, l := range r.byDate {
		o, used := dateOrders[i], l != nil || r.sorting[i] != nil
		if used && (o.Has(from) != o.Has(to) || at(o, rec, from) != at(o, rec, to)) {
			return true
		}
	}
	return false
}

// sorts reports whether an order is on its way.
func (r *realm) sorts() bool { return r.sorting != [len(dateOrders)]*sorting{} }
