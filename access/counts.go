package access

import (
	"encoding/binary"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/secretlife-go/secretlife"
)

const (
	// mostEntries is how many entries wait in memory at most, which takes about 25 MB. Calls
	// that would need another one are dropped, and counted as that.
	mostEntries = 1 << 16
	// manyEntries is how many wait when they are written before their time.
	manyEntries = mostEntries / 4

	shardCount = 32
)

// counts are the entries that wait to be written.
type counts struct {
	seed    maphash.Seed
	shards  [shardCount]shard
	size    atomic.Int64 // of all that is not in the store yet
	dropped atomic.Uint64
	many    chan struct{} // receives when many wait
}

// shard has the entries of some incarnations, so that calls on different secrets do not wait for
// each other. It is a hash table of its own, as a map takes as long as all else that is done for
// a call: every call adds to an entry, and few make one.
type shard struct {
	mu    sync.Mutex
	slots []slot // a power of two of them, at most half of which are taken
	taken int
	_     [24]byte // the next shard is on another cache line
}

type slot struct {
	hash  uint64
	entry *counted // nil if nothing is there
}

// get returns the entry of a subject, or nil.
func (s *shard) get(hash uint64, of *subject) *counted {
	if s.slots == nil {
		return nil
	}
	n, _ := s.find(hash, of)
	return n
}

// find returns the entry of a subject, and the slot where it is, or would be.
func (s *shard) find(hash uint64, of *subject) (n *counted, at int) {
	for at = int(hash) & (len(s.slots) - 1); ; at = (at + 1) & (len(s.slots) - 1) {
		there := &s.slots[at]
		if there.entry == nil || there.hash == hash && there.entry.subject == *of {
			return there.entry, at
		}
	}
}

// put adds a new entry.
func (s *shard) put(hash uint64, n *counted) {
	if 2*(s.taken+1) > len(s.slots) {
		old := s.slots
		s.slots = make([]slot, max(64, 2*len(old)))
		for _, o := range old {
			if o.entry != nil {
				_, at := s.find(o.hash, &o.entry.subject)
				s.slots[at] = o
			}
		}
	}
	_, at := s.find(hash, &n.subject)
	s.slots[at] = slot{hash, n}
	s.taken++
}

// counted is an entry on its way, with what it counts. What most calls read and write comes first, in
// one cache line.
type counted struct {
	subject
	calls, refused uint64
	last, first    int64 // in milliseconds
	arn            secretlife.ARN
}

// asEntry returns the entry as stores keep it.
func (n *counted) asEntry() Entry {
	return Entry{
		ARN: n.arn, Incarnation: n.incarnation, Day: time.Unix(int64(n.day)*secondsADay, 0).UTC(),
		Operation: n.operation, Scheduled: n.scheduled, Principal: n.principal,
		Calls: n.calls, Refused: n.refused, First: time.UnixMilli(n.first).UTC(), Last: time.UnixMilli(n.last).UTC(),
	}
}

// add counts a call.
func (n *counted) add(at int64, refused bool) {
	n.calls++
	if refused {
		n.refused++
	}
	if at >= n.last {
		n.last = at
	} else if at < n.first {
		n.first = at
	}
}

// subject is what an entry counts.
type subject struct {
	incarnation secretlife.Incarnation
	day         int32 // since 1970
	operation   secretlife.Operation
	scheduled   bool
	principal   string // as the caller is known, in calls; as PrincipalOf has it, in entries
}

func subjectOf(call *secretlife.Call) subject {
	return subject{
		incarnation: call.Secret.Incarnation(),
		day:         dayNumber(call.Time),
		operation:   call.Operation,
		scheduled:   call.Secret.Deletion().Scheduled(),
		principal:   callerOf(call),
	}
}

func (c *counts) hash(s *subject) uint64 {
	h := maphash.String(c.seed, s.principal)
	h ^= binary.NativeEndian.Uint64(s.incarnation[8:]) // which is random
	h += uint64(uint32(s.day))<<16 | uint64(s.operation)<<8
	if s.scheduled {
		h++
	}
	return h
}

func (c *counts) init() {
	c.seed, c.many = maphash.MakeSeed(), make(chan struct{}, 1)
}

// add counts a call.
func (c *counts) add(call *secretlife.Call) {
	s := subjectOf(call)
	hash := c.hash(&s)
	sh := &c.shards[s.incarnation[7]%shardCount]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	n := sh.get(hash, &s)
	if n == nil && !isPrincipal(s.principal) {
		s.principal = PrincipalOf(call)
		hash = c.hash(&s)
		n = sh.get(hash, &s)
	}
	if n == nil {
		if n = c.enter(s, call); n == nil {
			return
		}
		sh.put(hash, n)
	}
	n.add(call.Time.UnixMilli(), call.Err != nil)
}

// enter makes the entry of a subject, nil if there is no room.
func (c *counts) enter(s subject, call *secretlife.Call) *counted {
	size := c.size.Add(1)
	if size >= manyEntries {
		select {
		case c.many <- struct{}{}:
		default: // it was said before
		}
	}
	if size > mostEntries {
		c.size.Add(-1)
		c.dropped.Add(1)
		return nil
	}
	s.principal = strings.Clone(s.principal) // it may share the memory of a request
	at := call.Time.UnixMilli()
	return &counted{subject: s, first: at, last: at, arn: call.Secret.ARN()}
}

// take takes all entries out. They still take room until they are released.
func (c *counts) take() []Entry {
	out := make([]Entry, 0, max(c.size.Load(), 0))
	for i := range c.shards {
		sh := &c.shards[i]
		sh.mu.Lock()
		slots := sh.slots
		sh.slots, sh.taken = nil, 0
		sh.mu.Unlock()
		for _, s := range slots {
			if s.entry != nil {
				out = append(out, s.entry.asEntry())
			}
		}
	}
	return out
}

// release says that some entries are in the store.
func (c *counts) release(n int) { c.size.Add(-int64(n)) }

const secondsADay = 24 * 60 * 60

// dayNumber counts the days in UTC since 1970, from before it too.
func dayNumber(t time.Time) int32 {
	s := t.Unix()
	d := s / secondsADay
	if s%secondsADay < 0 {
		d--
	}
	return int32(d)
}

// PrincipalOf returns who made a call, as entries and alarms name it: the Principal of
// its [secretlife.Caller]; the AccessKeyID without one; and otherwise the account that
// the call was made for. It is text that every database keeps: what is not UTF-8, or NUL, is
// replaced, and what is longer than 1,024 bytes is cut.
func PrincipalOf(call *secretlife.Call) string {
	p := callerOf(call)
	if isPrincipal(p) {
		return p
	}
	p = strings.ReplaceAll(strings.ToValidUTF8(p, "\uFFFD"), "\x00", "\uFFFD")
	return strings.ToValidUTF8(p[:min(len(p), maxPrincipal)], "")
}

// callerOf is PrincipalOf as the caller is known.
func callerOf(call *secretlife.Call) string {
	switch {
	case call.Caller.Principal != "":
		return call.Caller.Principal
	case call.Caller.AccessKeyID != "":
		return call.Caller.AccessKeyID
	}
	return call.Account.String()
}

// isPrincipal reports whether every database keeps a text as it is.
func isPrincipal(p string) bool {
	return p != "" && len(p) <= maxPrincipal && utf8.ValidString(p) && strings.IndexByte(p, 0) < 0
}
