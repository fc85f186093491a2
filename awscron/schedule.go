package awscron

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/cronexpr"

	"github.com/secretlife-go/secretlife"
)

// Parse reads a cron() expression. It is meant for the ParseSchedule of
// [secretlife.Options]. The Manager parses rate() expressions
// itself.
//
// The error says what is wrong in words for the author of the expression. The schedule is safe for concurrent use. It
// knows the years 1970 to 2099.
func Parse(expression string) (secretlife.Schedule, error) {
	inner, opened := strings.CutPrefix(expression, "cron(")
	inner, closed := strings.CutSuffix(inner, ")")
	fields := strings.Fields(inner)
	if !opened || !closed || len(fields) != 6 || strings.ContainsAny(inner, "\t\r\n\v\f") {
		return nil, errors.New("a cron() expression has six fields, separated by spaces: cron(Minutes Hours Day-of-month " +
			"Month Day-of-week Year)")
	}
	if fields[0] != "0" {
		return nil, fmt.Errorf("the minutes of a cron() expression must be 0, not %s: rotation windows open on the hour",
			fields[0])
	}
	if fields[5] != "*" {
		return nil, fmt.Errorf("the year of a cron() expression must be *, not %s", fields[5])
	}
	openings, err := hours.values(fields[1])
	if err != nil {
		return nil, err
	}
	inMonths, err := months.values(fields[3])
	if err != nil {
		return nil, err
	}
	ofMonth, ofWeek, err := readDays(fields[2], fields[4])
	if err != nil {
		return nil, err
	}
	translated := fmt.Sprintf("0 0 %s %s %s %s *", list(openings), ofMonth, list(inMonths), ofWeek)
	parsed, err := cronexpr.Parse(translated)
	if err != nil {
		return nil, fmt.Errorf("the cron() expression is not understood: %w", err)
	}
	s := schedule{parsed}
	if err := s.check(openings); err != nil {
		return nil, err
	}
	return s, nil
}

// schedule is an expression in the library's dialect.
type schedule struct{ expression *cronexpr.Expression }

// epoch is where the library's years begin.
var epoch = time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)

// Next works on a copy: the library notes in an expression which month it looked
// at last.
func (s schedule) Next(after time.Time) (time.Time, bool) {
	after = after.UTC()
	if after.Before(epoch) {
		after = epoch.Add(-time.Second)
	}
	e := *s.expression
	next := e.Next(after)
	return next, !next.IsZero()
}

// often is how often a secret may be rotated.
const often = 4 * time.Hour

// check refuses schedules that never open, and those that open too often:
// within a day, or at the end of one and the beginning of the next, where two
// days that follow each other both have windows. Four years hold every
// neighbourhood of days that months and weeks make.
func (s schedule) check(openings []int) error {
	first, ok := s.Next(epoch.Add(-time.Second))
	if !ok {
		return errors.New("the cron() expression names days that no year has")
	}
	last := time.Duration(openings[len(openings)-1]) * time.Hour
	for i := 1; i < len(openings); i++ {
		if time.Duration(openings[i]-openings[i-1])*time.Hour < often {
			return errTooOften
		}
	}
	if 24*time.Hour-last+time.Duration(openings[0])*time.Hour >= often {
		return nil
	}
	for at, until := first, first.AddDate(4, 0, 0); at.Before(until); {
		evening := at.Truncate(24 * time.Hour).Add(last)
		next, _ := s.Next(evening)
		if next.Sub(evening) < often {
			return errTooOften
		}
		at = next
	}
	return nil
}

var errTooOften = errors.New(
	"the windows of a cron() expression must open at least four hours apart, from the last of a day to the first of " +
		"the next too")
