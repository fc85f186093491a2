package secretlife

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Store keeps secrets, the values of their versions, and the events. The
// package memstore has the one in memory; the package storetest checks any
// implementation against the sentences below.
//
// All methods are safe for concurrent use, honour their context, and return its
// error when it is done before they begin. What they return is the caller's:
// changing it changes nothing in the store. Apart from the reasons named here,
// any error means that the store failed.
//
// A Commit, or a SwapNote, that returns the error of its context has written
// nothing. Where the context ended while the store was writing, the error is an
// [OutcomeUnknownError] with the context's error as its cause. It is one, too, where
// the store can't know whether the change was written, as when a connection is
// lost. After any other error that is not named here the caller must assume the
// same.
type Store interface {
	// Load returns the secret at a key, or [ErrSecretNotFound]. It sees every
	// Commit that returned before it was called.
	Load(ctx context.Context, key Key) (Secret, error)

	// Value returns the value of one version of one incarnation, or
	// [ErrVersionNotFound] where that incarnation is not there or has no such
	// version. It never returns a value of another incarnation.
	Value(ctx context.Context, key Key, in Incarnation, id VersionID) (Value, error)

	// Commit writes changes, their values and events, all of them or none.
	//
	// Each change is written only onto the state it was decided at: the secret
	// at its key has the incarnation and the revision of [Change.Base], or,
	// if that revision is 0, there is no secret at the key. Otherwise Commit
	// writes nothing and returns [ErrConflict]. Of several changes no two may
	// have the same key. No change at all, a zero Change and a repeated key are
	// refused with [ErrInvalidParameter].
	//
	// After a change without a Next the key is free, and nothing of the secret
	// is left but its events; one whose Base has the revision 0, too, has events
	// only, of any secrets (see [ImportEvents]). Values of versions that are not in Next are gone
	// for good. Events get the next sequence numbers, without gaps, in the
	// order of the changes. A Commit that returned nil is durable, as far as
	// the store is.
	Commit(ctx context.Context, changes ...Change) error

	// List returns a page of the secrets of one account and Region, without
	// loading values and without reading those before the page.
	List(ctx context.Context, query ListQuery) ([]Secret, error)

	// Due returns up to limit secrets, of all accounts and Regions, for which
	// [Secret.NextDue] is at or before by, ordered by that instant and then by
	// key, beginning after the entry after (the zero Due: from the start). It
	// does not read secrets that are not due.
	Due(ctx context.Context, by time.Time, after Due, limit int) ([]Due, error)

	// Events returns up to limit events with a sequence number above after, in
	// order. A store may forget the oldest events where it is told to; it says
	// so in its documentation.
	Events(ctx context.Context, after uint64, limit int) ([]Event, error)

	// Note returns the note under a name. It sees every SwapNote that returned
	// before it was called. For a name without a note the Value is nil, and there
	// is no error.
	//
	// A store that keeps no notes returns [errors.ErrUnsupported] from Note and
	// from SwapNote: see [BaseStore].
	Note(ctx context.Context, name string) (Note, error)

	// SwapNote replaces the note under a name if its value is old, byte for byte.
	// Otherwise SwapNote writes nothing and returns [ErrConflict]. A nil old means
	// that there is no note, and a nil next removes the note; an empty value is the
	// same as nil. Of concurrent swaps of one value exactly one succeeds. A swap that
	// returned nil is durable, as far as [Note.Durable] says. It changes no secret
	// and no event.
	//
	// Names and values outside the limits of [CheckNote] are refused with
	// [ErrInvalidParameter].
	SwapNote(ctx context.Context, name string, old, next []byte) error
}

// Order is an order of [Store.List].
type Order uint8

// The orders.
const (
	// OrderByCreatedDate is by creation date, then by name.
	OrderByCreatedDate Order = iota
	// OrderByName is by name, byte by byte.
	OrderByName
	// OrderByLastChangedDate is by the date of the last change, then by name.
	OrderByLastChangedDate
	// OrderByLastAccessedDate is by the day of the last read of a value, then by
	// name. Secrets that were never read come before all others.
	OrderByLastAccessedDate
)

// ListQuery asks a [Store] for a page of secrets.
type ListQuery struct {
	Account Account
	Region  Region
	Order   Order
	// Descending turns the order round.
	Descending bool
	// After is where the page begins: after this place in the order, whether or
	// not a secret is there. Zero begins at the start.
	After Cursor
	// Prefix, if not empty, leaves out secrets whose name does not begin so. In
	// the order ByName a store finds them without reading others.
	Prefix string
	// Limit is how many secrets to return at most; it is at least 1.
	Limit int
}

// Cursor is a place in the order of a list. In the orders by a date that
// changes, a secret moves to another place when the date does: a caller that reads a
// list page by page then finds it twice, or not at all.
type Cursor struct {
	// At is the date of the order, to the millisecond. It is the zero Time in
	// the order ByName, and for a secret that was never accessed in the order
	// ByLastAccessedDate: such secrets are ordered by name among themselves.
	At   time.Time
	Name string
}

// IsZero reports whether c is the start.
func (c Cursor) IsZero() bool { return c.Name == "" }

// date returns the instant by which an order has a secret; ok is false where
// the order has no date for it.
func (o Order) date(s Secret) (at time.Time, ok bool) {
	switch o {
	case OrderByCreatedDate:
		return s.CreatedDate(), true
	case OrderByLastChangedDate:
		return s.LastChangedDate(), true
	case OrderByLastAccessedDate:
		return s.LastAccessedDate()
	}
	return time.Time{}, false
}

