package memstore

import (
	"cmp"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// list returns a page of a realm; ok is false where the order it asks for is
// still to be made. It needs the lock of the index.
func (x *index) list(q secretlife.ListQuery) (page []secretlife.Secret, ok bool) {
	r := x.realms[realmID{q.Account, q.Region}]
	if r == nil || q.Limit <= 0 {
		return nil, true
	}
	if i := dateOrder(q.Order); i >= 0 {
		if r.byDate[i] == nil {
			return nil, false
		}
		return read(r.byDate[i], q), true
	}
	if q.Order == secretlife.OrderByName {
		return read(&r.byName, q), true
	}
	return read(&r.byCreated, q), true
}

// entry is what a list that can be read has: a record at an instant.
type entry interface {
	comparable
	of() *record
	date() int64 // in milliseconds
}

func (r *record) of() *record { return r }
func (r *record) date() int64 { return r.created }
func (e dated) of() *record   { return e.rec }
func (e dated) date() int64   { return e.ms }

// page is a page on its way.
type page[T entry] struct {
	secretlife.ListQuery
	secrets []secretlife.Secret
}

func read[T entry](list *sorted[T], q secretlife.ListQuery) []secretlife.Secret {
	p := page[T]{q, make([]secretlife.Secret, 0, min(q.Limit, list.len))}
	if p.Descending {
		for e := range list.descend(list.search(p.beforeEnd)) {
			if !p.add(e.of()) {
				break
			}
		}
		return p.secrets
	}
	for e := range list.ascend(list.search(p.beforeRange)) {
		if !p.add(e.of()) {
			break
		}
	}
	return p.secrets
}

// add adds a secret if it has the prefix, and reports whether the page goes on.
func (p *page[T]) add(rec *record) bool {
	if !strings.HasPrefix(rec.name.String(), p.Prefix) {
		return p.Order != secretlife.OrderByName // where all that have the prefix stand together
	}
	p.secrets = append(p.secrets, rec.state.Load().secret)
	return len(p.secrets) < p.Limit
}

// beforeRange is true up to the last entry before an ascending page.
func (p *page[T]) beforeRange(e T) bool {
	if !p.After.IsZero() && p.compare(e) <= 0 {
		return true
	}
	return p.Order == secretlife.OrderByName && e.of().name.String() < p.Prefix
}

// beforeEnd is true up to the first entry of a descending page.
func (p *page[T]) beforeEnd(e T) bool {
	if !p.After.IsZero() && p.compare(e) >= 0 {
		return false
	}
	name := e.of().name.String()
	return p.Order != secretlife.OrderByName || name < p.Prefix || strings.HasPrefix(name, p.Prefix)
}

// compare says where an entry stands by the place After.
func (p *page[T]) compare(e T) int {
	if p.Order != secretlife.OrderByName {
		if c := time.UnixMilli(e.date()).Compare(p.After.At); c != 0 {
			return c
		}
	}
	if p.Order == secretlife.OrderByCreatedDate {
		if c := cmp.Compare(e.of().ordinal(), p.After.Ordinal); c != 0 {
			return c
		}
	}
	return strings.Compare(e.of().name.String(), p.After.Name)
}
