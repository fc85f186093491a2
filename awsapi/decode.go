package awsapi

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// kind is what a JSON value is, under the names in which AWS complains.
type kind uint8

const (
	null kind = iota
	text
	number
	boolean
	list
	structure
)

// value is a parsed JSON value.
type value struct {
	kind    kind
	truth   bool
	text    string   // of a string, unescaped; of a number, as written
	members []member // of a structure, or of a list, without names
}

type member struct {
	name  string
	value value
}

// clone returns a copy that shares no members.
func (v value) clone() value {
	v.members = slices.Clone(v.members)
	for i := range v.members {
		v.members[i].value = v.members[i].value.clone()
	}
	return v
}

// maxDepth is how deep values may be nested; the API needs four.
const maxDepth = 16

// parser reads JSON strictly: valid UTF-8, no duplicate members, nothing after
// the value. encoding/json folds the case of names and keeps the last of
// duplicates, which an authoriser in front might see differently.
type parser struct {
	data   []byte
	at     int
	depth  int
	values int // members of objects and lists so far

	share   *share // nil is no limit
	granted int64  // of it, and not used yet

	spare []member // memory for members; it may be nil
}

const (
	// maxValues is how many members all objects and lists of a request may have
	// together. The API needs a few hundred.
	maxValues  = 10_000
	memberSize = 64
	nameSize   = 64 // in a map
	grant      = 4 << 10
)

// use takes memory before it is used, in larger pieces.
func (p *parser) use(n int64) error {
	if p.share == nil {
		return nil
	}
	if p.granted < n {
		more := max(n, grant)
		if err := p.share.take(more); err != nil {
			return err
		}
		p.granted += more
	}
	p.granted -= n
	return nil
}

// add adds a member to an object or a list, and returns where it is read into. What it takes
// is counted with what the members took before they were moved, which is there for a while.
func (p *parser) add(to *value, name string) (*value, error) {
	if n := len(to.members); n == cap(to.members) {
		size := max(2*n, 1)
		if n == 1 {
			size = 8 // it is a list of several
		}
		if to.kind == structure {
			size = max(size, 4)
		}
		if err := p.use(int64(size) * memberSize); err != nil {
			return nil, err
		}
		to.members = append(p.room(size), to.members...)
	}
	to.members = append(to.members, member{name: name})
	return &to.members[len(to.members)-1].value, nil
}

// room returns memory for members.
func (p *parser) room(size int) []member {
	if size > len(p.spare) {
		return make([]member, 0, size)
	}
	out := p.spare[:0:size]
	p.spare = p.spare[size:]
	return out
}

// count counts a member that was read.
func (p *parser) count() error {
	if p.values++; p.values > maxValues {
		return serialization("The JSON request has more than %d values.", maxValues)
	}
	return nil
}

// parseObject reads the object that a request body must be. An empty body is an
// empty object, as the SDKs send for operations without input.
func parseObject(data []byte, s *share) (value, error) {
	p := parser{data: data, share: s}
	var v value
	if err := p.request(&v); err != nil {
		return value{}, err
	}
	return v, nil
}

// request reads the object that is all of the data.
func (p *parser) request(v *value) error {
	if !utf8.Valid(p.data) {
		return serialization("The request body is not valid UTF-8.")
	}
	p.space()
	if p.at == len(p.data) {
		v.kind = structure
		return nil
	}
	if p.data[p.at] != '{' {
		return serialization("The request body must be a JSON object.")
	}
	if err := p.value(v); err != nil {
		return err
	}
	p.space()
	if p.at != len(p.data) {
		return serialization("There is something after the JSON object, at byte %d.", p.at)
	}
	return nil
}

