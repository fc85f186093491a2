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
	blocks []*block[T]
	len    int
	index  index // of their keys
	sums   []Sum // of the blocks that are full
}

// block has BlockSize entries, the last one maybe fewer.
type block[T any] [BlockSize / chunkSize]*[chunkSize]T

// chunk returns the place in the block of the chunk that has the entry at an index of the list.
func (b *block[T]) chunk(i int) **[chunkSize]T { return &b[i%BlockSize/chunkSize] }

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
	at := next.len
	full := next.blocks[:at/BlockSize]
	var last block[T]
	if len(full) < len(next.blocks) {
		last = *next.blocks[len(full)]
	}
	*last.chunk(at) = (*[chunkSize]T)(l.newest)
	next.blocks = slices.Concat(full, []*block[T]{&last})
	next.len += chunkSize
	run := make([]entry, chunkSize)
	for i, x := range l.newest {
		run[i] = entryOf(hash(kind.Key(x)), at+i)
	}
	next.index = next.index.with(run)
	settled := List[T]{older: next}
	if n := len(next.sums); kind.Sum != nil && next.len == (n+1)*BlockSize {
		next.sums = slices.Concat(next.sums, []Sum{kind.Sum(settled.Block(n))})
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
	entries := make([]T, 0, BlockSize)
	for _, chunk := range l.older.blocks[n] {
		entries = append(entries, chunk[:]...)
	}
	return entries
}

// olderLen returns the number of older entries.
func (l List[T]) olderLen() int {
	if l.older == nil {
		return 0
	}
	return l.older.len
}

// Len returns the number of entries.
func (l List[T]) Len() int { return l.olderLen() + len(l.newest) }

// At returns the entry at an index.
func (l List[T]) At(i int) T {
	if n := l.olderLen(); i >= n {
		return l.newest[i-n]
	}
	return (*l.older.blocks[i/BlockSize].chunk(i))[i%chunkSize]
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
	at := i / BlockSize
	changed := *next.blocks[at]
	chunk := **changed.chunk(i)
	chunk[i%chunkSize] = x
	*changed.chunk(i) = &chunk
	next.blocks = slices.Clone(next.blocks)
	next.blocks[at] = &changed
	l.older = &next
	if at < len(next.sums) {
		next.sums = slices.Clone(next.sums)
		next.sums[at] = kind.Sum(l.Block(at))
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
	return l.older.index.find(hash(key), func(at int) bool { return kind.Key(l.At(at)) == key })
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
	blocks := 0
	for blocks < min(len(l.older.blocks), len(o.older.blocks)) && l.older.blocks[blocks] == o.older.blocks[blocks] {
		blocks++
	}
	n, both := blocks*BlockSize, min(l.older.len, o.older.len)
	for n < both && *l.older.blocks[blocks].chunk(n) == *o.older.blocks[blocks].chunk(n) {
		n += chunkSize
	}
	return min(n, both)
}
