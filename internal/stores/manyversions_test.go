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

// BenchmarkListSecrets lists a page of 50 secrets, one of which has few versions, which is the
// baseline, or many.
func BenchmarkListSecrets(b *testing.B) {
	for _, versions := range []int{10, 4000} {
		s := newFiles(b).open(b)
		m := manager(b, s)
		for i := range 49 {
			create(b, m, fmt.Sprint("secret-", i), "v")
		}
		commit(b, s, withHistory(b, key(b, m, "history"), versions), nil)
		b.Run(fmt.Sprint("versions=", versions), func(b *testing.B) {
			for b.Loop() {
				page, err := m.ListSecrets(ctx, secretlife.ListSecretsInput{MaxResults: 50})
				require.NoError(b, err)
				require.Len(b, page.SecretList, 50)
			}
		})
	}
}
