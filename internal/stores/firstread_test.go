package stores_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// BenchmarkFirstRead reads values, one by one and 20 in a batch, for the first time on a
// day. The baseline reads them once more.
func BenchmarkFirstRead(b *testing.B) {
	c := newBenchStore(b, 10_000)
	for _, size := range []int{1, 20} {
		read := func(b *testing.B, first bool) {
			at := 0
			for b.Loop() {
				if at == 0 && first {
					b.StopTimer()
					_, err := c.EventCount(ctx) // waits for what is to be noted
					require.NoError(b, err)
					c.clock.Jump(24 * time.Hour)
					b.StartTimer()
				}
				require.NoError(b, c.readSome(at, size))
				at = (at + size) % 2000
			}
		}
		for i := range 2 * 2000 { // so that they are remembered
			require.NoError(b, c.readSome(i%2000, 1))
		}
		b.Run(fmt.Sprintf("baseline=noted/secrets=%d", size), func(b *testing.B) { read(b, false) })
		b.Run(fmt.Sprintf("first/secrets=%d", size), func(b *testing.B) { read(b, true) })
	}
}

// readSome reads the values of one secret, or of some in a batch.
func (c *benchStore) readSome(from, n int) error {
	if n == 1 {
		_, err := c.m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: benchName(from)})
		return err
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = benchName(from + i)
	}
	out, err := c.m.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{SecretIDList: ids})
	if err == nil && len(out.SecretValues) != n {
		err = fmt.Errorf("%d of %d values", len(out.SecretValues), n)
	}
	return err
}
