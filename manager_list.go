package secretlife

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/secretlife-go/secretlife/internal/pagetoken"
)

// ListSecretsOutput is the response of [Manager.ListSecrets].
type ListSecretsOutput struct {
	SecretList []SecretDetails // never nil
	NextToken  string          // "" on the last page
}

// ListSecrets lists the secrets of the Manager's account and Region, a page at
// a time. It shows every change at once, unlike AWS, unless [Emulate].ListLag delays
// that. A page looks at 10,000 secrets at most: if few match, it may be shorter than
// MaxResults, or empty, and still have a NextToken.
//
// Errors: [*InvalidNextTokenError]; [*ValidationError].
//
// Source: ListSecrets in the AWS Secrets Manager API reference.
func (m *Manager) ListSecrets(ctx context.Context, in ListSecretsInput) (out ListSecretsOutput, err error) {
	req, err := begin(ctx, m, OpListSecrets, "", in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	q, err := req.parseList(in)
	if err != nil {
		return out, err
	}
	found, next, err := q.page()
	if err != nil {
		return out, err
	}
	out.NextToken = next
	out.SecretList = make([]SecretDetails, len(found))
	for i, s := range found {
		if was, ok := req.core.lists.seen(s, req.now); ok {
			s = was
		}
		out.SecretList[i] = describe(s)
		out.SecretList[i].ReplicationStatus = nil
	}
	return out, nil
}

// Secrets lists all secrets that [Manager.ListSecrets] lists in pages. Each page is one call
// of ListSecrets, with its errors; an error ends the list.
func (m *Manager) Secrets(ctx context.Context, in ListSecretsInput) iter.Seq2[SecretDetails, error] {
	return func(yield func(SecretDetails, error) bool) {
		for {
			page, err := m.ListSecrets(ctx, in)
			if err != nil {
				yield(SecretDetails{}, err)
				return
			}
			for _, s := range page.SecretList {
				if !yield(s, nil) {
					return
				}
			}
			if in.NextToken = page.NextToken; in.NextToken == "" {
				return
			}
		}
	}
}

// scheduledPage is how many scheduled secrets are read at once.
const scheduledPage = 100

// Scheduled lists the secrets of the Manager's account and Region that are scheduled for
// deletion, the oldest DeletionDate first. It reads no others, and shows every change at
// once. A secret that was deleted by force, or whose DeletionDate has come, is among them
// until it is purged: [Secret.Phase] tells. Each page is a call of ListSecrets for quotas
// and the [Observer]; an error ends the list.
//
// Errors: [*ThrottlingError]; [*InternalServiceError].
func (m *Manager) Scheduled(ctx context.Context) iter.Seq2[Secret, error] {
	return func(yield func(Secret, error) bool) {
		query := ListQuery{Account: m.in.account, Region: m.in.region, Order: OrderByDeletionDate, Limit: scheduledPage}
		for {
			page, err := m.scheduled(ctx, query)
			if err != nil {
				yield(Secret{}, err)
				return
			}
			for _, s := range page {
				if !yield(s, nil) {
					return
				}
				query.After = CursorOf(s, query.Order)
			}
			if len(page) < scheduledPage {
				return
			}
		}
	}
}

func (m *Manager) scheduled(ctx context.Context, query ListQuery) (page []Secret, err error) {
	req, err := begin(ctx, m, OpListSecrets, "", ListSecretsInput{IncludePlannedDeletion: true})
	defer req.end(&err)
	if err != nil {
		return nil, err
	}
	if page, err = m.core.store.List(ctx, query); err != nil {
		return nil, req.failed(err)
	}
	return page, nil
}

// eventPage is how many events are read at once.
const eventPage = 100

// Events lists the events of the Manager's store after a sequence number, in order: those
// of all accounts and Regions, for operators. The first number is 1. An error ends the list.
//
// Errors: [*InternalServiceError].
func (m *Manager) Events(ctx context.Context, after uint64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			page, err := m.core.store.Events(ctx, after, eventPage)
			if err != nil {
				yield(Event{}, m.core.failed(ctx, err))
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
				after = e.Seq()
			}
			if len(page) < eventPage {
				return
			}
		}
	}
}

