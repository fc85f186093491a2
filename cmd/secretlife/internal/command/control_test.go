package command

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const someCredentials = "[a]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = hunter2"

// get makes a GET request with headers and returns the status.
func get(t *testing.T, client *http.Client, url string, headers ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	resp, err := client.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// once is a client that keeps no connection.
func once() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// over is a client that connects to a Unix socket.
func over(socket string) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}
}

func TestControlTokenIsMadeWithTheStore(t *testing.T) {
	w := sqliteWorld(t)
	args := []string{"--store", w.store, "--credentials", credentialsFile(t, someCredentials, 0o600)}
	p := start(t, args...)
	file := w.path() + ".control-token"
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	token, rights, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	require.Equal(t, "all", rights)

	events, bearer := p.url+"/_secretlife/events", "Bearer "+token
	require.Equal(t, http.StatusUnauthorized, get(t, once(), events))
	require.Equal(t, http.StatusUnauthorized, get(t, once(), events, "X-Forwarded-For", "192.0.2.1"))
	require.Equal(t, http.StatusUnauthorized, get(t, once(), events, "Authorization", bearer+"A"))
	require.Equal(t, http.StatusOK, get(t, once(), events, "Authorization", bearer))
	require.Equal(t, http.StatusMisdirectedRequest, get(t, once(), events, "Authorization", bearer, "Host",
		"evil.example"))
	require.Equal(t, http.StatusOK, get(t, once(), p.url+"/_secretlife/health"))
	p.end(syscall.SIGTERM)
	require.NotContains(t, p.errs.String(), token)

	p = start(t, args...)
	events = p.url + "/_secretlife/events"
	require.Equal(t, http.StatusOK, get(t, once(), events, "Authorization", bearer), "it is the same after a restart")
	const other = "another-token-that-is-long-enough"
	require.NoError(t, os.WriteFile(file, []byte(other+" read\n"), 0o600))
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	for range 10_000 { // until it was reloaded
		if get(t, once(), events, "Authorization", bearer) == http.StatusUnauthorized {
			break
		}
	}
	require.Equal(t, http.StatusUnauthorized, get(t, once(), events, "Authorization", bearer))
	require.Equal(t, http.StatusOK, get(t, once(), events, "Authorization", "Bearer "+other))
	status, _ := p.post("/_secretlife/reset", "", "Authorization", "Bearer "+other)
	require.Equal(t, http.StatusForbidden, status, "it may read only")
	p.end(syscall.SIGTERM)
}

func TestControlTokenFiles(t *testing.T) {
	dir := t.TempDir()
	made := filepath.Join(dir, "made")
	is, err := makeControlTokens(made)
	require.NoError(t, err)
	require.True(t, is)
	first, err := os.ReadFile(made)
	require.NoError(t, err)
	is, err = makeControlTokens(made)
	require.NoError(t, err)
	require.False(t, is)
	again, err := os.ReadFile(made)
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = readControlTokens(made)
	require.NoError(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left")

	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o660, 0o644, 0o601} {
		require.NoError(t, os.Chmod(made, mode))
		_, err = readControlTokens(made)
		require.ErrorContains(t, err, "chmod 600", mode)
		code, out, errs := call(t, "serve", "--addr", "127.0.0.1:0", "--control-token-file", made)
		require.Equal(t, 1, code)
		require.Empty(t, out)
		require.Contains(t, errs, "--control-token-file "+made+": others than its owner may use it")
	}
	_, err = makeControlTokens(filepath.Join(dir, "no", "folder"))
	require.ErrorIs(t, err, os.ErrNotExist)
	wrong := filepath.Join(dir, "wrong")
	require.NoError(t, os.WriteFile(wrong, []byte("hunter2hunter2hunter2 write"), 0o600))
	_, err = readControlTokens(wrong)
	require.ErrorContains(t, err, "line 1: the rights are")
	require.NotContains(t, err.Error(), "hunter")
}

// TestControlTokensWithoutCredentials checks that tokens that are asked for are
// needed, whatever is verified.
func TestControlTokensWithoutCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	p := start(t, "--control-token-file", file)
	require.Equal(t, http.StatusUnauthorized, get(t, once(), p.url+"/_secretlife/clock"))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	bearer := "Bearer " + strings.Fields(string(text))[0]
	require.Equal(t, http.StatusOK, get(t, once(), p.url+"/_secretlife/clock", "Authorization", bearer))
	p.end(syscall.SIGTERM)
}

// TestThisMachineOnly checks what a server without credentials serves.
func TestThisMachineOnly(t *testing.T) {
	p := start(t, "--allow-host", "secrets.test")
	clock := p.url + "/_secretlife/clock"
	require.Equal(t, http.StatusOK, get(t, once(), clock))
	require.Equal(t, http.StatusOK, get(t, once(), clock, "Host", "secrets.test"))
	require.Equal(t, http.StatusMisdirectedRequest, get(t, once(), clock, "Host", "evil.example"))
	require.Equal(t, http.StatusForbidden, get(t, once(), clock, "X-Forwarded-For", "127.0.0.1"))
	status, _ := p.post("/", "{}", "X-Amz-Target", "secretsmanager.ListSecrets", "Via", "1.1 proxy")
	require.Equal(t, http.StatusForbidden, status)
	p.end(syscall.SIGTERM)

	p = start(t, "--allow-unverified")
	status, _ = p.post("/", "{}", "X-Amz-Target", "secretsmanager.ListSecrets", "Via", "1.1 proxy")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, http.StatusMisdirectedRequest, get(t, once(), p.url+"/_secretlife/clock", "Host", "evil.example"))
	require.Equal(t, http.StatusForbidden, get(t, once(), p.url+"/_secretlife/clock", "X-Forwarded-For", "127.0.0.1"))
	p.end(syscall.SIGTERM)
}

