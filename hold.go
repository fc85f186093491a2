package secretlife

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of holds and of protection.
const (
	maxHolds      = 20
	maxHoldName   = 64
	maxHoldReason = 2048
	// longestHold is how far ahead the end of a hold and the delay of a release may lie.
	longestHold    = 100 * 365 * windowDay
	longestCooling = 30 * windowDay
)

// holdAlphabet is what the name of a hold is made of.
const (
	holdAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:/@-"
	holdPattern  = `^[A-Za-z0-9._:/@\-]+$`
)

// noGuard is the guard of most secrets.
var noGuard = &guard{}

func (s Secret) guard() *guard {
	if g := s.attrs().guard; g != nil {
		return g
	}
	return noGuard
}

// Holds returns the holds of the secret in the order in which they were placed, without those
// whose release took effect at once. One whose end has come stays until the holds of the
// secret are next changed. It keeps nothing any more if its end has come by counted time, too:
// [Secret.HeldBy] returns those that keep something.
func (s Secret) Holds() []Hold { return publicHolds(s.guard().holds) }

// HeldBy returns the holds in effect at an instant: they keep the secret's value. A hold ends when its end
// has come by date and by the count of the tally, so that no clock that is ahead ends it early.
func (s Secret) HeldBy(at At) []Hold { return publicHolds(s.guard().holding(at)) }

func publicHolds(holds []hold) []Hold {
	var out []Hold
	for _, h := range holds {
		out = append(out, h.public())
	}
	return out
}

// holding returns the holds in effect.
func (g *guard) holding(at At) []hold {
	return slices.DeleteFunc(slices.Clone(g.holds), func(h hold) bool { return h.left(at) <= 0 })
}

// Protection returns how the secret is protected, beside what [Options].Protection demands of
// every secret.
func (s Secret) Protection() Protection { return s.guard().protection.public() }

// limits are those of the secret's own protection, and of every secret's.
func (s Secret) limits(at At) limits { return s.guard().protection.with(at.Protection.limits()) }

// guardWith returns a guard that the caller may edit.
func (d *secretData) guardWith(holds []hold) *guard {
	m := d.attributes()
	g := guard{holds: holds}
	if m.guard != nil {
		g.protection = m.guard.protection
	}
	m.guard = &g
	return m.guard
}

// PlaceHold decides that a hold with the name, the reason and the end of h is placed, by the
// principal of at. A repeated call changes nothing, and the Change is zero. Another hold of the
// name is refused with [ErrHoldExists], even if its release was asked for. With byAnother, which
// [Secret.ReleaseHold] explains, the principal must be known. Holds that are over are forgotten.
//
// The secret may be in any phase. One that waits for its purge is not purged then.
func (s Secret) PlaceHold(at At, h Hold, byAnother bool) (Change, error) {
	if _, err := s.admit(OpPlaceHold, at.Time); err != nil {
		return Change{}, err
	}
	now := instant(at.Time)
	if err := h.check(now); err != nil {
		return Change{}, err
	}
	if byAnother && at.Principal == "" {
		return Change{}, s.errSamePrincipal(h.Name, "place")
	}
	holds := s.guard().holding(at)
	placed := hold{name: h.Name, reason: h.Reason, by: at.Principal, since: momentOf(now)}
	if !h.Until.IsZero() {
		placed.until = at.until(instant(h.Until))
	}
	if i := holdNamed(holds, h.Name); i >= 0 {
		if holds[i].repeats(placed) {
			return Change{}, nil
		}
		return Change{}, &ResourceExistsError{s.aboutHold(h.Name, "already has", ErrHoldExists)}
	}
	if len(holds) >= maxHolds {
		return Change{}, errLimit(fmt.Sprintf("A secret can't have more than %d holds.", maxHolds))
	}
	d := s.touch()
	d.guardWith(append(holds, placed))
	c := s.change(d)
	c.add(eventOf(OpPlaceHold, d, &at))
	return c, nil
}

// repeats reports whether placing o after h would be the same call again.
func (h hold) repeats(o hold) bool {
	return h.reason == o.reason && h.by == o.by && h.until.date == o.until.date && h.release == (countdown{})
}

func holdNamed(holds []hold, name string) int {
	return slices.IndexFunc(holds, func(h hold) bool { return h.name == name })
}

// check refuses what the limits of holds don't allow.
func (h Hold) check(now time.Time) error {
	n := utf8.RuneCountInString(h.Reason)
	switch {
	case len(h.Name) < 1 || len(h.Name) > maxHoldName || strings.Trim(h.Name, holdAlphabet) != "":
		return illegal("a hold's name has 1 to %d characters of %s", maxHoldName, holdPattern)
	case n > maxHoldReason || !utf8.ValidString(h.Reason):
		return illegal("a hold's reason is text of at most %d characters", maxHoldReason)
	}
	return checkHoldEnd(now, h.Until)
}

