package model

import (
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// The rules of holds and of protection, which are beyond AWS.

// ending is when something ends: at a date, when a period has really passed, too.
type ending struct {
	date   int64 // Never: it does not end
	period int64
	began  int64             // in elapsed time
	Count  *plain.CountState // nil until learned
}

var endless = ending{date: Never}

func (m *Model) endsAt(date int64) ending {
	return ending{date: date, period: date - m.Now, began: m.Elapsed}
}

// ready returns when it has ended if from now on the wall clock is right, and whether it ends.
func (e ending) ready(m *Model) (int64, bool) {
	return max(e.date, m.Now+e.began+e.period-m.Elapsed), e.date != Never
}

// Hold is one hold of a secret.
type Hold struct {
	Name       string
	reason, by string
	since      int64
	until      ending
	releasedBy string
	release    ending
}

// ready returns when the hold is over if from now on the wall clock is right, Never if nothing
// ends it. byDate is the same if the wall clock is right already.
func (h Hold) ready(m *Model) (at, byDate int64) {
	at, byDate = Never, Never
	for _, e := range []ending{h.until, h.release} {
		ready, ends := e.ready(m)
		if !ends {
			continue
		}
		if at == Never || ready < at {
			at = ready
		}
		if byDate == Never || e.date < byDate {
			byDate = e.date
		}
	}
	return at, byDate
}

// keeping returns the holds in effect.
func (m *Model) keeping(s *Secret) (out []Hold) {
	for _, h := range s.Holds {
		if at, _ := h.ready(m); at == Never || at > m.Now {
			out = append(out, h)
		}
	}
	return out
}

// freed returns by which date the holds of the secret are over; ok is false if they don't end.
func (s *Secret) freed() (at int64, ok bool) {
	at = Never
	for _, h := range s.Holds {
		_, byDate := h.ready(&Model{})
		if byDate == Never {
			return 0, false
		}
		at = max(at, byDate)
	}
	return at, true
}

// heldUntil returns when the last hold is over if from now on the wall clock is right.
func (m *Model) heldUntil(s *Secret) int64 {
	last := int64(Never)
	for _, h := range s.Holds {
		at, _ := h.ready(m)
		last = max(last, at)
	}
	return last
}

// heldText tells the holds in half a sentence.
func heldText(holds []Hold) string {
	names := make([]string, len(holds))
	for i, h := range holds {
		names[i] = `"` + h.Name + `"`
	}
	if len(names) > 1 {
		return "it has the holds " + strings.Join(names, ", ")
	}
	return "it has the hold " + names[0]
}

func (s *Secret) holdIndex(name string) int {
	return slices.IndexFunc(s.Holds, func(h Hold) bool { return h.Name == name })
}

// Shown returns the hold as the service returns it.
func (h Hold) Shown() secretlife.Hold {
	return secretlife.Hold{
		Name: h.Name, Reason: h.reason, PlacedBy: h.by, Since: Instant(h.since), Until: optional(h.until.date),
		ReleasedBy: h.releasedBy, ReleaseAt: optional(h.release.date),
	}
}

func (s *Secret) shownHolds() (out []secretlife.Hold) {
	for _, h := range s.Holds {
		out = append(out, h.Shown())
	}
	return out
}

func (c *checks) holdName(name string) {
	c.length("name", name, 1, 64)
	if !consistsOf(name, alphanumerics+"._:/@-") {
		c.violation("name", name, `Member must satisfy regular expression pattern: ^[A-Za-z0-9._:/@\-]+$`)
	}
}

// PlaceHold places a hold.
func (m *Model) PlaceHold(at Place, id, by string, in secretlife.Hold) (*Hold, *Fault) {
	var c checks
	c.holdName(in.Name)
	c.id(id)
	until := endless
	if !in.Until.IsZero() {
		until = m.endsAt(in.Until.UnixMilli())
		if until.period <= 0 {
			c.refuse(&Fault{Code: CodeParameter})
		}
	}
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.find(at, id)
	if f != nil {
		return nil, f
	}
	if m.ReleasedByAnother && by == "" {
		return nil, &Fault{Code: codeDenied}
	}
	holds := m.keeping(s)
	for i, h := range holds {
		switch {
		case h.Name != in.Name:
		case h.reason == in.Reason && h.by == by && h.until.date == until.date && h.release.date == Never:
			return &holds[i], nil
		default:
			return nil, &Fault{Code: CodeExists}
		}
	}
	placed := Hold{Name: in.Name, reason: in.Reason, by: by, since: m.Now, until: until, release: endless}
	s.Holds = append(holds, placed)
	m.record("PlaceHold", s, "")
	return &placed, nil
}

// ReleaseHold releases a hold.
func (m *Model) ReleaseHold(at Place, id, by, name string) (*Hold, *Fault) {
	var c checks
	c.holdName(name)
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.find(at, id)
	if f != nil {
		return nil, f
	}
	i := s.holdIndex(name)
	if i < 0 {
		return nil, &Fault{Code: CodeNotFound}
	}
	released, left := s.Holds[i], m.keeping(s)
	i = slices.IndexFunc(left, func(h Hold) bool { return h.Name == name })
	switch {
	case i < 0:
	case m.ReleasedByAnother && (by == "" || released.by == "" || by == released.by):
		return nil, &Fault{Code: codeDenied}
	case released.release.date != Never:
		return &released, nil
	case m.ReleaseDelay > 0:
		left[i].releasedBy, left[i].release = by, m.endsAt(m.Now+m.ReleaseDelay.Milliseconds())
		released = left[i]
	default:
		left = slices.Delete(left, i, i+1)
	}
	if len(left) < len(s.Holds) && !slices.ContainsFunc(left, func(h Hold) bool { return h.Name == name }) {
		released.releasedBy, released.release = by, ending{date: m.Now}
	}
	s.Holds = left
	m.record("ReleaseHold", s, "")
	return &released, nil
}

// limits are what a protection refuses: force, and windows of fewer days.
type limits struct {
	noForce bool
	days    int64
}

func limitsOf(p secretlife.Protection) limits { return limits{p.NoForce, int64(p.MinimumWindow)} }

func (l limits) and(o limits) limits { return limits{l.noForce || o.noForce, max(l.days, o.days)} }

// below reports whether l refuses less than o in some way.
func (l limits) below(o limits) bool { return l.days < o.days || o.noForce && !l.noForce }

func (l limits) allowForce() bool { return !l.noForce && l.days == 0 }

// Protection is how a secret is protected.
type Protection struct {
	is, least limits
	final     ending
}

func (m *Model) limitsOn(s *Secret) limits { return s.Protection.is.and(limitsOf(m.Protection)) }

// protectNew protects a new secret.
func (m *Model) protectNew(s *Secret) {
	s.Protection = Protection{final: endless}
	if l := limitsOf(m.Protection); l != (limits{}) {
		s.Protection = Protection{l, limits{}, m.endsAt(m.Now + m.Protection.CoolingOff.Milliseconds())}
	}
}

// ShownProtection returns the protection as the service returns it.
func (s *Secret) ShownProtection() secretlife.Protection {
	p := s.Protection
	if p.is == (limits{}) {
		return secretlife.Protection{}
	}
	return secretlife.Protection{
		NoForce: p.is.noForce, MinimumWindow: int(p.is.days), Final: Instant(p.final.date),
		CoolingOff: time.Duration(p.final.period) * time.Millisecond,
	}
}

// Protect is ProtectSecret.
func (m *Model) Protect(at Place, id string, in secretlife.Protection) (*Secret, *Fault) {
	var c checks
	if d := in.MinimumWindow; d != 0 && (d < 7 || d > 30) {
		c.refuse(&Fault{Code: CodeParameter})
	}
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.find(at, id)
	if f != nil {
		return nil, f
	}
	old, want := s.Protection, limitsOf(in).and(limitsOf(m.Protection))
	final := old.final.date == Never || m.Now >= old.final.date || m.Elapsed >= old.final.began+old.final.period
	least := old.least
	if final {
		least = old.is
	}
	switch {
	case want == old.is:
		return s, nil
	case want.below(least), want.below(old.is) && s.Scheduled:
		return nil, &Fault{Code: CodeRequest}
	}
	next := Protection{want, least, m.endsAt(m.Now + in.CoolingOff.Milliseconds())}
	if !final && old.final.date < next.final.date {
		next.final = old.final
	}
	if want == (limits{}) {
		next = Protection{final: endless}
	}
	s.Protection = next
	m.record("ProtectSecret", s, "")
	return s, nil
}

// kept refuses a deletion that a hold or a protection does not allow.
func (m *Model) kept(s *Secret, days int64, force bool) *Fault {
	if holds := m.keeping(s); len(holds) > 0 {
		return refuse(CodeRequest, "You can't perform this operation on the secret because %s.", heldText(holds))
	}
	l := m.limitsOn(s)
	switch {
	case m.PhaseOf(s) == secretlife.PhaseAwaitingPurge:
	case force && !l.allowForce():
		return &Fault{CodeRequest, "You can't delete the secret without a recovery window because it is protected."}
	case !force && days < l.days:
		return refuse(CodeRequest, "You can't delete the secret with a recovery window of less than %d days "+
			"because it is protected.", l.days)
	}
	return nil
}

// keptThere returns why a secret can't be replicated onto another one, "" if it can.
func (m *Model) keptThere(s, there *Secret, mine bool) string {
	holds := m.keeping(there)
	switch {
	case len(holds) > 0 && (!mine || losesValue(there, s)):
		return heldText(holds)
	case !mine && !m.limitsOn(there).allowForce():
		return "the secret there is protected"
	}
	return ""
}

// losesValue reports whether a token made another version in a primary than in its replica.
func losesValue(s, primary *Secret) bool {
	for _, v := range s.Versions {
		if now := primary.Version(v.ID); now != nil && !v.Empty() && now.Created != v.Created {
			return true
		}
	}
	return false
}

// withKept returns the versions of a primary, and in their places those that only its replica
// has, with their values.
func withKept(primary, there []Version) []Version {
	var out []Version
	at := 0
	upTo := func(end int) {
		for ; at < end; at++ {
			v := there[at]
			if !v.Empty() && !slices.ContainsFunc(primary, func(p Version) bool { return p.ID == v.ID }) {
				out = append(out, v)
			}
		}
	}
	for _, v := range primary {
		if i := slices.IndexFunc(there, func(t Version) bool { return t.ID == v.ID }); i >= 0 {
			upTo(i)
		} else {
			upTo(len(there))
		}
		out = append(out, v)
	}
	upTo(len(there))
	return out
}
