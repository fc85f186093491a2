// Package schedule finds the windows in which secrets are rotated. Its errors have the
// texts that AWS returns, as far as those are known.
package schedule

import (
	"strconv"
	"strings"
	"time"
)

// Limits of the rules. Sources: RotationRulesType in the API reference, and
// "Schedule expressions" in the Secrets Manager user guide.
const (
	MaxDays          = 1000
	minHours         = 4
	maxDurationHours = 24
)

const day = 24 * time.Hour

// RefusedError says why rules make no schedule, as the caller is told.
type RefusedError string

// Error returns the text.
func (r RefusedError) Error() string { return string(r) }

// No text of AWS is known for these.
const (
	errNoSchedule = RefusedError("You must specify either AutomaticallyAfterDays or ScheduleExpression in RotationRules.")
	errBadRate    = RefusedError("Invalid ScheduleExpression: rate() takes a whole number of hours, at least 4, " +
		"or of days, at most 1000, such as rate(12 hours) or rate(10 days).")
	errBadExpression = RefusedError("Invalid ScheduleExpression: it must be rate() or cron().")
	errNoCron        = RefusedError("Invalid ScheduleExpression: this service has no cron() schedules.")
	errBadDuration   = RefusedError("Invalid Duration: it must be a whole number of hours from 1h to 24h.")
	errWindowTooLong = RefusedError("Invalid Duration: the rotation window must not extend " +
		"into the next UTC day or the next rotation window.")
	errNeverScheduled = RefusedError("Invalid ScheduleExpression: it never comes true.")
)

// Rules say when a secret is rotated: every Days, or by an Expression.
type Rules struct {
	Days       int64
	Duration   string
	Expression string
}

// Next returns the first opening of a cron() schedule after an instant, and false if
// no opening follows.
type Next func(after time.Time) (time.Time, bool)

// Timetable is a set of rules that was parsed.
type Timetable struct {
	days   int64 // between rotations; 0: see hours
	hours  int64 // between rotations; 0: see cron
	cron   Next  // nil: no cron() expression
	length time.Duration
	daily  bool // windows last to the end of the day by default
}

// Parse parses rules. cron parses cron() expressions; with nil they are refused.
func Parse(r Rules, cron func(string) (Next, error)) (Timetable, error) {
	t, err := parseFrequency(r, cron)
	if err != nil {
		return t, err
	}
	t.length, err = parseWindow(r.Duration)
	return t, err
}

func parseFrequency(r Rules, cron func(string) (Next, error)) (Timetable, error) {
	expression := r.Expression
	switch {
	case expression == "" && r.Days == 0:
		return Timetable{}, errNoSchedule
	case expression == "":
		return Timetable{days: r.Days, daily: true}, nil
	case strings.HasPrefix(expression, "rate("):
		return parseRate(expression)
	case !strings.HasPrefix(expression, "cron("):
		return Timetable{}, errBadExpression
	case cron == nil:
		return Timetable{}, errNoCron
	}
	next, err := cron(expression)
	if err != nil {
		return Timetable{}, RefusedError("Invalid ScheduleExpression: " + err.Error())
	}
	return Timetable{cron: next, daily: oncePerDay(expression)}, nil
}

// oncePerDay reports whether a cron() expression names one hour only, so that
// its schedule is one of days.
func oncePerDay(expression string) bool {
	fields := strings.Fields(strings.TrimPrefix(expression, "cron("))
	if len(fields) < 2 {
		return false
	}
	_, err := strconv.Atoi(fields[1])
	return err == nil
}

func parseRate(expression string) (Timetable, error) {
	inner, closed := strings.CutSuffix(strings.TrimPrefix(expression, "rate("), ")")
	number, unit, _ := strings.Cut(inner, " ")
	n, err := strconv.ParseInt(number, 10, 32)
	if closed && err == nil && number[0] != '+' {
		switch strings.TrimSuffix(unit, "s") {
		case "hour":
			if n >= minHours && n <= MaxDays*24 {
				return Timetable{hours: n}, nil
			}
		case "day":
			if n >= 1 && n <= MaxDays {
				return Timetable{days: n, daily: true}, nil
			}
		}
	}
	return Timetable{}, errBadRate
}

// parseWindow reads the length of windows, 0 where it is not given.
func parseWindow(duration string) (time.Duration, error) {
	if duration == "" {
		return 0, nil
	}
	number, isHours := strings.CutSuffix(duration, "h")
	n, err := strconv.ParseUint(number, 10, 8)
	if !isHours || err != nil || n < 1 || n > maxDurationHours {
		return 0, errBadDuration
	}
	return time.Duration(n) * time.Hour, nil
}

// Window is when a rotation may take place: from Opens on, and by Closes at the
// latest, which is its last second. The zero Window does not exist.
type Window struct{ Opens, Closes time.Time }

// Next returns the first window that opens after an instant, the zero Window if no
// window follows. Days are counted from midnight to midnight in UTC, hours from full hour
// to full hour.
func (t Timetable) Next(after time.Time) Window {
	opens, ok := t.opening(after)
	if !ok {
		return Window{}
	}
	closes := opens.Add(t.wanted(opens))
	if bound := t.bound(opens); closes.After(bound) {
		closes = bound
	}
	// AWS shows the last second of the window as NextRotationDate.
	return Window{opens, closes.Add(-time.Second)}
}

// Check refuses a schedule that never comes true, and one whose next window is
// too long. Later windows can be, where hours do not come at the same time every
// day: they are cut.
func (t Timetable) Check(after time.Time) error {
	opens, ok := t.opening(after)
	switch {
	case !ok:
		return errNeverScheduled
	case opens.Add(t.wanted(opens)).After(t.bound(opens)):
		return errWindowTooLong
	}
	return nil
}

// wanted is how long a window is to be open.
func (t Timetable) wanted(opens time.Time) time.Duration {
	switch {
	case t.length > 0:
		return t.length
	case t.daily:
		return midnight(opens).Add(day).Sub(opens)
	}
	return time.Hour
}

// bound is when a window must close: when the day ends, or the next one opens.
func (t Timetable) bound(opens time.Time) time.Time {
	end := midnight(opens).Add(day)
	if following, ok := t.opening(opens); ok && following.Before(end) {
		return following
	}
	return end
}

// opening is when the first window after an instant opens, false where there is
// no more.
func (t Timetable) opening(after time.Time) (time.Time, bool) {
	switch {
	case t.days > 0:
		return midnight(after).Add(time.Duration(t.days) * day), true
	case t.hours > 0:
		return after.Truncate(time.Hour).Add(time.Duration(t.hours) * time.Hour), true
	}
	return t.cron(after)
}

// midnight is the midnight in UTC at or before t.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(day) }
