package awscron

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// field is one of an expression: which values it can have, and their names.
type field struct {
	name     string
	min, max int
	names    []string // of min and those that follow
}

var (
	hours       = field{"hours", 0, 23, nil}
	daysOfMonth = field{"day of month", 1, 31, nil}
	months      = field{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT",
		"NOV", "DEC"}}
	daysOfWeek = field{"day of week", 1, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}}
)

// wrong is an error about a part of the field.
func (f field) wrong(part, why string) error {
	return fmt.Errorf("the %s of a cron() expression can't be %q: %s", f.name, part, why)
}

// values reads a list of values, ranges and steps. They come sorted, and each
// once.
func (f field) values(s string) ([]int, error) {
	var all []int
	for part := range strings.SplitSeq(s, ",") {
		from, to, step, err := f.span(part)
		if err != nil {
			return nil, err
		}
		for v := from; v <= to; v += step {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// span reads one part of a list: *, 3, 1-5, 1/3, 1-9/2, */2 or /2.
func (f field) span(part string) (from, to, step int, err error) {
	base, every, stepped := strings.Cut(part, "/")
	step = 1
	if stepped {
		if step, err = number(every); err != nil || step < 1 || step > f.max {
			return 0, 0, 0, f.wrong(part, fmt.Sprint("a step is a number from 1 to ", f.max))
		}
	}
	first, last, ranged := strings.Cut(base, "-")
	switch {
	case base == "*", base == "" && stepped:
		return f.min, f.max, step, nil
	case ranged:
		if from, err = f.value(first); err == nil {
			to, err = f.value(last)
		}
		if err == nil && to < from {
			err = f.wrong(part, "a range goes upwards")
		}
		return from, to, step, err
	}
	from, err = f.value(base)
	to = from
	if stepped {
		to = f.max
	}
	return from, to, step, err
}

// value reads a number or a name.
func (f field) value(s string) (int, error) {
	if i := slices.Index(f.names, strings.ToUpper(s)); i >= 0 {
		return f.min + i, nil
	}
	n, err := number(s)
	if err == nil && f.min <= n && n <= f.max {
		return n, nil
	}
	if f.names == nil {
		return 0, f.wrong(s, fmt.Sprintf("it is a number from %d to %d", f.min, f.max))
	}
	return 0, f.wrong(s, fmt.Sprintf("it is a number from %d to %d or a name from %s to %s", f.min, f.max, f.names[0],
		f.names[len(f.names)-1]))
}

// number reads digits, and no sign.
func number(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 8)
	return int(n), err
}

// readDays reads the two fields of days together and translates them: numbers
// of days of the week begin with 0 there.
func readDays(ofMonth, ofWeek string) (dom, dow string, err error) {
	isAny := func(s string) bool { return s == "?" || s == "*" }
	switch {
	case isAny(ofMonth) && isAny(ofWeek):
		if ofMonth == ofWeek {
			return "", "", fmt.Errorf("the day of month and the day of week of a cron() expression can't both be %s: "+
				"one is ?, the other says which days", ofMonth)
		}
		return "*", "*", nil
	case isAny(ofWeek):
		return readDayOfMonth(ofMonth)
	case isAny(ofMonth):
		dow, err = readDayOfWeek(ofWeek)
		return "*", dow, err
	}
	return "", "", errors.New("a cron() expression can't have a day of month and a day of week: one of them must be ?")
}

// readDayOfMonth may answer a day of the week: SUNL is the last Sunday of the
// month in either field.
func readDayOfMonth(s string) (dom, dow string, err error) {
	if strings.EqualFold(s, "L") {
		return "L", "*", nil
	}
	if day, isLast := cutLast(s); isLast && slices.Contains(daysOfWeek.names, strings.ToUpper(day)) {
		dow, err = readDayOfWeek(s)
		return "*", dow, err
	}
	days, err := daysOfMonth.values(s)
	return list(days), "*", err
}

func readDayOfWeek(s string) (string, error) {
	if strings.EqualFold(s, "L") {
		s = "SAT"
	}
	if day, isLast := cutLast(s); isLast {
		n, err := daysOfWeek.value(day)
		return fmt.Sprintf("%dL", n-1), err
	}
	if day, week, isNth := strings.Cut(s, "#"); isNth {
		n, err := daysOfWeek.value(day)
		w, bad := number(week)
		if err == nil && (bad != nil || w < 1 || w > 5) {
			err = daysOfWeek.wrong(s, "after # comes a number from 1 to 5, and no list")
		}
		return fmt.Sprintf("%d#%d", n-1, w), err
	}
	days, err := daysOfWeek.values(s)
	for i := range days {
		days[i]--
	}
	return list(days), err
}

func cutLast(s string) (day string, ok bool) {
	return strings.CutSuffix(strings.ToUpper(s), "L")
}

// list writes numbers with commas.
func list(values []int) string {
	var b []byte
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return string(b)
}
