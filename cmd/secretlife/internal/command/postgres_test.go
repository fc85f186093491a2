package command

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/pgserver"
)

// postgresFlags are those of a store in a database, with its files in a folder.
func postgresFlags(url, dir string) []string {
	return []string{"--store", url, "--key-file", filepath.Join(dir, "master"), "--keyring", filepath.Join(dir, "keyring")}
}

// TestTwoProcessesShareAPostgres runs two processes on one database at the same
// time, and a third on it when the server has crashed.
func TestTwoProcessesShareAPostgres(t *testing.T) {
	server, dir := pgserver.Start(t), t.TempDir()
	args := append([]string{"--clock", "virtual", "--start", "2030-01-01T00:00:00Z"},
		postgresFlags(server.Database("d"), dir)...)
	a, b := start(t, args...), start(t, args...)
	a.ok("CreateSecret", `{"Name":"back","SecretString":"hunter2",`+
		`"ClientRequestToken":"00000000000000000000000000000001"}`)
	b.ok("CreateSecret", `{"Name":"gone","SecretString":"hunter3",`+
		`"ClientRequestToken":"00000000000000000000000000000002"}`)
	require.Contains(t, b.ok("GetSecretValue", `{"SecretId":"back"}`), "hunter2")
	a.ok("DeleteSecret", `{"SecretId":"back","RecoveryWindowInDays":7}`)
	a.ok("DeleteSecret", `{"SecretId":"gone","RecoveryWindowInDays":7}`)
	b.ok("RestoreSecret", `{"SecretId":"back"}`)
	a.end(os.Kill)
	server.Kill()
	server.Run()
	require.Contains(t, b.ok("GetSecretValue", `{"SecretId":"back"}`), "hunter2")
	status, answer := b.post("/_secretlife/clock/advance", `{"duration":"168h"}`)
	require.Equal(t, http.StatusOK, status, answer)
	require.Contains(t, answer, ":secret:gone-")
	require.NotContains(t, answer, ":secret:back-")
	b.end(syscall.SIGTERM)

	c := start(t, args...)
	require.Contains(t, c.ok("GetSecretValue", `{"SecretId":"back"}`), "hunter2")
	status, answer = c.aws("DescribeSecret", `{"SecretId":"gone"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, answer, "ResourceNotFoundException")
	c.end(syscall.SIGTERM)
	for _, name := range []string{"master", "keyring"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, name)
	}
}

// TestWhyAPostgresCantBeOpened checks that each reason is one line, with what can
// be done, and without the password.
func TestWhyAPostgresCantBeOpened(t *testing.T) {
	server, dir := pgserver.Start(t), t.TempDir()
	url := server.Database("d")
	start(t, postgresFlags(url, dir)...).end(syscall.SIGTERM)
	other := filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(other, []byte(strings.Repeat("ab", 32)), 0o600))
	garbage := filepath.Join(dir, "garbage")
	require.NoError(t, os.WriteFile(garbage, []byte(strings.Repeat("no keyring ", 999)), 0o600))

	flags := func(url string, changes ...string) []string {
		return append(postgresFlags(url, dir), changes...)
	}
	secret := strings.Replace(url, "postgres@", "postgres:hunter2@", 1)
	for text, args := range map[string][]string{
		"does not answer":                   flags("postgres://u:hunter2@127.0.0.1:1/d"),
		`database "none" does not exist`:    flags(strings.Replace(secret, "/d?", "/none?", 1)),
		"invalid port":                      flags("postgres://u:hunter2@127.0.0.1:99999/d"),
		"needs --key-file and --keyring":    {"--store", secret},
		"wrong master key":                  flags(secret, "--key-file", other),
		"there is no key file":              flags(secret, "--key-file", filepath.Join(dir, "none")),
		"--keyring says where":              flags(secret, "--keyring", filepath.Join(dir, "none")),
		"does not begin as a keyring does":  flags(secret, "--keyring", garbage),
		`it must be "memory"`:               {"--store", "mysql://u:hunter2@127.0.0.1/d"},
		"--keyring is for --store postgres": {"--store", "memory", "--keyring", other},
		"--connections is for --store post": {"--store", "memory", "--connections", "3"},
	} {
		said := serveFails(t, args...)
		require.Contains(t, said, text)
		require.Equal(t, 1, strings.Count(said, "\n"), said)
		require.NotContains(t, said, "hunter2")
		require.NotContains(t, said, "abab")
	}
	server.Stop()
	require.NoError(t, os.WriteFile(filepath.Join(server.Data(), "standby.signal"), nil, 0o644))
	server.Run()
	require.Contains(t, serveFails(t, flags(url)...), "the server is a standby")
}

// TestServeDoesNotShowThePassword checks that the log does not have it either.
func TestServeDoesNotShowThePassword(t *testing.T) {
	url := strings.Replace(pgserver.Start(t).Database("d"), "postgres@", "postgres:hunter2@", 1)
	p := start(t, postgresFlags(url+"&password=hunter3", t.TempDir())...)
	p.end(syscall.SIGTERM)
	require.Contains(t, p.errs.String(), "postgres:xxxxx@")
	require.NotContains(t, p.errs.String(), "hunter")
}
