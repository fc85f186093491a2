package secretlife

import (
	"slices"
	"time"
)

// aging is that versions of a secret are on their way out. A version that is gone
// can't be brought back, and its date is as wrong as the clock was when it was
// made, so the background first marks which versions there are, and removes such
// of them as may go when 24 hours have been counted since.
type aging struct {
	date   moment    // when it was marked
	newest VersionID // the newest version there was
	counted
}

// agingDue returns when the ageing of versions goes on, of which the one at the
// index is the first.
func (d *secretData) agingDue(first int) time.Time {
	due := d.versions[first].agesAt()
	if m := d.more; m != nil && m.aging != nil && first <= d.indexOf(m.aging.newest) && m.aging.date.time().After(due) {
		return m.aging.date.time()
	}
	return due
}

// Age decides the ageing of versions: those go that have no label, are over 24
// hours old, and are not among the 100 newest. That they are is marked first; they
// go when 24 hours have passed since by the count of the tally. It is refused with
// [ErrNotDue] where there is nothing to mark or to remove, and for secrets that
// are scheduled for deletion: those keep everything.
func (s Secret) Age(at At) (Change, error) {
	now := instant(at.Time)
	old := s.data()
	first := old.firstAged()
	if first < 0 || now.Before(old.agingDue(first)) || at.Tally.IsZero() {
		return Change{}, ErrNotDue
	}
	mark := s.attrs().aging
	if mark == nil || first > old.indexOf(mark.newest) || mark.foreign(at.Tally) {
		return s.markAging(at), nil
	}
	if at.Tally.missing(mark.counted) > 0 {
		return Change{}, ErrNotDue
	}
	return s.removeAged(now, old.indexOf(mark.newest)), nil
}

func (s Secret) markAging(at At) Change {
	d := s.touch()
	due := instant(at.Time).Add(keptFor + at.Tally.slack(keptFor))
	d.attributes().aging = &aging{
		date:    momentOf(due),
		newest:  d.versions[len(d.versions)-1].id,
		counted: counted{keptFor, at.began()},
	}
	c := s.change(d)
	c.add(event(agingStarted, d, instant(at.Time)))
	return c
}

// removeAged removes the versions that may go, up to the one at the index last.
func (s Secret) removeAged(now time.Time, last int) Change {
	old := s.data()
	d := s.touch()
	d.versions = slices.Clone(old.versions)[:0:0]
	var gone []Version
	for i, v := range old.versions {
		if i <= last && old.isAged(i, now) {
			gone = append(gone, v)
			continue
		}
		d.versions = append(d.versions, v)
	}
	d.attributes().aging = nil
	d.forgetGone()
	d.replicate(now)
	c := s.change(d)
	for _, v := range gone {
		start, end := event(startVersionDelete, d, now), event(endVersionDelete, d, now)
		start.version, end.version = v.id, v.id
		c.add(start)
		c.add(end)
	}
	return c
}
