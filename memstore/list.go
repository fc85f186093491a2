package memstore

import (
	"strings"

	"github.com/secretlife-go/secretlife"
)

// list returns a page of a realm. It needs the lock of the index.
func (x *index) list(q secretlife.ListQuery) []secretlife.Secret {
	r := x.realms[realmID{q.Account, q.Region}]
	if r == nil || q.Limit <= 0 {
		return nil
	}
	p := page{ListQuery: q, list: &r.byCreated}
	if q.Order == secretlife.ByName {
		p.list = &r.byName
	}
	return p.read()
}

// page is a page on its way.
type page struct {
	secretlife.ListQuery
	list *sorted[*record]
}

func (p *page) read() []secretlife.Secret {
	out := make([]secretlife.Secret, 0, min(p.Limit, p.list.len))
	entries := p.list.ascend(p.list.search(p.beforeRange))
	if p.Descending {
		entries = p.list.descend(p.list.search(p.beforeEnd))
	}
	for rec := range entries {
		if !strings.HasPrefix(rec.name.String(), p.Prefix) {
			if p.Order == secretlife.ByName {
				break // all that have the prefix stand together
			}
			continue
		}
		out = append(out, rec.state.Load().secret)
		if len(out) == p.Limit {
			break
		}
	}
	return out
}

// beforeRange is true up to the last record before an ascending page.
func (p *page) beforeRange(rec *record) bool {
	if !p.After.IsZero() && p.compare(rec) <= 0 {
		return true
	}
	return p.Order == secretlife.ByName && rec.name.String() < p.Prefix
}

// beforeEnd is true up to the first record of a descending page.
func (p *page) beforeEnd(rec *record) bool {
	if !p.After.IsZero() && p.compare(rec) >= 0 {
		return false
	}
	name := rec.name.String()
	return p.Order != secretlife.ByName || name < p.Prefix || strings.HasPrefix(name, p.Prefix)
}

// compare says where a record stands by the place After.
func (p *page) compare(rec *record) int {
	if p.Order == secretlife.ByCreatedDate {
		if c := rec.createdDate().Compare(p.After.CreatedDate); c != 0 {
			return c
		}
	}
	return strings.Compare(rec.name.String(), p.After.Name)
}
