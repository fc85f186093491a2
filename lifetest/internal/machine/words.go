package machine

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

var timeType = reflect.TypeFor[time.Time]()

// words returns a value as a person reads it. It shows the values of secrets, which
// histories make up.
func words(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case secretlife.Value:
		return valueInWords(x)
	case time.Time:
		if x.IsZero() {
			return "none"
		}
		return x.Format(time.RFC3339Nano)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "none"
		}
		return words(v.Elem())
	case reflect.Interface:
		return words(v.Elem())
	case reflect.String:
		return textInWords(v.String())
	case reflect.Slice:
		if v.IsNil() {
			return "none"
		}
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = words(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Map:
		if v.IsNil() {
			return "none"
		}
		var parts []string
		for entries := v.MapRange(); entries.Next(); {
			parts = append(parts, words(entries.Key())+": "+words(entries.Value()))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Struct:
		if !hasMembers(v.Type()) {
			break
		}
		return "{" + membersInWords(v) + "}"
	}
	return fmt.Sprint(v.Interface())
}

// membersInWords returns the members of a request that are set.
func membersInWords(v reflect.Value) string {
	var parts []string
	for i := range v.NumField() {
		switch f := v.Type().Field(i); {
		case v.Field(i).IsZero():
		case f.Anonymous:
			parts = append(parts, membersInWords(v.Field(i)))
		default:
			parts = append(parts, f.Name+": "+words(v.Field(i)))
		}
	}
	return strings.Join(parts, ", ")
}

func valueInWords(v secretlife.Value) string {
	switch {
	case v.IsZero():
		return "none"
	case v.IsBinary():
		return "bytes " + textInWords(v.Reveal())
	}
	return textInWords(v.Reveal())
}

// longText is the length from which a text is shown in part.
const longText = 300

func textInWords(s string) string {
	switch {
	case isRepeated(s):
		return fmt.Sprintf("%q %d times", s[:1], len(s))
	case len(s) > longText:
		return fmt.Sprintf("%q and so on, %d bytes", s[:40], len(s))
	}
	return quoted(s)
}

// isRepeated reports whether a text is a character many times.
func isRepeated(s string) bool { return len(s) > 100 && strings.Count(s, s[:1]) == len(s) }
