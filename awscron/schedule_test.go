package awscron_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awscron"
)

const layout = "2006-01-02 15"

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(layout, s)
	require.NoError(t, err)
	return v
}

// openings are the first n after an instant.
func openings(t testing.TB, expression, after string, n int) []string {
	t.Helper()
	s, err := awscron.Parse(expression)
	require.NoError(t, err, expression)
	out, now := []string{}, at(t, after)
	for range n {
		next, ok := s.Next(now)
		if !ok {
			break
		}
		require.Equal(t, time.UTC, next.Location())
		require.True(t, next.After(now), "%s: %v is not after %v", expression, next, now)
		out, now = append(out, next.Format(layout)), next
	}
	return out
}

// TestExamplesOfTheUserGuide are those of "Rotation schedules", its present and
// its earlier editions. 2030-01-01 is a Tuesday.
func TestExamplesOfTheUserGuide(t *testing.T) {
	for _, c := range []struct {
		expression, says string
		want             []string
	}{
		{"cron(0 /8 * * ? *)", "every eight hours starting at midnight", []string{"2030-01-01 08", "2030-01-01 16",
			"2030-01-02 00", "2030-01-02 08"}},
		{"cron(0 8/8 * * ? *)", "every eight hours starting at 8:00 AM", []string{"2030-01-01 08", "2030-01-01 16",
			"2030-01-02 08", "2030-01-02 16"}},
		{"cron(0 2/10 * * ? *)", "at 2:00, 12:00, and 22:00, and then the next day",
			[]string{"2030-01-01 02", "2030-01-01 12", "2030-01-01 22", "2030-01-02 02"}},
		{"cron(0 4/12 * * ? *)", "4:00 AM, 4:00 PM, and then the next day", []string{"2030-01-01 04", "2030-01-01 16",
			"2030-01-02 04"}},
		{"cron(0 10 * * ? *)", "every day at 10:00 AM", []string{"2030-01-01 10", "2030-01-02 10"}},
		{"cron(0 18 ? * SAT *)", "every Saturday at 6:00 PM", []string{"2030-01-05 18", "2030-01-12 18"}},
		{"cron(0 8 1 * ? *)", "the first day of every month at 8:00 AM", []string{"2030-01-01 08", "2030-02-01 08",
			"2030-03-01 08"}},
		{"cron(0 1 ? 1/3 SUN#1 *)", "every three months on the first Sunday at 1:00 AM",
			[]string{"2030-01-06 01", "2030-04-07 01", "2030-07-07 01", "2030-10-06 01", "2031-01-05 01"}},
		{"cron(0 17 L * ? *)", "the last day of every month at 5:00 PM", []string{"2030-01-31 17", "2030-02-28 17",
			"2030-03-31 17", "2030-04-30 17"}},
		{"cron(0 8 ? * MON-FRI *)", "Monday through Friday at 8:00 AM", []string{"2030-01-01 08", "2030-01-02 08",
			"2030-01-03 08", "2030-01-04 08", "2030-01-07 08"}},
		{"cron(0 16 1,15 * ? *)", "first and 15th day of every month at 4:00 PM", []string{"2030-01-01 16", "2030-01-15 16",
			"2030-02-01 16"}},
		{"cron(0 0 ? * SUN#1 *)", "first Sunday of every month at midnight", []string{"2030-01-06 00", "2030-02-03 00",
			"2030-03-03 00"}},
		{"cron(0 0 ? 1/11 2#1 *)", "starting in January, every 11 months on the first Monday at midnight",
			[]string{"2030-01-07 00", "2030-12-02 00", "2031-01-06 00"}},
		{"cron(0 21 L * ? *)", "the last day of the month at 9:00 PM", []string{"2030-01-31 21", "2030-02-28 21"}},
		{"cron(0 1 * 1/3 SUN *)", "earlier edition: every three months on Sunday at 1:00 AM",
			[]string{"2030-01-06 01", "2030-01-13 01", "2030-01-20 01", "2030-01-27 01", "2030-04-07 01"}},
		{"cron(0 5 1-3 * ? *)", "days 1 through 3 of the month", []string{"2030-01-01 05", "2030-01-02 05", "2030-01-03 05",
			"2030-02-01 05"}},
		{"cron(0 5 29/2 * ? *)", "every two days starting on day 29", []string{"2030-01-29 05", "2030-01-31 05",
			"2030-03-29 05"}},
		{"cron(0 5 ? * 1/2 *)", "day 1, 3, 5, and 7 of the week", []string{"2030-01-01 05", "2030-01-03 05", "2030-01-05 05",
			"2030-01-06 05"}},
		{"cron(0 5 ? * 1,4 *)", "the first and fourth day of the week", []string{"2030-01-02 05", "2030-01-06 05",
			"2030-01-09 05"}},
		{"cron(0 5 ? * 1-4 *)", "days 1 through 4 of the week", []string{"2030-01-01 05", "2030-01-02 05", "2030-01-06 05"}},
		{"cron(0 5 ? * TUE#3 *)", "the third Tuesday of the month", []string{"2030-01-15 05", "2030-02-19 05"}},
		{"cron(0 5 SUNL * ? *)", "the last Sunday of the month", []string{"2030-01-27 05", "2030-02-24 05", "2030-03-31 05"}},
		{"cron(0 5 ? * SUNL *)", "the last Sunday of the month", []string{"2030-01-27 05", "2030-02-24 05", "2030-03-31 05"}},
		{"cron(0 5 ? * L *)", "the last day of the week", []string{"2030-01-05 05", "2030-01-12 05"}},
		{"cron(0 0 1 JAN,APR,JUL,OCT ? *)", "January, April, July, and October", []string{"2030-04-01 00", "2030-07-01 00",
			"2030-10-01 00", "2031-01-01 00"}},
	} {
		require.Equal(t, c.want, openings(t, c.expression, "2030-01-01 00", len(c.want)), "%s: %s", c.expression, c.says)
	}
}

