package immutable

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// item has a key and something that may change.
type item struct {
	key  string
	note int
}

var items = Kind[item]{Key: func(x item) string { return x.key }, Sum: sumOf}

func sumOf(block []item) (sum Sum) {
	h := sha256.New()
	for _, x := range block {
		fmt.Fprintln(h, x.key, x.note)
	}
	return Sum(h.Sum(nil))
}

// TestList makes random edits, each of any list there was before, beside a slice, and compares all
// lists with their slices at the end: an edit must not show in another list.
func TestList(t *testing.T) {
	type both struct {
		list  List[item]
		slice []item
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, longest := range []int{3, chunkSize + 1, 3*BlockSize + 1} {
		all := []both{{}}
		for n := range 1000 {
			old := all[max(0, len(all)-1-r.IntN(3))]
			next := both{old.list, slices.Clone(old.slice)}
			switch x := (item{fmt.Sprintf("key %d of %d", n, longest), 0}); {
			case len(old.slice) >= longest:
				keep := func(i int, _ item) bool { return i%3 == n%3 }
				next.list, next.slice = old.list.Filter(items, keep), nil
				for i, x := range old.slice {
					if keep(i, x) {
						next.slice = append(next.slice, x)
					}
				}
			case len(old.slice) > 0 && r.IntN(4) == 0:
				i := r.IntN(len(old.slice))
				x = item{old.slice[i].key, n}
				next.list, next.slice[i] = old.list.Set(items, i, x), x
			default:
				next.list, next.slice = old.list.Append(items, x), append(next.slice, x)
			}
			shared := next.list.Shared(old.list)
			require.True(t, slices.Equal(old.slice[:shared], next.slice[:shared]))
			all = append(all, next)
		}
		for _, b := range all {
			require.Equal(t, len(b.slice), b.list.Len())
			i := 0
			for at, x := range b.list.All() {
				require.Equal(t, i, at)
				require.Equal(t, b.slice[i], x)
				require.Equal(t, i, b.list.Find(items, x.key))
				i++
			}
			require.Equal(t, len(b.slice), i)
			var sums []Sum
			for block := range slices.Chunk(b.slice[:max(0, len(b.slice)-1)/BlockSize*BlockSize], BlockSize) {
				sums = append(sums, sumOf(block))
			}
			require.Equal(t, sums, b.list.Sums())
			require.Equal(t, -1, b.list.Find(items, "another"))
		}
	}
}

// TestIndex has more entries of one hash than a leaf has room for: they stay in one leaf.
func TestIndex(t *testing.T) {
	var n *node
	for i := range uint32(3 * leafSize) {
		n = n.insert(entry{0xabcdef01, i}, 0).insert(entry{i, 1000 + i}, 0)
	}
	found := map[entry]bool{}
	for _, e := range n.find(0xabcdef01) {
		found[e] = true
	}
	for i := range uint32(3 * leafSize) {
		require.True(t, found[entry{0xabcdef01, i}])
		require.Contains(t, n.find(i), entry{i, 1000 + i})
	}
}

// TestShared shows that adding an entry to a long list shares all but the newest entries.
func TestShared(t *testing.T) {
	var l List[item]
	for n := range 1000 {
		next := l.Append(items, item{key: fmt.Sprint(n)})
		require.Greater(t, next.Shared(l)+chunkSize, n-chunkSize)
		l = next
	}
	changed := l.Set(items, 500, item{key: "500", note: 1})
	require.LessOrEqual(t, changed.Shared(l), 500)
	require.Greater(t, changed.Shared(l), 500-chunkSize)
}
