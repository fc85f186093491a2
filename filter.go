package secretlife

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// The keys of a [Filter].
const (
	filterAll           = "all"
	filterName          = "name"
	filterDescription   = "description"
	filterTagKey        = "tag-key"
	filterTagValue      = "tag-value"
	filterPrimaryRegion = "primary-region"
	filterOwningService = "owning-service"
)

// filterKeys are in the order in which an emulator quotes them from AWS, with
// those that came later at the end.
var filterKeys = []string{
	filterAll,
	filterName,
	filterTagKey,
	filterDescription,
	filterTagValue,
	filterPrimaryRegion,
	filterOwningService,
}

const filterPattern = `^\!?[a-zA-Z0-9 :_@\/\+\=\.\-]*$`

var filterValue = regexp.MustCompile(filterPattern)

// filters checks the filters of a request.
func (p *problems) filters(list []Filter) []Filter {
	if len(list) > 10 {
		p.add(violation("filters", fmt.Sprint(len(list)), maxLength(10)))
	}
	for i, x := range list {
		at := fmt.Sprintf("filters.%d.member.", i+1)
		if !slices.Contains(filterKeys, x.Key) {
			p.add(
				violation(at+"key", x.Key, "Member must satisfy enum value set: ["+strings.Join(filterKeys, ", ")+"]"),
			)
		}
		if n := len(x.Values); n < 1 {
			p.add(violation(at+"values", fmt.Sprint(n), minLength(1)))
		} else if n > 10 {
			p.add(violation(at+"values", fmt.Sprint(n), maxLength(10)))
		}
		for j, v := range x.Values {
			member := fmt.Sprintf("%svalues.%d.member", at, j+1)
			p.length(member, v, 0, 512)
			if !filterValue.MatchString(v) {
				p.add(violation(member, v, mustMatch(filterPattern)))
			}
		}
	}
	return list
}

// match reports whether one of the filter's values fits the secret. A value
// that begins with "!" fits where the rest of it does not.
func (x Filter) match(s Secret) bool {
	return slices.ContainsFunc(x.Values, func(v string) bool {
		rest, negate := strings.CutPrefix(v, "!")
		return fits(x.Key, rest, s) != negate
	})
}

// fits reports whether a value fits a secret: as a prefix, told apart by case,
// or word by word for descriptions and for all ("Find secrets" in the user
// guide; how words are found is from tests of LocalStack and moto that run
// against AWS).
func fits(key, value string, s Secret) bool {
	switch key {
	case filterName:
		return strings.HasPrefix(s.Name().s, value)
	case filterDescription:
		return hasWords(value, words(s.Description(), false))
	case filterTagKey:
		return slices.ContainsFunc(s.attrs().tags, func(t Tag) bool { return strings.HasPrefix(t.Key, value) })
	case filterTagValue:
		return slices.ContainsFunc(s.attrs().tags, func(t Tag) bool { return strings.HasPrefix(t.Value, value) })
	case filterPrimaryRegion:
		primary, ok := s.PrimaryRegion()
		return ok && strings.HasPrefix(primary.s, value)
	case filterOwningService:
		service := s.OwningService()
		return service != "" && strings.HasPrefix(service, value)
	case filterAll:
		all := append(words(s.Name().s, true), words(s.Description(), true)...)
		for _, t := range s.attrs().tags {
			all = append(append(all, words(t.Key, true)...), words(t.Value, true)...)
		}
		return hasWords(value, all)
	}
	return false
}

// hasWords reports whether every word of a value is the beginning of a word, in
// whatever case. A value without words fits nothing.
func hasWords(value string, among []string) bool {
	asked := words(value, false)
	for _, w := range asked {
		if !slices.ContainsFunc(among, func(x string) bool { return strings.HasPrefix(x, w) }) {
			return false
		}
	}
	return len(asked) > 0
}

// words splits a text at all that is no letter or digit, and puts it in lower
// case. With humps there is also a word from every capital on that begins one:
// "AppBeta" has AppBeta and Beta, "COMPANYthings" has Ythings.
func words(text string, humps bool) []string {
	var out []string
	for _, w := range strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		out = append(out, strings.ToLower(w))
		if !humps {
			continue
		}
		runes := []rune(w)
		for i := 1; i < len(runes); i++ {
			ends := !unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if unicode.IsUpper(runes[i]) && ends {
				out = append(out, strings.ToLower(string(runes[i:])))
			}
		}
	}
	return out
}

// namePrefix is the longest prefix that the name of every match has.
func namePrefix(filters []Filter) string {
	var longest string
	for _, x := range filters {
		if x.Key == filterName && len(x.Values) == 1 && !strings.HasPrefix(x.Values[0], "!") &&
			len(x.Values[0]) > len(longest) {
			longest = x.Values[0]
		}
	}
	return longest
}

// Filter selects secrets: one of its values must match. A value that begins
// with "!" matches what the rest of it does not.
type Filter struct {
	// Key is "name", "tag-key", "tag-value", "primary-region" or
	// "owning-service": a value is a prefix, told apart by case. Or it is
	// "description": every word of a value is the beginning of a word there, in
	// any case. Or "all": the same with the words of name, description and tags,
	// where a capital within a word begins another.
	Key string
	// Values are 1 to 10 of up to 512 letters, digits, spaces and :_@/+=.- each.
	Values []string
}
