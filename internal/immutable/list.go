// Package immutable has a list that is never changed: an edit returns another list, which shares
// most of its memory with the first. Adding an entry to a list of ten thousand, and finding one by
// its key, cost about what they cost in a list of ten.
package immutable

import (
	"iter"
	"slices"
)

// List is a list of entries with keys, in the order in which they were added. Its zero value has no
// entries. Methods that need to know more of the entries get a Kind, which must always be the same.
type List[T any] struct {
	newest []T // up to chunkSize entries
	older  *older[T]
}

// Kind says what a list must know of its entries.
type Kind[T any] struct {
	// Key returns the key of an entry. No two entries of a list may have one key.
	Key func(T) string
	// Sum returns a checksum of BlockSize entries. If it is nil, the list has no sums.
	Sum func([]T) Sum
}

// Sum is a checksum of a block of entries.
type Sum = [32]byte

// BlockSize is how many entries have a sum together. It is a multiple of chunkSize.
const BlockSize = 128

// chunkSize is how many entries are copied at most to add one, and looked through to find one. Their
// keys are anywhere in the memory, so that more of them take longer than the index.
const chunkSize = 16

// older are all entries but the newest.
type older[T any] struct {
	chunks []*[chunkSize]T
	index  *node // of their keys
	sums   []Sum // of each BlockSize of them
}

// Of returns the list of some entries.
func Of[T any](kind Kind[T], entries ...T) List[T] {
	var l List[T]
	for chunk := range slices.Chunk(entries, chunkSize) {
		l = l.settle(kind)
		l.newest = slices.Clip(slices.Clone(chunk))
	}
	return l
}

// settle moves the newest entries to the older ones if there is no room for another.
func (l List[T]) settle(kind Kind[T]) List[T] {
	if len(l.newest) < chunkSize {
		return l
	}
	next := &older[T]{}
	if l.older != nil {
		*next = *l.older
	}
	at := len(next.chunks) * chunkSize
	next.chunks = append(slices.Clip(next.chunks), (*[chunkSize]T)(l.newest))
	for i, x := range l.newest {
		next.index = next.index.insert(entry{hash(kind.Key(x)), uint32(at + i)}, 0)
	}
	settled := List[T]{older: next}
	if n := len(next.sums); kind.Sum != nil && settled.Len() == (n+1)*BlockSize {
		next.sums = append(slices.Clip(next.sums), kind.Sum(settled.Block(n)))
	}
	return settled
}

// Sums returns the sums of the blocks: the entries but for the newest 1 to BlockSize. The slice is
// the list's.
func (l List[T]) Sums() []Sum {
	if l.older == nil {
		return nil
	}
	return l.older.sums
}

// Block returns the entries of a block.
func (l List[T]) Block(n int) []T {
	block := make([]T, 0, BlockSize)
	for i := n * BlockSize; i < (n+1)*BlockSize; i += chunkSize {
		block = append(block, l.older.chunks[i/chunkSize][:]...)
	}
	return block
}

// olderLen returns the number of older entries.
func (l List[T]) olderLen() int {
	if l.older == nil {
		return 0
	}
	return len(l.older.chunks) * chunkSize
}

// Len returns the number of entries.
func (l List[T]) Len() int { return l.olderLen() + len(l.newest) }

// At returns the entry at an index.
func (l List[T]) At(i int) T {
	if n := l.olderLen(); i >= n {
		return l.newest[i-n]
	}
	return l.older.chunks[i/chunkSize][i%chunkSize]
}

// From returns the entries from an index on, with their indexes.
func (l List[T]) From(i int) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		for ; i < l.Len(); i++ {
			if !yield(i, l.At(i)) {
				return
			}
		}
	}
}

// All returns all entries in order, with their indexes.
func (l List[T]) All() iter.Seq2[int, T] { return l.From(0) }

// Append returns the list with an entry more.
func (l List[T]) Append(kind Kind[T], x T) List[T] {
	next := l.settle(kind)
	newest := make([]T, len(next.newest)+1)
	newest[copy(newest, next.newest)] = x
	next.newest = newest
	return next
}

// Set returns the list with another entry of the same key at an index.
func (l List[T]) Set(kind Kind[T], i int, x T) List[T] {
	n := l.olderLen()
	if i >= n {
		l.newest = slices.Clone(l.newest)
		l.newest[i-n] = x
		return l
	}
	next := *l.older
	next.chunks = slices.Clone(next.chunks)
	chunk := *next.chunks[i/chunkSize]
	chunk[i%chunkSize] = x
	next.chunks[i/chunkSize] = &chunk
	l.older = &next
	if block := i / BlockSize; block < len(next.sums) {
		next.sums = slices.Clone(next.sums)
		next.sums[block] = kind.Sum(l.Block(block))
	}
	return l
}

// Filter returns the list of the entries that keep reports true for. It copies all of them.
func (l List[T]) Filter(kind Kind[T], keep func(i int, x T) bool) List[T] {
	var kept []T
	for i, x := range l.All() {
		if keep(i, x) {
			kept = append(kept, x)
		}
	}
	return Of(kind, kept...)
}

// Find returns the index of the entry with a key, or -1.
func (l List[T]) Find(kind Kind[T], key string) int {
	n := l.olderLen()
	for i := len(l.newest) - 1; i >= 0; i-- {
		if kind.Key(l.newest[i]) == key {
			return n + i
		}
	}
	if n == 0 {
		return -1
	}
	h := hash(key)
	for _, e := range l.older.index.find(h) {
		if i := int(e.at); e.hash == h && kind.Key(l.At(i)) == key {
			return i
		}
	}
	return -1
}

// Shared returns how many entries at the beginning two lists are known to have in common. There may
// be more of them.
func (l List[T]) Shared(o List[T]) int {
	if l.older == nil || o.older == nil {
		return 0
	}
	if l.older == o.older {
		return l.olderLen()
	}
	n := 0
	for n < min(len(l.older.chunks), len(o.older.chunks)) && l.older.chunks[n] == o.older.chunks[n] {
		n++
	}
	return n * chunkSize
}
