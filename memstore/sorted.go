package memstore

import (
	"iter"
	"slices"
	"sort"
)

// maxChunk is how many entries a chunk of a sorted list holds at most: few
// enough to be moved in a moment, many enough that the list of chunks is short.
const maxChunk = 256

// sorted is a list in ascending order, in chunks none of which is empty. An
// entry takes little more than its own size, and finding, inserting and
// removing one among a million costs a binary search and the moving of part of
// one chunk. Callers say where in the order they mean by a function before,
// which is true for the entries before that place and false from there on.
type sorted[T comparable] struct {
	chunks [][]T
	len    int
}

// place is a position in a sorted list: before the entry at index at of chunk
// chunk, which may be one past its last.
type place struct{ chunk, at int }

// search returns the place of the first entry that is not before.
func (l *sorted[T]) search(before func(T) bool) place {
	c := l.chunkOf(before)
	if c == len(l.chunks) {
		return place{chunk: c}
	}
	chunk := l.chunks[c]
	// The last entry is known not to be before.
	return place{c, sort.Search(len(chunk)-1, func(i int) bool { return !before(chunk[i]) })}
}

// chunkOf returns the chunk of the first entry that is not before.
func (l *sorted[T]) chunkOf(before func(T) bool) int {
	return sort.Search(len(l.chunks), func(i int) bool {
		chunk := l.chunks[i]
		return !before(chunk[len(chunk)-1])
	})
}

// insert puts x at the first place that is not before.
func (l *sorted[T]) insert(x T, before func(T) bool) {
	l.len++
	p := l.search(before)
	if p.chunk == len(l.chunks) {
		l.push(x)
		return
	}
	chunk := l.chunks[p.chunk]
	if len(chunk) == maxChunk {
		l.split(p.chunk)
		if half := len(l.chunks[p.chunk]); p.at > half {
			p = place{p.chunk + 1, p.at - half}
		}
		chunk = l.chunks[p.chunk]
	}
	l.chunks[p.chunk] = slices.Insert(chunk, p.at, x)
}

// push puts x at the end. A full last chunk is left full, so that entries that
// come in order take no more room than they need.
func (l *sorted[T]) push(x T) {
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last]) == maxChunk {
		l.chunks = append(l.chunks, []T{x})
		return
	}
	l.chunks[last] = append(l.chunks[last], x)
}

func (l *sorted[T]) split(c int) {
	chunk := l.chunks[c]
	upper := slices.Clone(chunk[maxChunk/2:])
	clear(chunk[maxChunk/2:])
	l.chunks[c] = chunk[:maxChunk/2]
	l.chunks = slices.Insert(l.chunks, c+1, upper)
}

// remove takes away x, which must be there. In its chunk it is looked for by
// going through: entries are pointers to what they are ordered by, and reading
// a chunk from end to end is faster than following a few of its pointers to
// all over the memory.
func (l *sorted[T]) remove(x T, before func(T) bool) {
	l.len--
	p := place{chunk: l.chunkOf(before)}
	p.at = slices.Index(l.chunks[p.chunk], x)
	chunk := slices.Delete(l.chunks[p.chunk], p.at, p.at+1)
	l.chunks[p.chunk] = chunk
	if len(chunk) > maxChunk/4 {
		return
	}
	if p.chunk > 0 && l.join(p.chunk-1) || p.chunk+1 < len(l.chunks) && l.join(p.chunk) {
		return
	}
	if len(chunk) == 0 {
		l.chunks = slices.Delete(l.chunks, p.chunk, p.chunk+1)
	}
}

// join makes one chunk of chunk c and the next, where that leaves room for
// more.
func (l *sorted[T]) join(c int) bool {
	lower, upper := l.chunks[c], l.chunks[c+1]
	if len(lower)+len(upper) > maxChunk*3/4 {
		return false
	}
	l.chunks[c] = append(lower, upper...)
	l.chunks = slices.Delete(l.chunks, c+1, c+2)
	return true
}

// ascend yields the entries from a place on.
func (l *sorted[T]) ascend(p place) iter.Seq[T] {
	return func(yield func(T) bool) {
		for ; p.chunk < len(l.chunks); p = (place{chunk: p.chunk + 1}) {
			for _, x := range l.chunks[p.chunk][p.at:] {
				if !yield(x) {
					return
				}
			}
		}
	}
}

// descend yields the entries before a place, the nearest first.
func (l *sorted[T]) descend(p place) iter.Seq[T] {
	return func(yield func(T) bool) {
		for c := min(p.chunk, len(l.chunks)-1); c >= 0; c-- {
			chunk := l.chunks[c]
			if c == p.chunk {
				chunk = chunk[:p.at]
			}
			for _, x := range slices.Backward(chunk) {
				if !yield(x) {
					return
				}
			}
		}
	}
}
