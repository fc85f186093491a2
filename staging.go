package secretlife

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife/internal/immutable"
)

// replicate makes the background carry the state to every replica that is not
// failed. Decisions that change what replicas have call it last.
func (d *secretData) replicate(now time.Time) {
	if d.more == nil || len(d.more.replicas) == 0 {
		return
	}
	m := d.attributes()
	for i, r := range m.replicas {
		if r.status == ReplicaInSync {
			m.replicas[i].status, m.replicas[i].message, m.replicas[i].since = ReplicaInProgress, "", momentOf(now)
		}
	}
}

// Reserved reports whether a version was made by a rotation that has not given
// it a value yet.
func (s Secret) Reserved(id VersionID) bool { return slices.Contains(s.attrs().reserved, id) }

// pending is the version that AWSPENDING is on, zero for none.
func (d *secretData) pending() VersionID {
	id, _ := Secret{d}.Staged(StagePending)
	return id
}

// run is the rotation that has begun and not ended, nil otherwise. One
// whose version lost AWSPENDING by hand is over.
func (s Secret) run() *rotationRun {
	r := s.attrs().rotation
	if r == nil || r.run.version.IsZero() {
		return nil
	}
	current, _ := s.Staged(StageCurrent)
	if r.run.version != s.data().pending() && r.run.version != current {
		return nil
	}
	return &r.run
}

// reserve adds a version without a value, with AWSPENDING.
func (d *secretData) reserve(id VersionID, now time.Time) {
	d.addVersion(id, now)
	m := d.attributes()
	m.reserved = append(m.reserved, id)
	d.attach(StagePending, id)
}

// fill gives a version its place among those with a value: a reserved one, or
// a new one, as checkNewVersion has seen to.
func (d *secretData) fill(id VersionID, now time.Time) {
	if !(Secret{d}).Reserved(id) {
		d.addVersion(id, now)
		return
	}
	m := d.attributes()
	m.reserved = slices.DeleteFunc(m.reserved, func(x VersionID) bool { return x == id })
}

func (d *secretData) addVersion(id VersionID, now time.Time) {
	d.versions = d.versions.Append(byID, Version{id: id, created: momentOf(now)})
}

// Abridged reports whether the secret lacks older versions, as one does that was read by
// [Secret.UnmarshalAbridged] and had more than 128 versions. Those with a staging label are there, and
// those that are reserved. All that does not depend on the others is right. What is decided about an
// abridged secret is refused by every [Store].
func (s Secret) Abridged() bool { return s.attrs().omits != nil }

// Unabridged returns the secret with the versions that it lacks. blocks are those of
// [Change.VersionBlocks], and maybe others, in any order. One that is not among them is an error.
func (s Secret) Unabridged(blocks [][]byte) (Secret, error) {
	omits := s.attrs().omits
	if omits == nil {
		return s, nil
	}
	bySum := make(map[immutable.Sum][]byte, len(blocks))
	for _, block := range blocks {
		bySum[sha256.Sum256(block)] = block
	}
	var all []Version
	for _, sum := range omits.blocks {
		block, err := unpackBlock(bySum[sum])
		if err != nil {
			return Secret{}, fmt.Errorf("secretlife: state of %s: the versions %x: %w", s.ARN(), sum, err)
		}
		all = append(all, block...)
	}
	d := *s.d
	d.versions = immutable.Of(byID, append(all, d.versionsFrom(omits.there)...)...)
	for i, v := range s.d.versions.All() {
		if at := d.indexOf(v.id); i < omits.there && (at < 0 || d.versions.At(at) != v) {
			return Secret{}, fmt.Errorf("secretlife: state of %s: two versions are %s", s.ARN(), v.id)
		}
	}
	if !slices.Equal(d.versions.Sums(), omits.blocks) {
		return Secret{}, fmt.Errorf("secretlife: state of %s: its blocks are others", s.ARN())
	}
	if d.attributes().omits = nil; d.more.plain() {
		d.more = nil
	}
	if err := d.check(); err != nil {
		return Secret{}, fmt.Errorf("secretlife: state of %s: %w", s.ARN(), err)
	}
	return Secret{&d}, nil
}

