package secretlife

import (
	"fmt"
	"slices"
	"time"

	"go.uber.org/multierr"
)

// Secret is the state of one secret, without the values of its versions: those
// are in the [Store]. It is an immutable value, cheap to copy and safe to share
// among goroutines; its methods that decide return a [Change] and leave it as
// it is. The zero Secret is not a secret.
//
// Secrets come from a decision ([NewSecret] and the methods that return a
// Change) or, for stores, from [Secret.UnmarshalBinary], which checks every
// invariant.
type Secret struct{ d *secretData }

// secretData is never changed once a Secret points at it. Its slices are
// shared between states and copied before they are edited.
type secretData struct {
	id       *identity
	revision uint64
	changed  moment
	accessed moment
	deletion *Deletion // nil: not marked for deletion
	versions versions
	stages   []staged // in order of label
	more     *attributes
}

// identity is what stays the same for one incarnation; its events share it.
type identity struct {
	scope       scopeHandle
	name        Name
	created     moment
	suffix      suffix
	ordinal     uint32 // see Creation
	incarnation Incarnation
}

func (i *identity) key() Key { return i.scope.Value().key(i.name) }

func (i *identity) arn() ARN {
	sc := i.scope.Value()
	return ARN{sc.region.partition(), sc.account, sc.region, i.name, i.suffix}
}

var (
	nothing      = &secretData{id: &identity{scope: scopeOf(Account{}, Region{})}}
	noAttributes = &attributes{}
)

func (s Secret) data() *secretData {
	if s.d == nil {
		return nothing
	}
	return s.d
}

func (s Secret) attrs() *attributes {
	if m := s.data().more; m != nil {
		return m
	}
	return noAttributes
}

// identity returns what stays the same for the secret, nil for the zero Secret.
func (s Secret) identity() *identity {
	if s.d == nil {
		return nil
	}
	return s.d.id
}

// IsZero reports whether s is the zero Secret.
func (s Secret) IsZero() bool { return s.d == nil }

// Key returns where the secret lives.
func (s Secret) Key() Key { return s.data().id.key() }

// Name returns the secret's name.
func (s Secret) Name() Name { return s.data().id.name }

// ARN returns the secret's full ARN.
func (s Secret) ARN() ARN {
	if s.IsZero() {
		return ARN{}
	}
	return s.d.id.arn()
}

// Incarnation returns which life of its name this is.
func (s Secret) Incarnation() Incarnation { return s.data().id.incarnation }

// Revision counts the states of this incarnation: 1 for the first, one more
// for each change. A [Store] writes a change only onto the revision it was
// decided at.
func (s Secret) Revision() uint64 { return s.data().revision }

// CreatedDate returns when the secret was created, in UTC, to the millisecond.
func (s Secret) CreatedDate() time.Time { return s.data().id.created.time() }

// ordinalAfter returns the ordinal of a secret that is created at an instant, where s is the newest
// secret of its account and Region.
func (s Secret) ordinalAfter(now time.Time) uint32 {
	if id := s.data().id; id.created == momentOf(now) {
		return id.ordinal + 1
	}
	return 0
}

// LastChangedDate returns when the secret was last changed in any way, in UTC,
// to the millisecond. It strictly increases with every change, even under a
// clock that stands still. Reading a value is no change, nor is a hold or a protection.
func (s Secret) LastChangedDate() time.Time { return s.data().changed.time() }

// LastAccessedDate returns the day, as its midnight in UTC, on which a value
// was last read, and whether one ever was.
func (s Secret) LastAccessedDate() (time.Time, bool) { return s.data().accessed.get() }

// Description returns the description, "" for none.
func (s Secret) Description() string { return s.attrs().description }

// KMSKeyID returns the key the secret is said to be encrypted with, as it was given; ""
// where none was, which means the account's default key. On a replica for which none
// was given it is "alias/aws/secretsmanager".
func (s Secret) KMSKeyID() string { return s.attrs().kmsKeyID }

// Type returns the type given to CreateSecret or UpdateSecret, "" for none.
func (s Secret) Type() string { return s.attrs().kind }

// Tags returns the tags in the order in which their keys were first set. It is
// nil for a secret that never had a tag, and empty but not nil for one that
// lost them all: AWS shows the difference.
func (s Secret) Tags() []Tag {
	m := s.attrs()
	if !m.tagged {
		return nil
	}
	return append([]Tag{}, m.tags...)
}

