package memstore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// BenchmarkPutSecretValue adds versions to secrets that have ten, the baseline, or ten thousand.
// Each gets few, so that the number stays about what it is.
func BenchmarkPutSecretValue(b *testing.B) {
	for _, versions := range []int{10, 10_000} {
		b.Run(fmt.Sprint("versions=", versions), func(b *testing.B) {
			each := min(versions, 100)
			w := newBench(b, b.N/each+1)
			put := func(i, version int) error {
				_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: w.names[i],
					ClientRequestToken: fmt.Sprintf("00000000-0000-4000-8000-%012d", version), Value: valueOf(version)})
				return err
			}
			for i := range w.names {
				for n := range versions {
					require.NoError(b, put(i, n))
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N { // not b.Loop: the secrets are made before
				if err := put(i/each, versions+i%each); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHistory makes changes of a thousand secrets in a store that keeps as many events as the
// server does by default. Once it has so many, the heap must not grow: it is compared after two
// hundred thousand changes, the baseline, and after a million.
func BenchmarkHistory(b *testing.B) {
	store := memstore.New(func(o *memstore.Options) { o.KeepEvents = 100_000 })
	trail := secretlife.NewTrail(10_000)
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Observer = trail.Observer() })
	require.NoError(b, err)
	before := heap()
	names := fill(b, m, 1000)
	done := 0
	for _, changes := range []int{200_000, 1_000_000} {
		b.Run(fmt.Sprint("changes=", changes), func(b *testing.B) {
			for b.Loop() {
				for ; done < changes; done++ {
					text := fmt.Sprint("change ", done%10)
					_, err := m.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: names[done%1000], Description: &text})
					require.NoError(b, err)
				}
				b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
			}
		})
	}
}
