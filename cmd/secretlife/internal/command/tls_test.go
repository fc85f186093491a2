package command

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// trusting is a client that trusts the CA of a file.
func trusting(t *testing.T, ca string) *http.Client {
	t.Helper()
	content, err := os.ReadFile(ca)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(content))
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool},
	}}
}

// fetched is a response whose body was closed.
type fetched struct{ *http.Response }

func fetch(t *testing.T, client *http.Client, url string) (fetched, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/_secretlife/health", nil)
	require.NoError(t, err)
	resp, err := client.Do(r)
	if err == nil {
		require.NoError(t, resp.Body.Close())
	}
	return fetched{resp}, err
}

func TestSelfSigned(t *testing.T) {
	w := sqliteWorld(t)
	args := []string{"--store", w.store, "--tls", "self-signed", "--allow-host", "secrets.test"}
	p := start(t, args...)
	require.True(t, strings.HasPrefix(p.url, "https://127.0.0.1:"), p.url)
	ca := p.says("AWS_CA_BUNDLE=")
	require.Equal(t, w.path()+".ca.pem", ca)
	client := trusting(t, ca)
	resp, err := fetch(t, client, p.url)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "HTTP/2.0", resp.Proto)
	require.EqualValues(t, tls.VersionTLS13, resp.TLS.Version)
	port := p.url[strings.LastIndex(p.url, ":"):]
	_, err = fetch(t, client, "https://localhost"+port)
	require.NoError(t, err)

	_, err = fetch(t, once(), p.url)
	require.ErrorContains(t, err, "unknown authority")
	old := trusting(t, ca)
	old.Transport.(*http.Transport).TLSClientConfig.MaxVersion = tls.VersionTLS12
	_, err = fetch(t, old, p.url)
	require.ErrorContains(t, err, "protocol version not supported")
	for name, mode := range map[string]os.FileMode{"tls.pem": 0o600, "ca.pem": 0o644} {
		info, err := os.Stat(w.path() + "." + name)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
	p.end(syscall.SIGTERM)

	p = start(t, args...)
	_, err = fetch(t, client, p.url)
	require.NoError(t, err, "it is the same after a restart")
	p.end(syscall.SIGTERM)
}

// TestSelfSignedWithoutAPlace has a store in memory.
func TestSelfSignedWithoutAPlace(t *testing.T) {
	p := start(t, "--tls", "self-signed")
	ca := p.says("AWS_CA_BUNDLE=")
	_, err := fetch(t, trusting(t, ca), p.url)
	require.NoError(t, err)
	p.end(syscall.SIGTERM)
	require.NoDirExists(t, filepath.Dir(ca))

	dir := t.TempDir()
	p = start(t, "--tls", "self-signed", "--tls-dir", dir)
	require.Equal(t, filepath.Join(dir, "ca.pem"), p.says("AWS_CA_BUNDLE="))
	_, err = fetch(t, trusting(t, filepath.Join(dir, "ca.pem")), p.url)
	require.NoError(t, err)
	p.end(syscall.SIGTERM)
	require.FileExists(t, filepath.Join(dir, "tls.pem"))
}

func TestSelfSignedIsMadeAnew(t *testing.T) {
	var log bytes.Buffer
	prefix := filepath.Join(t.TempDir(), "x.")
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	makes := func(now time.Time, names ...string) (serial string) {
		t.Helper()
		cert, err := selfSigned(prefix, names, now, slog.New(slog.NewTextHandler(&log, nil)))
		require.NoError(t, err)
		content, err := os.ReadFile(prefix + "ca.pem")
		require.NoError(t, err)
		pool := x509.NewCertPool()
		require.True(t, pool.AppendCertsFromPEM(content))
		for _, name := range names {
			_, err = cert.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: now})
			require.NoError(t, err, name)
		}
		_, err = cert.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "other.test", CurrentTime: now})
		require.Error(t, err)
		return cert.Leaf.SerialNumber.String()
	}
	first := makes(now, "localhost", "127.0.0.1", "::1")
	require.Equal(t, first, makes(now, "localhost"), "it is for this name, too")
	require.Equal(t, first, makes(now.Add(334*24*time.Hour), "localhost"))
	require.Equal(t, first, makes(now.Add(-30*time.Minute), "localhost"))
	more := makes(now, "localhost", "secrets.test")
	require.NotEqual(t, first, more)
	later := makes(now.Add(336*24*time.Hour), "localhost")
	require.NotEqual(t, more, later, "its time is almost over")
	require.NoError(t, os.Remove(prefix+"ca.pem"))
	require.Equal(t, later, makes(now.Add(340*24*time.Hour), "localhost"), "and the CA is written again")

	require.NoError(t, os.WriteFile(prefix+"tls.pem", []byte("no certificate"), 0o600))
	_, err := selfSigned(prefix, []string{"localhost"}, now, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "delete it")
	require.NotContains(t, log.String(), "PRIVATE")
}

