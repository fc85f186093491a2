package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFaultsCanBePlanted finds the places they change: the library moves on.
func TestFaultsCanBePlanted(t *testing.T) {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, f := range planted() {
		require.False(t, names[f.name], f.name)
		names[f.name] = true
		s := search{root: root, dir: t.TempDir()}
		_, err := s.plantAll(f)
		require.NoError(t, err, f.name)
	}
}