func (p *parser) space() {
	for p.at < len(p.data) && isSpace(p.data[p.at]) {
		p.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func (p *parser) unexpected() error {
	if p.at >= len(p.data) {
		return serialization("Unexpected end of the JSON request.")
	}
	return serialization("Unexpected character in the JSON request, at byte %d.", p.at)
}

// take moves past a byte, if it is the next one after white space.
func (p *parser) take(c byte) bool {
	p.space()
	if p.at < len(p.data) && p.data[p.at] == c {
		p.at++
		return true
	}
	return false
}

// value reads any value into a zero one, or an object into one that has room for members.
func (p *parser) value(v *value) (err error) {
	p.space()
	if p.at >= len(p.data) {
		return p.unexpected()
	}
	switch c := p.data[p.at]; {
	case c == '"':
		v.kind = text
		v.text, err = p.string()
		return err
	case c == '{' || c == '[':
		return p.nested(v, c)
	case c == '-' || c >= '0' && c <= '9':
		v.kind = number
		v.text, err = p.number()
		return err
	}
	for _, w := range [...]struct {
		word string
		v    value
	}{{"null", value{}}, {"true", value{kind: boolean, truth: true}}, {"false", value{kind: boolean}}} {
		if strings.HasPrefix(string(p.data[p.at:min(p.at+5, len(p.data))]), w.word) {
			p.at += len(w.word)
			*v = w.v
			return nil
		}
	}
	return p.unexpected()
}

// nested reads the object or the list that open opens.
func (p *parser) nested(v *value, open byte) error {
	if p.depth == maxDepth {
		return serialization("The JSON request is nested more than %d deep.", maxDepth)
	}
	p.depth++
	defer func() { p.depth-- }()
	p.at++
	if open == '{' {
		return p.object(v)
	}
	return p.list(v)
}

func (p *parser) object(v *value) error {
	v.kind = structure
	var seen map[string]bool // nil as long as the members are few
	for first := true; !p.take('}'); first = false {
		if !first && !p.take(',') {
			return p.unexpected()
		}
		p.space()
		if p.at >= len(p.data) || p.data[p.at] != '"' {
			return p.unexpected()
		}
		name, err := p.string()
		if err != nil {
			return err
		}
		if v.has(name, seen) {
			return serialization("The member %q is there more than once.", clip(name))
		}
		if !p.take(':') {
			return p.unexpected()
		}
		if err := p.member(v, name); err != nil {
			return err
		}
		if seen, err = p.note(v, seen); err != nil {
			return err
		}
	}
	return nil
}

// fewMembers is how many members are gone through to find a name: more are noted in a map.
const fewMembers = 16

// has reports whether a structure has a member, which seen knows if it is not nil.
func (v *value) has(name string, seen map[string]bool) bool {
	if seen != nil {
		return seen[name]
	}
	return slices.ContainsFunc(v.members, func(m member) bool { return m.name == name })
}

// note notes the last member of a structure, or all of them if they are no longer few.
func (p *parser) note(v *value, seen map[string]bool) (map[string]bool, error) {
	n := len(v.members)
	if n < fewMembers {
		return nil, nil
	}
	latest := v.members[n-1:]
	if seen == nil {
		seen, latest = map[string]bool{}, v.members
	}
	for _, m := range latest {
		if err := p.use(2 * nameSize); err != nil {
			return seen, err
		}
		seen[m.name] = true
	}
	return seen, nil
}

func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "..."
	}
	return s
}

func (p *parser) list(v *value) error {
	v.kind = list
	for first := true; !p.take(']'); first = false {
		if !first && !p.take(',') {
			return p.unexpected()
		}
		if err := p.member(v, ""); err != nil {
			return err
		}
	}
	return nil
}

// member reads a value into an object or a list.
func (p *parser) member(of *value, name string) error {
	v, err := p.add(of, name)
	if err != nil {
		return err
	}
	if err := p.value(v); err != nil {
		return err
	}
	return p.count()
}

// string reads a string. Most have no escapes and are copied as they are.
func (p *parser) string() (string, error) {
	begin := p.at
	p.at++
	for plain := true; p.at < len(p.data); p.at++ {
		switch c := p.data[p.at]; {
		case c == '"':
			p.at++
			if err := p.use(int64(p.at - begin)); err != nil {
				return "", err
			}
			if plain {
				return string(p.data[begin+1 : p.at-1]), nil
			}
			var s string
			if err := json.Unmarshal(p.data[begin:p.at], &s); err != nil || halfPair(p.data[begin:p.at]) {
				p.at = begin
				return "", serialization("A string in the JSON request is malformed, at byte %d.", begin)
			}
			return s, nil
		case c == '\\':
			plain = false
			p.at++
		case c < ' ':
			return "", p.unexpected()
		}
	}
	p.at = len(p.data)
	return "", p.unexpected()
}

// halfPair reports whether a JSON string escapes one half of a surrogate pair
// only, which is no character. encoding/json puts U+FFFD in its place: a secret
// would be kept that nobody sent.
func halfPair(s []byte) bool {
	high := false // the escape just before was the first half of a pair
	for i := 0; i < len(s); i++ {
		var half byte
		if s[i] == '\\' {
			i++
			if s[i] == 'u' && (s[i+1] == 'd' || s[i+1] == 'D') {
				half = s[i+2]
			}
		}
		low := half >= 'c' || half >= 'C' && half <= 'F'
		if low != high {
			return true
		}
		high = !low && half >= '8'
		if half != 0 {
			i += 4
		}
	}
	return false
}

func (p *parser) number() (string, error) {
	begin := p.at
	for p.at < len(p.data) && strings.IndexByte("+-.eE0123456789", p.data[p.at]) >= 0 {
		p.at++
	}
	if err := p.use(int64(p.at - begin)); err != nil {
		return "", err
	}
	if !json.Valid(p.data[begin:p.at]) {
		p.at = begin
		return "", p.unexpected()
	}
	return string(p.data[begin:p.at]), nil
}
