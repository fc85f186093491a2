package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDollars(t *testing.T) {
	require.Equal(t, "a = $1 AND b IN ($2, $3)", dollars("a = ? AND b IN (?, ?)"))
	require.Equal(t, "SELECT 1", dollars("SELECT 1"))
}

func TestStatementsArePlannedAnewAsAStoreGrows(t *testing.T) {
	var g growth
	texts := map[string]bool{}
	for n := range 100_000 {
		g.secrets.Store(int64(n))
		texts[g.text("a = ?")] = true
	}
	require.Len(t, texts, 8)
	for _, text := range []string{"a = $1", "a = $1 -- 2^10", "a = $1 -- 2^16"} {
		require.Contains(t, texts, text)
	}
}
