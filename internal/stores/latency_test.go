package stores_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkWriteLatency has 16 callers delete and restore secrets anywhere among 200,000.
func BenchmarkWriteLatency(b *testing.B) { newBenchStore(b, 200_000).writeAnywhere(b) }

// BenchmarkWriteAnywhere has 16 callers delete and restore secrets anywhere among few, which
// is the baseline, and among many.
func BenchmarkWriteAnywhere(b *testing.B) {
	for _, secrets := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint("secrets=", secrets), func(b *testing.B) { newBenchStore(b, secrets).writeAnywhere(b) })
	}
}

// writeAnywhere reports the median of what single calls took, and the longest but for one in
// a hundred, also in medians.
func (c *benchStore) writeAnywhere(b *testing.B) {
	const callers = 16
	share := c.n / callers
	took := make([][]time.Duration, callers)
	var wg sync.WaitGroup
	b.ResetTimer()
	for me := range callers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(me)))
			for range (b.N + callers - 1) / callers {
				i := me*share + r.IntN(share)
				for _, do := range []func(int) error{c.remove, c.restore} {
					began := time.Now()
					if err := do(i); err != nil {
						b.Error(err)
						return
					}
					took[me] = append(took[me], time.Since(began))
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	require.NotEmpty(b, all)
	slices.Sort(all)
	median, late := all[len(all)/2], all[len(all)*99/100]
	b.ReportMetric(float64(median.Microseconds()), "median-us")
	b.ReportMetric(float64(late.Microseconds()), "p99-us")
	b.ReportMetric(float64(late)/float64(median), "p99/median")
}
