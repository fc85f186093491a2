package secretlife

import (
	"fmt"
	"slices"
	"strings"
)

// listing is a parsed ListSecrets request.
type listing struct {
	ListQuery
	*frame
	filters     []nameFilter
	planned     bool
	fingerprint string
}

// nameFilter matches a name with any of its values.
type nameFilter []namePrefix

// namePrefix is one value of a filter; negated, it matches every other name.
type namePrefix struct {
	prefix string
	negate bool
}

func (f nameFilter) match(name string) bool {
	return slices.ContainsFunc(f, func(p namePrefix) bool { return strings.HasPrefix(name, p.prefix) != p.negate })
}

func (f *frame) parseList(in ListSecretsInput) (listing, error) {
	var p problems
	q := listing{frame: f, planned: in.IncludePlannedDeletion}
	q.Account, q.Region = f.in.account, f.in.region
	q.Limit = p.page(in.MaxResults, in.NextToken)
	switch in.SortBy {
	case "", SortByCreatedDate:
		q.Order = ByCreatedDate
	case SortByName:
		q.Order = ByName
	default:
		p.add(violation("sortBy", string(in.SortBy), "Member must satisfy enum value set: [created-date, name]"))
	}
	switch in.SortOrder {
	case "", SortAscending:
	case SortDescending:
		q.Descending = true
	default:
		p.add(violation("sortOrder", string(in.SortOrder), "Member must satisfy enum value set: [asc, desc]"))
	}
	q.filters = p.filters(in.Filters)
	in.MaxResults = 0
	next := in.NextToken
	in.NextToken = ""
	q.fingerprint = fmt.Sprintf("%+v %v", in, f.in)
	var err error
	q.After, err = parseToken(next, "s", q.fingerprint)
	p.add(err)
	q.Prefix = commonPrefix(q.filters)
	return q, p.err()
}

func (p *problems) filters(list []Filter) []nameFilter {
	if len(list) > 10 {
		p.add(violation("filters", fmt.Sprint(len(list)), maxLength(10)))
	}
	var out []nameFilter
	for i, x := range list {
		at := fmt.Sprintf("filters.%d.member.", i+1)
		if x.Key != "name" {
			p.add(violation(at+"key", x.Key, "Member must satisfy enum value set: [name]"))
		}
		if n := len(x.Values); n < 1 || n > 10 {
			p.add(violation(at+"values", fmt.Sprint(n), "Member must have length between 1 and 10"))
		}
		var f nameFilter
		for _, v := range x.Values {
			p.length(at+"values", v, 0, 512)
			rest, negate := strings.CutPrefix(v, "!")
			f = append(f, namePrefix{rest, negate})
		}
		out = append(out, f)
	}
	return out
}

// commonPrefix is a prefix that every match has: that of the first filter with
// a single value to match.
func commonPrefix(filters []nameFilter) string {
	for _, f := range filters {
		if len(f) == 1 && !f[0].negate {
			return f[0].prefix
		}
	}
	return ""
}

func (q *listing) match(s Secret) bool {
	switch OpListSecrets.Rule(s.Phase(q.now)) {
	case Listed:
	case ListedOnRequest:
		if !q.planned {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(q.filters, func(f nameFilter) bool { return !f.match(s.Name().s) })
}

// page answers up to Limit secrets, and whether there are more.
func (q *listing) page() ([]Secret, bool, error) {
	if q.Prefix != "" && q.Order == ByCreatedDate {
		found, ok, err := q.narrow()
		if err != nil {
			return nil, false, err
		}
		if ok {
			return found[:min(q.Limit, len(found))], len(found) > q.Limit, nil
		}
	}
	found, err := q.scan(q.ListQuery, q.Limit+1)
	return found[:min(q.Limit, len(found))], len(found) > q.Limit, err
}

// scanChunk is how many secrets are read at once when most don't match.
const scanChunk = 256

// scan reads the list until want secrets match or it ends.
func (q *listing) scan(query ListQuery, want int) ([]Secret, error) {
	var found []Secret
	query.Limit = want
	for {
		some, err := q.store.List(q.ctx, query)
		if err != nil {
			return nil, q.failed(err)
		}
		for _, s := range some {
			if q.match(s) {
				found = append(found, s)
			}
			if len(found) == want {
				return found, nil
			}
		}
		if len(some) < query.Limit {
			return found, nil
		}
		query.After = CursorOf(some[len(some)-1], query.Order)
		query.Limit = max(scanChunk, want)
	}
}

// narrowest is how many secrets of one prefix are sorted at once.
const narrowest = 1000

// narrow finds the few secrets that have the prefix by their names, and puts
// them in order of creation. It declines where they are many.
func (q *listing) narrow() ([]Secret, bool, error) {
	byName := q.ListQuery
	byName.Order, byName.After, byName.Descending = ByName, Cursor{}, false
	byName.Limit = narrowest
	all, err := q.store.List(q.ctx, byName)
	if err != nil {
		return nil, false, q.failed(err)
	}
	if len(all) == narrowest {
		return nil, false, nil
	}
	sign := 1
	if q.Descending {
		sign = -1
	}
	all = slices.DeleteFunc(all, func(s Secret) bool {
		return !q.match(s) || !q.After.IsZero() && sign*q.After.Compare(CursorOf(s, ByCreatedDate)) >= 0
	})
	slices.SortFunc(all, func(a, b Secret) int {
		return sign * CursorOf(a, ByCreatedDate).Compare(CursorOf(b, ByCreatedDate))
	})
	return all, true, nil
}
