package access

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/secretlife-go/secretlife"
)

const (
	// mostEntries is how many entries wait in memory at most, which takes about 30 MB. Calls
	// that would need another one are dropped, and counted as that.
	mostEntries = 1 << 16
	// manyEntries is how many wait when they are written before their time.
	manyEntries = mostEntries / 4

	shardCount = 32
)

// counts are the entries that wait to be written.
type counts struct {
	shards  [shardCount]shard
	size    atomic.Int64 // of all that is not in the store yet
	dropped atomic.Uint64
	many    chan struct{} // receives when many wait
}

// shard has the entries of some incarnations, so that calls on different secrets do not wait for
// each other.
type shard struct {
	mu      sync.Mutex
	entries map[subject]*Entry
	_       [40]byte // the next shard is on another cache line
}

// subject is what an entry counts.
type subject struct {
	incarnation secretlife.Incarnation
	day         int32 // since 1970
	operation   secretlife.Operation
	scheduled   bool
	principal   string
}

func (c *counts) init() { c.many = make(chan struct{}, 1) }

// add counts a call.
func (c *counts) add(call *secretlife.Call) {
	in := call.Secret.Incarnation()
	s := subject{
		incarnation: in,
		day:         dayNumber(call.Time),
		operation:   call.Operation,
		scheduled:   call.Secret.Deletion().Scheduled(),
		principal:   PrincipalOf(call),
	}
	sh := &c.shards[in[len(in)-1]%shardCount]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := sh.entries[s]
	if e == nil {
		if e = c.enter(sh, s, call); e == nil {
			return
		}
	}
	e.Calls++
	if call.Err != nil {
		e.Refused++
	}
	if call.Time.Before(e.First) {
		e.First = call.Time
	}
	if call.Time.After(e.Last) {
		e.Last = call.Time
	}
}

// enter makes the entry of a subject, nil if there is no room. It needs the shard's lock.
func (c *counts) enter(sh *shard, s subject, call *secretlife.Call) *Entry {
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
	e := &Entry{
		ARN: call.Secret.ARN(), Incarnation: s.incarnation, Day: dayOf(call.Time), Operation: s.operation,
		Scheduled: s.scheduled, Principal: s.principal, First: call.Time, Last: call.Time,
	}
	if sh.entries == nil {
		sh.entries = map[subject]*Entry{}
	}
	sh.entries[s] = e
	return e
}

// take takes all entries out, in their order. They still take room until they are released.
func (c *counts) take() []Entry {
	var out []Entry
	for i := range c.shards {
		sh := &c.shards[i]
		sh.mu.Lock()
		taken := sh.entries
		sh.entries = nil
		sh.mu.Unlock()
		for _, e := range taken {
			out = append(out, *e)
		}
	}
	slices.SortFunc(out, Entry.Compare)
	return out
}

// release says that some entries are in the store.
func (c *counts) release(n int) { c.size.Add(-int64(n)) }

// dayNumber counts the days in UTC since 1970, from before it too.
func dayNumber(t time.Time) int32 {
	const seconds = 24 * 60 * 60
	s := t.Unix()
	d := s / seconds
	if s%seconds < 0 {
		d--
	}
	return int32(d)
}

// PrincipalOf returns who made a call, as entries and alarms name it: the Principal of
// its [secretlife.Caller]; the AccessKeyID if there is none; and otherwise the account that
// the call was made for. It is text that every database keeps: what is not UTF-8, or NUL, is
// replaced, and what is longer than 1,024 bytes is cut.
func PrincipalOf(call *secretlife.Call) string {
	p := cmp.Or(call.Caller.Principal, call.Caller.AccessKeyID)
	switch {
	case p == "":
		return call.Account.String()
	case isPrincipal(p):
		return p
	}
	p = strings.ReplaceAll(strings.ToValidUTF8(p, "\uFFFD"), "\x00", "\uFFFD")
	return strings.ToValidUTF8(p[:min(len(p), maxPrincipal)], "")
}

// isPrincipal reports whether every database keeps a text as it is.
func isPrincipal(p string) bool {
	return p != "" && len(p) <= maxPrincipal && utf8.ValidString(p) && strings.IndexByte(p, 0) < 0
}
