package secretlife

import (
	"time"

	"github.com/secretlife-go/secretlife/internal/schedule"
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

// textBothSchedules is reported: hashicorp/terraform-provider-aws #33329.
const textBothSchedules = "You cannot specify both rotation frequency and schedule expression together."

// parseRules parses rules. cron parses cron() expressions; with nil they are refused.
func parseRules(r RotationRules, cron func(string) (Schedule, error)) (schedule.Timetable, error) {
	rules := schedule.Rules{Days: r.AutomaticallyAfterDays, Duration: r.Duration, Expression: r.ScheduleExpression}
	var parse func(string) (schedule.Next, error)
	if cron != nil {
		parse = func(expression string) (schedule.Next, error) {
			s, err := cron(expression)
			return openings(s), err
		}
	}
	t, err := schedule.Parse(rules, parse)
	if err != nil {
		return t, badParameter(err.Error(), ErrInvalidParameter)
	}
	return t, nil
}

// openings are those of a schedule as the rules use instants: there are none after
// lastYear.
func openings(s Schedule) schedule.Next {
	return func(after time.Time) (time.Time, bool) {
		opens, ok := s.Next(after)
		return instant(opens), ok && opens.Year() <= lastYear
	}
}

// window is when a rotation may take place: from opens on, and by closes at
// the latest. The zero window does not exist.
type window struct{ opens, closes moment }

// nextWindow is the first window that opens after an instant.
func nextWindow(t schedule.Timetable, after time.Time) window {
	w := t.Next(after)
	if w == (schedule.Window{}) {
		return window{}
	}
	return window{momentOf(w.Opens), momentOf(w.Closes)}
}

// afterDays is what DescribeSecret shows as AutomaticallyAfterDays for a schedule
// expression: the days to the next opening, rounded up.
func (w window) afterDays(from time.Time) int64 {
	d := w.opens.time().Sub(from)
	return max(1, int64((d+windowDay-1)/windowDay))
}
