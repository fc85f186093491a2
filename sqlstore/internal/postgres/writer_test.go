package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHasDoubled(t *testing.T) {
	var at []int
	for n := range 10_000 {
		if hasDoubled(n, n+1) {
			at = append(at, n+1)
		}
	}
	require.Equal(t, []int{1024, 2048, 4096, 8192}, at)
	require.True(t, hasDoubled(1000, 1256), "a group passes it")
	require.False(t, hasDoubled(1256, 1256))
}
