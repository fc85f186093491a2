package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOneRunFindsWhatAnotherLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.db")
	for range 2 {
		for _, want := range []string{
			"created, and deleted with a week to think it over\nscheduled: db\n4 calls\n",
			"restored: hunter2\n4 calls\n",
			"purged, for good\n3 calls\n",
		} {
			var out bytes.Buffer
			require.NoError(t, run(t.Context(), path, &out))
			require.Equal(t, want, out.String())
		}
	}
	log, err := os.ReadFile(path + ".audit")
	require.NoError(t, err)
	require.Equal(t, 2, bytes.Count(log, []byte(`"eventName":"SecretPurged"`)))
	require.Equal(t, 2, bytes.Count(log, []byte(`"eventName":"CreateSecret"`)), "no event is there twice")
	require.NotContains(t, string(log), "hunter2")
}
