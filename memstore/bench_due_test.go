package memstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// withoutClaim is a store that a Purger purges one secret at a time.
type withoutClaim struct{ *memstore.Store }

func (withoutClaim) Claim(
	context.Context, secretlife.DueQuery, func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return secretlife.Receipt{}, errors.ErrUnsupported
}

// BenchmarkAdvance lets the DeletionDate of a million secrets come, which are all purged.
// The baseline purges them one at a time.
func BenchmarkAdvance(b *testing.B) {
	for _, x := range []struct {
		name string
		of   func(*memstore.Store) secretlife.Store
	}{
		{"baseline=singly", func(s *memstore.Store) secretlife.Store { return withoutClaim{s} }},
		{"together", func(s *memstore.Store) secretlife.Store { return s }},
	} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				store := memstore.New(func(o *memstore.Options) { o.KeepEvents = 1000 })
				m, err := secretlife.New(x.of(store), func(o *secretlife.Options) {
					o.Clock = secretlife.NewVirtualClock(start)
				})
				require.NoError(b, err)
				for _, name := range fill(b, m, million) {
					_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name})
					require.NoError(b, err)
				}
				purger := secretlife.NewPurger(m)
				b.StartTimer()
				report, err := purger.Advance(ctx, 31*24*time.Hour)
				b.StopTimer()
				require.NoError(b, err)
				require.Len(b, report, million)
				b.StartTimer()
			}
		})
	}
}
