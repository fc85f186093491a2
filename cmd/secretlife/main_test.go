package main

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheDefaultBuildIsSmall checks what is compiled and downloaded by users who only want a
// server in memory.
func TestTheDefaultBuildIsSmall(t *testing.T) {
	list := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps"}, args...)...).Output()
		require.NoError(t, err)
		return string(out)
	}
	small, full := list("."), list("-tags", "full", ".")
	for _, large := range []string{"modernc.org", "github.com/jackc", "github.com/aws", "golang.org/x/sys", "testing"} {
		require.NotRegexp(t, "(?m)^"+large+"(/|$)", small)
		require.Regexp(t, "(?m)^"+large+"(/|$)", full)
	}
}

// TestSIGTERMToGoRun checks that no server is left behind: go run passes no signal on.
func TestSIGTERMToGoRun(t *testing.T) {
	cmd := exec.Command("go", "run", ".", "serve", "--addr", "127.0.0.1:0") //nolint:noctx // it is ended below
	out, err := cmd.StdoutPipe()                                            // the server has the other end, too
	require.NoError(t, err)
	var log bytes.Buffer
	cmd.Stderr = &log
	require.NoError(t, cmd.Start())
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	require.NoError(t, err, &log)
	require.True(t, strings.HasPrefix(first, "listening on "), first)

	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	_, err = io.ReadAll(lines) // until the server ends
	require.NoError(t, err)
	require.Error(t, cmd.Wait(), "go run itself ends by the signal")
}