// TestTheCAIsForItsNamesOnly checks that who trusts the CA trusts it for nothing
// else, even if its key had been kept.
func TestTheCAIsForItsNamesOnly(t *testing.T) {
	content, err := makeCertificate([]string{"localhost", "127.0.0.1", "::1"}, time.Now())
	require.NoError(t, err)
	cert, err := ownCertificate(content)
	require.NoError(t, err)
	ca, err := x509.ParseCertificate(cert.Certificate[1])
	require.NoError(t, err)
	require.True(t, ca.PermittedDNSDomainsCritical)
	require.Equal(t, []string{"localhost"}, ca.PermittedDNSDomains)
	require.Len(t, ca.PermittedIPRanges, 2)
	require.Equal(t, 1, bytes.Count(content, []byte("PRIVATE KEY-----\n"))/2, "the CA's key is not kept")
}

func TestTLSCertificateOfTheOperator(t *testing.T) {
	dir := t.TempDir()
	ca, certFile, keyFile := filepath.Join(dir, "ca"), filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	write := func() {
		content, err := makeCertificate([]string{"localhost", "127.0.0.1", "secrets.test"}, time.Now())
		require.NoError(t, err)
		cert, err := ownCertificate(content)
		require.NoError(t, err)
		require.NoError(t, writeCA(dir+"/", cert))
		require.NoError(t, os.Rename(filepath.Join(dir, "ca.pem"), ca))
		for _, file := range []string{certFile, keyFile} { // each is read for what it has
			require.NoError(t, os.WriteFile(file, content, 0o600))
		}
	}
	write()
	p := start(t, "--tls-cert", certFile, "--tls-key", keyFile)
	first := trusting(t, ca)
	_, err := fetch(t, first, p.url)
	require.NoError(t, err)
	status := get(t, first, p.url+"/_secretlife/health", "Host", "secrets.test")
	require.Equal(t, http.StatusOK, status, "a name of the certificate")

	require.NoError(t, os.WriteFile(certFile, []byte("broken"), 0o600))
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	_, err = fetch(t, first, p.url)
	require.NoError(t, err, "the old one stays")
	write()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	second := trusting(t, ca)
	for range 10_000 { // until it was reloaded
		if _, err = fetch(t, second, p.url); err == nil {
			break
		}
	}
	require.NoError(t, err)
	p.end(syscall.SIGTERM)
}

func TestTLSFlagsThatAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	for _, c := range []struct {
		want string
		args []string
	}{
		{"go together", []string{"--tls-cert", file}},
		{"go together", []string{"--tls-key", file}},
		{"--tls-cert " + file, []string{"--tls-cert", file, "--tls-key", file}},
		{"has one", []string{"--tls-cert", file, "--tls-key", file, "--tls", "self-signed"}},
		{"--tls-dir is for", []string{"--tls-dir", file}},
		{"--tls self-signed: ", []string{"--tls", "self-signed", "--tls-dir", file}},
		{"--tls", []string{"--tls", "always"}},
	} {
		code, out, errs := call(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, c.args...)...)
		require.NotZero(t, code, c.want)
		require.NotContains(t, out, "listening")
		require.Contains(t, errs, c.want)
	}
}
