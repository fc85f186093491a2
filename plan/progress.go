package plan

import (
	"fmt"
	"slices"
	"time"
)

// condition is what the steps of a plan change of a secret.
type condition struct {
	marked, gone bool
	forced       bool
	replicas     []string
}

// conditions returns the condition in which a secret was planned, and that after each of its steps.
func (s Secret) conditions() []condition {
	c := condition{marked: !s.Facts.DeletedDate.IsZero(), replicas: s.Facts.regions()}
	all := []condition{c}
	for _, step := range s.Steps {
		switch step.Do {
		case RemoveReplicas:
			c.replicas = slices.DeleteFunc(slices.Clone(c.replicas), func(r string) bool {
				return slices.Contains(step.Regions, r)
			})
		case Schedule:
			c.marked = true
		case ForceDelete:
			c.marked, c.forced, c.gone = true, true, true
		case RestoreScheduled:
			c.marked = false
		case AwaitGone:
			c.marked, c.gone = false, true
		}
		all = append(all, c)
	}
	return all
}

// done returns how many steps of a secret are done by what is seen of it, or why it is not what
// the plan says any more. sure is how many steps the service said that it did. A secret that is
// marked for deletion does not always show whether that was by force: only the response of the
// service proves it.
//
// A secret that is exactly as it was planned has no step done. One that differs from that only in
// what the first steps change has these done, by this run or another caller.
func (s Secret) done(v view, made time.Time, sure int) (int, *Blocker) {
	all := s.conditions()
	if !v.found || v.arn != s.ARN {
		for i := len(all) - 1; i > 0; i-- {
			if all[i].gone {
				return i, nil
			}
		}
		if v.found {
			return 0, changed("the name has another secret now: %s", v.arn)
		}
		return 0, changed("it is not there: it is gone, or the service is of another account or Region")
	}
	if v.fingerprint != s.Fingerprint {
		return 0, changed("its versions, or what is said of it, changed since it was planned")
	}
	if s.Policy != "" && v.policy.read && v.policy.hash() != s.Policy {
		return 0, changed("its resource policy changed since it was planned")
	}
	for i := len(all) - 1; i > 0; i-- {
		if all[i].is(v) && s.Steps[i-1].explains(v, made, sure >= i) && !v.changed.Before(s.LastChangedDate) {
			return i, nil
		}
	}
	if all[0].is(v) && v.changed.Equal(s.LastChangedDate) {
		return 0, nil
	}
	return 0, changed("it was %s when it was planned, last changed %s; it is %s now, last changed %s", s.State,
		s.LastChangedDate.UTC().Format(time.RFC3339Nano), v.phase, v.changed.UTC().Format(time.RFC3339Nano))
}

func changed(format string, args ...any) *Blocker {
	return &Blocker{Changed, fmt.Sprintf(format, args...)}
}

// is reports whether a secret that was found can be in the condition.
func (c condition) is(v view) bool {
	return c.marked != v.mark.deleted.IsZero() && slices.Equal(c.replicas, v.facts.regions())
}

// explains reports whether the mark for deletion that a secret has, if it has one, can come from
// the step.
func (s Step) explains(v view, made time.Time, sure bool) bool {
	m := v.mark
	switch {
	case m.deleted.IsZero():
		return s.Do != AwaitGone
	case s.Do == Schedule && m.exact:
		return !m.forced && m.window == time.Duration(s.RecoveryWindowInDays)*day
	case s.Do == Schedule:
		return !m.deleted.Before(made.Add(-skew))
	case s.Do == ForceDelete && m.exact:
		return m.forced
	case s.Do == ForceDelete:
		return sure
	}
	return false
}
