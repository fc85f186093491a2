package memstore

import (
	"sync"

	"github.com/secretlife-go/secretlife"
)

// logChunk is how many events are kept, and forgotten, together.
const logChunk = 256

// eventLog keeps the events in order, numbered without gaps.
type eventLog struct {
	keep int // how many of the newest must stay; 0 is all

	mu     sync.RWMutex
	chunks [][]secretlife.Event // all full but the last
	first  uint64               // the number of the first event that is kept
	next   uint64               // the number of the next event
	events []secretlife.Event   // memory for those of a change
	free   []secretlife.Event   // memory for a chunk, of one that was forgotten
}

func (l *eventLog) init(keep int) {
	l.keep, l.first, l.next, l.chunks, l.free = max(keep, 0), 1, 1, nil, nil
}

// append numbers the events of changes and keeps them. It returns the first number, 0
// if there are no events.
func (l *eventLog) append(changes []secretlife.Change) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.next
	for i := range changes {
		l.events = changes[i].AppendEvents(l.events[:0])
		for _, e := range l.events {
			last := len(l.chunks) - 1
			if last < 0 || len(l.chunks[last]) == logChunk {
				if l.free == nil {
					l.free = make([]secretlife.Event, 0, logChunk)
				}
				l.chunks, l.free = append(l.chunks, l.free), nil
				last++
			}
			l.chunks[last] = append(l.chunks[last], e.WithSeq(l.next))
			l.next++
		}
	}
	for l.keep > 0 && int(l.next-l.first)-logChunk >= l.keep {
		l.free = l.chunks[0][:0]
		l.chunks[0] = nil // the array behind the slice lives on for a while
		l.chunks = l.chunks[1:]
		l.first += logChunk
	}
	if l.next == before {
		return 0
	}
	return before
}

// read copies up to limit events with a number above after.
func (l *eventLog) read(after uint64, limit int) []secretlife.Event {
	l.mu.RLock()
	defer l.mu.RUnlock()
	from := max(l.first-1, after)
	if limit <= 0 || from >= l.next-1 {
		return nil
	}
	n := int(min(uint64(limit), l.next-1-from))
	out := make([]secretlife.Event, 0, n)
	for i := int(from + 1 - l.first); len(out) < n; i += logChunk - i%logChunk {
		chunk := l.chunks[i/logChunk][i%logChunk:]
		out = append(out, chunk[:min(len(chunk), n-len(out))]...)
	}
	return out
}
