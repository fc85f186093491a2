package stores_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// BenchmarkPutSecretValue adds versions to a secret that has few, which is the baseline, and
// to one that has many.
func BenchmarkPutSecretValue(b *testing.B) {
	s := newFiles(b).open(b)
	m := manager(b, s)
	for _, versions := range []int{10, 4000} {
		name := fmt.Sprint("versions-", versions)
		create(b, m, name, "v")
		put := func() {
			_, err := m.PutSecretValue(ctx, secretlife.PutSecretValueInput{
				SecretID: name, Value: secretlife.SecretString("a value of a usual length"),
			})
			require.NoError(b, err)
		}
		for range versions {
			put()
		}
		b.Run(fmt.Sprint("versions=", versions), func(b *testing.B) {
			for b.Loop() {
				put()
			}
		})
	}
}
