package secretlife

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/secretlife-go/secretlife/internal/immutable"
	"github.com/secretlife-go/secretlife/internal/pack"
)

// VersionID names a version of a secret: the 32 to 64 characters of the
// ClientRequestToken it was made with, usually a UUID. It is made by
// [ParseVersionID] only; its zero value is not an id.
type VersionID struct{ s string }

// ParseVersionID makes a VersionID of 32 to 64 characters. The error is a
// [*ValidationError].
func ParseVersionID(s string) (VersionID, error) {
	if err := checkToken("versionId", s); err != nil {
		return VersionID{}, err
	}
	return VersionID{s}, nil
}

// String returns the id.
func (v VersionID) String() string { return v.s }

// IsZero reports whether v is the zero VersionID.
func (v VersionID) IsZero() bool { return v.s == "" }

// MarshalText implements [encoding.TextMarshaler]: it returns what String does.
func (v VersionID) MarshalText() ([]byte, error) { return []byte(v.s), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]: it parses as ParseVersionID does, and
// takes an empty text for the zero VersionID.
func (v *VersionID) UnmarshalText(text []byte) error { return unmarshalText(v, text, ParseVersionID) }

func checkToken(member, s string) error {
	switch n := utf8.RuneCountInString(s); {
	case n < 32:
		return violation(member, s, minLength(32))
	case n > 64:
		return violation(member, s, maxLength(64))
	}
	return nil
}

// Stage is a staging label: 1 to 256 characters. A label is on at most one
// version of a secret.
type Stage string

// The labels that Secrets Manager moves by itself. Any other, with the prefix
// AWS or without, is the user's own.
const (
	StageCurrent  Stage = "AWSCURRENT"
	StagePrevious Stage = "AWSPREVIOUS"
	StagePending  Stage = "AWSPENDING"
)

func checkStage(member string, s Stage) error {
	switch {
	case s == "":
		return violation(member, "", minLength(1))
	case utf8.RuneCountInString(string(s)) > 256:
		return violation(member, string(s), maxLength(256))
	case !utf8.ValidString(string(s)):
		return violation(member, string(s), mustBeText)
	}
	return nil
}

// maxStages is the quota of labels across all versions of a secret.
const maxStages = 20

// Version is one version of a secret, without its value.
type Version struct {
	id       VersionID
	created  moment
	accessed moment
}

// ID returns the version's id.
func (v Version) ID() VersionID { return v.id }

// CreatedDate returns when the version was made, in UTC, to the millisecond.
func (v Version) CreatedDate() time.Time { return v.created.time() }

// LastAccessedDate returns the day, as its midnight in UTC, on which the value
// was last read, and whether it ever was.
func (v Version) LastAccessedDate() (time.Time, bool) { return v.accessed.get() }

// versions are those of a secret, in order of creation.
type versions = immutable.List[Version]

// byID says that versions are found by their ids.
var byID = immutable.Kind[Version]{
	Key: func(v Version) string { return v.id.s },
	Sum: func(block []Version) immutable.Sum { return sha256.Sum256(packBlock(block)) },
}

func packBlock(block []Version) []byte {
	p := pack.NewWriter(24 * len(block))
	before := int64(0)
	for _, v := range block {
		created := v.created.time().UnixMilli()
		p.ID(v.id.s)
		p.Int(created - before)
		packAccessed(&p, created, v.accessed.millis())
		before = created
	}
	return p.Bytes()
}

func unpackBlock(form []byte) ([]Version, error) {
	u := pack.NewReader(form)
	block := make([]Version, immutable.BlockSize)
	created := int64(0)
	for i := range block {
		id := VersionID{u.ID()}
		created += u.Int()
		block[i] = Version{id, momentAt(created), momentOfMillis(unpackAccessed(&u, created))}
	}
	return block, u.End()
}

// packAccessed writes when a version was last read, after its creation.
func packAccessed(p *pack.Writer, created int64, accessed *int64) {
	if accessed == nil {
		p.Byte(0)
		return
	}
	p.Byte(1)
	p.Int(*accessed - created)
}

func unpackAccessed(u *pack.Reader, created int64) *int64 {
	if u.Byte() == 0 {
		return nil
	}
	ms := created + u.Int()
	return &ms
}

// staged is a label and the version it is on. A list of them with one entry
// per label leaves no room for a label on two versions; a version that is in
// none is deprecated.
type staged struct {
	label   Stage
	version VersionID
}

// is reports whether two are the same version, and not an earlier and a later one with
// the same token.
func (v Version) is(o Version) bool { return v.id == o.id && v.created == o.created }

func errNoStage(label Stage) error {
	return &ResourceNotFoundError{ErrorDetails{
		Message: "Secrets Manager can't find the specified secret value for staging label: " + string(label),
		Reason:  ErrVersionNotFound,
	}}
}

func errNoVersion(id VersionID) error {
	return &ResourceNotFoundError{ErrorDetails{
		Message: "Secrets Manager can't find the specified secret value for VersionId: " + id.s,
		Reason:  ErrVersionNotFound,
	}}
}

// maxValueLength is the largest secret value, in bytes.
const maxValueLength = 65536

const redacted = "[REDACTED]"

// Value is the content of one version of a secret: either a string
// (SecretString) or bytes (SecretBinary), never both. The zero Value is no
// value. Values are immutable and safe to share.
//
// A Value never shows its content: fmt with any verb, encoding/json and
// log/slog all see "[REDACTED]". [Value.Reveal] is the only way out.
type Value struct {
	// Behind a pointer, because fmt prints unexported fields of structs that
	// hold a Value without asking its Format method; it then sees an address.
	content *string
	binary  bool
}

