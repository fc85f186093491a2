// Package pack writes and reads the binary forms of events and states, part by part.
// They are for stores, where JSON is several times as long and takes longer to read.
package pack

import (
	"encoding/binary"
	"errors"
)

// ErrForm is returned for bytes that are not what a Writer wrote.
var ErrForm = errors.New("secretlife: not a binary form of this version")

// Writer writes parts. The zero Writer is ready to use.
type Writer struct{ b []byte }

// NewWriter returns a Writer with room for so many bytes.
func NewWriter(size int) Writer { return Writer{make([]byte, 0, size)} }

// Bytes returns what was written.
func (w *Writer) Bytes() []byte { return w.b }

// Byte writes one byte.
func (w *Writer) Byte(c byte) { w.b = append(w.b, c) }

// Uint writes a number in as few bytes as it needs.
func (w *Writer) Uint(n uint64) { w.b = binary.AppendUvarint(w.b, n) }

// Int writes a number that may be below zero.
func (w *Writer) Int(n int64) { w.b = binary.AppendVarint(w.b, n) }

// Raw writes bytes without their length.
func (w *Writer) Raw(b []byte) { w.b = append(w.b, b...) }

// Text writes a string after its length.
func (w *Writer) Text(s string) {
	w.Uint(uint64(len(s)))
	w.b = append(w.b, s...)
}

// ID writes a version id. Nearly all are UUIDs, which are 16 bytes: those come
// after a 0, others after one more than their length.
func (w *Writer) ID(s string) {
	if b, ok := uuidBytes(s); ok {
		w.Byte(0)
		w.Raw(b[:])
		return
	}
	w.Uint(uint64(len(s)) + 1)
	w.b = append(w.b, s...)
}

// Reader reads what a Writer wrote. After the first part that is not there it
// reads nothing but zeros.
type Reader struct {
	b   []byte
	bad bool
}

// NewReader returns a Reader of bytes.
func NewReader(b []byte) Reader { return Reader{b: b} }

// Take reads bytes without their length. It never returns more than there is, whatever a length claims.
func (r *Reader) Take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if b := r.Take(1); b != nil {
		return b[0]
	}
	return 0
}

// Uint reads a number of [Writer.Uint].
func (r *Reader) Uint() uint64 {
	n, size := binary.Uvarint(r.b)
	if r.Take(uint64(max(size, 0))); size <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	return n
}

// Int reads a number of [Writer.Int].
func (r *Reader) Int() int64 {
	n, size := binary.Varint(r.b)
	if r.Take(uint64(max(size, 0))); size <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	return n
}

// Text reads a string of [Writer.Text].
func (r *Reader) Text() string { return string(r.Take(r.Uint())) }

// ID reads a version id.
func (r *Reader) ID() string {
	n := r.Uint()
	if n == 0 {
		var b [16]byte
		copy(b[:], r.Take(16))
		return UUID(b)
	}
	return string(r.Take(n - 1))
}

// Count reads how many parts follow, of at least a byte each.
func (r *Reader) Count() int {
	n := r.Uint()
	if n > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return 0
	}
	return int(n)
}

// Bad reports whether a part was missing.
func (r *Reader) Bad() bool { return r.bad }

// End returns [ErrForm] unless all was read, and nothing was missing.
func (r *Reader) End() error {
	if r.bad || len(r.b) > 0 {
		return ErrForm
	}
	return nil
}