func TestCalendar(t *testing.T) {
	for name, c := range map[string]struct {
		expression, after string
		want              []string
	}{
		"leap days": {"cron(0 0 29 2 ? *)", "2026-01-01 00",
			[]string{"2028-02-29 00", "2032-02-29 00", "2036-02-29 00"}},
		"no leap day in 1900's next of 2000": {"cron(0 0 29 FEB ? *)", "1996-03-01 00",
			[]string{"2000-02-29 00", "2004-02-29 00"}},
		"last of February": {"cron(0 12 L 2 ? *)", "2027-06-01 00", []string{"2028-02-29 12", "2029-02-28 12",
			"2030-02-28 12", "2031-02-28 12", "2032-02-29 12"}},
		"months without a 31st": {"cron(0 0 31 * ? *)", "2030-01-31 00", []string{"2030-03-31 00", "2030-05-31 00",
			"2030-07-31 00", "2030-08-31 00", "2030-10-31 00", "2030-12-31 00", "2031-01-31 00"}},
		"the year's last hour": {"cron(0 23 31 12 ? *)", "2030-12-31 22", []string{"2030-12-31 23", "2031-12-31 23"}},
		"a year's end":         {"cron(0 0 * * ? *)", "2030-12-31 00", []string{"2031-01-01 00"}},
		"a fifth Monday": {"cron(0 0 ? * 2#5 *)", "2030-01-01 00", []string{"2030-04-29 00", "2030-07-29 00",
			"2030-09-30 00", "2030-12-30 00"}},
		"a fifth Sunday of February": {"cron(0 0 ? 2 SUN#5 *)", "2030-01-01 00", []string{"2032-02-29 00", "2060-02-29 00",
			"2088-02-29 00"}},
		"a last Friday by number": {"cron(0 0 ? * 6L *)", "2030-01-01 00", []string{"2030-01-25 00", "2030-02-22 00",
			"2030-03-29 00"}},
		"names in any case": {"cron(0 0 ? jan,Dec mon-Tue *)", "2030-01-29 00",
			[]string{"2030-12-02 00", "2030-12-03 00"}},
		"an hour that has just begun": {"cron(0 0,12 * * ? *)", "2030-01-01 12", []string{"2030-01-02 00"}},
		"lists are sets": {"cron(0 12,0,12 3,1,1-2 3 ? *)", "2030-01-01 00",
			[]string{"2030-03-01 00", "2030-03-01 12", "2030-03-02 00", "2030-03-02 12", "2030-03-03 00", "2030-03-03 12",
				"2031-03-01 00"}},
		"an increment of a range": {"cron(0 0 1-9/4 * ? *)", "2030-01-01 00", []string{"2030-01-05 00", "2030-01-09 00",
			"2030-02-01 00"}},
		"increments of everything": {"cron(0 */6 */15 */6 ? *)", "2030-01-31 00",
			[]string{"2030-01-31 06", "2030-01-31 12", "2030-01-31 18", "2030-07-01 00"}},
		"the other day is *":         {"cron(0 0 1 * * *)", "2030-01-01 00", []string{"2030-02-01 00"}},
		"the last is in 2099":        {"cron(0 0 1 1 ? *)", "2098-06-01 00", []string{"2099-01-01 00"}},
		"seven hours on single days": {"cron(0 /7 1 * ? *)", "2030-01-01 20", []string{"2030-01-01 21", "2030-02-01 00"}},
		"spaces":                     {"cron( 0  0 1 1   ? * )", "2030-06-01 00", []string{"2031-01-01 00"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, openings(t, c.expression, c.after, len(c.want)))
		})
	}
}

