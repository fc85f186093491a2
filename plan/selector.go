package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Selector says which secrets of an account and Region a plan is about. All of its criteria must
// match. A Selector without any is refused: All selects every secret.
//
// Secrets are found by ListSecrets, which on AWS can be late by minutes, unless they are named.
type Selector struct {
	// Names are names or ARNs. They go with no other criteria.
	Names []string
	// Prefix is how names begin.
	Prefix string
	// Tags must all be there. One without a Value matches any value.
	Tags []secretlife.Tag
	// ScheduledSince selects secrets that are scheduled for deletion, and were deleted at this
	// time or later; ScheduledBefore those that were deleted before.
	ScheduledSince, ScheduledBefore time.Time
	// NotReadSince selects secrets that were created before this time, and whose value was not
	// read at this time or later. AWS notes the day of the last access only.
	NotReadSince time.Time
	// All selects every secret. It goes with no other criteria.
	All bool
}

// ErrSelector is the error for a selector that can't be meant.
var ErrSelector = errors.New("bad selector")

func badSelector(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrSelector, fmt.Errorf(format, args...))
}

// check refuses what can't be meant.
func (s Selector) check() error {
	criteria := s.Prefix != "" || len(s.Tags) > 0 || !s.ScheduledSince.IsZero() || !s.ScheduledBefore.IsZero() ||
		!s.NotReadSince.IsZero()
	switch {
	case !criteria && !s.All && len(s.Names) == 0:
		return badSelector("it selects nothing: give names, a prefix, a tag or a date, or ask for all secrets")
	case s.All && (criteria || len(s.Names) > 0):
		return badSelector("all secrets and a choice of them exclude each other")
	case criteria && len(s.Names) > 0:
		return badSelector("names go with no other criteria")
	case !s.ScheduledSince.IsZero() && !s.ScheduledBefore.IsZero() && !s.ScheduledSince.Before(s.ScheduledBefore):
		return badSelector("no time is since %s and before %s", stamp(s.ScheduledSince), stamp(s.ScheduledBefore))
	}
	if s.Prefix != "" {
		if _, err := secretlife.ParseName(s.Prefix); err != nil {
			return badSelector("no name begins with %q: %w", s.Prefix, err)
		}
	}
	for _, tag := range s.Tags {
		if tag.Key == "" {
			return badSelector("a tag has a key")
		}
	}
	return nil
}

// names parses the names and ARNs, and sorts them. For a name that was given by an ARN, arns has that.
func (s Selector) names(w world) (names []string, arns map[string]string, err error) {
	arns = map[string]string{}
	for _, text := range s.Names {
		id, err := secretlife.ParseSecretID(text)
		if err != nil {
			return nil, nil, badSelector("%q names no secret: %w", text, err)
		}
		name := id.Name().String()
		if arn, err := secretlife.ParseARN(text); err == nil {
			if account, region := arn.Account().String(), arn.Region().String(); w.account != "" &&
				(account != w.account || region != w.region) {
				return nil, nil, badSelector("%s is not in account %s and Region %s", text, w.account, w.region)
			}
			arns[name] = text
		} else if strings.HasPrefix(text, "arn:") {
			return nil, nil, badSelector("%s is not a whole ARN: its six random characters are missing", text)
		}
		if slices.Contains(names, name) {
			return nil, nil, badSelector("%s is named twice", name)
		}
		names = append(names, name)
	}
	return sorted(names), arns, nil
}

// entry is what a selector looks at.
type entry struct {
	name                       string
	tags                       []secretlife.Tag
	created, deleted, accessed time.Time
}

func (s Selector) matches(e entry) bool {
	if len(s.Names) > 0 || s.All {
		return true
	}
	if (!s.ScheduledSince.IsZero() || !s.ScheduledBefore.IsZero()) && e.deleted.IsZero() {
		return false
	}
	for _, want := range s.Tags {
		if !slices.ContainsFunc(e.tags, func(t secretlife.Tag) bool {
			return t.Key == want.Key && (want.Value == "" || t.Value == want.Value)
		}) {
			return false
		}
	}
	return strings.HasPrefix(e.name, s.Prefix) &&
		(s.ScheduledSince.IsZero() || !e.deleted.Before(s.ScheduledSince)) &&
		(s.ScheduledBefore.IsZero() || e.deleted.Before(s.ScheduledBefore)) &&
		(s.NotReadSince.IsZero() || e.lastUse().Before(s.NotReadSince))
}

// lastUse is when a secret was read or, before it ever was, created.
func (e entry) lastUse() time.Time {
	if e.accessed.IsZero() {
		return e.created
	}
	return e.accessed
}

// scheduled returns the selector for those of its secrets that are scheduled for deletion. Secrets
// that are named are left as they are.
func (s Selector) scheduled() Selector {
	if len(s.Names) == 0 && s.ScheduledSince.IsZero() {
		s.All, s.ScheduledSince = false, time.Unix(0, 0)
	}
	return s
}

func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// stamp is how a time is written for people.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
