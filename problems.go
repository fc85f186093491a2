package secretlife

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife/internal/pagetoken"
	"github.com/secretlife-go/secretlife/internal/region"
)

// problems collects what is wrong with a request, so that a caller learns all
// of it at once. The first is what AWS reports: violations of the API model's
// constraints, joined in one ValidationException, and then the others in the
// order in which they were added.
type problems struct {
	violations *ValidationError
	others     error
}

func (p *problems) add(err error) {
	if err == nil {
		return
	}
	var v *ValidationError // which escapes
	switch {
	case !errors.As(err, &v) || len(v.broken) == 0:
		p.others = multierr.Append(p.others, err)
	case p.violations == nil:
		p.violations = v
	default:
		p.violations = p.violations.join(v)
	}
}

// entry is length for an entry of a list, whose name is only made to be told.
func (p *problems) entry(name string, i int, s string, least, most int) {
	if n := utf8.RuneCountInString(s); n < least || n > most || !utf8.ValidString(s) {
		p.length(fmt.Sprintf(name, i+1), s, least, most)
	}
}

// length adds a violation where s has more than most or fewer than least
// characters, or is not text: the wire could not show it as it is.
func (p *problems) length(member, s string, least, most int) {
	n := utf8.RuneCountInString(s)
	switch {
	case n < least:
		p.add(violation(member, s, minLength(least)))
	case n > most:
		p.add(violation(member, s, maxLength(most)))
	case !utf8.ValidString(s):
		p.add(violation(member, s, mustBeText))
	}
}

// number adds a violation where n is below 1 or above most; 0 is not given.
func (p *problems) number(member string, n, most int64) {
	switch {
	case n < 0:
		p.add(violation(member, n, "Member must have value greater than or equal to 1"))
	case n > most:
		p.add(violation(member, n, fmt.Sprint("Member must have value less than or equal to ", most)))
	}
}

func (p *problems) err() error {
	if p.violations == nil {
		return p.others
	}
	return multierr.Append(p.violations, p.others)
}

func (p *problems) secretID(s string) SecretID {
	id, err := ParseSecretID(s)
	p.add(err)
	return id
}

// versionID parses an optional version id.
func (p *problems) versionID(member, s string) VersionID {
	if s == "" {
		return VersionID{}
	}
	p.add(checkToken(member, s))
	return VersionID{s}
}

func (p *problems) stages(member string, labels []Stage) {
	if len(labels) > maxStages {
		p.add(violation(member, labels, maxLength(maxStages)))
	}
	for i, l := range labels {
		p.add(checkStage(fmt.Sprintf("%s.%d.member", member, i+1), l))
	}
}

func (p *problems) tags(tags []Tag) {
	for i, t := range tags {
		p.entry("tags.%d.member.key", i, t.Key, 1, 128)
		p.entry("tags.%d.member.value", i, t.Value, 0, 256)
	}
}

// systemTags adds an error for keys that only AWS services set.
func (p *problems) systemTags(keys ...string) {
	for _, k := range keys {
		p.add(checkSystemTag(k))
	}
}

func keysOf(tags []Tag) []string {
	keys := make([]string, len(tags))
	for i, t := range tags {
		keys[i] = t.Key
	}
	return keys
}

// region parses one Region of a list.
func (p *problems) region(member, s string) Region {
	r, err := ParseRegion(s)
	var v *ValidationError
	if errors.As(err, &v) {
		x := v.broken[0]
		err = violation(member, x.value, x.constraint)
	}
	p.add(err)
	return r
}

// targets parses the Regions to replicate to. There must be such Regions: those of
// regions, or AWS's where it is nil.
func (p *problems) targets(list []ReplicaRegion, regions []string) []Replica {
	var out []Replica
	for i, r := range list {
		member := fmt.Sprintf("addReplicaRegions.%d.member.", i+1)
		p.length(member+"kmsKeyId", r.KMSKeyID, 0, maxKeyIDLength)
		out = append(out, Replica{Region: p.region(member+"region", r.Region), KMSKeyID: r.KMSKeyID})
		if regions == nil && !region.Known(r.Region) || regions != nil && !slices.Contains(regions, r.Region) {
			p.add(badParameter(textReplicaRegion, ErrInvalidParameter))
		}
	}
	return out
}

// Limits of the API model, in characters.
const (
	maxKeyIDLength       = 2048
	maxDescriptionLength = 2048
	maxTypeLength        = 256
	maxPolicyLength      = 20480
	maxNextTokenLength   = 4096
	maxListPage          = 100
)

func (p *problems) optional(member string, s *string, most int) {
	if s != nil {
		p.length(member, *s, 0, most)
	}
}