// ResourcePolicy returns the attached policy document, "" for none.
func (s Secret) ResourcePolicy() string { return s.attrs().policy }

// Deletion returns whether and when the secret is to be deleted.
func (s Secret) Deletion() Deletion { return s.data().mark() }

// mark is the mark for deletion, zero for an active secret.
func (d *secretData) mark() Deletion {
	if d.deletion == nil {
		return Deletion{}
	}
	return *d.deletion
}

// Versions returns all versions in order of creation, deprecated ones
// included.
func (s Secret) Versions() []Version { return s.data().versionsFrom(0) }

// versionsFrom returns the versions from an index on.
func (d *secretData) versionsFrom(i int) []Version {
	var out []Version
	for _, v := range d.versions.From(i) {
		out = append(out, v)
	}
	return out
}

// Version returns the version with this id, and whether there is one.
func (s Secret) Version(id VersionID) (Version, bool) {
	if i := s.data().indexOf(id); i >= 0 {
		return s.d.versions.At(i), true
	}
	return Version{}, false
}

// Staged returns the version a staging label is on, and whether it is on any.
func (s Secret) Staged(label Stage) (VersionID, bool) {
	d := s.data()
	if i := d.stageIndex(label); i >= 0 {
		return d.stages[i].version, true
	}
	return VersionID{}, false
}

// Stages returns the staging labels of a version in alphabetical order; none
// for a deprecated version.
func (s Secret) Stages(id VersionID) []Stage {
	var out []Stage
	for _, st := range s.data().stages {
		if st.version == id {
			out = append(out, st.label)
		}
	}
	return out
}

// Replicas returns the Regions the secret is replicated to, in the order in
// which they were added.
func (s Secret) Replicas() []Replica {
	var out []Replica
	for _, r := range s.attrs().replicas {
		out = append(out, Replica{Region: r.region, KMSKeyID: r.kmsKeyID, Status: r.status, StatusMessage: r.message})
	}
	return out
}

// ReplicaOf returns the Region of the primary secret this one is a replica of,
// and whether it is a replica.
func (s Secret) ReplicaOf() (Region, bool) {
	p := s.attrs().primary
	return p, !p.IsZero()
}

// OwningService returns the AWS service that the secret is said to belong to,
// "" for none: what stands before the "!" in names such as "rds!db-1234"
// ("Secrets managed by other AWS services", Secrets Manager user guide). AWS lets
// only that service make such names; here everybody may, to have such a secret. It has
// a tag that says so, and its tags can't be changed.
func (s Secret) OwningService() string { return s.Name().owningService() }

// PrimaryRegion returns the Region of the primary secret: of a replica its
// primary's, of a secret with replicas its own. Any other secret has no primary.
func (s Secret) PrimaryRegion() (Region, bool) {
	if r, ok := s.ReplicaOf(); ok {
		return r, true
	}
	if len(s.attrs().replicas) > 0 {
		return s.Key().Region, true
	}
	return Region{}, false
}

// edit starts the next state: a copy at the next revision that the caller
// owns. LastChangedDate moves to now, or by one millisecond where the clock has
// not moved on.
func (s Secret) edit(now time.Time) *secretData {
	d := s.touch()
	d.noteChange(now)
	return d
}

// noteChange moves LastChangedDate: see edit.
func (d *secretData) noteChange(now time.Time) {
	d.changed = max(momentOf(now), d.changed+2) // two steps of a moment are one millisecond
}

// touch is edit for what AWS does not count as a change.
func (s Secret) touch() *secretData {
	d := *s.data()
	d.revision++
	return &d
}

// attributes gives the caller its own copy of the rare fields to edit.
func (d *secretData) attributes() *attributes {
	var m attributes
	if d.more != nil {
		m = *d.more
		m.tags = slices.Clone(m.tags)
		m.replicas = slices.Clone(m.replicas)
		m.reserved = slices.Clone(m.reserved)
	}
	d.more = &m
	return d.more
}

// Phase returns where the secret stands at an instant. The instant matters for
// scheduled secrets only: from the DeletionDate on they await their purge.
func (s Secret) Phase(now time.Time) Phase {
	d := s.data()
	switch {
	case s.IsZero():
		return PhasePurged
	case d.deletion != nil:
		if d.deletion.forced || !now.Before(d.deletion.date.time()) {
			return PhaseAwaitingPurge
		}
		return PhaseScheduledForDeletion
	case !s.attrs().primary.IsZero():
		return PhaseReplica
	case len(s.attrs().replicas) > 0:
		return PhasePrimaryWithReplicas
	}
	return PhaseActive
}

