package machine

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// difference is a part of an output that is not as it must be.
type difference struct {
	path      string // as Go selects it, such as .Versions[0].CreatedDate
	want, got reflect.Value
}

// differences compares two values of one type, member by member.
func differences(want, got any) []difference {
	return compare(nil, "", reflect.ValueOf(want), reflect.ValueOf(got))
}

func compare(found []difference, path string, want, got reflect.Value) []difference {
	if reflect.DeepEqual(want.Interface(), got.Interface()) {
		return found
	}
	switch t := want.Type(); {
	case t.Kind() == reflect.Pointer && hasMembers(t.Elem()) && !want.IsNil() && !got.IsNil():
		return compare(found, path, want.Elem(), got.Elem())
	case t.Kind() == reflect.Slice && hasMembers(t.Elem()) && want.Len() > 0 && want.Len() == got.Len():
		for i := range want.Len() {
			found = compare(found, fmt.Sprintf("%s[%d]", path, i), want.Index(i), got.Index(i))
		}
		return found
	case hasMembers(t):
		for i := range want.NumField() {
			part := path
			if f := t.Field(i); !f.Anonymous {
				part += "." + f.Name
			}
			found = compare(found, part, want.Field(i), got.Field(i))
		}
		return found
	}
	return append(found, difference{path, want, got})
}

// hasMembers reports whether a type is a struct that is compared member by member.
func hasMembers(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t == timeType || t == valueType {
		return false
	}
	for i := range t.NumField() {
		if !t.Field(i).IsExported() {
			return false
		}
	}
	return t.NumField() > 0
}

// member is the name of the member that differs.
func (d difference) member() string {
	name := d.path[strings.LastIndexByte(d.path, '.')+1:]
	name, _, _ = strings.Cut(name, "[")
	return name
}

// isReadEarly reports whether the part is a date that is read a millisecond early. The AWS SDK
// for Go multiplies the seconds by 1,000 as a float64 and cuts the rest off (ParseEpochSeconds in
// smithy-go): some dates from January 2038 to September 2039 come out so.
func (d difference) isReadEarly() bool {
	want, isTime := d.want.Interface().(time.Time)
	got, _ := d.got.Interface().(time.Time)
	if !isTime || got.IsZero() {
		return false
	}
	seconds := float64(want.UnixMilli()) / 1000
	return got.Equal(time.UnixMilli(int64(seconds * 1000)))
}

// String says how the part differs.
func (d difference) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s, not %s", strings.TrimPrefix(d.path, "."), words(d.got), words(d.want)))
}

// describeAll says how parts differ, each on a line if there are several.
func describeAll(found []difference) string {
	if len(found) == 1 {
		return found[0].String()
	}
	var b strings.Builder
	for _, d := range found {
		b.WriteString("\n  " + d.String())
	}
	return b.String()
}

var valueType = reflect.TypeFor[secretlife.Value]()