// SecretString makes a Value of text. AWS takes 1 to 65,536 bytes of UTF-8; the
// operations refuse anything else. Other bytes are for [SecretBinary].
func SecretString(s string) Value { return Value{content: &s} }

// SecretBinary makes a Value of bytes, which it copies. AWS takes 1 to 65,536
// bytes; the operations refuse other lengths.
func SecretBinary(b []byte) Value {
	s := string(b)
	return Value{content: &s, binary: true}
}

// Reveal returns the content: the text of a SecretString or the bytes of a
// SecretBinary. It returns "" for the zero Value.
func (v Value) Reveal() string {
	if v.content == nil {
		return ""
	}
	return *v.content
}

// IsBinary reports whether the value was given as SecretBinary.
func (v Value) IsBinary() bool { return v.binary }

// IsZero reports whether there is no value at all. An empty string is a value,
// though one that no operation accepts.
func (v Value) IsZero() bool { return v.content == nil }

// Len returns the length of the content in bytes.
func (v Value) Len() int { return len(v.Reveal()) }

// Equal reports whether two values have the same kind and content. For contents of
// one length it takes the same time wherever they differ.
func (v Value) Equal(o Value) bool {
	return v.binary == o.binary && v.IsZero() == o.IsZero() &&
		subtle.ConstantTimeCompare([]byte(v.Reveal()), []byte(o.Reveal())) == 1
}

// Format implements fmt.Formatter: it writes "[REDACTED]" for every verb.
func (v Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns "[REDACTED]".
func (v Value) String() string { return redacted }

// GoString returns "[REDACTED]".
func (v Value) GoString() string { return redacted }

// LogValue implements slog.LogValuer: "[REDACTED]".
func (v Value) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[REDACTED]".
func (v Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns the JSON string "[REDACTED]".
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// check is the framework's length rule. The text does not show the value, as
// AWS does for sensitive members.
func (v Value) check() error {
	if v.IsZero() {
		return nil
	}
	member := "secretString"
	if v.binary {
		member = "secretBinary"
	}
	switch {
	case v.Len() < 1:
		return sensitiveViolation(member, minLength(1))
	case v.Len() > maxValueLength:
		return sensitiveViolation(member, maxLength(maxValueLength))
	case !v.binary && !utf8.ValidString(v.Reveal()):
		return sensitiveViolation(member, mustBeText)
	}
	return nil
}

// textBothValues is ours: no text of AWS is known.
const textBothValues = "You can't specify both a binary secret value and a string secret value in the same secret."

// OneValue makes a Value of the two members of the wire, of which at most one
// may be given. Given both, it returns an [*InvalidParameterError]; given
// neither, the zero Value.
func OneValue(secretString *string, secretBinary []byte) (Value, error) {
	switch {
	case secretString != nil && secretBinary != nil:
		return Value{}, badParameter(textBothValues, ErrInvalidParameter)
	case secretString != nil:
		return SecretString(*secretString), nil
	case secretBinary != nil:
		return SecretBinary(secretBinary), nil
	}
	return Value{}, nil
}

// backwards is how events have an incarnation: a search of files for its bytes, to see
// whether anything is left of a purged secret, does not find the events about it.
func (i Incarnation) backwards() []byte {
	slices.Reverse(i[:])
	return i[:]
}

// Incarnation tells one life of a name from the next: every creation draws a
// new one of 128 random bits, and none is used twice. It is what makes a late
// purge unable to touch a secret that was created again under the same name.
type Incarnation [16]byte

// String returns the incarnation in hexadecimal.
func (i Incarnation) String() string { return hex.EncodeToString(i[:]) }

// IsZero reports whether i is the zero Incarnation.
func (i Incarnation) IsZero() bool { return i == Incarnation{} }

// ParseIncarnation parses what [Incarnation.String] returns.
func ParseIncarnation(s string) (Incarnation, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(Incarnation{}) {
		return Incarnation{}, fmt.Errorf("incarnation %q is not %d hexadecimal bytes", s, len(Incarnation{}))
	}
	inc := Incarnation(b)
	if inc.IsZero() {
		return Incarnation{}, errors.New("incarnation is zero")
	}
	return inc, nil
}

// MarshalText implements [encoding.TextMarshaler]: it returns what String does, and
// nothing for the zero Incarnation.
func (i Incarnation) MarshalText() ([]byte, error) {
	if i.IsZero() {
		return nil, nil
	}
	return []byte(i.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]: it parses as ParseIncarnation does, and
// takes an empty text for the zero Incarnation.
func (i *Incarnation) UnmarshalText(text []byte) error {
	return unmarshalText(i, text, ParseIncarnation)
}

// Must returns v, and panics if err is not nil. It is for tests and examples, where names
// are known to be right: secretlife.Must(secretlife.ParseName("prod/db")).
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// unmarshalText parses a text, and takes an empty one for the zero value.
func unmarshalText[T any](into *T, text []byte, parse func(string) (T, error)) error {
	var v T
	if len(text) > 0 {
		var err error
		if v, err = parse(string(text)); err != nil {
			return err
		}
	}
	*into = v
	return nil
}

// oneOf parses the name of one of some values.
func oneOf[T interface {
	comparable
	String() string
}](text string, values []T) (T, error) {
	for _, v := range values {
		if v.String() == text {
			return v, nil
		}
	}
	var none T
	return none, illegal("%q is not one of %v", text, values)
}