// defaultKeyAlias names the key every account has.
const defaultKeyAlias = "alias/aws/secretsmanager"

// isDefaultKey reports whether a KmsKeyId means the default key: where none was given,
// and by its name, which AWS keeps and shows as it was given.
func isDefaultKey(id string) bool { return id == "" || id == defaultKeyAlias }

// keyIn is the key of the same name in another Region.
func (s Secret) keyIn(r Region) Key {
	k := s.Key()
	k.Region = r
	return k
}

func (d *secretData) indexOf(id VersionID) int {
	return d.versions.Find(byID, id.s)
}

func (d *secretData) stageIndex(label Stage) int {
	return slices.IndexFunc(d.stages, func(s staged) bool { return s.label == label })
}

// check returns what breaks the invariants of one secret.
func (d *secretData) check() error {
	var errs error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			errs = multierr.Append(errs, fmt.Errorf(format, args...))
		}
	}
	must(d.revision > 0, "revision is 0")
	must(d.changed >= d.id.created || d.more != nil && !d.more.primary.IsZero(), "changed before it was created")
	d.checkDeletion(must)
	d.checkAging(must)
	ids := make(map[VersionID]bool, d.versions.Len())
	for _, v := range d.versions.All() {
		must(checkToken("versionId", v.id.s) == nil, "version id %q has not 32 to 64 characters", v.id.s)
		must(!ids[v.id], "version %s is there twice", v.id)
		ids[v.id] = true
	}
	must(len(d.stages) <= maxStages, "%d staging labels", len(d.stages))
	for _, s := range d.stages {
		must(checkStage("versionStage", s.label) == nil, "staging label %q has not 1 to 256 characters", s.label)
		must(ids[s.version], "staging label %s is on version %s, which is not there", s.label, s.version)
	}
	reserved := 0
	if d.more != nil {
		d.more.check(must)
		d.checkReserved(must)
		reserved = len(d.more.reserved)
	}
	must(d.versions.Len() == reserved || d.stageIndex(StageCurrent) >= 0, "no version is AWSCURRENT")
	return errs
}

func (d *secretData) checkDeletion(must func(bool, string, ...any)) {
	if d.deletion == nil {
		return
	}
	del := *d.deletion
	must(del.date.set() == del.purgeAt.set(), "deletion date without purge date, or the reverse")
	must(del.date.set() || !del.forced, "forced without deletion date")
	must(del.purgeAt >= del.date, "purge date before deletion date")
	must(
		(del.since != counted{}) == (del.date.set() && !del.forced),
		"a recovery window without deletion date, or the reverse",
	)
	if c := del.since; c != (counted{}) {
		days := c.period / windowDay
		must(
			days >= MinRecoveryWindowInDays && days <= MaxRecoveryWindowInDays && c.period%windowDay == 0,
			"recovery window of %v",
			c.period,
		)
		must(c.stamp.Had >= 0, "the recovery window had passed by %v", c.stamp.Had)
	}
	if del.date.set() && d.more != nil {
		must(len(d.more.replicas) == 0, "scheduled for deletion with replicas")
		must(d.more.primary.IsZero(), "a replica is scheduled for deletion")
	}
}

func (d *secretData) checkAging(must func(bool, string, ...any)) {
	if d.more == nil || d.more.aging == nil {
		return
	}
	a := d.more.aging
	must(a.count.period == keptFor, "versions age for %v", a.count.period)
	must(a.count.stamp.Had >= 0, "versions had aged by %v", a.count.stamp.Had)
	must(!a.newest.IsZero(), "versions age up to none")
}

func (d *secretData) checkReserved(must func(bool, string, ...any)) {
	seen := make(map[VersionID]bool, len(d.more.reserved))
	for _, id := range d.more.reserved {
		must(d.indexOf(id) >= 0, "version %s is reserved and not there", id)
		must(!seen[id], "version %s is reserved twice", id)
		current, _ := Secret{d}.Staged(StageCurrent)
		must(current != id, "AWSCURRENT is on version %s, which has no value", id)
		seen[id] = true
	}
}
