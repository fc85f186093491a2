package awscron_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife/awscron"
)

// drawn is a part of an expression and what it means.
type drawn struct {
	text string
	fits func(time.Time) bool
}

// drawField draws a list of values, ranges and steps, of what read says of a
// time. Names are those of min and the following values.
func drawField(t *rapid.T, label string, lo, hi int, names []string, read func(time.Time) int) drawn {
	parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) drawn { return drawPart(t, lo, hi, names, read) }), 1,
		3).Draw(t, label)
	texts := make([]string, 0, len(parts))
	for _, p := range parts {
		texts = append(texts, p.text)
	}
	return drawn{strings.Join(texts, ","), func(at time.Time) bool {
		return slices.ContainsFunc(parts, func(p drawn) bool { return p.fits(at) })
	}}
}

func drawPart(t *rapid.T, lo, hi int, names []string, read func(time.Time) int) drawn {
	write := func(v int) string {
		if names != nil && rapid.Bool().Draw(t, "by name") {
			return names[v-lo]
		}
		return strconv.Itoa(v)
	}
	a := rapid.IntRange(lo, hi).Draw(t, "a")
	b := rapid.IntRange(a, hi).Draw(t, "b")
	step := rapid.IntRange(1, hi).Draw(t, "step")
	is := func(from, to, step int) func(time.Time) bool {
		return func(at time.Time) bool {
			v := read(at)
			return from <= v && v <= to && (v-from)%step == 0
		}
	}
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return drawn{write(a) + "-" + write(b), is(a, b, 1)}
	case 1:
		return drawn{fmt.Sprintf("%s/%d", write(a), step), is(a, hi, step)}
	case 2:
		return drawn{fmt.Sprintf("%s-%s/%d", write(a), write(b), step), is(a, b, step)}
	case 3:
		return drawn{rapid.SampledFrom([]string{"*/", "/"}).Draw(t, "all") + strconv.Itoa(step), is(lo, hi, step)}
	default:
		return drawn{write(a), is(a, a, 1)}
	}
}

// drawHours draws mostly hours that are far enough apart.
func drawHours(t *rapid.T) drawn {
	h := rapid.IntRange(0, 23).Draw(t, "hour")
	switch rapid.IntRange(0, 3).Draw(t, "kind of hours") {
	case 0:
		return drawField(t, "hours", 0, 23, nil, time.Time.Hour)
	case 1:
		step := rapid.IntRange(4, 23).Draw(t, "hours apart")
		return drawn{fmt.Sprintf("%d/%d", h, step), func(at time.Time) bool {
			return at.Hour() >= h &&
				(at.Hour()-h)%step == 0
		}}
	default:
		return drawn{strconv.Itoa(h), func(at time.Time) bool { return at.Hour() == h }}
	}
}

var (
	monthNames = strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
	dayNames   = strings.Fields("SUN MON TUE WED THU FRI SAT")
)

func weekday(at time.Time) int    { return int(at.Weekday()) + 1 }
func lastDay(at time.Time) bool   { return at.AddDate(0, 0, 1).Day() == 1 }
func inLastWeek(a time.Time) bool { return a.AddDate(0, 0, 7).Month() != a.Month() }

// drawDays draws the two fields of days.
func drawDays(t *rapid.T) (ofMonth, ofWeek string, fits func(time.Time) bool) {
	open := rapid.SampledFrom([]string{"?", "*"}).Draw(t, "the other days")
	n := rapid.IntRange(1, 7).Draw(t, "n")
	isDay := func(at time.Time) bool { return weekday(at) == n }
	day := rapid.SampledFrom([]string{strconv.Itoa(n), dayNames[n-1]}).Draw(t, "day")
	switch rapid.IntRange(0, 7).Draw(t, "days") {
	case 0:
		return "*", "?", func(time.Time) bool { return true }
	case 1:
		return "?", "*", func(time.Time) bool { return true }
	case 2:
		return "L", open, lastDay
	case 3:
		return open, "L", func(at time.Time) bool { return at.Weekday() == time.Saturday }
	case 4:
		if rapid.Bool().Draw(t, "in the day of month") {
			return dayNames[n-1] + "L", open, func(at time.Time) bool { return isDay(at) && inLastWeek(at) }
		}
		return open, day + "L", func(at time.Time) bool { return isDay(at) && inLastWeek(at) }
	case 5:
		nth := rapid.IntRange(1, 5).Draw(t, "nth")
		return open, fmt.Sprintf("%s#%d", day, nth), func(at time.Time) bool { return isDay(at) && (at.Day()+6)/7 == nth }
	case 6:
		f := drawField(t, "days of month", 1, 31, nil, time.Time.Day)
		return f.text, open, f.fits
	default:
		f := drawField(t, "days of week", 1, 7, dayNames, weekday)
		return open, f.text, f.fits
	}
}

// far is how many years the model looks ahead: a fifth Sunday of February comes
// every 28 years.
const far = 29

// TestAgreesWithLookingAtEveryHour draws expressions with what they mean, and
// looks at one hour after another until one fits.
func TestAgreesWithLookingAtEveryHour(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		hours := drawHours(t)
		months := drawField(t, "months", 1, 12, monthNames, func(at time.Time) int { return int(at.Month()) })
		ofMonth, ofWeek, days := drawDays(t)
		expression := fmt.Sprintf("cron(0 %s %s %s %s *)", hours.text, ofMonth, months.text, ofWeek)
		fits := func(at time.Time) bool { return hours.fits(at) && months.fits(at) && days(at) }

		s, err := awscron.Parse(expression)
		now := time.Unix(rapid.Int64Range(0, time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC).Unix()).Draw(t, "now"), 0).UTC()
		if err != nil {
			require.True(t, tooOftenOrNever(fits, months.fits, days), "%s: %v", expression, err)
			return
		}
		accepted++
		for range 3 {
			want := now.Truncate(time.Hour).Add(time.Hour)
			for until := now.AddDate(far, 0, 0); !fits(want); want = nextCandidate(want, months.fits, days) {
				require.True(t, want.Before(until), "%s: never after %v", expression, now)
			}
			next, ok := s.Next(now)
			require.True(t, ok, expression)
			require.Equal(t, want, next, "%s after %v", expression, now)
			now = next
		}
	})
	require.NotZero(t, accepted, "it is not only refusals that agree")
	t.Logf("%d expressions were schedules", accepted)
}

// nextCandidate is the next hour, or the next day where this one has none.
func nextCandidate(at time.Time, inMonth, onDay func(time.Time) bool) time.Time {
	if inMonth(at) && onDay(at) {
		return at.Add(time.Hour)
	}
	return at.Truncate(24*time.Hour).AddDate(0, 0, 1)
}

// tooOftenOrNever looks for two openings less than four hours apart, or none at
// all.
func tooOftenOrNever(fits, inMonth, onDay func(time.Time) bool) bool {
	last, begin := time.Time{}, time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := begin; at.Before(begin.AddDate(far, 0, 0)); at = nextCandidate(at, inMonth, onDay) {
		if !fits(at) {
			continue
		}
		if at.Sub(last) < 4*time.Hour {
			return true
		}
		last = at
	}
	return last.IsZero()
}
