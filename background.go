package secretlife

import (
	"encoding/json"
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

// MarshalText implements [encoding.TextMarshaler]: it returns what String does, nothing
// for the zero Work.
func (w Work) MarshalText() ([]byte, error) {
	if w == 0 {
		return nil, nil
	}
	return []byte(w.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses what is not the name of
// a kind of work with [ErrInvalidParameter], and takes an empty text for the zero Work.
func (w *Work) UnmarshalText(text []byte) error {
	return unmarshalText(w, text, func(s string) (Work, error) {
		return oneOf(s, []Work{WorkPurge, WorkAge, WorkReplicate, WorkRotate})
	})
}

// NextDue returns when the background next has something to do with the
// secret, and what; false where it has nothing to do unless the secret changes.
// The instant can be in the past. A [Store] keeps its index of due secrets by
// it. Nothing is due of what would destroy a value, as long as a hold without an end keeps
// the secret; one with an end makes it due then.
func (s Secret) NextDue() (time.Time, Work, bool) { return s.nextDue(true) }

// nextDue is NextDue, or the same without the ageing of versions.
func (s Secret) nextDue(ageing bool) (time.Time, Work, bool) {
	d := s.data()
	held, ends := s.guard().due()
	if d.deletion != nil {
		if !ends {
			return time.Time{}, 0, false
		}
		return max(d.deletion.purgeAt, held).time(), WorkPurge, true
	}
	var at time.Time
	var work Work
	if i := d.firstAged(); i >= 0 && ends && ageing {
		at, work = d.agingDue(i), WorkAge
		if held.set() && held.time().After(at) {
			at = held.time()
		}
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

// add adds what the confirmation does to a secret.
func (e *GapEffect) add(at At, s Secret) {
	before, after := at.Tally.Missing(s), e.with.Missing(s)
	switch due, _ := s.Deletion().PurgeAt(); {
	case after >= before:
	case at.Time.Before(due):
		e.Sooner++
	default:
		e.Waiting++
		if after == 0 {
			e.Released++
		}
	}
}

// Waiting are secrets whose DeletionDate has come, and that are not purged, since
// their windows have not passed by the count of the [Tally].
type Waiting struct {
	Secrets int
	// Least is how much time has to be counted until the first of them is purged,
	// Counted is how much has been counted for it, of its Window.
	Least, Counted, Window time.Duration
}

func (w *Waiting) add(t Tally, s Secret) {
	if missing := t.Missing(s); w.Secrets == 0 || missing < w.Least {
		w.Least, w.Counted, w.Window = missing, t.Age(s), s.Deletion().Window()
	}
	w.Secrets++
}

// MarshalJSON writes how many secrets wait, and of the first of them how much has
// been counted of its window, and how much is missing.
func (w Waiting) MarshalJSON() ([]byte, error) {
	out := struct {
		Secrets int    `json:"secrets"`
		Counted string `json:"counted,omitempty"`
		Window  string `json:"window,omitempty"`
		Missing string `json:"missing,omitempty"`
	}{Secrets: w.Secrets}
	if w.Secrets > 0 {
		out.Counted, out.Window, out.Missing = w.Counted.String(), w.Window.String(), w.Least.String()
	}
	return json.Marshal(out)
}

// agingMark returns the mark of the version at an index to be aged out, nil if it has none.
func (d *secretData) agingMark(i int) *aging {
	if m := d.more; m != nil && m.aging != nil && i <= d.indexOf(m.aging.newest) {
		return m.aging
	}
	return nil
}

// agingDue returns when the ageing of versions goes on, of which the one at the
// index is the first.
func (d *secretData) agingDue(first int) time.Time {
	due := d.versions.At(first).agesAt()
	if mark := d.agingMark(first); mark != nil && mark.date.time().After(due) {
		return mark.date.time()
	}
	return due
}

// Age decides the ageing of versions: those go that have no label, are over 24
// hours old, and are not among the 100 newest. That they are is marked first; they
// go when 24 hours have passed since by the count of the tally. It is refused with
// [ErrNotDue] where there is nothing to mark or to remove, and for secrets that
// are scheduled for deletion, or that a hold keeps: those keep everything.
func (s Secret) Age(at At) (Change, error) {
	now := instant(at.Time)
	old := s.data()
	first := old.firstAged()
	if first < 0 || at.Time.IsZero() || now.Before(old.agingDue(first)) || at.Tally.IsZero() ||
		s.agingWaits(at) > 0 {
		return Change{}, ErrNotDue
	}
	mark := old.agingMark(first)
	if mark == nil || mark.count.foreign(at.Tally) {
		return s.markAging(at), nil
	}
	return s.removeAged(now, old.indexOf(mark.newest)), nil
}

// agingWaits returns how much time has to be counted until versions can be marked or removed,
// if their date has come; at or below 0 where none has to be.
func (s Secret) agingWaits(at At) time.Duration {
	held := s.guard().heldFor(at)
	mark := s.data().agingMark(s.data().firstAged())
	if mark == nil || mark.count.foreign(at.Tally) { // they are marked at once
		return held
	}
	return max(held, at.Tally.missing(mark.count))
}

func (s Secret) markAging(at At) Change {
	d := s.touch()
	due := instant(at.Time).Add(keptFor + at.Tally.slack(keptFor))
	d.attributes().aging = &aging{
		date:   momentOf(due),
		newest: d.versions.At(d.versions.Len() - 1).id,
		count:  counted{keptFor, at.began()},
	}
	c := s.change(d)
	c.add(event(EventSecretVersionAgingStarted, d, instant(at.Time)))
	return c
}

// removeAged removes the versions that may go, up to the one at the index last.
func (s Secret) removeAged(now time.Time, last int) Change {
	old := s.data()
	d := s.touch()
	var gone []Version
	d.versions = old.versions.Filter(byID, func(i int, v Version) bool {
		aged := i <= last && old.isAged(i, now)
		if aged {
			gone = append(gone, v)
		}
		return !aged
	})
	d.attributes().aging = nil
	d.forgetGone()
	d.replicate(now)
	c := s.change(d)
	for _, v := range gone {
		start, end := event(EventStartSecretVersionDelete, d, now), event(EventEndSecretVersionDelete, d, now)
		start.version, end.version = v.id, v.id
		c.add(start)
		c.add(end)
	}
	return c
}
