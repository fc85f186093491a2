package awsapi

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/validation"
)

// members reads the members of a request into Go values. What is wrong is kept
// until the end. Of it AWS tells the first value of a wrong type, or else all
// violations of the API model, or else what breaks a rule of the service.
type members struct {
	object     value
	path       string // of the structure within the request, with a point at its end
	wrong      error
	violations []string
	rule       error
}

// err tells what was wrong, in AWS's words.
func (m *members) err() error {
	switch {
	case m.wrong != nil:
		return m.wrong
	case len(m.violations) > 0:
		return invalid(m.violations)
	}
	return m.rule
}

// invalid is the framework's response to violations of the API model.
func invalid(texts []string) error {
	return &protocolError{http.StatusBadRequest, "ValidationException", validation.Message(texts)}
}

// violation notes that the value of a member breaks a constraint.
func (m *members) violation(value any, name, constraint string) {
	text := validation.Text(m.path+lowerCamel(name), validation.Print(value), constraint)
	m.violations = append(m.violations, text)
}

func lowerCamel(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// get finds a member; null counts as absent.
func (v value) get(name string) (value, bool) {
	for _, m := range v.members {
		if m.name == name {
			return m.value, m.value.kind != null
		}
	}
	return value{}, false
}

// kinds are how AWS's framework calls what it found.
var kinds = [...]string{
	null: "NULL_VALUE", text: "STRING_VALUE", number: "NUMBER_VALUE", boolean: "BOOLEAN_VALUE",
	list: "START_ARRAY", structure: "START_OBJECT",
}

func (m *members) mistake(v value, want string) {
	if m.wrong == nil {
		m.wrong = serialization("%s can not be converted to %s", kinds[v.kind], want)
	}
}

func (m *members) required(name string) {
	if _, ok := m.object.get(name); !ok {
		m.violations = append(m.violations, validation.NullText(m.path+lowerCamel(name)))
	}
}

func (m *members) asString(v value) string {
	if v.kind != text {
		m.mistake(v, "a String")
	}
	return v.text
}

// optionalString is a string that may be missing.
func (m *members) optionalString(name string) *string {
	v, ok := m.object.get(name)
	if !ok {
		return nil
	}
	s := m.asString(v)
	return &s
}

// string is a string for which missing and empty are the same.
func (m *members) string(name string) string {
	v, ok := m.object.get(name)
	if !ok {
		return ""
	}
	return m.asString(v)
}

// nonEmptyString is a string that the API model wants to have at least so many
// characters if it is there. Only an empty one is refused here, which for the
// Manager is the same as an absent one.
func (m *members) nonEmptyString(name string, least int) string {
	v, ok := m.object.get(name)
	if !ok {
		return ""
	}
	s := m.asString(v)
	if s == "" && m.wrong == nil {
		m.violation("", name, fmt.Sprint("Member must have length greater than or equal to ", least))
	}
	return s
}

// notEmpty is for a list that, where it is there, must have an entry: for the
// Manager an empty one is the same as none.
func (m *members) notEmpty(name string) {
	if v, ok := m.object.get(name); ok && v.kind == list && len(v.members) == 0 {
		m.violation([]string{}, name, "Member must have length greater than or equal to 1")
	}
}

// nextToken and clientToken are members of several operations.
func (m *members) nextToken() string   { return m.nonEmptyString("NextToken", 1) }
func (m *members) clientToken() string { return m.nonEmptyString("ClientRequestToken", 32) }

// requiredString is a string that must be there.
func (m *members) requiredString(name string) string {
	m.required(name)
	return m.string(name)
}

func (m *members) flag(name string) bool {
	v, ok := m.object.get(name)
	if ok && v.kind != boolean {
		m.mistake(v, "a Boolean")
	}
	return v.truth
}

// optionalFlag is a flag that may be missing.
func (m *members) optionalFlag(name string) *bool {
	if _, ok := m.object.get(name); !ok {
		return nil
	}
	truth := m.flag(name)
	return &truth
}

func (m *members) optionalLong(name string) *int64 {
	v, ok := m.object.get(name)
	if !ok {
		return nil
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	if v.kind != number || err != nil {
		m.mistake(v, "a Long")
	}
	return &n
}

// pageSize is a MaxResults. Its range is checked here because zero on the wire
// is out of range and not, as for the Manager, the default.
func (m *members) pageSize() int { return m.pageOf(100) }

func (m *members) pageOf(most int64) int {
	n := m.optionalLong("MaxResults")
	switch {
	case n == nil:
		return 0
	case *n < 1:
		m.violation(*n, "MaxResults", "Member must have value greater than or equal to 1")
	case *n > most:
		m.violation(*n, "MaxResults", fmt.Sprint("Member must have value less than or equal to ", most))
	default:
		return int(*n)
	}
	return 0
}

func (m *members) list(name string) []member {
	v, ok := m.object.get(name)
	if ok && v.kind != list {
		m.mistake(v, "a List")
		return nil
	}
	return v.members
}

func (m *members) strings(name string) []string {
	list := m.list(name)
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = m.asString(item.value)
	}
	return out
}

// structures calls read for each structure of a list.
func (m *members) structures(name string, read func(*members)) {
	for _, item := range m.list(name) {
		if item.value.kind != structure {
			m.mistake(item.value, "a Structure")
			return
		}
		inner := &members{object: item.value}
		read(inner)
		if m.wrong == nil {
			m.wrong = inner.wrong
		}
	}
}

// structure calls read for a structure, if it is there.
func (m *members) structure(name string, read func(*members)) {
	v, ok := m.object.get(name)
	if !ok {
		return
	}
	if v.kind != structure {
		m.mistake(v, "a Structure")
		return
	}
	inner := &members{object: v, path: m.path + lowerCamel(name) + "."}
	read(inner)
	m.violations = append(m.violations, inner.violations...)
	if m.wrong == nil {
		m.wrong = inner.wrong
	}
}

func (m *members) tags() []secretlife.Tag {
	var out []secretlife.Tag
	m.structures("Tags", func(t *members) {
		out = append(out, secretlife.Tag{Key: t.string("Key"), Value: t.string("Value")})
	})
	return out
}

func (m *members) filters() []secretlife.Filter {
	var out []secretlife.Filter
	m.structures("Filters", func(f *members) {
		out = append(out, secretlife.Filter{Key: f.string("Key"), Values: f.strings("Values")})
	})
	return out
}

func (m *members) regions() []secretlife.ReplicaRegion {
	var out []secretlife.ReplicaRegion
	m.notEmpty("AddReplicaRegions")
	m.structures("AddReplicaRegions", func(r *members) {
		out = append(out, secretlife.ReplicaRegion{Region: r.string("Region"), KMSKeyID: r.string("KmsKeyId")})
	})
	return out
}

// secretValue reads the two members of which at most one may be given. That
// both were given is a rule's concern, not the protocol's.
func (m *members) secretValue() secretlife.Value {
	var blob []byte
	if s := m.optionalString("SecretBinary"); s != nil {
		var err error
		if blob, err = base64.StdEncoding.DecodeString(*s); err != nil {
			m.mistake(value{kind: text}, "a Blob: it is not base64")
		}
		if blob == nil {
			blob = []byte{}
		}
	}
	v, err := secretlife.OneValue(m.optionalString("SecretString"), blob)
	if err != nil {
		m.rule = err
	}
	return v
}
