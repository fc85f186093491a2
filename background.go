package secretlife

import "time"

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
		at, work = d.agingDue(i), WorkAge
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
