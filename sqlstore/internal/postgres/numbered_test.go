package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDollars(t *testing.T) {
	require.Equal(t, "a = $1 AND b IN ($2, $3)", dollars("a = ? AND b IN (?, ?)"))
	require.Equal(t, "SELECT 1", dollars("SELECT 1"))
}
