package integration

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// server is a secretlife process.
type server struct {
	t   testing.TB
	url string
}

// built is where the command is, once it was built.
var built struct {
	once sync.Once
	path string
	out  []byte
	err  error
}

var buildFlags []string

// histories is how many random histories run over the wire, where -rapid.checks is
// not given. Each call is followed by many that look at everything.
var histories = "40"

// TestMain sets how many histories there are, and removes what was built.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", histories); err != nil {
		panic(err)
	}
	flag.Parse()
	code := m.Run()
	if built.path != "" {
		os.RemoveAll(filepath.Dir(built.path))
	}
	os.Exit(code)
}

// binary builds the command, once for all tests.
func binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		dir, err := os.MkdirTemp("", "secretlife")
		if err != nil {
			built.err = err
			return
		}
		built.path = filepath.Join(dir, "secretlife")
		args := append([]string{"build", "-tags", "full", "-o", built.path}, buildFlags...)
		args = append(args, "github.com/secretlife-go/secretlife/cmd/secretlife")
		built.out, built.err = exec.Command("go", args...).CombinedOutput() //nolint:noctx // for all tests
	})
	require.NoError(t, built.err, "%s", built.out)
	return built.path
}

// start starts the command in virtual time from 2030-01-01, and ends it with
// SIGTERM after the test, which must be a clean end.
func start(t testing.TB, flags ...string) *server {
	t.Helper()
	args := append([]string{"serve", "--addr", "127.0.0.1:0", "--clock", "virtual", "--start", "2030-01-01T00:00:00Z",
		"--seed", "1"}, flags...)
	cmd := exec.Command(binary(t), args...) //nolint:noctx // it is ended by the cleanup, with SIGTERM
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var log bytes.Buffer
	cmd.Stderr = &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait(), "it ends cleanly on SIGTERM: %s", &log)
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	return &server{t, url}
}

// advance lets time pass, and returns the ARNs of what was purged.
func (s *server) advance(duration string) any {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/_secretlife/clock/advance",
		strings.NewReader(`{"duration":"`+duration+`"}`))
	require.NoError(s.t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, resp.StatusCode, "%s", data)
	var out map[string]any
	require.NoError(s.t, json.Unmarshal(data, &out))
	return out["purged"]
}

// environment is the test's own without what it says of AWS, and with
// credentials that say nothing.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "AWS_") })
	return append(env,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_DEFAULT_REGION=eu-central-1", "AWS_REGION=eu-central-1", "AWS_PAGER=",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_MAX_ATTEMPTS=1", "AWS_EC2_METADATA_DISABLED=true", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
}
