package access_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/memstore"
)

// BenchmarkGetSecretValue reads values of a store in memory, without an Observer, with one that
// does nothing, and with a Ledger.
func BenchmarkGetSecretValue(b *testing.B) {
	const secrets = 1000
	for _, kind := range []string{"baseline=none", "baseline=observer", "ledger"} {
		b.Run(kind, func(b *testing.B) {
			store := memstore.New()
			ledger, err := access.New(store)
			require.NoError(b, err)
			m, err := secretlife.New(store, func(o *secretlife.Options) {
				switch kind {
				case "baseline=observer":
					o.Observer.Called = func(context.Context, secretlife.Call) {}
				case "ledger":
					o.Observer = ledger.Observer()
				}
			})
			require.NoError(b, err)
			var names []string
			for i := range secrets {
				name := fmt.Sprint("secret-", i)
				names = append(names, name)
				in := secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("hunter2")}
				_, err := m.CreateSecret(ann, in)
				require.NoError(b, err)
				_, err = m.GetSecretValue(ann, secretlife.GetSecretValueInput{SecretID: name})
				require.NoError(b, err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := m.GetSecretValue(ann, secretlife.GetSecretValueInput{SecretID: names[i%secrets]}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
