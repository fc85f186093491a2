package command

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestCompare(t *testing.T) {
	serve := func(edits ...func(*awsapi.Options)) *httptest.Server {
		m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
			o.Clock = secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		})
		require.NoError(t, err)
		edits = append(edits, func(o *awsapi.Options) {
			o.Purger, o.Virtual, o.Settle = secretlife.NewPurger(m), true, true
		})
		api, err := awsapi.New(m, edits...)
		require.NoError(t, err)
		s := httptest.NewServer(api)
		t.Cleanup(s.Close)
		return s
	}
	a, b := serve(), serve()
	call := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), args, &out, &errs)
		return code, out.String(), errs.String()
	}
	code, text, errs := call("compare", "--a", a.URL, "--b", b.URL, "--control", "--other-region", "eu-west-1",
		"--histories", "20")
	require.Zero(t, code, errs)
	require.Contains(t, text, "no difference in 20 histories of 25 calls")

	wrong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") == "secretsmanager.DescribeSecret" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"ResourceNotFoundException"}`))
			return
		}
		b.Config.Handler.ServeHTTP(w, r)
	}))
	defer wrong.Close()
	code, text, errs = call("compare", "--a", a.URL, "--b", wrong.URL)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "the endpoints differ")
	require.Contains(t, text, "X-Amz-Target: secretsmanager.DescribeSecret")
	require.Contains(t, text, "# B answers: 400 ResourceNotFoundException")

	code, text, _ = call("compare", "--a", a.URL, "--b", wrong.URL, "--json")
	require.Equal(t, 1, code)
	var d struct{ Calls []struct{ Operation string } }
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	require.NotEmpty(t, d.Calls)

	tokens, file := oneToken(t, "read,advance")
	guarded := serve(tokens)
	code, _, errs = call("compare", "--a", a.URL, "--b", guarded.URL, "--control")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "this control call needs a token")
	code, text, errs = call("compare", "--a", a.URL, "--b", guarded.URL, "--control", "--control-token-file", file,
		"--histories", "5")
	require.Zero(t, code, errs)
	require.Contains(t, text, "no difference in 5 histories of 25 calls")

	code, _, errs = call("compare", "--a", a.URL)
	require.Equal(t, 2, code)
	require.Contains(t, errs, "--b")
	code, _, errs = call("compare", "--a", a.URL, "--b", "http://127.0.0.1:1")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "127.0.0.1:1")
	code, _, errs = call("compare", "--a", a.URL, "--b", b.URL, "--calls", "0")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "at least 1")
}

// oneToken has control calls need a token with these rights, and returns a file with it.
func oneToken(t *testing.T, rights string) (edit func(*awsapi.Options), file string) {
	t.Helper()
	line := "only-AAAAAAAAAAAAAAAAAAAA " + rights + "\n"
	tokens, err := awsapi.ParseControlTokens(line)
	require.NoError(t, err)
	file = filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(file, []byte(line), 0o600))
	return func(o *awsapi.Options) {
		o.Control = awsapi.ControlForTokens(func() awsapi.ControlTokens { return tokens })
	}, file
}

// TestCompareHelp runs the example that the help of compare shows, line by line, but on ports that
// are free and with a few histories.
func TestCompareHelp(t *testing.T) {
	code, help, _ := call(t, "compare", "--help")
	require.Zero(t, code)
	script := "set -e; trap 'kill $(jobs -p); wait' EXIT\n"
	lines := 0
	for line := range strings.Lines(help) {
		if strings.HasPrefix(line, "    secretlife ") {
			script += strings.TrimSpace(line) + "\n"
			lines++
		}
	}
	require.Equal(t, 4, lines, help)
	script = strings.NewReplacer("4577", freePort(t), "4578", freePort(t)).Replace(script)
	script = strings.TrimSpace(script) + " --histories 5"
	program := filepath.Join(t.TempDir(), "secretlife")
	require.NoError(t, os.Symlink(os.Args[0], program))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"), asProgram+"=1")
	cmd.WaitDelay = 10 * time.Second // for the output of servers that outlive a script that was killed
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", script, out)
	require.Contains(t, string(out), "no difference in 5 histories of 25 calls")
}

func freePort(t *testing.T) string {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}
