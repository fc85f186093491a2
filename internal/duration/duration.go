// Package duration parses the durations that people write in flags and in control calls.
package duration

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
)

const (
	hoursOfDay  = 24 // DeletionDates know no summer time
	hoursOfWeek = 7 * hoursOfDay
)

const number = `([0-9]+\.?[0-9]*|\.[0-9]+)`

var (
	// plain is the form of [time.ParseDuration], after weeks and days.
	plain = regexp.MustCompile(`^(?:` + number + `w)?(?:` + number + `d)?(.*)$`)
	// iso8601 has no years and months, which have no fixed length.
	iso8601 = regexp.MustCompile(`^P(?:` + number + `W)?(?:` + number + `D)?` +
		`(?:T((?:[0-9.]+H)?(?:[0-9.]+M)?(?:[0-9.]+S)?))?$`)
)

// Parse reads a duration as [time.ParseDuration] does, with weeks of seven days and days of
// 24 hours before all other units: "1w", "9d", "1.5d", "2d12h", "90m". It reads those of ISO 8601,
// too: "P30D", "P1W", "P1DT12H", "PT90M".
func Parse(text string) (time.Duration, error) {
	d, err := parse(text)
	if err != nil {
		return 0, fmt.Errorf(`invalid duration %q: it must be such as "30d", "1w", "2d12h", "90m" or "P30D"`, text)
	}
	return d, nil
}

var (
	errForm = errors.New("not of the form")
	errLong = errors.New("too long")
)

func parse(text string) (time.Duration, error) {
	form := plain
	if strings.HasPrefix(text, "P") {
		if form = iso8601; strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
			return 0, errForm
		}
	}
	m := form.FindStringSubmatch(text)
	switch {
	case m == nil:
		return 0, errForm
	case text == m[3]:
		return time.ParseDuration(text)
	case strings.HasPrefix(m[3], "-") || strings.HasPrefix(m[3], "+"):
		return 0, errForm
	}
	var sum time.Duration
	for _, part := range []struct {
		text string
		of   time.Duration
	}{{hours(m[1]), hoursOfWeek}, {hours(m[2]), hoursOfDay}, {strings.ToLower(m[3]), 1}} {
		if part.text == "" {
			continue
		}
		d, err := time.ParseDuration(part.text)
		if err != nil {
			return 0, err
		}
		if d > (math.MaxInt64-sum)/part.of {
			return 0, errLong
		}
		sum += d * part.of //nolint:durationcheck // a number of weeks or days, read as hours
	}
	return sum, nil
}

// hours is a number of days, or of weeks, as if it were one of hours: [time.ParseDuration] then
// reads it exactly.
func hours(count string) string {
	if count == "" {
		return ""
	}
	return count + "h"
}
