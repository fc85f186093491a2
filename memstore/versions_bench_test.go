package memstore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
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
