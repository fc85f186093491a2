package storetest

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

func (n *naive) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.done(ctx, Due); err != nil {
		return nil, err
	}
	switch n.bug {
	case dueEarly:
		query.By = query.By.Add(time.Millisecond)
	case dueLate:
		query.By = query.By.Add(-time.Millisecond)
	case dueIgnoresAfter:
		query.After = secretlife.Due{}
	case dueAfterInstantOnly:
		if query.After.At != (time.Time{}) {
			query.After.At = query.After.At.Add(time.Nanosecond)
		}
	case dueIgnoresLimit:
		query.Limit = len(n.secrets)
	case dueAfterMustExist:
		if at, _, ok := n.secrets[query.After.Key].secret.NextDue(); !ok || !at.Equal(query.After.At) {
			query.After = secretlife.Due{}
		}
	case dueUpToHundred:
		if query.Limit > 100 {
			return nil, nil
		}
	case sharesDue:
		if page, ok := n.dues[query]; ok {
			return page, nil
		}
	}
	var all []secretlife.Due
	for key, k := range n.secrets {
		at, work, ok := k.secret.NextDue()
		d := secretlife.Due{At: at, Key: key}
		if old, was := n.due[key]; !ok && was {
			d, ok = old, true
		}
		if purge, marked := k.secret.Deletion().PurgeAt(); marked && n.bug == dueInSpiteOfHolds {
			d.At, ok = purge, true
		}
		if n.bug == dueForPurgesOnly && work != secretlife.WorkPurge || n.after.undue[key] ||
			n.bug == dueUntil2262 && at.Year() > 2262 {
			ok = false
		}
		if ok && !d.At.After(query.By) && (query.After == secretlife.Due{} || d.Compare(query.After) > 0) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b secretlife.Due) int {
		switch {
		case n.bug == dueInOrderOfNames:
			return a.Key.Compare(b.Key)
		case n.bug == dueTiesBackward && a.At.Equal(b.At):
			return b.Key.Compare(a.Key)
		}
		return a.Compare(b)
	})
	page := all[:min(query.Limit, len(all))]
	n.read(len(page), n.bug == dueSearches)
	if n.dues == nil {
		n.dues = map[secretlife.DueQuery][]secretlife.Due{}
	}
	n.dues[query] = page
	return page, nil
}

func (n *naive) List(ctx context.Context, q secretlife.ListQuery) ([]secretlife.Secret, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.done(ctx, List); err != nil {
		return nil, err
	}
	switch n.bug {
	case listIgnoresDescending:
		q.Descending = false
	case changedNotTurned:
		q.Descending = q.Descending && q.Order != secretlife.OrderByLastChangedDate
	case deletionNotTurned:
		q.Descending = q.Descending && q.Order != secretlife.OrderByDeletionDate
	case listIgnoresPrefix:
		q.Prefix = ""
	case listIgnoresLimit:
		q.Limit = len(n.secrets)
	case cursorMustExist:
		if _, ok := n.secrets[keyIn(q.Account.String(), q.Region.String(), "a")]; !q.After.IsZero() && (!ok || !n.has(q)) {
			return nil, errNoCursor
		}
	}
	if page, ok := n.pages[q]; ok && n.bug == sharesLists {
		return page, nil
	}
	if q.After.IsZero() {
		n.pin(q.Order)
	}
	found := n.found(q)
	n.pages[q] = found
	n.read(len(found), n.bug == listSearches || n.bug == prefixSearches && q.Prefix != "" ||
		n.bug == scheduledSearches && q.Order == secretlife.OrderByDeletionDate)
	if n.torn && n.looks != nil {
		close(n.looks)
		n.looks = nil
	}
	if n.bug == listsOldStates {
		for i, s := range found {
			found[i] = n.first[s.Key()]
		}
	}
	if n.bug == listsAbridged {
		found = abridged(found)
	}
	return found, nil
}

// abridged returns secrets without their older versions.
func abridged(secrets []secretlife.Secret) []secretlife.Secret {
	out := make([]secretlife.Secret, len(secrets))
	for i, s := range secrets {
		if err := out[i].UnmarshalAbridged(valid(s.MarshalAbridged())); err != nil {
			panic(err)
		}
	}
	return out
}

func (n *naive) found(q secretlife.ListQuery) []secretlife.Secret {
	var found []secretlife.Secret
	for key, k := range n.secrets {
		if n.lists(key, k.secret, q) {
			found = append(found, k.secret)
		}
	}
	for key, s := range n.gone {
		if n.lists(key, s, q) {
			found = append(found, s)
		}
	}
	page := q
	page.Prefix = "" // the bugs have seen to it
	found = n.sorted(found, page)
	if n.bug != listsInPieces || len(found) < 2 || q.Limit == 1 {
		return found
	}
	first := found[:len(found)/2]
	seq := n.seq
	for range 1000 { // until somebody commits, if anybody does
		n.mu.Unlock()
		runtime.Gosched()
		n.mu.Lock()
		if n.seq != seq {
			break
		}
	}
	page.After = secretlife.CursorOf(first[len(first)-1], q.Order)
	page.Limit -= len(first)
	found = nil
	for key, k := range n.secrets {
		if n.lists(key, k.secret, q) {
			found = append(found, k.secret)
		}
	}
	return append(first, n.sorted(found, page)...)
}

