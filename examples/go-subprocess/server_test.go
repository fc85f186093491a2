package tenants

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"
)

// server is a secretlife process, in virtual time from 2030-01-01. Copy this file beside your tests.
type server struct {
	url string
	cmd *exec.Cmd
}

// shared is the server of all tests.
var shared *server

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "secretlife")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if shared, err = start(dir); err != nil {
		return 0, err
	}
	code = m.Run()
	return code, shared.stop()
}

// start starts the command of SECRETLIFE or the PATH, or builds it in dir where it is neither. A server that
// runs already, such as one in a container, is named by SECRETLIFE_URL. It must have been started with --clock
// virtual --isolate-accounts.
func start(dir string) (*server, error) {
	if url := os.Getenv("SECRETLIFE_URL"); url != "" {
		return &server{url: url}, nil
	}
	path, err := exec.LookPath("secretlife")
	if named := os.Getenv("SECRETLIFE"); named != "" {
		path = named
	} else if err != nil {
		path = filepath.Join(dir, "secretlife")
		build := exec.CommandContext(context.Background(), "go", "build", "-o", path,
			"github.com/secretlife-go/secretlife/cmd/secretlife")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
	}
	s := &server{cmd: exec.CommandContext(context.Background(), path, "serve", "--addr", "127.0.0.1:0",
		"--log-level", "error", "--clock", "virtual", "--start", "2030-01-01T00:00:00Z", "--isolate-accounts")}
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n') // it is there when requests are served
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		return nil, fmt.Errorf("secretlife did not start: %w", err)
	}
	s.url = url
	return s, nil
}

// stop ends the server at once: it has nothing to finish.
func (s *server) stop() error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Kill()
	_ = s.cmd.Wait() // says that it was killed
	return err
}

// account is an account with secrets and a clock of its own.
type account struct {
	t      *testing.T
	server *server
	id     string
}

// newAccount returns an account that no other test has, so that tests can be parallel. It is forgotten after the
// test.
func newAccount(t *testing.T) *account {
	a := &account{t, shared, fmt.Sprint(100_000_000_000 + rand.Int64N(900_000_000_000))}
	t.Cleanup(func() { a.control("reset?account="+a.id, map[string]any{"clock": "start"}) })
	return a
}

// client returns a client of the account.
func (a *account) client(edits ...func(*secretsmanager.Options)) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		BaseEndpoint: aws.String(a.server.url),
		Region:       "us-east-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: a.id, SecretAccessKey: "test"}, nil // the id says the account
		}),
	}, edits...)
}

// advance lets time pass, such as "30d", and returns the ARNs of the secrets that were purged.
func (a *account) advance(duration string) []string {
	a.t.Helper()
	var out struct{ Purged []string }
	answer := a.control("clock/advance?account="+a.id, map[string]any{"duration": duration})
	require.NoError(a.t, json.Unmarshal(answer, &out))
	return out.Purged
}

// fail has calls of the account fail, as which says: {"effect": "throttling", "operation": "GetSecretValue"}.
func (a *account) fail(which map[string]any) {
	a.t.Helper()
	which["account"] = a.id
	a.control("failures", which)
}

// control makes a control call, which must succeed.
func (a *account) control(path string, body any) []byte {
	a.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(a.t, err)
	ctx := context.WithoutCancel(a.t.Context()) // which ends before cleanups run
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.server.url+"/_secretlife/"+path, bytes.NewReader(text))
	require.NoError(a.t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(a.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	require.Equal(a.t, http.StatusOK, resp.StatusCode, "%s", answer)
	return answer
}
