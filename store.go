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
// A Store has methods that it must have, from Load to Events, and methods that it
// need not have, from Claim to SwapNote. One that it does not have returns
// [errors.ErrUnsupported] at once, even if its context is done: see [BaseStore], which
// every Store embeds. A Store that stands before another one embeds that instead, so
// that it passes on what it does not change, and methods that later versions add.
//
// All methods are safe for concurrent use, honour their context, and return its
// error when it is done before they begin. What they return is the caller's:
// changing it changes nothing in the store. Apart from the reasons named here,
// any error means that the store failed.
//
// A Commit, a Claim, or a SwapNote, that returns the error of its context has written
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

	// Commit writes the changes of a batch, their values and events, all of them or none.
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
	// order of the changes; the [Receipt] says which. A Commit that returned nil is
	// durable, as far as the store is.
	Commit(ctx context.Context, batch Batch) (Receipt, error)

	// List returns a page of the secrets of one account and Region that are in an order,
	// without loading values, and without reading those before the page or those that are
	// not in the order.
	List(ctx context.Context, query ListQuery) ([]Secret, error)

	// Due returns secrets, of all accounts and Regions, for which [Secret.NextDue] is at
	// or before an instant, ordered by that instant and then by key. It does not read
	// secrets that are not due.
	Due(ctx context.Context, query DueQuery) ([]Due, error)

	// Events returns up to limit events with a sequence number above after, in
	// order. A store may forget the oldest events where it is told to; it says
	// so in its documentation.
	Events(ctx context.Context, after uint64, limit int) ([]Event, error)

	// Claim passes to decide the secrets that Due returns for the same query, in
	// that order. It commits the changes that decide returns as Commit does: all of
	// them or none, with their events in the order of the changes, and durable when
	// Claim returned nil. In between no other caller changes these secrets. With it a
	// [Purger] purges many secrets in one step; without it each is loaded and committed
	// by itself.
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
	Claim(ctx context.Context, query DueQuery, decide func(due []Secret) []Change) (Receipt, error)

	// CommitLater has a change decided and committed after it returned, so that its caller
	// waits for no disk. decide gets the secret at the key as it is then, and returns a change
	// of it without values and without removed versions, or the zero Change, for which nothing
	// is written. Where there is no secret decide is not called. It must not use the store.
	//
	// All methods that are called after CommitLater returned see the change. It is durable
	// when its Outcome arrives, which the caller need not receive. A crash loses changes of at
	// most the last second, and Close writes what waits. A change that can't be written is
	// lost. Without it the day of a first read of a value is noted before the value is
	// returned.
	CommitLater(ctx context.Context, key Key, decide func(present Secret) Change) (<-chan Outcome, error)

	// Count returns the number of secrets of one account and Region, scheduled
	// ones and replicas included: all that List goes through. It does not read them. It
	// sees every Commit that returned before it was called, and no part of a Commit
	// without the rest. Without it the limit on the number of secrets costs going
	// through the list.
	Count(ctx context.Context, account Account, region Region) (int, error)

	// Health returns nil if the store can be read and written, and nothing that it does
	// in the background failed or is late, so that a service over it can tell in turn. It
	// must notice what no read would, such as a full disk, and return within its context.
	Health(ctx context.Context) error

	// Note returns the note under a name. It sees every SwapNote that returned
	// before it was called. For a name without a note the Value is nil, and there
	// is no error. A store that has Note has SwapNote. Without them elapsed time is
	// counted by each process for itself, and a recovery window begins again with it.
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

	// embedsBaseStore makes every Store embed [BaseStore] or another Store, so that
	// adding a method breaks none.
	embedsBaseStore()
}

// BaseStore is embedded in every [Store]. Its methods are those that a Store need not
// have: they return [errors.ErrUnsupported].
type BaseStore struct{}

// Claim returns [errors.ErrUnsupported].
func (BaseStore) Claim(context.Context, DueQuery, func([]Secret) []Change) (Receipt, error) {
	return Receipt{}, errors.ErrUnsupported
}

// CommitLater returns [errors.ErrUnsupported].
func (BaseStore) CommitLater(context.Context, Key, func(Secret) Change) (<-chan Outcome, error) {
	return nil, errors.ErrUnsupported
}

// Count returns [errors.ErrUnsupported].
func (BaseStore) Count(context.Context, Account, Region) (int, error) {
	return 0, errors.ErrUnsupported
}

// Health returns [errors.ErrUnsupported].
func (BaseStore) Health(context.Context) error { return errors.ErrUnsupported }

// Note returns [errors.ErrUnsupported].
func (BaseStore) Note(context.Context, string) (Note, error) { return Note{}, errors.ErrUnsupported }

