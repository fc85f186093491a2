package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhereGoRunPutsExecutables(t *testing.T) {
	for _, path := range []string{
		"/tmp/go-build2417/b001/exe/secretlife",
		"/root/.cache/go-build/" + strings.Repeat("5e", 32) + "-d/secretlife",
		"/anywhere/ab/" + strings.Repeat("0f", 32) + "-d/secretlife",
	} {
		require.True(t, builtByGoRun(path), path)
	}
	for _, path := range []string{"/usr/bin/secretlife", "/root/go/bin/secretlife", "/root/go-builds/secretlife"} {
		require.False(t, builtByGoRun(path), path)
	}
}
