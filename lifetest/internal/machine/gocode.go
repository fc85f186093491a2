package machine

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// literals writes values as Go code.
type literals struct {
	begin time.Time         // of the history, from which code counts times
	drawn map[string]string // expressions for what the service drew at random
}

// duration returns a duration as Go code.
func (literals) duration(d time.Duration) string {
	if d < 0 {
		return "-" + literals{}.duration(-d)
	}
	var parts []string
	for _, u := range []struct {
		of   time.Duration
		code string
	}{
		{24 * time.Hour, "24*time.Hour"}, {time.Hour, "time.Hour"}, {time.Minute, "time.Minute"},
		{time.Second, "time.Second"}, {time.Millisecond, "time.Millisecond"}, {1, "time.Nanosecond"},
	} {
		switch n := d / u.of; n {
		case 0:
		case 1:
			parts = append(parts, u.code)
		default:
			parts = append(parts, fmt.Sprintf("%d*%s", n, u.code))
		}
		d %= u.of
	}
	switch len(parts) {
	case 0:
		return "0"
	case 1:
		return parts[0]
	}
	return "(" + strings.Join(parts, " + ") + ")"
}

// time returns an instant as Go code: the history's beginning and what has passed, or
// a day at midnight.
func (l literals) time(t time.Time) string {
	const day = 24 * time.Hour
	base, from := "begin", l.begin
	if t.Truncate(day).Equal(t) && !l.begin.Truncate(day).Equal(l.begin) {
		base, from = "begin.Truncate(24*time.Hour)", l.begin.Truncate(day)
	}
	switch d := t.Sub(from); {
	case t.IsZero():
		return "time.Time{}"
	case d == 0:
		return base
	default:
		code := l.duration(d)
		if d > 0 {
			code = strings.TrimSuffix(strings.TrimPrefix(code, "("), ")")
		}
		return base + ".Add(" + code + ")"
	}
}

// value returns a value as Go code, without the members that are not set.
func (l literals) value(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case secretlife.Value:
		return l.secret(x)
	case time.Time:
		return l.time(x)
	case secretlife.Region:
		return fmt.Sprintf("secretlife.Must(secretlife.ParseRegion(%q))", x)
	}
	name := v.Type().String()
	switch v.Kind() {
	case reflect.Pointer:
		return l.pointer(v)
	case reflect.Slice:
		if v.IsNil() {
			return name + "(nil)"
		}
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = l.value(v.Index(i))
			if hasMembers(v.Type().Elem()) { // which need no type
				parts[i] = strings.TrimPrefix(parts[i], v.Type().Elem().String())
			}
		}
		return name + "{" + strings.Join(parts, ", ") + "}"
	case reflect.Map:
		if v.IsNil() {
			return name + "(nil)"
		}
		var parts []string
		for entries := v.MapRange(); entries.Next(); {
			parts = append(parts, l.value(entries.Key())+": "+l.value(entries.Value()))
		}
		slices.Sort(parts)
		return name + "{" + strings.Join(parts, ", ") + "}"
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				parts = append(parts, v.Type().Field(i).Name+": "+l.value(f))
			}
		}
		return name + "{" + strings.Join(parts, ", ") + "}"
	case reflect.String:
		return l.text(v.String())
	}
	return fmt.Sprint(v.Interface())
}

func (l literals) pointer(v reflect.Value) string {
	switch {
	case v.IsNil():
		return "nil"
	case v.Elem().Kind() == reflect.Struct:
		return "&" + l.value(v.Elem())
	case v.Elem().Kind() == reflect.Int64:
		return fmt.Sprintf("secretlife.Days(%d)", v.Elem().Int())
	case v.Elem().Kind() == reflect.Bool:
		return "boolPointer(" + l.value(v.Elem()) + ")"
	}
	return "textPointer(" + l.value(v.Elem()) + ")"
}

// typed returns a value as Go code that has the value's type by itself.
func (l literals) typed(v reflect.Value) string {
	code := l.value(v)
	switch t := v.Type(); {
	case t.Kind() == reflect.String && t.PkgPath() != "", t.Kind() == reflect.Int64:
		return t.String() + "(" + code + ")"
	}
	return code
}

// text returns a text as Go code, with expressions for what was drawn at random.
func (l literals) text(s string) string {
	if code, ok := l.drawn[s]; ok {
		return code
	}
	for drawn, code := range l.drawn {
		if before, after, ok := strings.Cut(s, drawn); ok && strings.HasPrefix(drawn, "arn:") {
			var parts []string
			if before != "" {
				parts = append(parts, l.text(before))
			}
			parts = append(parts, code)
			if after != "" {
				parts = append(parts, l.text(after))
			}
			return strings.Join(parts, " + ")
		}
	}
	if isRepeated(s) {
		return fmt.Sprintf("strings.Repeat(%q, %d)", s[:1], len(s))
	}
	return quoted(s)
}

// quoted returns a text in quotes, in those that need no escapes if there are any.
func quoted(s string) string {
	if strings.Contains(s, `"`) && strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

func (l literals) secret(v secretlife.Value) string {
	if v.IsZero() {
		return "secretlife.Value{}"
	}
	text := l.text(v.Reveal())
	if v.Len() > 1000 {
		text = fmt.Sprintf("strings.Repeat(\"v\", %d)", v.Len())
	}
	if v.IsBinary() {
		return "secretlife.SecretBinary([]byte(" + text + "))"
	}
	return "secretlife.SecretString(" + text + ")"
}
