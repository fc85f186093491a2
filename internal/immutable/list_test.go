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

// TestIndex has entries of one hash in many runs, among others.
func TestIndex(t *testing.T) {
	const same = 0xabcdef01
	var x index
	for i := range 100 {
		x = x.with([]entry{entryOf(same, i), entryOf(uint32(i), 1000+i), entryOf(same+uint32(i), 2000+i)})
	}
	found := map[int]bool{}
	require.Equal(t, -1, x.find(same, func(at int) bool { found[at] = true; return false }))
	require.Len(t, found, 101)
	for i := range 100 {
		require.True(t, found[i])
		require.Equal(t, 1000+i, x.find(uint32(i), func(int) bool { return true }))
	}
	for i, run := range x[1:] {
		require.Greater(t, len(x[i]), len(run))
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
