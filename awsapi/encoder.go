package awsapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// encoder writes the JSON object of an answer, member by member. Reflection took half the time of
// a list.
type encoder struct{ out []byte }

// encode returns the object whose members write writes.
func encode(write func(*encoder)) []byte {
	var e encoder
	e.begin()
	write(&e)
	e.end()
	return e.out
}

func (e *encoder) begin() { e.out = append(slices.Grow(e.out[:0], objectSize), '{') }

func (e *encoder) end() { e.out = append(e.out, '}') }

// objectSize is about how many bytes most objects take.
const objectSize = 512

// next separates a member or an entry from the one before.
func (e *encoder) next() {
	if last := e.out[len(e.out)-1]; last != '{' && last != '[' {
		e.out = append(e.out, ',')
	}
}

// name begins a member. The API's own names have nothing to escape.
func (e *encoder) name(name string) {
	e.next()
	e.out = append(append(append(e.out, '"'), name...), '"', ':')
}

func (e *encoder) text(name, s string) {
	e.name(name)
	e.string(s)
}

// optional is text that is left out if it is empty.
func (e *encoder) optional(name, s string) {
	if s != "" {
		e.text(name, s)
	}
}

func (e *encoder) flag(name string, b bool) {
	e.name(name)
	e.out = strconv.AppendBool(e.out, b)
}

func (e *encoder) number(name string, n int64) {
	e.name(name)
	e.out = strconv.AppendInt(e.out, n, 10)
}

// date is written as AWS JSON does: seconds since 1970, with as many as three digits for
// milliseconds.
func (e *encoder) date(name string, t time.Time) {
	e.name(name)
	ms := t.UnixMilli()
	if ms < 0 {
		e.out, ms = append(e.out, '-'), -ms
	}
	e.out = strconv.AppendInt(e.out, ms/1000, 10)
	if rest := ms % 1000; rest != 0 {
		e.out = append(e.out, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
		for e.out[len(e.out)-1] == '0' {
			e.out = e.out[:len(e.out)-1]
		}
	}
}

// optionalDate is left out if it is zero.
func (e *encoder) optionalDate(name string, t time.Time) {
	if !t.IsZero() {
		e.date(name, t)
	}
}

func (e *encoder) object(name string, write func()) {
	e.name(name)
	e.out = append(e.out, '{')
	write()
	e.out = append(e.out, '}')
}

// entrySize is about how many bytes a secret of a list takes, or a small value of a batch.
const entrySize = 384

// objects writes a list of objects, whose members write writes.
func objects[T any](e *encoder, name string, list []T, write func(*encoder, T)) {
	e.name(name)
	e.out = append(slices.Grow(e.out, 1+entrySize*len(list)), '[')
	for _, x := range list {
		e.next()
		e.out = append(e.out, '{')
		write(e, x)
		e.out = append(e.out, '}')
	}
	e.out = append(e.out, ']')
}

// texts writes a list of strings.
func texts[T ~string](e *encoder, name string, list []T) {
	e.name(name)
	entries(e, list)
}

func entries[T ~string](e *encoder, list []T) {
	e.out = append(e.out, '[')
	for _, s := range list {
		e.next()
		e.string(string(s))
	}
	e.out = append(e.out, ']')
}

// textsOf is texts whose name is a client's.
func textsOf[T ~string](e *encoder, name string, list []T) {
	e.next()
	e.string(name)
	e.out = append(e.out, ':')
	entries(e, list)
}

// string writes a string as encoding/json does without escaping HTML, which no client of AWS is.
// encoding/json itself writes strings with rare characters.
func (e *encoder) string(s string) {
	begin := len(e.out)
	e.out = append(e.out, '"')
	copied := 0
	for i := plainPart(s); i < len(s); i++ {
		switch escapes[s[i]] {
		case escaped:
			e.out = append(append(e.out, s[copied:i]...), '\\')
			copied = i
		case rare:
			e.out = append(e.out[:begin], rareString(s)...)
			return
		}
	}
	e.out = append(append(e.out, s[copied:]...), '"')
}

// plainPart returns the length of a part at the beginning that is written as it is: it looks at
// eight bytes at once, and ends before eight of which one is not. Nearly all strings have no such
// byte; byte by byte they took a tenth of the time of a batch.
func plainPart(s string) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		quotes, backslashes := x^ones*'"', x^ones*'\\'
		// A byte of these has its top bit set where one of x is not ASCII, below a space, a quote or a backslash.
		if (x|(x-ones*' ')|(quotes-ones)|(backslashes-ones))&tops != 0 {
			break
		}
	}
	return i
}

const (
	escaped = iota + 1 // by a backslash
	rare
)

// escapes says which bytes of a string are not written as they are.
var escapes = func() (of [256]uint8) {
	for c := range of {
		if c < ' ' || c >= utf8.RuneSelf {
			of[c] = rare
		}
	}
	of['"'], of['\\'] = escaped, escaped
	return of
}()

// rareString has encoding/json write a string, which does not fail.
func rareString(s string) []byte {
	var b bytes.Buffer
	j := json.NewEncoder(&b)
	j.SetEscapeHTML(false)
	_ = j.Encode(s)
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
}