func TestNextIsAfterAnyInstantInAnyZone(t *testing.T) {
	s, err := awscron.Parse("cron(0 10 * * ? *)")
	require.NoError(t, err)
	berlin := time.FixedZone("", 7200)
	for _, c := range []struct{ after, want time.Time }{
		{time.Date(2030, 1, 1, 9, 59, 59, 999_999_999, time.UTC), at(t, "2030-01-01 10")},
		{time.Date(2030, 1, 1, 10, 0, 0, 1, time.UTC), at(t, "2030-01-02 10")},
		{time.Date(2030, 1, 1, 11, 59, 0, 0, berlin), at(t, "2030-01-01 10")},
		{time.Date(2030, 1, 1, 12, 0, 0, 0, berlin), at(t, "2030-01-02 10")},
		{time.Time{}, at(t, "1970-01-01 10")},
		{time.Date(-300, 1, 1, 0, 0, 0, 0, time.UTC), at(t, "1970-01-01 10")},
	} {
		next, ok := s.Next(c.after)
		require.True(t, ok)
		require.Equal(t, c.want, next)
	}
	_, ok := s.Next(time.Date(2099, 12, 31, 10, 0, 0, 0, time.UTC))
	require.False(t, ok, "the library's years end")
	_, ok = s.Next(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
	require.False(t, ok)
}

func TestWrongExpressions(t *testing.T) {
	const (
		shape = "a cron() expression has six fields, separated by spaces: cron(Minutes Hours Day-of-month Month " +
			"Day-of-week Year)"
		often = "the windows of a cron() expression must open at least four hours apart, from the last of a day to the " +
			"first of the next too"
		both = "a cron() expression can't have a day of month and a day of week: one of them must be ?"
		of   = " of a cron() expression can't be "
	)
	for expression, want := range map[string]string{
		"":                     shape,
		"cron":                 shape,
		"cron()":               shape,
		"cron(":                shape,
		"rate(10 days)":        shape,
		"0 10 * * ? *":         shape,
		"cron(0 10 * * ?)":     shape,
		"cron(0 10 * * ? * *)": shape,
		"CRON(0 10 * * ? *)":   shape,
		"cron(0 10 * * ? *) ":  shape,
		"cron(0\t10 * * ? *)":  shape,
		"cron(5 10 * * ? *)": "the minutes of a cron() expression must be 0, not 5: rotation windows open on the " +
			"hour",
		"cron(* 10 * * ? *)": "the minutes of a cron() expression must be 0, not *: rotation windows open on the " +
			"hour",
		"cron(00 10 * * ? *)": "the minutes of a cron() expression must be 0, not 00: rotation windows open on " +
			"the hour",
		"cron(0 10 * * ? 2030)":    "the year of a cron() expression must be *, not 2030",
		"cron(0 24 * * ? *)":       `the hours` + of + `"24": it is a number from 0 to 23`,
		"cron(0 +4 * * ? *)":       `the hours` + of + `"+4": it is a number from 0 to 23`,
		"cron(0 -4 * * ? *)":       `the hours` + of + `"": it is a number from 0 to 23`,
		"cron(0 1, * * ? *)":       `the hours` + of + `"": it is a number from 0 to 23`,
		"cron(0 ? * * ? *)":        `the hours` + of + `"?": it is a number from 0 to 23`,
		"cron(0 8/0 * * ? *)":      `the hours` + of + `"8/0": a step is a number from 1 to 23`,
		"cron(0 8/24 * * ? *)":     `the hours` + of + `"8/24": a step is a number from 1 to 23`,
		"cron(0 8/4/4 * * ? *)":    `the hours` + of + `"8/4/4": a step is a number from 1 to 23`,
		"cron(0 8/ * * ? *)":       `the hours` + of + `"8/": a step is a number from 1 to 23`,
		"cron(0 20-4 * * ? *)":     `the hours` + of + `"20-4": a range goes upwards`,
		"cron(0 10 0 * ? *)":       `the day of month` + of + `"0": it is a number from 1 to 31`,
		"cron(0 10 32 * ? *)":      `the day of month` + of + `"32": it is a number from 1 to 31`,
		"cron(0 10 300 * ? *)":     `the day of month` + of + `"300": it is a number from 1 to 31`,
		"cron(0 10 15W * ? *)":     `the day of month` + of + `"15W": it is a number from 1 to 31`,
		"cron(0 10 L-3 * ? *)":     `the day of month` + of + `"L": it is a number from 1 to 31`,
		"cron(0 10 1,L * ? *)":     `the day of month` + of + `"L": it is a number from 1 to 31`,
		"cron(0 10 15L * ? *)":     `the day of month` + of + `"15L": it is a number from 1 to 31`,
		"cron(0 10 1 13 ? *)":      `the month` + of + `"13": it is a number from 1 to 12 or a name from JAN to DEC`,
		"cron(0 10 1 JUNE ? *)":    `the month` + of + `"JUNE": it is a number from 1 to 12 or a name from JAN to DEC`,
		"cron(0 10 1 ? ? *)":       `the month` + of + `"?": it is a number from 1 to 12 or a name from JAN to DEC`,
		"cron(0 10 ? * 0 *)":       `the day of week` + of + `"0": it is a number from 1 to 7 or a name from SUN to SAT`,
		"cron(0 10 ? * 8 *)":       `the day of week` + of + `"8": it is a number from 1 to 7 or a name from SUN to SAT`,
		"cron(0 10 ? * 8L *)":      `the day of week` + of + `"8": it is a number from 1 to 7 or a name from SUN to SAT`,
		"cron(0 10 ? * FRI-MON *)": `the day of week` + of + `"FRI-MON": a range goes upwards`,
		"cron(0 10 ? * MON#6 *)":   `the day of week` + of + `"MON#6": after # comes a number from 1 to 5, and no list`,
		"cron(0 10 ? * 3#1,6#3 *)": `the day of week` + of + `"3#1,6#3": after # comes a number from 1 to 5, and no list`,
		"cron(0 10 ? * #2 *)":      `the day of week` + of + `"": it is a number from 1 to 7 or a name from SUN to SAT`,
		"cron(0 10 ? * MON,L *)":   `the day of week` + of + `"MON,": it is a number from 1 to 7 or a name from SUN to SAT`,
		"cron(0 10 ? * ? *)": "the day of month and the day of week of a cron() expression can't both be ?: one " +
			"is ?, the other says which days",
		"cron(0 10 * * * *)": "the day of month and the day of week of a cron() expression can't both be *: one " +
			"is ?, the other says which days",
		"cron(0 10 1 * MON *)":       both,
		"cron(0 10 L * L *)":         both,
		"cron(0 10 30 2 ? *)":        "the cron() expression names days that no year has",
		"cron(0 10 31 4,6,9,11 ? *)": "the cron() expression names days that no year has",
		"cron(0 * * * ? *)":          often,
		"cron(0 /3 * * ? *)":         often,
		"cron(0 8,11 * * ? *)":       often,
		"cron(0 8-12 * * ? *)":       often,
		"cron(0 /7 * * ? *)":         often,
		"cron(0 0,23 ? * MON-FRI *)": often,
		"cron(0 0,23 1,31 * ? *)":    often,
		"cron(0 0,23 1,28 2,3 ? *)":  often,
		"cron(0 0,23 1,29 2,3 ? *)":  often,
	} {
		s, err := awscron.Parse(expression)
		require.EqualError(t, err, want, expression)
		require.Nil(t, s, expression)
	}
}

func TestASeventhHourIsFineWhereDaysAreApart(t *testing.T) {
	for _, expression := range []string{"cron(0 0,23 ? * MON,WED,FRI *)", "cron(0 0,23 1,3 * ? *)",
		"cron(0 0,23 1,27 2,3 ? *)", "cron(0 0,23 L * ? *)", "cron(0 0,23 ? * MON#1 *)"} {
		_, err := awscron.Parse(expression)
		require.NoError(t, err, expression)
	}
}

// TestConcurrentUse is for the race detector: the library's own Next is not
// safe.
func TestConcurrentUse(t *testing.T) {
	s, err := awscron.Parse("cron(0 0 L * ? *)")
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for month := range 24 {
				first := time.Date(2030+i, time.Month(1+month), 1, 0, 0, 0, 0, time.UTC)
				next, ok := s.Next(first)
				if want := first.AddDate(0, 1, -1); !ok || !next.Equal(want) {
					t.Errorf("after %v comes %v, not %v", first, next, want)
				}
			}
		})
	}
	all.Wait()
}
