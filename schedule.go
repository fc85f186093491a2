package secretlife

import (
	"strconv"
	"strings"
	"time"
)

// RotationRules say when a secret is rotated by itself. At most one of
// AutomaticallyAfterDays and ScheduleExpression is given in a request; an
// answer has both, see [DescribeSecretOutput].
type RotationRules struct {
	// AutomaticallyAfterDays is the number of days between rotations, 1 to
	// 1,000; 0 is none.
	AutomaticallyAfterDays int64 `json:"AutomaticallyAfterDays,omitempty"`
	// Duration is how long a rotation window is open: whole hours such as "3h",
	// up to 24. Without it, a window of a schedule in hours is open for an hour,
	// and one of a schedule in days to the end of the day in UTC.
	Duration string `json:"Duration,omitempty"`
	// ScheduleExpression is rate(N hours), from 4 on, rate(N days), or, where
	// [Options].ParseSchedule knows it, cron(…).
	ScheduleExpression string `json:"ScheduleExpression,omitempty"`
}

// Schedule tells when rotation windows open.
type Schedule interface {
	// Next returns the first opening after an instant, in UTC, and false where
	// there is none any more.
	Next(after time.Time) (time.Time, bool)
}

const (
	// Reported: hashicorp/terraform-provider-aws #33329.
	textBothSchedules = "You cannot specify both rotation frequency and schedule expression together."
	// No text of AWS is known for these.
	textNoSchedule     = "You must specify either AutomaticallyAfterDays or ScheduleExpression in RotationRules."
	textBadRate        = "Invalid ScheduleExpression: rate() takes a whole number of hours, at least 4, or of days, at most 1000, such as rate(12 hours) or rate(10 days)."
	textBadExpression  = "Invalid ScheduleExpression: it must be rate() or cron()."
	textNoCron         = "Invalid ScheduleExpression: this service has no cron() schedules."
	textBadDuration    = "Invalid Duration: it must be a whole number of hours from 1h to 24h."
	textWindowTooLong  = "Invalid Duration: the rotation window must not extend into the next UTC day or the next rotation window."
	textNeverScheduled = "Invalid ScheduleExpression: it never comes true."
)

// timetable is a set of rules that was understood.
type timetable struct {
	days   int64    // between rotations; 0: see hours
	hours  int64    // between rotations; 0: see cron
	cron   Schedule // nil without
	length time.Duration
	daily  bool // windows last to the end of the day by default
}

// parseRules understands rules. cron parses cron() expressions; nil knows none.
func parseRules(r RotationRules, cron func(string) (Schedule, error)) (timetable, error) {
	t, err := parseFrequency(r, cron)
	if err != nil {
		return t, err
	}
	t.length, err = parseWindow(r.Duration)
	return t, err
}

func parseFrequency(r RotationRules, cron func(string) (Schedule, error)) (timetable, error) {
	expression := r.ScheduleExpression
	switch {
	case expression == "" && r.AutomaticallyAfterDays == 0:
		return timetable{}, badParameter(textNoSchedule, ErrInvalidParameter)
	case expression == "":
		return timetable{days: r.AutomaticallyAfterDays, daily: true}, nil
	case strings.HasPrefix(expression, "rate("):
		return parseRate(expression)
	case !strings.HasPrefix(expression, "cron("):
		return timetable{}, badParameter(textBadExpression, ErrInvalidParameter)
	case cron == nil:
		return timetable{}, badParameter(textNoCron, ErrInvalidParameter)
	}
	s, err := cron(expression)
	if err != nil {
		return timetable{}, badParameter("Invalid ScheduleExpression: "+err.Error(), ErrInvalidParameter)
	}
	return timetable{cron: s, daily: oncePerDay(expression)}, nil
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

func parseRate(expression string) (timetable, error) {
	inner, closed := strings.CutSuffix(strings.TrimPrefix(expression, "rate("), ")")
	number, unit, _ := strings.Cut(inner, " ")
	n, err := strconv.ParseInt(number, 10, 32)
	if closed && err == nil && number[0] != '+' {
		switch strings.TrimSuffix(unit, "s") {
		case "hour":
			if n >= minRotationHours && n <= maxRotationDays*24 {
				return timetable{hours: n}, nil
			}
		case "day":
			if n >= 1 && n <= maxRotationDays {
				return timetable{days: n, daily: true}, nil
			}
		}
	}
	return timetable{}, badParameter(textBadRate, ErrInvalidParameter)
}

// parseWindow reads the length of windows, 0 where it is not given.
func parseWindow(duration string) (time.Duration, error) {
	if duration == "" {
		return 0, nil
	}
	number, isHours := strings.CutSuffix(duration, "h")
	n, err := strconv.ParseUint(number, 10, 8)
	if !isHours || err != nil || n < 1 || n > maxDurationHours {
		return 0, badParameter(textBadDuration, ErrInvalidParameter)
	}
	return time.Duration(n) * time.Hour, nil
}

// window is when a rotation may take place: from opens on, and by closes at
// the latest. The zero window is none.
type window struct{ opens, closes moment }

// next is the first window that opens after an instant, none where there is no
// more. Days are counted from midnight to midnight in UTC, hours from full hour
// to full hour.
func (t timetable) next(after time.Time) window {
	opens, ok := t.opening(after)
	if !ok {
		return window{}
	}
	closes := opens.Add(t.wanted(opens))
	if bound := t.bound(opens); closes.After(bound) {
		closes = bound
	}
	// AWS shows the last second of the window as NextRotationDate.
	return window{momentOf(opens), momentOf(closes.Add(-time.Second))}
}

// check refuses a schedule that never comes true, and one whose next window is
// too long. Later windows can be, where hours do not come at the same time every
// day: they are cut.
func (t timetable) check(after time.Time) error {
	opens, ok := t.opening(after)
	switch {
	case !ok:
		return badParameter(textNeverScheduled, ErrInvalidParameter)
	case opens.Add(t.wanted(opens)).After(t.bound(opens)):
		return badParameter(textWindowTooLong, ErrInvalidParameter)
	}
	return nil
}

// wanted is how long a window is to be open.
func (t timetable) wanted(opens time.Time) time.Duration {
	switch {
	case t.length > 0:
		return t.length
	case t.daily:
		return day(opens).Add(windowDay).Sub(opens)
	}
	return time.Hour
}

// bound is when a window must close: when the day ends, or the next one opens.
func (t timetable) bound(opens time.Time) time.Time {
	end := day(opens).Add(windowDay)
	if following, ok := t.opening(opens); ok && following.Before(end) {
		return following
	}
	return end
}

// opening is when the first window after an instant opens, false where there is
// no more.
func (t timetable) opening(after time.Time) (time.Time, bool) {
	switch {
	case t.days > 0:
		return day(after).Add(time.Duration(t.days) * windowDay), true
	case t.hours > 0:
		return after.Truncate(time.Hour).Add(time.Duration(t.hours) * time.Hour), true
	}
	opens, ok := t.cron.Next(after)
	return instant(opens), ok && opens.Year() <= lastYear
}

// afterDays is what an answer shows as AutomaticallyAfterDays for a schedule
// expression: the days to the next opening, rounded up.
func (w window) afterDays(from time.Time) int64 {
	d := w.opens.time().Sub(from)
	return max(1, int64((d+windowDay-1)/windowDay))
}
