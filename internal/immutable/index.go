package immutable

import "slices"

// node is a part of an index of entries by the hashes of their keys: a leaf with entries, or a node
// with up to 16 others, of which four bits of the hash choose one. The nil node has no entries.
type node struct {
	entries []entry
	nodes   *[16]*node
}

// entry says where a list has the entry whose key has a hash.
type entry struct{ hash, at uint32 }

const (
	// leafSize is how many entries a leaf has before it is split.
	leafSize = 16
	// deepest is the depth at which the hash has no more bits.
	deepest = 8
)

// of returns which of 16 nodes at a depth an entry belongs to.
func (e entry) of(depth int) uint32 { return e.hash >> (4 * depth) & 15 }

// insert returns the index with an entry more.
func (n *node) insert(e entry, depth int) *node {
	switch {
	case n == nil:
		return &node{entries: []entry{e}}
	case n.nodes != nil:
		nodes := *n.nodes
		i := e.of(depth)
		nodes[i] = nodes[i].insert(e, depth+1)
		return &node{nodes: &nodes}
	case len(n.entries) < leafSize || depth == deepest:
		return &node{entries: append(slices.Clip(n.entries), e)}
	}
	split := &node{nodes: new([16]*node)}
	for _, old := range n.entries {
		split = split.insert(old, depth)
	}
	return split.insert(e, depth)
}

// find returns the entries that may have a hash.
func (n *node) find(hash uint32) []entry {
	for depth := 0; n != nil; depth++ {
		if n.nodes == nil {
			return n.entries
		}
		n = n.nodes[entry{hash: hash}.of(depth)]
	}
	return nil
}

// hash is FNV-1a, whose last bits depend on all of the key.
func hash(key string) uint32 {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return h
}