func (n *naive) has(q secretlife.ListQuery) bool {
	for key := range n.secrets {
		if key.Name.String() == q.After.Name {
			return true
		}
	}
	return false
}

// lists reports whether a secret belongs on a list.
func (n *naive) lists(key secretlife.Key, s secretlife.Secret, q secretlife.ListQuery) bool {
	name := key.Name.String()
	prefix := strings.HasPrefix(name, q.Prefix)
	switch n.bug {
	case prefixHasWildcards:
		prefix = len(name) >= len(q.Prefix)
		for i := range len(q.Prefix) {
			prefix = prefix && (q.Prefix[i] == '_' || q.Prefix[i] == name[i])
		}
	case prefixIgnoresCase:
		prefix = strings.HasPrefix(strings.ToLower(name), strings.ToLower(q.Prefix))
	}
	return prefix && (q.Order.Has(s) || n.bug == listsActiveByDeletion) &&
		(key.Account == q.Account || n.bug == listsEveryAccount) &&
		(key.Region == q.Region || n.bug == listsEveryRegion) &&
		(!s.Deletion().Scheduled() || n.bug != listsActiveOnly)
}

func (n *naive) sorted(found []secretlife.Secret, q secretlife.ListQuery) []secretlife.Secret {
	found = modelBy(found, q, func(s secretlife.Secret) secretlife.Cursor { return n.place(s, q) })
	switch {
	case n.bug == namesIgnoreCase && q.Order == secretlife.OrderByName:
		slices.SortStableFunc(found, func(a, b secretlife.Secret) int {
			return strings.Compare(strings.ToLower(a.Name().String()), strings.ToLower(b.Name().String()))
		})
	case n.bug == createdTiesNotTurned && q.Order == secretlife.OrderByCreatedDate && q.Descending:
		slices.SortStableFunc(found, func(a, b secretlife.Secret) int {
			x, y := secretlife.CursorOf(a, q.Order), secretlife.CursorOf(b, q.Order)
			return cmp.Or(y.At.Compare(x.At), x.Compare(y))
		})
	case n.bug == createdTiesAnyhow && q.Order == secretlife.OrderByCreatedDate:
		slices.SortStableFunc(found, func(a, b secretlife.Secret) int {
			if c := a.CreatedDate().Compare(b.CreatedDate()); c != 0 && q.Descending {
				return -c
			} else if c != 0 {
				return c
			}
			return len(a.Name().String()) - len(b.Name().String())
		})
	}
	return found
}

// pin keeps the places of secrets in an order, for a bug.
func (n *naive) pin(order secretlife.Order) {
	if n.places == nil {
		n.places = map[secretlife.Order]map[secretlife.Key]secretlife.Cursor{}
	}
	n.places[order] = map[secretlife.Key]secretlife.Cursor{}
	for key, k := range n.secrets {
		n.places[order][key] = secretlife.CursorOf(k.secret, order)
	}
}

// place is where a secret stands in an order, as a bug has it.
func (n *naive) place(s secretlife.Secret, q secretlife.ListQuery) secretlife.Cursor {
	at := secretlife.CursorOf(s, q.Order)
	changed, accessed := q.Order == secretlife.OrderByLastChangedDate, q.Order == secretlife.OrderByLastAccessedDate
	switch pinned, ok := n.places[q.Order][s.Key()]; {
	case n.bug == pagesOfTheFirstMoment && ok && !q.After.IsZero() && (changed || accessed):
		at = pinned
	case n.bug == ignoresOrdinal:
		at.Ordinal = 0
	case n.bug == changedIsCreated && changed:
		at.At = s.CreatedDate()
	case n.bug == changedInSeconds && changed:
		at.At = at.At.Truncate(time.Second)
	case n.bug == deletionInSeconds && q.Order == secretlife.OrderByDeletionDate:
		at.At = at.At.Truncate(time.Second)
	case n.bug == neverAccessedLast && accessed && at.At.IsZero():
		at.At = start.AddDate(9000, 0, 0)
	case n.bug == neverAccessedAtEpoch && accessed && at.At.IsZero():
		at.At = time.Unix(0, 0)
	case n.bug == neverAccessedDescend && accessed && at.At.IsZero() && q.Descending:
		at.At = start.AddDate(9000, 0, 0) // as where a database puts NULL first or last
	case n.bug == staysWhereItWas && (changed || accessed):
		at = secretlife.CursorOf(n.first[s.Key()], q.Order)
	}
	return at
}

// Count counts what is there.
func (n *naive) Count(ctx context.Context, account secretlife.Account, region secretlife.Region) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.done(ctx, Count); err != nil {
		return 0, err
	}
	n.read(0, n.bug == countSearches)
	if n.torn && n.looks != nil {
		close(n.looks)
		n.looks = nil
	}
	count := 0
	for key, k := range n.secrets {
		if key.Account == account && (key.Region == region || n.bug == countsEveryRegion) &&
			(n.bug != countsActiveOnly || !k.secret.Deletion().Scheduled()) {
			count++
		}
	}
	return count, nil
}
