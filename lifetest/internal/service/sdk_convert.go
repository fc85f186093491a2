package service

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// The structs of the library and of the SDK have the same members. Their names differ
// in the case of initialisms, and their types in pointers. Conversion is by reflection,
// so that this package does not depend on the SDK.

var (
	valueType  = reflect.TypeFor[secretlife.Value]()
	regionType = reflect.TypeFor[secretlife.Region]()
	timeType   = reflect.TypeFor[time.Time]()
)

// sentEmpty are members that are sent even if empty, because the SDK itself refuses
// requests without them.
var sentEmpty = map[string]bool{
	"secretid": true, "name": true, "resourcepolicy": true, "region": true, "key": true, "value": true,
	"tagkeys": true, "removereplicaregions": true,
	"updatesecretversionstageinput.versionstage":      true,
	"tagresourceinput.tags":                           true,
	"replicatesecrettoregionsinput.addreplicaregions": true,
	"validateresourcepolicyinput.secretid":            false,
	"deleteresourcepolicyinput.resourcepolicy":        false,
}

func isSent(of reflect.Type, member string) bool {
	if sent, ok := sentEmpty[strings.ToLower(of.Name()+"."+member)]; ok {
		return sent
	}
	return sentEmpty[strings.ToLower(member)]
}

// inLists are the names in entries of lists of members that are called otherwise elsewhere.
var inLists = map[string]string{"VersionIDsToStages": "SecretVersionsToStages"}

// member finds a field by its name in any case.
func member(v reflect.Value, name string) reflect.Value {
	found := v.FieldByNameFunc(func(n string) bool { return strings.EqualFold(n, name) })
	if other, ok := inLists[name]; ok && !found.IsValid() {
		return v.FieldByName(other)
	}
	return found
}

// toSDK fills a struct of the SDK from one of the library.
func toSDK(to, from reflect.Value) {
	for i := range from.NumField() {
		f := from.Type().Field(i)
		if f.Type == valueType {
			valueToSDK(to, from.Field(i).Interface())
			continue
		}
		field := member(to, f.Name)
		if !field.IsValid() {
			panic(fmt.Sprintf("lifetest: %s has no %s", to.Type(), f.Name))
		}
		putSDK(field, from.Field(i), isSent(from.Type(), f.Name))
	}
}

func valueToSDK(to reflect.Value, value any) {
	v, _ := value.(secretlife.Value)
	switch {
	case v.IsZero():
	case v.IsBinary():
		member(to, "SecretBinary").SetBytes([]byte(v.Reveal()))
	default:
		text := v.Reveal()
		member(to, "SecretString").Set(reflect.ValueOf(&text))
	}
}

// putSDK sets a field of the SDK. It leaves empty members out unless sent is set.
func putSDK(to, from reflect.Value, sent bool) {
	if from.Kind() == reflect.Pointer {
		if from.IsNil() {
			return
		}
		from, sent = from.Elem(), true
	}
	if from.IsZero() && !sent {
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		putSDK(to.Elem(), from, true)
	case reflect.Slice:
		if from.IsNil() && !sent {
			return
		}
		to.Set(reflect.MakeSlice(to.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			putSDK(to.Index(i), from.Index(i), true)
		}
	case reflect.Struct:
		toSDK(to, from)
	default:
		to.Set(from.Convert(to.Type()))
	}
}

// fromSDK fills a struct of the library from one of the SDK, and ignores other
// members.
func fromSDK(to, from reflect.Value) {
	for i := range to.NumField() {
		f := to.Type().Field(i)
		switch {
		case f.Anonymous:
			fromSDK(to.Field(i), from)
		case f.Type == valueType:
			to.Field(i).Set(reflect.ValueOf(valueFromSDK(from, f.Name)))
		default:
			if field := member(from, f.Name); field.IsValid() {
				takeSDK(to.Field(i), field)
			}
		}
	}
}

func valueFromSDK(from reflect.Value, name string) secretlife.Value {
	if binary := member(from, "SecretBinary"); binary.IsValid() && !binary.IsNil() {
		return secretlife.SecretBinary(binary.Bytes())
	}
	for _, n := range []string{"SecretString", name} {
		if text := member(from, n); text.IsValid() && text.Kind() == reflect.Pointer && !text.IsNil() {
			return secretlife.SecretString(text.Elem().String())
		}
	}
	return secretlife.Value{}
}

// takeSDK sets a field of the library.
func takeSDK(to, from reflect.Value) {
	if from.Kind() == reflect.Pointer {
		if from.IsNil() {
			return
		}
		from = from.Elem()
	}
	switch {
	case to.Type() == regionType:
		region, err := secretlife.ParseRegion(from.String())
		if err != nil {
			panic(err) // not a Region at all
		}
		to.Set(reflect.ValueOf(region))
	case to.Kind() == reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		takeSDK(to.Elem(), from)
	case to.Type() == timeType:
		at, _ := from.Interface().(time.Time)
		to.Set(reflect.ValueOf(at.Round(time.Millisecond).UTC())) // the wire has milliseconds
	case to.Kind() == reflect.Slice:
		takeList(to, from)
	case to.Kind() == reflect.Map:
		takeMap(to, from)
	case to.Kind() == reflect.Struct:
		fromSDK(to, from)
	default:
		to.Set(from.Convert(to.Type()))
	}
}

// takeList distinguishes no list from an empty one for Tags only, as AWS does.
func takeList(to, from reflect.Value) {
	if from.IsNil() && to.Type() == reflect.TypeFor[[]secretlife.Tag]() {
		return
	}
	if from.Len() == 0 && !holdsResults(to.Type()) && to.Type() != reflect.TypeFor[[]secretlife.Tag]() {
		return
	}
	to.Set(reflect.MakeSlice(to.Type(), from.Len(), from.Len()))
	for i := range from.Len() {
		takeSDK(to.Index(i), from.Index(i))
	}
	if stages, ok := to.Interface().([]secretlife.Stage); ok {
		slices.Sort(stages) // AWS has them in no order
	}
}

// holdsResults reports whether outputs have the list even if it is empty.
func holdsResults(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[[]secretlife.SecretDetails](), reflect.TypeFor[[]secretlife.SecretVersionsListEntry]():
		return true
	}
	return false
}

func takeMap(to, from reflect.Value) {
	if from.Len() == 0 {
		return
	}
	to.Set(reflect.MakeMapWithSize(to.Type(), from.Len()))
	for entries := from.MapRange(); entries.Next(); {
		value := reflect.New(to.Type().Elem()).Elem()
		takeSDK(value, entries.Value())
		to.SetMapIndex(entries.Key(), value)
	}
}