// listing is a parsed request for a list of secrets.
type listing struct {
	query   ListQuery
	req     *request
	filters []Filter
	planned bool
	kind    string // of list, and
	asked   any    // what was asked for
}

var sortOrders = map[string]Order{
	"": OrderByCreatedDate, SortByCreatedDate: OrderByCreatedDate, SortByName: OrderByName,
	SortByLastChangedDate: OrderByLastChangedDate, SortByLastAccessedDate: OrderByLastAccessedDate,
}

func (req *request) parseList(in ListSecretsInput) (listing, error) {
	var p problems
	q := listing{req: req, planned: in.IncludePlannedDeletion, kind: "s"}
	q.query.Limit = p.page(in.MaxResults, in.NextToken, maxListPage)
	order, ok := sortOrders[in.SortBy]
	if !ok {
		p.add(
			violation("sortBy", in.SortBy,
				"Member must satisfy enum value set: [created-date, last-accessed-date, last-changed-date, name]"),
		)
	}
	q.query.Order = order
	switch in.SortOrder {
	case "", SortAscending:
	case SortDescending:
		q.query.Descending = true
	default:
		p.add(violation("sortOrder", in.SortOrder, "Member must satisfy enum value set: [asc, desc]"))
	}
	q.filters = p.filters(in.Filters)
	next := in.NextToken
	in.MaxResults, in.NextToken = 0, ""
	return q, q.finish(&p, in, next)
}

// finish fills in what all lists of secrets have.
func (q *listing) finish(p *problems, asked any, next string) error {
	q.query.Account, q.query.Region, q.query.Abridged = q.req.in.account, q.req.in.region, true
	q.asked = asked
	q.query.Prefix = namePrefix(q.filters)
	if next != "" {
		q.query.After = p.cursor(q.req.core.tokenKey, next, q.kind, q.params())
	}
	return p.err()
}

// params is what was asked for, as text: a token is good for the same only.
func (q *listing) params() string { return fmt.Sprintf("%+v", q.asked) + fmt.Sprint(q.req.in) }

