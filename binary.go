package secretlife

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// errBinary says that bytes are not what MarshalBinary wrote.
var errBinary = errors.New("secretlife: not a binary form of this version")

// packer writes the binary forms of events and states, part by part. They are for
// stores, where JSON is several times as long and takes longer to read.
type packer struct{ b []byte }

func (p *packer) byte(c byte)   { p.b = append(p.b, c) }
func (p *packer) uint(n uint64) { p.b = binary.AppendUvarint(p.b, n) }
func (p *packer) int(n int64)   { p.b = binary.AppendVarint(p.b, n) }
func (p *packer) raw(b []byte)  { p.b = append(p.b, b...) }

func (p *packer) text(s string) {
	p.uint(uint64(len(s)))
	p.b = append(p.b, s...)
}

// id writes a version id. Nearly all are UUIDs, which are 16 bytes: those come
// after a 0, others after one more than their length.
func (p *packer) id(s string) {
	if b, ok := uuidBytes(s); ok {
		p.byte(0)
		p.raw(b[:])
		return
	}
	p.uint(uint64(len(s)) + 1)
	p.b = append(p.b, s...)
}

// uuidBytes reads the one way of writing a UUID that uuidText has.
func uuidBytes(s string) (b [16]byte, ok bool) {
	if len(s) != 36 {
		return b, false
	}
	at := 0
	for _, part := range [...]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]} {
		n, err := hex.Decode(b[at:], []byte(part))
		if err != nil {
			return b, false
		}
		at += n
	}
	return b, uuidText(b) == s // upper case is another id, and so is one without hyphens
}

func uuidText(b [16]byte) string {
	var s [36]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// unpacker reads what packer wrote. After the first part that is not there it
// reads nothing but zeros.
type unpacker struct {
	b   []byte
	bad bool
}

// take never returns more than there is, whatever a length claims.
func (u *unpacker) take(n uint64) []byte {
	if n > uint64(len(u.b)) {
		u.b, u.bad = nil, true
		return nil
	}
	b := u.b[:n]
	u.b = u.b[n:]
	return b
}

func (u *unpacker) byte() byte {
	if b := u.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (u *unpacker) uint() uint64 {
	n, size := binary.Uvarint(u.b)
	if u.take(uint64(max(size, 0))); size <= 0 {
		u.b, u.bad = nil, true
		return 0
	}
	return n
}

func (u *unpacker) int() int64 {
	n, size := binary.Varint(u.b)
	if u.take(uint64(max(size, 0))); size <= 0 {
		u.b, u.bad = nil, true
		return 0
	}
	return n
}

func (u *unpacker) text() string { return string(u.take(u.uint())) }

func (u *unpacker) id() string {
	n := u.uint()
	if n == 0 {
		var b [16]byte
		copy(b[:], u.take(16))
		return uuidText(b)
	}
	return string(u.take(n - 1))
}

// count reads how many parts follow, of at least a byte each.
func (u *unpacker) count() int {
	n := u.uint()
	if n > uint64(len(u.b)) {
		u.b, u.bad = nil, true
		return 0
	}
	return int(n)
}

// end holds that all was read, and nothing was missing.
func (u *unpacker) end() error {
	if u.bad || len(u.b) > 0 {
		return errBinary
	}
	return nil
}
