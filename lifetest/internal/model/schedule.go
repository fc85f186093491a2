package model

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

const hour = 60 * 60 * 1000

// Crons are the cron() expressions of histories, with the hours of every day at which
// windows open.
var Crons = map[string][]int64{
	"cron(0 16 * * ? *)":   {16},
	"cron(0 9,20 * * ? *)": {9, 20},
}

// EveryDay is such an expression as a [secretlife.Schedule].
type EveryDay []int64

// Next implements [secretlife.Schedule].
func (h EveryDay) Next(after time.Time) (time.Time, bool) {
	return Instant(h.next(after.UnixMilli())), true
}

// next returns the first of the hours after an instant.
func (h EveryDay) next(after int64) int64 {
	for at := after - mod(after, hour) + hour; ; at += hour {
		if slices.Contains(h, mod(at, Day)/hour) {
			return at
		}
	}
}

// schedule says when windows open, and for how long.
type schedule struct {
	days, hours int64    // between rotations
	daily       EveryDay // of cron()
	length      int64    // 0 if not given
}

var rateShape = regexp.MustCompile(`^rate\(([0-9]+) (hour|day)s?\)$`)

// parseRules parses rules, and reports whether they are a schedule.
func parseRules(r secretlife.RotationRules) (schedule, bool) {
	c := schedule{days: r.AutomaticallyAfterDays}
	if e := r.ScheduleExpression; e != "" {
		c = schedule{daily: Crons[e]}
		if rate := rateShape.FindStringSubmatch(e); rate != nil {
			n, _ := strconv.ParseInt(rate[1], 10, 64)
			switch {
			case rate[2] == "day" && n <= 1000:
				c.days = n
			case rate[2] == "hour" && n >= 4 && n <= 24000:
				c.hours = n
			}
		}
	}
	if r.Duration != "" {
		n, err := strconv.ParseInt(strings.TrimSuffix(r.Duration, "h"), 10, 64)
		if err != nil || n < 1 || n > 24 || !strings.HasSuffix(r.Duration, "h") {
			return c, false
		}
		c.length = n * hour
	}
	return c, c.days > 0 || c.hours > 0 || c.daily != nil
}

// opening returns when the first window after an instant opens.
func (c schedule) opening(after int64) int64 {
	switch {
	case c.days > 0:
		return after - mod(after, Day) + c.days*Day
	case c.hours > 0:
		return after - mod(after, hour) + c.hours*hour
	}
	return c.daily.next(after)
}

// wanted returns the requested length of a window that opens at an instant.
func (c schedule) wanted(opens int64) int64 {
	switch {
	case c.length > 0:
		return c.length
	case c.hours > 0 || len(c.daily) > 1:
		return hour
	}
	return Day - mod(opens, Day)
}

// bound returns the latest end of a window: the end of the day or the next window.
func (c schedule) bound(opens int64) int64 {
	return min(opens-mod(opens, Day)+Day, c.opening(opens))
}

// window returns the next window after an instant, as outputs show it: up to its last
// second.
func (c schedule) window(after int64) (opens, closes int64) {
	opens = c.opening(after)
	return opens, min(opens+c.wanted(opens), c.bound(opens)) - 1000
}

// tooLong reports whether the next window is longer than windows may be.
func (c schedule) tooLong(after int64) bool {
	opens := c.opening(after)
	return opens+c.wanted(opens) > c.bound(opens)
}

// rules checks the constraints of the API model on rotation rules.
func (c *checks) rules(r *secretlife.RotationRules) {
	if r == nil {
		return
	}
	if r.AutomaticallyAfterDays < 0 || r.AutomaticallyAfterDays > 1000 {
		c.violations = append(c.violations, "")
	}
	if r.Duration != "" && !regexp.MustCompile(`^[0-9h]{2,3}$`).MatchString(r.Duration) {
		c.violations = append(c.violations, "")
	}
	if strings.ContainsAny(r.ScheduleExpression, "+!") || len(r.ScheduleExpression) > 256 {
		c.violations = append(c.violations, "")
	}
	if r.AutomaticallyAfterDays != 0 && r.ScheduleExpression != "" {
		c.refuse(&Fault{CodeParameter, textBothRules})
	}
}