func checkHoldEnd(now, until time.Time) error {
	if !until.IsZero() && (!instant(until).After(now) || until.After(now.Add(longestHold))) {
		return badParameter("A hold must end in the future, and within 100 years.", ErrInvalidParameter)
	}
	return nil
}

// ReleaseHold decides that a hold is released by the principal of at, after a delay. Until the
// delay has passed, by date and by the count of the tally, the hold keeps the value. With
// byAnother the principal must be another than the one that placed the hold, and both must be
// known. A hold whose release was asked for already, and that keeps the value still, stays as
// it is, and the Change is zero. Holds that are over are forgotten.
func (s Secret) ReleaseHold(at At, name string, byAnother bool, delay time.Duration) (Change, error) {
	if _, err := s.admit(OpReleaseHold, at.Time); err != nil {
		return Change{}, err
	}
	if delay < 0 || delay > longestHold {
		return Change{}, illegal("a hold is released after %v", delay)
	}
	holds := s.guard().holding(at)
	i := holdNamed(holds, name)
	switch {
	case i < 0 && holdNamed(s.guard().holds, name) < 0:
		return Change{}, &ResourceNotFoundError{s.aboutHold(name, "doesn't have", ErrHoldNotFound)}
	case i < 0: // it is over
	case byAnother && (at.Principal == "" || holds[i].by == "" || at.Principal == holds[i].by):
		return Change{}, s.errSamePrincipal(name, "release")
	case holds[i].release != (countdown{}):
		return Change{}, nil
	case delay == 0:
		holds = slices.Delete(holds, i, i+1)
	default:
		holds[i].releasedBy = at.Principal
		holds[i].release = at.until(instant(at.Time).Add(delay))
	}
	d := s.touch()
	d.guardWith(holds)
	c := s.change(d)
	c.add(eventOf(OpReleaseHold, d, &at))
	return c, nil
}

// Protect decides that the secret gets another protection. It can be made stronger at any
// time, and weaker until it is final, if the secret is not marked for deletion: see
// [Protection]. It never gets weaker than what at demands of every secret. A protection that is not
// final yet does not become so later by being changed. What changes nothing is the zero Change.
func (s Secret) Protect(at At, p Protection) (Change, error) {
	if _, err := s.admit(OpProtectSecret, at.Time); err != nil {
		return Change{}, err
	}
	if err := p.check(); err != nil {
		return Change{}, err
	}
	old := s.guard().protection
	next := protection{limits: p.limits().with(at.Protection.limits()), floor: old.floor}
	if old.final(at) {
		next.floor = old.limits
	}
	switch {
	case next.limits == old.limits:
		return Change{}, nil
	case next.with(next.floor) != next.limits:
		return Change{}, s.errProtected("You can't lower the protection of the secret because it is final.")
	case next.with(old.limits) != next.limits && s.Deletion().Scheduled():
		return Change{}, s.errProtected(
			"You can't lower the protection of the secret because it was marked for deletion.")
	}
	next.begin(at, p.CoolingOff)
	if !old.final(at) && old.lock < next.lock {
		next.lock, next.cooling = old.lock, old.cooling
	}
	if next.limits == (limits{}) {
		next = protection{}
	}
	d := s.touch()
	d.guardWith(s.guard().holds).protection = next
	c := s.change(d)
	c.add(eventOf(OpProtectSecret, d, &at))
	return c, nil
}

// begin sets when the protection becomes final.
func (p *protection) begin(at At, cooling time.Duration) {
	now := instant(at.Time)
	p.lock, p.cooling = momentOf(now.Add(cooling)), counted{}
	if cooling > 0 {
		p.cooling = counted{cooling, at.began()}
	}
}

// check refuses a protection that there can't be.
func (p Protection) check() error {
	switch {
	case p.MinimumWindow != 0 && (p.MinimumWindow < MinRecoveryWindowInDays || p.MinimumWindow > MaxRecoveryWindowInDays):
		return badParameter("The minimum recovery window must be between 7 and 30 days (inclusive).", ErrInvalidParameter)
	case p.CoolingOff < 0 || p.CoolingOff > longestCooling || p.CoolingOff%tick != 0:
		return badParameter(
			"The cooling-off of a protection must be between 0 and 30 days, in whole milliseconds.", ErrInvalidParameter)
	}
	return nil
}

// protectNew gives a new secret the protection that at demands of every secret.
func (d *secretData) protectNew(at At) {
	if l := at.Protection.limits(); l != (limits{}) {
		p := protection{limits: l}
		p.begin(at, at.Protection.CoolingOff)
		d.guardWith(nil).protection = p
	}
}

// admitDestruction refuses to destroy the value of a secret that has a hold.
func (s Secret) admitDestruction(at At) error {
	holds := s.guard().holding(at)
	if len(holds) == 0 {
		return nil
	}
	f := s.heldBy(holds)
	f.Message = "You can't perform this operation on the secret because " + holdsText(holds) + "."
	return &InvalidRequestError{f}
}

