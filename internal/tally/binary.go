package tally

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// form is the first byte of the binary form.
const form = 1

var errForm = errors.New("tally: not the binary form of a tally")

// MarshalBinary returns the form in which a store keeps the tally.
func (t Tally) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, 96+len(t.boot)+40*len(t.gaps))
	b = append(b, form)
	b = append(b, t.id[:]...)
	b = appendBool(b, t.virtual)
	b = binary.AppendUvarint(b, t.n)
	b = binary.BigEndian.AppendUint64(b, t.nonce)
	b = binary.AppendVarint(b, int64(t.count))
	b = binary.AppendUvarint(b, uint64(len(t.boot)))
	b = append(b, t.boot...)
	b = binary.AppendVarint(b, int64(t.elapsed))
	for _, at := range []time.Time{t.wall, t.store, t.witness} {
		b = appendTime(b, at)
	}
	b = binary.AppendUvarint(b, uint64(len(t.gaps)))
	for _, g := range t.gaps {
		b = binary.AppendUvarint(b, g.N)
		b = binary.AppendVarint(b, int64(g.Count))
		b = appendTime(b, g.From)
		b = appendTime(b, g.To)
		b = binary.AppendVarint(b, int64(g.Length))
		b = append(b, byte(g.Proof))
		b = binary.AppendVarint(b, int64(g.Confirmed.From))
		b = binary.AppendUvarint(b, g.Confirmed.N)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (t *Tally) UnmarshalBinary(data []byte) error {
	r := reader{b: data}
	if r.byte() != form {
		return errForm
	}
	var out Tally
	copy(out.id[:], r.take(len(out.id)))
	out.virtual = r.byte() == 1
	out.n = r.uvarint()
	if nonce := r.take(8); nonce != nil {
		out.nonce = binary.BigEndian.Uint64(nonce)
	}
	out.count = r.duration()
	out.boot = string(r.take(r.length()))
	out.elapsed = r.duration()
	for _, at := range []*time.Time{&out.wall, &out.store, &out.witness} {
		*at = r.time()
	}
	for range r.length() {
		g := Gap{N: r.uvarint(), Count: r.duration(), From: r.time(), To: r.time(), Length: r.duration(),
			Proof: Proof(r.byte())}
		if from, n := r.duration(), r.uvarint(); g.Proof == ProofOperator {
			g.Confirmed = Stamp{Tally: out.id, From: from, N: n}
		}
		if r.failed || g.Proof > ProofOperator || g.Length < 0 {
			return errForm
		}
		out.gaps = append(out.gaps, g)
	}
	if r.failed || len(r.b) > 0 || out.IsZero() || out.count < 0 {
		return errForm
	}
	*t = out
	return nil
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendTime writes an instant to the millisecond; the zero Time stands for no instant.
func appendTime(b []byte, at time.Time) []byte {
	if at.IsZero() {
		return binary.AppendVarint(b, math.MinInt64)
	}
	return binary.AppendVarint(b, at.UnixMilli())
}

// reader reads from the front of b. What is not there makes it fail.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.failed, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.failed, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// length reads how many bytes or entries follow, each of a byte at least.
func (r *reader) length() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.failed, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.failed, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) duration() time.Duration { return time.Duration(r.varint()) }

func (r *reader) time() time.Time {
	ms := r.varint()
	if ms == math.MinInt64 || r.failed {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