// CursorOf returns the place of a secret in an order.
func CursorOf(s Secret, order Order) Cursor {
	at, _ := order.date(s) // the zero Time where the secret has no such date
	return Cursor{At: at, Name: s.Name().String()}
}

// Compare says where c stands by o in an ascending order: below 0 before it,
// 0 at it, above 0 after it.
func (c Cursor) Compare(o Cursor) int {
	return cmp.Or(c.At.Compare(o.At), cmp.Compare(c.Name, o.Name))
}

// Due is a secret for which something is to be done in the background.
type Due struct {
	At  time.Time
	Key Key
}

// Compare orders by time, then by key.
func (d Due) Compare(o Due) int {
	if c := d.At.Compare(o.At); c != 0 {
		return c
	}
	return d.Key.Compare(o.Key)
}

// Counter is what a [Store] may have beside its methods: it tells how many
// secrets an account and Region has without reading them. Without it the limit
// on their number costs going through the list.
type Counter interface {
	// Count returns the number of secrets of one account and Region, scheduled
	// ones and replicas included: all that List goes through. It sees every
	// Commit that returned before it was called, and no part of a Commit
	// without the rest.
	Count(ctx context.Context, account Account, region Region) (int, error)
}

// HealthChecker is what a [Store] may have beside its methods: it tells whether it
// works, so that a service over it can tell in turn.
type HealthChecker interface {
	// Health returns nil if the store can be read and written, and nothing that it does
	// in the background failed or is late. It must notice what no read would, such as a
	// full disk, and return within its context.
	Health(ctx context.Context) error
}

// Claimer is what a [Store] may have beside its methods: it changes many of the
// secrets that are due in one step. With it a [Purger] purges them together;
// without it each is loaded and committed by itself. A store that stands before
// another one can pass it on, and returns [errors.ErrUnsupported] if the other has
// none.
type Claimer interface {
	// Claim passes to decide the secrets that Due returns for the same arguments, in
	// that order. It commits the changes that decide returns as Commit does: all of
	// them or none, with their events in the order of the changes, and durable when
	// Claim returned nil. In between no other caller changes these secrets.
	//
	// Claim leaves out secrets that can't be read. It may leave out secrets that
	// another caller is changing, so that of several callers of Claim none waits for
	// another. Due still returns both. If no secret is left, decide is not called, and
	// Claim returns nil.
	//
	// decide returns changes of the secrets it was given, at most one for each. A
	// change of another secret, or of another state, is refused with ErrConflict; zero
	// changes and a repeated key are refused with ErrInvalidParameter. If decide returns
	// no changes, nothing is written, and Claim returns nil. decide is called again if
	// the transaction is retried, with the secrets due at that time; there may be none.
	// Its last result is what was committed. decide must not use the store.
	Claim(ctx context.Context, by time.Time, after Due, limit int, decide func(due []Secret) []Change) error
}

// The limits of notes.
const (
	maxNoteName  = 64
	maxNoteValue = 64 << 10
)

// Note is a small piece of data that the core keeps in a [Store] under a name.
// Its form is the core's affair.
type Note struct {
	// Value is nil where there is no note.
	Value []byte
	// Now is the time of the store's own clock, read after the value, where the
	// store has a clock, as a database server does; otherwise it is the zero Time.
	Now time.Time
	// Durable reports whether notes of this store outlive the process. It does not
	// depend on the name.
	Durable bool
}

// CheckNote returns [ErrInvalidParameter] for a name or a value that no [Store]
// takes: names have 1 to 64 bytes, values at most 64 KiB.
func CheckNote(name string, value []byte) error {
	switch {
	case name == "" || len(name) > maxNoteName:
		return fmt.Errorf("a note's name has 1 to %d bytes, not %d: %w", maxNoteName, len(name), ErrInvalidParameter)
	case len(value) > maxNoteValue:
		return fmt.Errorf("a note has at most %d bytes, not %d: %w", maxNoteValue, len(value), ErrInvalidParameter)
	}
	return nil
}

// BaseStore is embedded in a [Store] that keeps no notes.
type BaseStore struct{}

// Note returns [errors.ErrUnsupported].
func (BaseStore) Note(context.Context, string) (Note, error) { return Note{}, errors.ErrUnsupported }

// SwapNote returns [errors.ErrUnsupported].
func (BaseStore) SwapNote(context.Context, string, []byte, []byte) error {
	return errors.ErrUnsupported
}

// duePage is how many due secrets are read at once.
const duePage = 128

// ErrOutcomeUnknown is found by errors.Is in the error of a call that ended while
// the store was writing: the change may have been written. Repeating the call with
// the same ClientRequestToken is safe. See [OutcomeUnknownError].
var ErrOutcomeUnknown = errors.New("secretlife: the outcome is unknown: the change may have been written")

// OutcomeUnknownError is the error of a [Store] that was writing a change when
// something ended the call. errors.Is finds [ErrOutcomeUnknown] in it, and the
// cause.
type OutcomeUnknownError struct {
	// Cause is what ended the call, such as [context.Canceled] or a connection that
	// was lost.
	Cause error
	// Outcome, if it is not nil, receives the outcome once, when the store knows it:
	// nil if the change was written. The receiver reads it at most once.
	Outcome <-chan error
}

// Error implements error.
func (e *OutcomeUnknownError) Error() string {
	return ErrOutcomeUnknown.Error() + ": " + e.Cause.Error()
}

// Unwrap returns [ErrOutcomeUnknown] and the cause.
func (e *OutcomeUnknownError) Unwrap() []error { return []error{ErrOutcomeUnknown, e.Cause} }
