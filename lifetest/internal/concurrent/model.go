package concurrent

import (
	"time"

	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// window is the recovery window of every deletion. Time passes in halves of it.
const window = 7 * 24 * time.Hour

// The holds of the histories.
const (
	endlessHold = "legal"
	endingHold  = "audit" // after half a window
)

// nameState is the state of one name. arn is "" if there is no secret.
type nameState struct {
	now        time.Duration
	arn, value string
	scheduled  bool
	forced     bool
	date       time.Duration

	endless bool          // it has that hold
	ending  bool          // and this one, which may be over
	until   time.Duration // when that ends

	protected bool          // against force
	final     time.Duration // from when on the protection can't be taken off
}

func (s nameState) awaits() bool { return s.scheduled && (s.forced || s.now >= s.date) }

func (s nameState) held() bool { return s.endless || s.ending && s.now < s.until }

// step is the sequential model. It reports whether an answer is right in a state, and
// returns the next state.
func (s nameState) step(c call, a answer) (bool, nameState) {
	gone, refused := a.fault == model.CodeNotFound, a.fault == model.CodeRequest
	done := a.fault == "" && a.arn == s.arn
	switch c.op {
	case "tick":
		s.now += c.by
		return true, s
	case "purge":
		return s.awaits() && !s.held() && a.arn == s.arn, nameState{now: s.now}
	case "create":
		if s.arn == "" {
			return a.fault == "" && a.arn != "", nameState{now: s.now, arn: a.arn, value: c.value}
		}
		return a.fault == model.CodeExists && !s.scheduled || refused && s.scheduled, s
	case "force":
		if s.arn == "" {
			return a.fault == "", s
		}
		return s.force(done, refused)
	}
	if s.arn == "" {
		return gone, s
	}
	switch c.op {
	case "delete":
		if s.scheduled || s.held() {
			return refused, s
		}
		s.scheduled, s.date = true, s.now+window
		return done, s
	case "restore":
		if s.awaits() && !s.held() {
			return gone, s
		}
		s.scheduled, s.forced = false, false
		return done, s
	case "hold":
		return s.place(c.value, a.fault)
	case "release":
		return s.release(c.value, a.fault)
	case "protect", "unprotect":
		return s.protect(c.op == "protect", a.fault)
	default: // get
		if s.scheduled {
			return refused, s
		}
		return done && a.value == s.value, s
	}
}

// force is a deletion by force of a secret that is there.
func (s nameState) force(done, refused bool) (bool, nameState) {
	switch {
	case s.held():
		return refused, s
	case s.awaits():
		return done, s
	case s.protected:
		return refused, s
	}
	s.scheduled, s.forced, s.date = true, true, s.now
	return done, s
}

// place places a hold on a secret that is there. Repeating that changes nothing.
func (s nameState) place(hold, fault string) (bool, nameState) {
	until := s.now + window/2
	goesOn := s.ending && s.now < s.until
	switch {
	case hold == endlessHold && s.endless, hold == endingHold && goesOn && s.until == until:
		return fault == "", s
	case hold == endingHold && goesOn:
		return fault == model.CodeExists, s
	case hold == endlessHold:
		s.endless, s.ending = true, goesOn
	default:
		s.ending, s.until = true, until
	}
	return fault == "", s
}

// release releases a hold of a secret that is there, and forgets one that is over.
func (s nameState) release(hold, fault string) (bool, nameState) {
	switch {
	case hold == endlessHold && s.endless:
		s.endless, s.ending = false, s.ending && s.now < s.until
	case hold == endingHold && s.ending:
		s.ending = false
	default:
		return fault == model.CodeNotFound, s
	}
	return fault == "", s
}

// protect sets whether a secret that is there is protected.
func (s nameState) protect(on bool, fault string) (bool, nameState) {
	switch {
	case on == s.protected:
		return fault == "", s
	case on:
		s.protected, s.final = true, s.now+window/2
		return fault == "", s
	case s.scheduled || s.now >= s.final:
		return fault == model.CodeRequest, s
	}
	s.protected = false
	return fault == "", s
}
