package immutable

import "slices"

// index finds entries of a list by the hashes of their keys. It has runs of them, each in the order
// of the hashes and longer than the next one. A short run is merged with the one before it, so that an
// entry among n is copied log n times in all, from one end of a run to the other. Runs are never
// changed: lists share them.
type index [][]entry

// entry has the hash of a key in its upper half, and where the list has the entry in its lower half.
type entry uint64

func entryOf(hash uint32, at int) entry { return entry(hash)<<32 | entry(at) }

func (e entry) hash() uint32 { return uint32(e >> 32) }
func (e entry) at() int      { return int(uint32(e)) }

// with returns the index with more entries. They belong to the index from then on.
func (x index) with(run []entry) index {
	slices.Sort(run)
	for len(x) > 0 && len(x[len(x)-1]) <= len(run) {
		run = merged(x[len(x)-1], run)
		x = x[:len(x)-1]
	}
	return slices.Concat(x, index{run})
}

// merged returns the entries of two runs in order.
func merged(a, b []entry) []entry {
	out := make([]entry, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// find returns the first place for which is reports true, among those of the entries with a hash,
// or -1.
func (x index) find(hash uint32, is func(at int) bool) int {
	for _, run := range x {
		i, _ := slices.BinarySearch(run, entryOf(hash, 0))
		for ; i < len(run) && run[i].hash() == hash; i++ {
			if at := run[i].at(); is(at) {
				return at
			}
		}
	}
	return -1
}

// hash is FNV-1a.
func hash(key string) uint32 {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return h
}