const textStages = "You can't attach more than 20 staging labels to the versions of a secret."

// labelled reports whether a version has a staging label.
func (d *secretData) labelled(id VersionID) bool {
	return slices.ContainsFunc(d.stages, func(s staged) bool { return s.version == id })
}

// attach puts a label on a version, taking it from the one that had it. Like all
// functions that edit, it copies the list it changes: the old state may share it.
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
	n := d.versions.Len() - keptVersions
	if d.more != nil {
		n -= len(d.more.reserved)
	}
	return max(n, 0)
}

// firstAged returns the index of the oldest version that ageing may ever
// remove as things stand, or -1. Versions are in order of creation, so it is
// also the first to come of age.
func (d *secretData) firstAged() int {
	if d.deletion != nil {
		return -1
	}
	for i := range d.beyondKept() {
		if !d.labelled(d.versions.At(i).id) {
			return i
		}
	}
	return -1
}

// isAged reports whether ageing may remove the version at an index.
func (d *secretData) isAged(i int, now time.Time) bool {
	v := d.versions.At(i)
	return i < d.beyondKept() && !d.labelled(v.id) && !now.Before(v.agesAt())
}

// has reports whether a version is there, and not another of its id.
func (d *secretData) has(v Version) bool {
	i := d.indexOf(v.id)
	return i >= 0 && d.versions.At(i).is(v)
}

// agesAt is the first instant at which a version is over 24 hours old.
func (v Version) agesAt() time.Time { return v.created.time().Add(keptFor + time.Millisecond) }

// defaultKeyID is how AWS names the default key in a list of versions.
const defaultKeyID = "DefaultEncryptionKey"

// keyOf returns the key a version is said to be encrypted with, "" for the
// default key.
func (s Secret) keyOf(id VersionID) string {
	m := s.attrs()
	for _, k := range m.keys {
		if k.version == id {
			return k.key
		}
	}
	return m.kmsKeyID
}

// encrypt changes the key. The versions with the labels AWSCURRENT, AWSPENDING
// and AWSPREVIOUS change theirs with it, the others keep it: "KmsKeyId",
// UpdateSecret in the API reference. That goes for the key the secret has already,
// too: a version that had kept another may have got a label meanwhile.
func (d *secretData) encrypt(key string) {
	old, m := Secret{d}, d.attributes()
	if m.kmsKeyID == key && len(m.keys) == 0 {
		return
	}
	moves := func(id VersionID) bool {
		return slices.ContainsFunc(d.stages, func(x staged) bool {
			return x.version == id && (x.label == StageCurrent || x.label == StagePending || x.label == StagePrevious)
		})
	}
	var keys []versionKey
	for _, v := range d.versions.All() {
		if k := old.keyOf(v.id); !moves(v.id) && k != key {
			keys = append(keys, versionKey{v.id, k})
		}
	}
	m.kmsKeyID, m.keys = key, keys
}

// forgetGone forgets the keys and the reservations of versions that are gone.
func (d *secretData) forgetGone() {
	if d.more == nil {
		return
	}
	m := d.attributes()
	m.keys = slices.DeleteFunc(slices.Clone(m.keys), func(k versionKey) bool { return d.indexOf(k.version) < 0 })
	m.reserved = slices.DeleteFunc(m.reserved, func(id VersionID) bool { return d.indexOf(id) < 0 })
}

// otherKey is the key of a version where it is not the secret's.
func (s Secret) otherKey(id VersionID) *string {
	if key := s.keyOf(id); key != s.attrs().kmsKeyID {
		return &key
	}
	return nil
}

// shownKey is the key in a list of versions.
func (s Secret) shownKey(id VersionID) string {
	if key := s.keyOf(id); !isDefaultKey(key) {
		return key
	}
	return defaultKeyID
}
