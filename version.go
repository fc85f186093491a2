package secretlife

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"
)

// VersionID names a version of a secret: the 32 to 64 characters of the
// ClientRequestToken it was made with, usually a UUID. It is made by
// [ParseVersionID] only; its zero value is no id.
type VersionID struct{ s string }

// ParseVersionID makes a VersionID of 32 to 64 characters. The error is a
// [*ValidationError].
func ParseVersionID(s string) (VersionID, error) {
	if err := checkToken("versionId", s); err != nil {
		return VersionID{}, err
	}
	return VersionID{s}, nil
}

// String returns the id.
func (v VersionID) String() string { return v.s }

// IsZero reports whether v is no id.
func (v VersionID) IsZero() bool { return v.s == "" }

func checkToken(member, s string) error {
	switch n := utf8.RuneCountInString(s); {
	case n < 32:
		return violation(member, s, minLength(32))
	case n > 64:
		return violation(member, s, maxLength(64))
	}
	return nil
}

// Stage is a staging label: 1 to 256 characters. A label is on at most one
// version of a secret.
type Stage string

// The labels that Secrets Manager moves by itself. Any other, with the prefix
// AWS or without, is the user's own.
const (
	StageCurrent  Stage = "AWSCURRENT"
	StagePrevious Stage = "AWSPREVIOUS"
	StagePending  Stage = "AWSPENDING"
)

func checkStage(member string, s Stage) error {
	switch {
	case s == "":
		return violation(member, "", minLength(1))
	case utf8.RuneCountInString(string(s)) > 256:
		return violation(member, string(s), maxLength(256))
	case !utf8.ValidString(string(s)):
		return violation(member, string(s), mustBeText)
	}
	return nil
}

// maxStages is the quota of labels across all versions of a secret.
const maxStages = 20

// Version is one version of a secret, without its value.
type Version struct {
	id       VersionID
	created  moment
	accessed moment
}

// ID returns the version's id.
func (v Version) ID() VersionID { return v.id }

// CreatedDate returns when the version was made, in UTC, to the millisecond.
func (v Version) CreatedDate() time.Time { return v.created.time() }

// LastAccessedDate returns the day, as its midnight in UTC, on which the value
// was last read, and whether it ever was.
func (v Version) LastAccessedDate() (time.Time, bool) { return v.accessed.get() }

// staged is a label and the version it is on. A list of them with one entry
// per label leaves no room for a label on two versions; a version that is in
// none is deprecated.
type staged struct {
	label   Stage
	version VersionID
}

func (d *secretData) indexOf(id VersionID) int {
	for i := len(d.versions) - 1; i >= 0; i-- {
		if d.versions[i].id == id {
			return i
		}
	}
	return -1
}

func (d *secretData) stageIndex(label Stage) int {
	return slices.IndexFunc(d.stages, func(s staged) bool { return s.label == label })
}

// stagesOf lists the labels on a version, in order.
func (d *secretData) labelled(id VersionID) bool {
	return slices.ContainsFunc(d.stages, func(s staged) bool { return s.version == id })
}

// The editing functions below copy the list they change: the old state may
// share it.

// attach puts a label on a version, taking it from the one that had it.
func (d *secretData) attach(label Stage, id VersionID) {
	next := slices.Clone(d.stages)
	i, found := slices.BinarySearchFunc(next, label, func(s staged, l Stage) int { return cmp.Compare(s.label, l) })
	if found {
		next[i].version = id
	} else {
		next = slices.Insert(next, i, staged{label, id})
	}
	d.stages = next
}

// detach takes a label away.
func (d *secretData) detach(label Stage) {
	d.stages = slices.DeleteFunc(slices.Clone(d.stages), func(s staged) bool { return s.label == label })
}

// makeCurrent moves AWSCURRENT to a version and AWSPREVIOUS to the version it
// leaves, which takes AWSPREVIOUS from an older one.
func (d *secretData) makeCurrent(id VersionID) {
	if i := d.stageIndex(StageCurrent); i >= 0 && d.stages[i].version != id {
		d.attach(StagePrevious, d.stages[i].version)
	}
	d.attach(StageCurrent, id)
}

// abandonPending drops AWSPENDING from the version that is current, before a
// new one takes its place: recorded from AWS, where [AWSCURRENT, AWSPENDING]
// becomes [AWSPREVIOUS].
func (d *secretData) abandonPending() {
	if current, ok := (Secret{d}).Staged(StageCurrent); ok && current == d.pending() {
		d.detach(StagePending)
	}
}

// Ageing: AWS keeps the 100 newest versions, every version with a label, and
// every version of the last 24 hours (CreateSecret and PutSecretValue pages).
const (
	keptVersions = 100
	keptFor      = 24 * time.Hour
)

// beyondKept is how many of the oldest versions are not among the newest that
// are kept. Those that a rotation reserved are no versions to keep yet, and
// displace none: a test takes its own away again.
func (d *secretData) beyondKept() int {
	n := len(d.versions) - keptVersions
	if d.more != nil {
		n -= len(d.more.reserved)
	}
	return max(n, 0)
}

// firstAged returns the index of the oldest version that ageing may ever
// remove as things stand, or -1. Versions are in order of creation, so it is
// also the first to come of age.
func (d *secretData) firstAged() int {
	if d.deletion.Scheduled() {
		return -1
	}
	for i := range d.beyondKept() {
		if !d.labelled(d.versions[i].id) {
			return i
		}
	}
	return -1
}

// isAged reports whether ageing may remove the version at an index.
func (d *secretData) isAged(i int, now time.Time) bool {
	v := d.versions[i]
	return i < d.beyondKept() && !d.labelled(v.id) && !now.Before(v.agesAt())
}

// is reports whether two are one version, and not two that were given the same
// token one after the other.
func (v Version) is(o Version) bool { return v.id == o.id && v.created == o.created }

// has reports whether a version is there, and not another of its id.
func (d *secretData) has(v Version) bool {
	i := d.indexOf(v.id)
	return i >= 0 && d.versions[i].is(v)
}

// agesAt is the first instant at which a version is over 24 hours old.
func (v Version) agesAt() time.Time { return v.created.time().Add(keptFor + time.Millisecond) }
