package secretlife

import (
	"crypto/sha256"
	"slices"
	"time"
)

// Change is what a decision yields: the next state of one secret, with the
// values to write, the versions that go, and the events to save with it. Its
// members can't be set from outside, so that no [Store] can be asked to write
// what the rules did not decide. The zero Change means that nothing is to be
// done, and a Store refuses it.
type Change struct {
	on     *identity
	base   Secret // the zero Secret: none may be there
	next   Secret // the zero Secret: purged
	values []VersionValue
	events []Event
}

// VersionValue is the value of one version.
type VersionValue struct {
	ID    VersionID
	Value Value
}

// IsZero reports whether there is nothing to do.
func (c Change) IsZero() bool { return c.on == nil }

// Key returns where the secret lives.
func (c Change) Key() Key {
	if c.on == nil {
		return Key{}
	}
	return c.on.key()
}

// Base returns the incarnation and revision the change was decided at. The
// revision is 0 where there must not be a secret at the key.
func (c Change) Base() (Incarnation, uint64) { return c.base.Incarnation(), c.base.Revision() }

// Purges reports whether the change ends the secret: nothing but its events is left.
// A zero Change, which does nothing, does not.
func (c Change) Purges() bool { return !c.IsZero() && c.next.IsZero() && !c.base.IsZero() }

// Next returns the state after the change: the zero Secret where the secret is
// purged, and where the change is zero. See [Change.Purges], which tells them apart.
func (c Change) Next() Secret { return c.next }

// Values returns the values to write: those of versions that Next has and that
// have their value since this change. That is with the change that makes them,
// but for a version that a rotation reserves: see [Secret.Reserved].
//
// The slice is the caller's.
func (c Change) Values() []VersionValue { return slices.Clone(c.values) }

// Removed returns the versions whose values go, before Values are written: every
// one that was there before and is not in Next, or is in another incarnation. A version
// can be in Values too: a replica sees this when a client reuses the token of a version
// that aging had removed.
func (c Change) Removed() []VersionID {
	var gone []VersionID
	next := c.next.data()
	same := c.base.Incarnation() == c.next.Incarnation()
	// Both lists are in order of creation, so most versions stand side by side.
	base := c.base.data().versions
	at := 0
	if same {
		at = base.Shared(next.versions)
	}
	for _, v := range base.From(at) {
		if same && at < next.versions.Len() && next.versions.At(at).is(v) {
			at++
			continue
		}
		if !same || !next.has(v) {
			gone = append(gone, v.id)
		}
	}
	return gone
}

// VersionBlocks returns the blocks of versions that Next has and that were not there before, and the
// sums of those that were there before and that Next does not have. Another incarnation has other
// blocks, even where they are alike.
//
// A block is the binary form of 128 older versions of a secret, without their values. Its SHA-256
// is its sum, which tells the blocks of a secret apart. A [Store] that keeps blocks by themselves
// need not write all versions anew with each change: see [Secret.MarshalAbridged].
func (c Change) VersionBlocks() (written [][]byte, removed [][sha256.Size]byte) {
	base, next := c.base.data().versions.Sums(), c.next.data().versions.Sums()
	if c.base.Incarnation() != c.next.Incarnation() {
		base, removed = nil, slices.Clone(base)
	}
	same := 0
	for same < min(len(base), len(next)) && base[same] == next[same] {
		same++
	}
	for i := same; i < len(next); i++ {
		if !slices.Contains(base[same:], next[i]) {
			written = append(written, packBlock(c.next.d.versions.Block(i)))
		}
	}
	for _, sum := range base[same:] {
		if !slices.Contains(next[same:], sum) {
			removed = append(removed, sum)
		}
	}
	return written, removed
}

// abridged reports whether the change is of a secret that lacks versions.
func (c Change) abridged() bool { return c.base.Abridged() || c.next.Abridged() }

// Events returns the events to save with the change, in order, without their
// sequence numbers: those the Store gives. The slice is the caller's.
func (c Change) Events() []Event { return slices.Clone(c.events) }

// AppendEvents appends the events that [Change.Events] returns to a slice, and returns the longer
// slice. A Store that uses its memory again for the next change allocates none.
func (c Change) AppendEvents(to []Event) []Event { return append(to, c.events...) }

// change starts a Change from s to the state d, nil for a purge.
func (s Secret) change(d *secretData) Change {
	c := Change{base: s, next: Secret{d}}
	if d == nil {
		d = s.d
	}
	c.on = d.id
	return c
}

// expect makes room for an event of d and one of each of its versions.
func (c *Change) expect(d *secretData) { c.events = make([]Event, 0, 1+d.versions.Len()) }

func (c *Change) add(e Event) {
	if c.events == nil {
		c.events = []Event{e} // most have no other
		return
	}
	c.events = append(c.events, e)
}

// addVersions adds one event of a kind for every version of d.
func (c *Change) addVersions(kind EventKind, d *secretData, now time.Time) {
	for i := range d.versions.Len() {
		e := event(kind, d, now)
		e.version = d.versions.At(i).id
		c.add(e)
	}
}

// changed finishes a change of metadata.
func (s Secret) changed(op Operation, d *secretData, at At) Change {
	d.replicate(instant(at.Time))
	c := s.change(d)
	c.add(eventOf(op, d, &at))
	return c
}
