package memstore

import (
	"runtime"

	"github.com/secretlife-go/secretlife"
)

// Secrets come due a week or more after anybody touched them, so nothing of
// them is in the processor's caches, and purging one by one waits for memory a
// dozen times in a row. Due therefore reads beforehand what the purges of its
// page will read, place by place for all secrets at a time: such reads don't
// depend on one another, and the processor waits for many of them at once. It
// is worth a third of the time of purging among a million secrets.

// warmFrom is the least page for which it is worth the while.
const warmFrom = 8

// warm reads the records of a page of what is due, and where they stand in the
// lists. It needs the lock of the index.
func (x *index) warm(page []dated) {
	if len(page) < warmFrom {
		return
	}
	states := make([]*state, len(page))
	for i, e := range page {
		states[i] = e.rec.state.Load()
	}
	seen := 0
	for i, e := range page {
		seen += len(e.rec.inNames.entries) + len(e.rec.inCreated.entries) + int(states[i].secret.Revision())
	}
	for i, e := range page {
		seen += touch(e.rec.inNames.entries) + touch(e.rec.inCreated.entries)
		if states[i].secret.CreatedDate().IsZero() {
			seen++
		}
	}
	runtime.KeepAlive(seen)
}

// touch reads one entry of every 64 bytes.
func touch(entries []*record) int {
	n := 0
	for i := 0; i < len(entries); i += 8 {
		if entries[i] != nil {
			n++
		}
	}
	return n
}

// warm reads the places of secrets in the maps of their shards.
func (s *Store) warm(page []secretlife.Due) {
	if len(page) < warmFrom {
		return
	}
	hashes := make([]uint64, len(page))
	for i, d := range page {
		hashes[i] = s.hash(d.Key)
	}
	for i := range s.shards { // in the order in which Commit locks them
		s.shards[i].mu.RLock()
	}
	there := 0
	for _, h := range hashes {
		if s.shard(h).records[h] != nil {
			there++
		}
	}
	for i := range s.shards {
		s.shards[i].mu.RUnlock()
	}
	runtime.KeepAlive(there)
}
