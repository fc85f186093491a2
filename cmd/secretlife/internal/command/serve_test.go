package command

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllowGarbage(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	for set, want := range map[int]int{100: garbage, 50: 50, -1: -1} {
		debug.SetGCPercent(set)
		allowGarbage()
		require.Equal(t, want, debug.SetGCPercent(100), "GOGC is the operator's")
	}
}