// alphabet adds a violation where s has a character that is not in the set.
func (p *problems) alphabet(member, s, set, pattern string) {
	if strings.Trim(s, set) != "" {
		p.add(violation(member, s, mustMatch(pattern)))
	}
}

const tokenAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"

func (p *problems) rotationToken(s string) {
	if s == "" {
		return
	}
	p.length("rotationToken", s, 36, 256)
	p.alphabet("rotationToken", s, tokenAlphabet, `^[a-zA-Z0-9\-]+$`)
}

// page parses the members that lists share, and returns the length of a page.
func (p *problems) page(maxResults int, nextToken string, most int) int {
	p.number("maxResults", int64(maxResults), int64(most))
	p.length("nextToken", nextToken, 0, maxNextTokenLength)
	if maxResults == 0 {
		return most
	}
	return maxResults
}

// cursor parses the NextToken of a list: the zero Cursor begins at the start.
func (p *problems) cursor(key []byte, token, list, request string) Cursor {
	if token == "" {
		return Cursor{}
	}
	place, ok := pagetoken.Open(key, token, list, request)
	if !ok {
		p.add(&InvalidNextTokenError{ErrorDetails{Message: textNextToken, Reason: ErrInvalidNextToken}})
	}
	return Cursor(place)
}

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

// Texts of incomplete filters: as moto has them, not recorded.
const (
	textFilterKey    = "Invalid filter key"
	textFilterValues = "Invalid filter values for key: "
)

// filters checks the filters of a request.
func (p *problems) filters(list []Filter) []Filter {
	if len(list) > 10 {
		p.add(violation("filters", list, maxLength(10)))
	}
	for i, x := range list {
		at := fmt.Sprintf("filters.%d.member.", i+1)
		switch {
		case x.Key == "":
			p.add(badParameter(textFilterKey, ErrInvalidParameter))
		case !slices.Contains(filterKeys, x.Key):
			p.add(
				violation(at+"key", x.Key, "Member must satisfy enum value set: ["+strings.Join(filterKeys, ", ")+"]"),
			)
		}
		switch n := len(x.Values); {
		case n == 0 && x.Key != "":
			p.add(badParameter(textFilterValues+x.Key, ErrInvalidParameter))
		case n > 10:
			p.add(violation(at+"values", x.Values, maxLength(10)))
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
		return hasWords(value, words(s.Description()))
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
		texts := []string{s.Name().s, s.Description()}
		for _, t := range s.attrs().tags {
			texts = append(texts, t.Key, t.Value)
		}
		return hasTerms(value, texts)
	}
	return false
}

// hasWords reports whether every word of a value is the beginning of a word, in
// whatever case. A value without words fits nothing.
func hasWords(value string, among []string) bool {
	asked := words(value)
	for _, w := range asked {
		if !isPrefix(w, among) {
			return false
		}
	}
	return len(asked) > 0
}

func isPrefix(w string, among []string) bool {
	return slices.ContainsFunc(among, func(x string) bool { return hasPrefixFold(x, w) })
}

func hasPrefixFold(s, prefix string) bool {
	return strings.HasPrefix(strings.ToLower(s), strings.ToLower(prefix))
}

// hasTerms reports whether every word of a value is in one of the texts, in whatever
// case: as a whole word, or with each of its terms as the beginning of a term there.
// "company" is in "uat/COMPANY/x" and not in "uat/COMPANYthings/x", whose terms are uat,
// COMPAN, Ythings and x. A value without words is in nothing.
func hasTerms(value string, texts []string) bool {
	var whole, parts []string
	for _, text := range texts {
		for _, w := range words(text) {
			whole, parts = append(whole, w), append(parts, terms(w)...)
		}
	}
	asked := words(value)
	for _, w := range asked {
		found := slices.ContainsFunc(whole, func(x string) bool { return strings.EqualFold(x, w) })
		if !found && slices.ContainsFunc(terms(w), func(term string) bool { return !isPrefix(term, parts) }) {
			return false
		}
	}
	return len(asked) > 0
}

// words splits a text at all that is no letter or digit.
func words(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}

// terms splits a word before each capital that follows another kind of character or is
// followed by a small letter: "AppBeta" into App and Beta, "COMPANYthings" into COMPAN
// and Ythings.
func terms(word string) []string {
	var out []string
	runes, from := []rune(word), 0
	for i := 1; i < len(runes); i++ {
		begins := !unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if unicode.IsUpper(runes[i]) && begins {
			out, from = append(out, string(runes[from:i])), i
		}
	}
	return append(out, string(runes[from:]))
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
	// any case. Or "all": the same with the words of name, description and tags, where
	// a capital within a word begins another.
	Key string
	// Values are 1 to 10 of up to 512 letters, digits, spaces and :_@/+=.- each.
	Values []string
}