// match decides by what shows of the secret. Its place in the order is that of
// what it is.
func (q *listing) match(s Secret) bool {
	s, shows := q.req.core.lists.seen(s, q.req.now)
	if !shows {
		return false
	}
	switch OpListSecrets.Rule(s.Phase(q.req.now)) {
	case RuleListed:
	case RuleListedOnRequest:
		if !q.planned {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(q.filters, func(x Filter) bool { return !x.match(s) })
}

// page returns up to Limit secrets, and a token if there may be more.
func (q *listing) page() ([]Secret, string, error) {
	look := search{listing: q, query: q.query}
	if q.query.Prefix == "" || q.query.Order == OrderByName {
		err := look.read(mostScanned)
		return q.cut(look, err)
	}
	// Names with the prefix are anywhere in this order. Where they are many, some
	// are near; where they are few, they are found by name and put in order.
	look.query.Prefix = ""
	if err := look.read(nearby); err != nil || look.done() {
		return q.cut(look, err)
	}
	if few, ok, err := q.narrow(); ok || err != nil {
		return q.cut(search{found: few}, err)
	}
	err := look.read(mostScanned)
	return q.cut(look, err)
}

// cut makes a page of what was found, one more than fits if there is more.
func (q *listing) cut(look search, err error) ([]Secret, string, error) {
	if err != nil {
		return nil, "", err
	}
	found, stopped := look.found, look.stopped
	if len(found) > q.query.Limit {
		found = found[:q.query.Limit]
		stopped = CursorOf(found[q.query.Limit-1], q.query.Order)
	}
	if stopped.IsZero() {
		return found, "", nil
	}
	return found, pagetoken.Seal(q.req.core.tokenKey, q.kind, q.params(), pagetoken.Place(stopped)), nil
}

const (
	// scanChunk is how many secrets are read at once when most don't match.
	scanChunk = 256
	// nearby is how many are looked at before others are looked for by name.
	nearby = 2 * scanChunk
	// mostScanned is how many secrets a page looks at. Where few match, it is
	// shorter than was asked for, or empty, and still has a token, as on AWS
	// ("a page may be empty", ListSecrets).
	mostScanned = 10_000
)

// search goes through a list until one more matches than fit a page, or it
// ends, or enough was read.
type search struct {
	listing *listing
	query   ListQuery
	scanned int
	found   []Secret
	stopped Cursor // where it stopped before the list ended; zero: it ended
}

// done reports whether reading on would add nothing to the page.
func (s *search) done() bool { return s.stopped.IsZero() || len(s.found) > s.listing.query.Limit }

// read goes on until as many secrets were looked at, in all.
func (s *search) read(most int) error {
	want := s.listing.query.Limit + 1
	for s.scanned < most {
		s.query.Limit = want
		if s.scanned > 0 || s.query.Prefix != s.listing.query.Prefix {
			s.query.Limit = max(scanChunk, want)
		}
		some, err := s.listing.req.core.store.List(s.listing.req.ctx, s.query)
		if err != nil {
			return s.listing.req.failed(err)
		}
		for _, x := range some {
			if s.listing.match(x) {
				s.found = append(s.found, x)
			}
			if len(s.found) == want {
				return nil
			}
		}
		s.scanned += s.query.Limit
		if len(some) < s.query.Limit {
			s.stopped = Cursor{}
			return nil
		}
		s.stopped = CursorOf(some[len(some)-1], s.query.Order)
		s.query.After = s.stopped
	}
	return nil
}

// narrowest is how many secrets of one prefix are sorted at once.
const narrowest = 1000

// narrow finds the few secrets that have the prefix by their names, and puts
// them in the order asked for. It declines where they are many.
func (q *listing) narrow() ([]Secret, bool, error) {
	byName := q.query
	byName.Order, byName.After, byName.Descending = OrderByName, Cursor{}, false
	byName.Limit = narrowest
	all, err := q.req.core.store.List(q.req.ctx, byName)
	if err != nil {
		return nil, false, q.req.failed(err)
	}
	if len(all) == narrowest {
		return nil, false, nil
	}
	compare := func(a, b Cursor) int {
		if q.query.Descending {
			a, b = b, a
		}
		return a.Compare(b)
	}
	all = slices.DeleteFunc(all, func(s Secret) bool {
		return !q.match(s) || !q.query.After.IsZero() && compare(CursorOf(s, q.query.Order), q.query.After) <= 0
	})
	slices.SortFunc(
		all, func(a, b Secret) int { return compare(CursorOf(a, q.query.Order), CursorOf(b, q.query.Order)) },
	)
	return all, true, nil
}

// ListSecretsInput is the request of [Manager.ListSecrets].
type ListSecretsInput struct {
	// IncludePlannedDeletion lists secrets that are scheduled for deletion too.
	IncludePlannedDeletion bool
	// MaxResults is the longest page, 1 to 100; 0 is 100.
	MaxResults int
	// NextToken goes on where a page ended; "" begins. It is good for the same
	// request only.
	NextToken string
	// Filters must all match.
	Filters []Filter
	// SortBy is what the list is ordered by; SortByCreatedDate is the default.
	// Secrets that were never read come first by the last access.
	SortBy string
	// SortOrder is SortAscending, the default, or SortDescending.
	SortOrder string
}

func (in ListSecretsInput) tell(c *call) {
	p := &c.params
	p.flag("includePlannedDeletion", in.IncludePlannedDeletion)
	p.page(in.MaxResults, in.NextToken)
	p.filters(in.Filters)
	p.text("sortBy", in.SortBy)
	p.text("sortOrder", in.SortOrder)
}

// What [ListSecretsInput] can be ordered by, and in which direction: AWS's words.
const (
	SortByCreatedDate      = "created-date"
	SortByName             = "name"
	SortByLastChangedDate  = "last-changed-date"
	SortByLastAccessedDate = "last-accessed-date"
	SortAscending          = "asc"
	SortDescending         = "desc"
)