// SwapNote returns [errors.ErrUnsupported].
func (BaseStore) SwapNote(context.Context, string, []byte, []byte) error {
	return errors.ErrUnsupported
}

func (BaseStore) embedsBaseStore() {}

// The method is used although no type of this package is a Store.
var _ interface{ embedsBaseStore() } = BaseStore{}

// Batch is what [Store.Commit] writes in one step.
type Batch struct {
	Changes []Change
}

// BatchOf returns the Batch of some changes.
func BatchOf(changes ...Change) Batch { return Batch{Changes: changes} }

// Check returns [ErrInvalidParameter] for a batch that no [Store] takes: one without a
// change, with a zero Change, with one of an abridged secret, or with two changes of one key.
func (b Batch) Check() error {
	if len(b.Changes) == 0 {
		return fmt.Errorf("secretlife: a batch without a change: %w", ErrInvalidParameter)
	}
	for i, c := range b.Changes {
		if c.IsZero() {
			return fmt.Errorf("secretlife: a batch with a zero change: %w", ErrInvalidParameter)
		}
		if c.abridged() {
			return fmt.Errorf("secretlife: a batch with a change of an abridged secret: %w", ErrInvalidParameter)
		}
		for _, o := range b.Changes[:i] {
			if o.Key() == c.Key() {
				return fmt.Errorf("secretlife: a batch with two changes of %q: %w", c.Key().Name, ErrInvalidParameter)
			}
		}
	}
	return nil
}

// Receipt is what a [Store] tells of what it wrote.
type Receipt struct {
	// FirstSeq is the sequence number of the first event that was written. Those of the
	// others follow it without gaps, in the order of the changes. It is 0 if there was
	// no event.
	FirstSeq uint64
}

// Order is an order of [Store.List].
type Order uint8

// The orders.
const (
	// OrderByCreatedDate is by creation date, then by [Creation].Ordinal, then by name.
	OrderByCreatedDate Order = iota
	// OrderByName is by name, byte by byte.
	OrderByName
	// OrderByLastChangedDate is by the date of the last change, then by name.
	OrderByLastChangedDate
	// OrderByLastAccessedDate is by the day of the last read of a value, then by
	// name. Secrets that were never read come before all others.
	OrderByLastAccessedDate
	// OrderByDeletionDate is by DeletionDate, then by name. Only the secrets that are
	// scheduled for deletion are in it, forced ones included.
	OrderByDeletionDate
)

// Has reports whether a secret is in the order.
func (o Order) Has(s Secret) bool { return o != OrderByDeletionDate || s.Deletion().Scheduled() }

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
	// Abridged allows the store to return secrets without versions that have no staging label,
	// and without reading them: see [Secret.Abridged].
	Abridged bool
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
	At time.Time
	// Ordinal is [Creation].Ordinal in the order ByCreatedDate, and 0 in all others.
	Ordinal uint32
	Name    string
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
	case OrderByDeletionDate:
		return s.Deletion().Date()
	}
	return time.Time{}, false
}

// CursorOf returns the place of a secret in an order.
func CursorOf(s Secret, order Order) Cursor {
	at, _ := order.date(s) // the zero Time where the secret has no such date
	c := Cursor{At: at, Name: s.Name().String()}
	if order == OrderByCreatedDate {
		c.Ordinal = s.data().id.ordinal
	}
	return c
}

// Compare says where c stands by o in an ascending order: below 0 before it,
// 0 at it, above 0 after it.
func (c Cursor) Compare(o Cursor) int {
	return cmp.Or(c.At.Compare(o.At), cmp.Compare(c.Ordinal, o.Ordinal), cmp.Compare(c.Name, o.Name))
}

// DueQuery asks a [Store] for a page of what is due.
type DueQuery struct {
	// By is the last instant at which something is due.
	By time.Time
	// After is the entry after which the page begins, whether or not it is there. Zero
	// begins at the start.
	After Due
	// Limit is how many entries to return at most.
	Limit int
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
	// Outcome, if it is not nil, receives the outcome once, when the store knows it. The
	// receiver reads it at most once.
	Outcome <-chan Outcome
}

// Outcome is how a write ended whose call had ended before.
type Outcome struct {
	// Receipt is of what was written, if Err is nil.
	Receipt Receipt
	// Err is nil if the change was written; otherwise it was not.
	Err error
}

// Error implements error.
func (e *OutcomeUnknownError) Error() string {
	return ErrOutcomeUnknown.Error() + ": " + e.Cause.Error()
}

// Unwrap returns [ErrOutcomeUnknown] and the cause.
func (e *OutcomeUnknownError) Unwrap() []error { return []error{ErrOutcomeUnknown, e.Cause} }
