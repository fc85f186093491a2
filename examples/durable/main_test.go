package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOneRunFindsWhatAnotherLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.db")
	for range 2 {
		for _, want := range []string{"created, and deleted with a week to think it over\n", "restored: hunter2\n",
			"purged, for good\n"} {
			var out bytes.Buffer
			require.NoError(t, run(t.Context(), path, &out))
			require.Equal(t, want, out.String())
		}
	}
}
