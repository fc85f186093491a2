package memstore

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func less(x int) func(int) bool { return func(o int) bool { return o < x } }

// requireSame checks that the list has these entries, that every one is found,
// and that its chunks are sound.
func requireSame(t *testing.T, want []int, l *sorted[int]) {
	t.Helper()
	require.Equal(t, len(want), l.len)
	require.Equal(t, want, slices.AppendSeq([]int{}, l.ascend(place{})))
	backward := slices.AppendSeq([]int{}, l.descend(place{chunk: len(l.chunks)}))
	slices.Reverse(backward)
	require.Equal(t, want, backward)
	require.Len(t, l.lasts, len(l.chunks))
	for i, c := range l.chunks {
		require.NotEmpty(t, c.entries, "chunk %d of %d", i, len(l.chunks))
		require.Equal(t, c.entries[len(c.entries)-1], l.lasts[i])
		require.LessOrEqual(t, len(c.entries), maxChunk)
	}
}

func TestSortedAgainstASlice(t *testing.T) {
	const most = 20 * maxChunk
	for name, next := range map[string]func(r *rand.Rand, i int) int{
		"at random":  func(r *rand.Rand, _ int) int { return r.IntN(1 << 40) },
		"ascending":  func(_ *rand.Rand, i int) int { return i },
		"descending": func(_ *rand.Rand, i int) int { return -i },
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			where := map[int]*chunk[int]{}
			l := sorted[int]{moved: func(x int, to *chunk[int]) { where[x] = to }}
			model := []int{}
			insert := func(i int) {
				x := next(r, i)
				at, found := slices.BinarySearch(model, x)
				if found {
					return
				}
				model = slices.Insert(model, at, x)
				l.insert(x, less(x))
			}
			remove := func() {
				at := r.IntN(len(model))
				x := model[at]
				require.Contains(t, where[x].entries, x, "the list says where an entry is")
				l.remove(x, where[x], less(x))
				model = slices.Delete(model, at, at+1)
			}
			for i := range most {
				insert(i)
			}
			requireSame(t, model, &l)
			for i := range most {
				if r.IntN(2) == 0 {
					insert(most + i)
				} else {
					remove()
				}
			}
			requireSame(t, model, &l)
			for len(model) > 0 {
				remove()
				if len(model)%997 == 0 {
					requireSame(t, model, &l)
				}
			}
			require.Empty(t, l.chunks)
		})
	}
}

func TestSortedPlaces(t *testing.T) {
	for _, n := range []int{0, 1, 2, maxChunk, maxChunk + 1, 3*maxChunk + 7} {
		var l sorted[int]
		var model []int
		for i := range n {
			l.insert(2*i, less(2*i)) // even, so that there is room between
			model = append(model, 2*i)
		}
		for x := -1; x <= 2*n; x++ {
			at, _ := slices.BinarySearchFunc(model, x, cmp.Compare)
			p := l.search(less(x))
			require.True(t, slices.Equal(model[at:], slices.Collect(l.ascend(p))), "%d from %d on", n, x)
			got := slices.Collect(l.descend(p))
			slices.Reverse(got)
			require.True(t, slices.Equal(model[:at], got), "%d before %d", n, x)
		}
	}
}

func TestSortedStaysCompact(t *testing.T) {
	var l sorted[int]
	const n = 100 * maxChunk
	for i := range n {
		l.insert(i, less(i))
	}
	require.Len(t, l.chunks, n/maxChunk, "entries that come in order fill their chunks")
	for i := range n {
		if i%16 != 0 {
			l.remove(i, nil, less(i))
		}
	}
	require.LessOrEqual(t, len(l.chunks), 3*n/16/maxChunk, "chunks are joined as they empty")
}
