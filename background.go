package secretlife

import (
	"slices"
	"time"
)

// Work is what the background does to a secret.
type Work uint8

// The kinds of background work.
const (
	WorkPurge Work = iota + 1
	WorkAge
	WorkReplicate
	WorkRotate
)

// String returns "purge", "age", "replicate" or "rotate".
func (w Work) String() string {
	switch w {
	case WorkPurge:
		return "purge"
	case WorkAge:
		return "age"
	case WorkReplicate:
		return "replicate"
	case WorkRotate:
		return "rotate"
	}
	return "none"
}

// NextDue returns when the background next has something to do with the
// secret, and what; false where it has nothing to do unless the secret changes.
// The instant can be in the past. A [Store] keeps its index of due secrets by
// it.
func (s Secret) NextDue() (time.Time, Work, bool) {
	d := s.data()
	if at, ok := d.deletion.PurgeAt(); ok {
		return at, WorkPurge, true
	}
	var at time.Time
	var work Work
	if i := d.firstAged(); i >= 0 {
		at, work = d.versions[i].agesAt(), WorkAge
	}
	if i := s.attrs().nextReplica(); i >= 0 {
		if since := s.attrs().replicas[i].since.time(); work == 0 || since.Before(at) {
			at, work = since, WorkReplicate
		}
	}
	if due, ok := s.rotationDue(); ok && (work == 0 || due.Before(at)) {
		at, work = due, WorkRotate
	}
	return at, work, work != 0
}

// Age decides the ageing of versions: those go that have no label, are over 24
// hours old, and are not among the 100 newest. It is refused with [ErrNotDue]
// where there is none, and for secrets that are scheduled for deletion: those
// keep everything.
func (s Secret) Age(now time.Time) (Change, error) {
	now = instant(now)
	old := s.data()
	if first := old.firstAged(); first < 0 || now.Before(old.versions[first].agesAt()) {
		return Change{}, ErrNotDue
	}
	d := s.touch()
	d.versions = slices.Clone(old.versions)[:0:0]
	var gone []Version
	for i, v := range old.versions {
		if old.isAged(i, now) {
			gone = append(gone, v)
			continue
		}
		d.versions = append(d.versions, v)
	}
	d.forgetGone()
	d.replicate(now)
	c := s.change(d)
	for _, v := range gone {
		start, end := event(startVersionDelete, d, now), event(endVersionDelete, d, now)
		start.version, end.version = v.id, v.id
		c.add(start)
		c.add(end)
	}
	return c, nil
}
