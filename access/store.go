package access

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Store keeps the entries of a [Ledger]. The stores of this module have it beside
// [secretlife.Store]; a store of another kind need not. One that stands before another
// passes its methods on, and returns [errors.ErrUnsupported] from all of them, at once,
// where the other has none.
//
// All methods are safe for concurrent use, honour their context, and return its error
// when it is done before they begin. What they return is the caller's. Entries outlive
// the purge of their secret. They are as durable as the secrets of the store.
type Store interface {
	// AddAccesses adds the entries of a group, all of them or none. Where there is an entry
	// of the same subject, its counts are added to, First becomes the earlier and Last the
	// later of both; otherwise the entry is new.
	//
	// A group whose Number is not above that of the last group of its Writer was written
	// before: AddAccesses writes nothing, and returns nil. So a group may be added again
	// where the outcome is not known. Groups outside the limits of [Group.Check] are refused
	// with [secretlife.ErrInvalidParameter].
	AddAccesses(ctx context.Context, group Group) error

	// Accesses returns a page of entries in the order of [Entry.Compare]. It sees every
	// AddAccesses that returned before it was called.
	Accesses(ctx context.Context, query Query) ([]Entry, error)

	// ForgetAccesses removes up to limit entries of days before a day, and returns how many
	// it removed. When it removes fewer than limit, it has also forgotten the writers whose
	// last group has no entry of that day or a later one.
	ForgetAccesses(ctx context.Context, before time.Time, limit int) (int, error)
}

// Entry counts the calls of one operation by one principal on one secret, on one day in
// UTC. It has no value of the secret, and nothing else of the requests.
type Entry struct {
	// ARN is that of the secret, and Incarnation tells secrets of one name apart. The entry
	// stays when the secret is purged.
	ARN         secretlife.ARN         `json:"arn"`
	Incarnation secretlife.Incarnation `json:"incarnation"`
	// Day is the midnight in UTC with which the day begins.
	Day time.Time `json:"day"`
	// Operation is what was called. A secret that is read by BatchGetSecretValue has an
	// entry of GetSecretValue.
	Operation secretlife.Operation `json:"operation"`
	// Scheduled says that the secret was marked for deletion when it was called. Calls of one
	// day before and after DeleteSecret are two entries.
	Scheduled bool `json:"scheduled"`
	// Principal is who called: see [PrincipalOf].
	Principal string `json:"principal"`

	// Calls is how many calls there were, and Refused how many of them were refused.
	Calls   uint64 `json:"calls"`
	Refused uint64 `json:"refused"`
	// First and Last are when the first and the last of them began, to the millisecond.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// Compare orders entries by what they count: by account, Region and name of the secret,
// byte by byte, and then by incarnation, day, operation, Scheduled (false comes first),
// and principal. Two entries of one [Store] are never equal.
func (e Entry) Compare(o Entry) int {
	if c := e.ARN.Key().Compare(o.ARN.Key()); c != 0 {
		return c // most often, without comparing the rest
	}
	if c := bytes.Compare(e.Incarnation[:], o.Incarnation[:]); c != 0 {
		return c
	}
	return cmp.Or(
		e.Day.Compare(o.Day),
		cmp.Compare(e.Operation, o.Operation),
		cmp.Compare(number(e.Scheduled), number(o.Scheduled)),
		strings.Compare(e.Principal, o.Principal),
	)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Add returns the entry with the counts of another one added. Stores use it.
func (e Entry) Add(o Entry) Entry {
	e.Calls += o.Calls
	e.Refused += o.Refused
	if o.First.Before(e.First) {
		e.First = o.First
	}
	if o.Last.After(e.Last) {
		e.Last = o.Last
	}
	return e
}

// The limits of groups.
const (
	maxGroup     = 1000
	maxPrincipal = 1024
)

// Group is what a [Ledger] writes in one step.
type Group struct {
	// Writer is a random id of the Ledger, and Number counts its groups from 1.
	Writer [16]byte
	Number uint64
	// Entries are of different subjects.
	Entries []Entry
}

// LastDay returns the latest day of the entries. With it a [Store] knows when a writer may
// be forgotten.
func (g Group) LastDay() (last time.Time) {
	for _, e := range g.Entries {
		if e.Day.After(last) {
			last = e.Day
		}
	}
	return last
}

// Check returns [secretlife.ErrInvalidParameter] for a group that no [Store] takes: one
// with the Number 0, without an entry or with more than 1,000 of them, and with an entry
// without a secret or a call, with a Day that is not a midnight in UTC, or with a principal
// that is not text of 1 to 1,024 bytes.
func (g Group) Check() error {
	switch {
	case g.Number == 0:
		return invalid("the number 0")
	case len(g.Entries) == 0 || len(g.Entries) > maxGroup:
		return invalid("%d entries, and not 1 to %d", len(g.Entries), maxGroup)
	}
	for _, e := range g.Entries {
		switch {
		case e.ARN.IsZero() || e.Incarnation.IsZero():
			return invalid("an entry without a secret")
		case !isPrincipal(e.Principal):
			return invalid("a principal of %d bytes that is not text of 1 to %d", len(e.Principal), maxPrincipal)
		case e.Calls == 0 || e.Refused > e.Calls:
			return invalid("%d of %d calls refused", e.Refused, e.Calls)
		case !e.Day.Equal(dayOf(e.Day)):
			return invalid("a day that begins at %s", e.Day)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("access: a group with "+format+": %w", append(args, secretlife.ErrInvalidParameter)...)
}

// dayOf is the midnight in UTC at or before an instant.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Query asks a [Store] for entries. What is zero leaves nothing out.
type Query struct {
	Account secretlife.Account
	Region  secretlife.Region
	Name    secretlife.Name
	// Scheduled leaves out calls on secrets that were not marked for deletion.
	Scheduled bool
	// From leaves out entries of days before one.
	From time.Time
	// After is the entry after which the page begins, whether or not it is there. Zero begins
	// at the start. Only the members by which entries are ordered count.
	After Entry
	// Limit is how many entries to return at most.
	Limit int
}

// Has reports whether the query asks for an entry. It leaves Limit aside.
func (q Query) Has(e Entry) bool {
	key := e.ARN.Key()
	return (q.Account == secretlife.Account{} || q.Account == key.Account) &&
		(q.Region == secretlife.Region{} || q.Region == key.Region) &&
		(q.Name == secretlife.Name{} || q.Name == key.Name) &&
		(!q.Scheduled || e.Scheduled) && !e.Day.Before(q.From) &&
		(q.After.Incarnation.IsZero() || e.Compare(q.After) > 0)
}

// storeOf returns the Store that a secretlife.Store has. It calls a method with a context
// that is done, which has no effect.
func storeOf(s secretlife.Store) (Store, error) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	store, ok := s.(Store)
	if ok {
		_, err := store.Accesses(ctx, Query{})
		ok = !errors.Is(err, errors.ErrUnsupported)
	}
	if !ok {
		return nil, fmt.Errorf("access: %T keeps no entries of access; a store that stands before another one must pass "+
			"on the methods of access.Store: %w", s, errors.ErrUnsupported)
	}
	return store, nil
}
