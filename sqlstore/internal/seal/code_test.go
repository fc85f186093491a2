package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkCode computes the code of a row of 900 bytes. The baseline makes the hash each
// time.
func BenchmarkCode(b *testing.B) {
	k, err := NewKeyring(NewStoreID(), NewKey())
	require.NoError(b, err)
	row, auth := make([]byte, 900), NewKey()
	b.Run("baseline=new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mac := hmac.New(sha256.New, auth)
			c := Code{mac: mac}
			c.Text("secrets")
			c.Bytes(row)
			mac.Write(c.fields)
			mac.Sum(nil)
		}
	})
	b.Run("used-again", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := k.Code("secrets")
			c.Bytes(row)
			c.Sum()
		}
	})
}