// admitDeletion refuses a deletion that the protection of the secret does not allow.
func (s Secret) admitDeletion(at At, mode DeletionMode) error {
	l := s.limits(at)
	switch {
	case !l.refuses(mode):
		return nil
	case mode.force:
		return s.errProtected("You can't delete the secret without a recovery window because it is protected.")
	}
	return s.errProtected(fmt.Sprintf(
		"You can't delete the secret with a recovery window of less than %d days because it is protected.", l.window,
	))
}

func (s Secret) errProtected(text string) error {
	f := ErrorDetails{Message: text, Reason: ErrProtected, ARN: s.ARN().String()}
	f.DeletionDate, _ = s.Deletion().Date()
	return &InvalidRequestError{f}
}

// heldBy are the details of an error about holds.
func (s Secret) heldBy(holds []hold) ErrorDetails {
	f := ErrorDetails{Reason: ErrHeld, ARN: s.ARN().String()}
	f.DeletionDate, _ = s.Deletion().Date()
	for _, h := range holds {
		f.Holds = append(f.Holds, h.name)
	}
	return f
}

// holdsText tells the holds of a secret in half a sentence.
func holdsText(holds []hold) string {
	var names []string
	for _, h := range holds {
		names = append(names, strconv.Quote(h.name))
	}
	if len(names) == 1 {
		return "it has the hold " + names[0]
	}
	return "it has the holds " + strings.Join(names, ", ")
}

// errSamePrincipal refuses to place or to release a hold.
func (s Secret) errSamePrincipal(name, what string) error {
	f := s.aboutHold(name, "", ErrSamePrincipal)
	f.Message = fmt.Sprintf("You can't %s the hold %q because a hold must be released by another principal than "+
		"the one that placed it, and both must be known.", what, name)
	return &AccessDeniedError{f}
}

// aboutHold are the details of an error about one hold.
func (s Secret) aboutHold(name, has string, r Reason) ErrorDetails {
	return ErrorDetails{
		Message: fmt.Sprintf("The secret %s %s a hold %q.", s.ARN(), has, name),
		Reason:  r, ARN: s.ARN().String(), Holds: []string{name},
	}
}

// storedHold is a [Hold] as plain data.
type storedHold struct {
	Name       string           `json:"name"`
	Reason     string           `json:"reason,omitempty"`
	By         string           `json:"by,omitempty"`
	Since      int64            `json:"since"`
	Until      *storedCountdown `json:"until,omitempty"`
	ReleasedBy string           `json:"releasedBy,omitempty"`
	Release    *storedCountdown `json:"release,omitempty"`
}

// storedProtection is a [Protection] as plain data.
type storedProtection struct {
	NoForce      bool         `json:"noForce,omitempty"`
	Window       int8         `json:"window,omitempty"` // in days
	FloorNoForce bool         `json:"floorNoForce,omitempty"`
	FloorWindow  int8         `json:"floorWindow,omitempty"`
	Final        int64        `json:"final"`
	Cooling      *storedCount `json:"cooling,omitempty"`
}

func (g *guard) state() (holds []storedHold, _ *storedProtection) {
	if g == nil {
		return nil, nil
	}
	for _, h := range g.holds {
		holds = append(holds, storedHold{
			h.name, h.reason, h.by, h.since.time().UnixMilli(), h.until.state(), h.releasedBy, h.release.state(),
		})
	}
	p := g.protection
	if p == (protection{}) {
		return holds, nil
	}
	return holds, &storedProtection{
		p.noForce, p.window, p.floor.noForce, p.floor.window, p.lock.time().UnixMilli(), p.cooling.state(),
	}
}

// guardOf makes a guard of plain data: nil of none.
func guardOf(holds []storedHold, p *storedProtection) (*guard, error) {
	if len(holds) == 0 && p == nil {
		return nil, nil
	}
	var g guard
	for _, x := range holds {
		h := hold{name: x.Name, reason: x.Reason, by: x.By, since: momentAt(x.Since), releasedBy: x.ReleasedBy}
		var err, errRelease error
		h.until, err = x.Until.countdown()
		h.release, errRelease = x.Release.countdown()
		if err := errors.Join(err, errRelease); err != nil {
			return nil, fmt.Errorf("hold %q: %w", x.Name, err)
		}
		g.holds = append(g.holds, h)
	}
	if p != nil {
		cooling, err := p.Cooling.counted()
		if err != nil {
			return nil, fmt.Errorf("protection: %w", err)
		}
		g.protection = protection{
			limits{p.NoForce, p.Window}, limits{p.FloorNoForce, p.FloorWindow}, momentAt(p.Final), cooling,
		}
	}
	return &g, nil
}
