package secretlife

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife/internal/pack"
)

// source draws from the random source, one at a time.
type source struct {
	mu sync.Mutex
	r  io.Reader
}

func (s *source) read(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.ReadFull(s.r, b); err != nil {
		return internal(fmt.Errorf("random source: %w", err))
	}
	return nil
}

func (s *source) uint64() (uint64, error) {
	var b [8]byte
	err := s.read(b[:])
	return binary.BigEndian.Uint64(b[:]), err
}

// below draws a number from 0 to n-1. What would make some more likely than
// others is drawn again.
func (s *source) below(n int) (int, error) {
	size := uint64(n)
	for limit := math.MaxUint64 - math.MaxUint64%size; ; {
		x, err := s.uint64()
		if err != nil || x < limit {
			return int(x % size), err
		}
	}
}

func (s *source) suffix() (suffix, error) {
	var out suffix
	n, err := s.uint64()
	for i := range out {
		out[i] = suffixAlphabet[n%uint64(len(suffixAlphabet))]
		n /= uint64(len(suffixAlphabet))
	}
	return out, err
}

func (s *source) incarnation() (Incarnation, error) {
	var inc Incarnation
	err := s.read(inc[:])
	return inc, err
}

func (s *source) versionID() (VersionID, error) {
	var b [16]byte
	err := s.read(b[:])
	return VersionID{pack.RandomUUID(b)}, err
}

// Delay is how much later than it could something happens: always the same, or
// drawn anew each time. The zero Delay does not delay.
type Delay struct{ least, most time.Duration }

// FixedDelay is always the same; below zero counts as zero.
func FixedDelay(d time.Duration) Delay { return Delay{max(d, 0), max(d, 0)} }

// RandomDelay is drawn evenly between two durations, in milliseconds, from the
// Manager's random source. It is an error for most to be below least, or for
// least to be below zero.
func RandomDelay(least, most time.Duration) (Delay, error) {
	if least < 0 || most < least {
		return Delay{}, fmt.Errorf("secretlife: delay from %v to %v", least, most)
	}
	return Delay{least, most}, nil
}

// ParseDelay reads "none", a fixed delay such as "5s", or a range such as
// "1h..24h".
func ParseDelay(s string) (Delay, error) {
	if s == "none" {
		return Delay{}, nil
	}
	from, to, isRange := strings.Cut(s, "..")
	least, err := time.ParseDuration(from)
	if err != nil {
		return Delay{}, fmt.Errorf(
			`secretlife: delay %q is not "none", a duration such as "5s" or a range such as "1h..24h"`, s,
		)
	}
	most := least
	if isRange {
		if most, err = time.ParseDuration(to); err != nil {
			return Delay{}, fmt.Errorf("secretlife: delay %q does not end in a duration", s)
		}
	}
	return RandomDelay(least, most)
}

// isZero reports whether there is no delay.
func (d Delay) isZero() bool { return d.most == 0 }

func (d Delay) draw(r *source) (time.Duration, error) {
	span := uint64((d.most - d.least) / time.Millisecond)
	if span == 0 {
		return d.least, nil
	}
	n, err := r.uint64()
	return d.least + time.Duration(n%(span+1))*time.Millisecond, err
}