func TestControlAddress(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "control.sock")
	credentials := credentialsFile(t, someCredentials, 0o600)
	unix := []string{"--credentials", credentials, "--control-addr", "unix:" + socket}
	p := start(t, unix...)
	require.Equal(t, "unix:"+socket, p.says("control calls on "))
	info, err := os.Stat(socket)
	require.NoError(t, err)
	require.Equal(t, os.ModeSocket|0o600, info.Mode())
	require.Equal(t, http.StatusOK, get(t, over(socket), "http://localhost/_secretlife/events"))
	status := get(t, over(socket), "http://localhost/_secretlife/events", "Forwarded", "for=192.0.2.1")
	require.Equal(t, http.StatusForbidden, status)
	require.Equal(t, http.StatusNotFound, get(t, over(socket), "http://localhost/"))
	require.Equal(t, http.StatusForbidden, get(t, once(), p.url+"/_secretlife/events"))
	require.Equal(t, http.StatusOK, get(t, once(), p.url+"/_secretlife/health"))

	code, out, errs := runCommand(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, unix...)...)
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.Contains(t, errs, "another process listens on "+socket)
	p.end(os.Kill)
	require.FileExists(t, socket, "a process that was killed leaves it")
	p = start(t, unix...)
	p.says("control calls on ")
	require.Equal(t, http.StatusOK, get(t, over(socket), "http://localhost/_secretlife/clock"))
	p.end(syscall.SIGTERM)
	entries, err := os.ReadDir(filepath.Dir(socket))
	require.NoError(t, err)
	require.Empty(t, entries, "nothing is left")

	// A second TCP address needs the token.
	w := sqliteWorld(t)
	p = start(t, "--store", w.store, "--credentials", credentials, "--control-addr", "127.0.0.1:0")
	control := p.says("control calls on ")
	text, err := os.ReadFile(w.path() + ".control-token")
	require.NoError(t, err)
	bearer := "Bearer " + strings.Fields(string(text))[0]
	require.Equal(t, http.StatusUnauthorized, get(t, once(), control+"/_secretlife/clock"))
	require.Equal(t, http.StatusOK, get(t, once(), control+"/_secretlife/clock", "Authorization", bearer))
	require.Equal(t, http.StatusForbidden, get(t, once(), p.url+"/_secretlife/clock", "Authorization", bearer))
	p.end(syscall.SIGTERM)
}

// TestControlAddressWithoutCredentials has no token, and serves this machine.
func TestControlAddressWithoutCredentials(t *testing.T) {
	dir := t.TempDir()
	for _, addr := range []string{"127.0.0.1:0", "unix:" + filepath.Join(dir, "s")} {
		p := start(t, "--control-addr", addr)
		control := p.says("control calls on ")
		client, url := once(), control
		if path, unix := strings.CutPrefix(control, "unix:"); unix {
			client, url = over(path), "http://localhost"
		}
		require.Equal(t, http.StatusOK, get(t, client, url+"/_secretlife/clock"))
		require.Equal(t, http.StatusForbidden, get(t, client, url+"/_secretlife/clock", "X-Forwarded-For", "127.0.0.1"))
		require.Equal(t, http.StatusForbidden, get(t, once(), p.url+"/_secretlife/clock"))
		p.end(syscall.SIGTERM)
	}
}

func TestControlAddressesThatAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	credentials := credentialsFile(t, someCredentials, 0o600)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"--control-addr 0.0.0.0:0 is not only this machine's", []string{"--control-addr", "0.0.0.0:0"}},
		{"needs --control-token-file FILE", []string{"--credentials", credentials, "--control-addr", "127.0.0.1:0"}},
		{"is not a socket", []string{"--control-addr", "unix:" + file}},
		{"no such file", []string{"--control-addr", "unix:" + filepath.Join(file+"s", "none")}},
		{"--control-addr", []string{"--control-addr", "nowhere"}},
		{"--control-addr", []string{"--control-addr", "unix:"}},
	} {
		code, out, errs := call(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, c.args...)...)
		require.Equal(t, 1, code, c.want)
		require.Empty(t, out)
		require.Contains(t, errs, c.want)
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "text", string(text))
}

// TestControlCallsNeedATokenFile says how control calls are had where there is no
// place for a token.
func TestControlCallsNeedATokenFile(t *testing.T) {
	p := start(t, "--credentials", credentialsFile(t, someCredentials, 0o600))
	require.Equal(t, http.StatusForbidden, get(t, once(), p.url+"/_secretlife/clock"))
	p.end(syscall.SIGTERM)
	require.Contains(t, p.errs.String(), "need --control-token-file")
}
