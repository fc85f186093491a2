package command

import (
	"bytes"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/pgserver"
)

// inProcess runs a command in this process.
func inProcess(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestRotateKey(t *testing.T) {
	dir := t.TempDir()
	path, next := filepath.Join(dir, "secrets.db"), filepath.Join(dir, "next")
	p := start(t, "--store", "sqlite:"+path)
	p.ok("CreateSecret", `{"Name":"a","SecretString":"hunter2","ClientRequestToken":"00000000000000000000000000000001"}`)
	code, _, errs := inProcess(t, "rotate-key", "--store", "sqlite:"+path, "--new-key-file", next)
	require.Equal(t, 1, code, "while it is served")
	require.Contains(t, errs, "in use")
	p.end(syscall.SIGTERM)

	code, out, errs := inProcess(t, "rotate-key", "--store", "sqlite:"+path, "--new-key-file", next)
	require.Zero(t, code, errs)
	require.Contains(t, out, next)
	code, _, errs = inProcess(t, "rotate-key", "--store", "sqlite:"+path, "--new-key-file", next)
	require.Equal(t, 1, code, "the old key opens it no more")
	require.Contains(t, errs, "wrong master key")
	p = start(t, "--store", "sqlite:"+path, "--key-file", next)
	require.Contains(t, p.ok("GetSecretValue", `{"SecretId":"a"}`), "hunter2")
	p.end(syscall.SIGTERM)

	code, _, errs = inProcess(t, "rotate-key", "--store", "sqlite:"+path+".other", "--new-key-file", next)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "there is no store there")
	require.NoFileExists(t, path+".other")
	code, _, errs = inProcess(t, "rotate-key", "--store", "memory", "--new-key-file", next)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "in memory")
}

func TestRotateKeyOverPostgres(t *testing.T) {
	server, dir := pgserver.Start(t), t.TempDir()
	flags := postgresFlags(server.Database("d"), dir)
	p := start(t, flags...)
	p.ok("CreateSecret", `{"Name":"a","SecretString":"hunter2","ClientRequestToken":"00000000000000000000000000000001"}`)
	next := filepath.Join(dir, "next")
	code, _, errs := inProcess(t, append([]string{"rotate-key", "--new-key-file", next}, flags...)...)
	require.Zero(t, code, errs)
	require.Contains(t, p.ok("GetSecretValue", `{"SecretId":"a"}`), "hunter2")
	p.end(syscall.SIGTERM)
	code, _, errs = inProcess(t, append([]string{"rotate-key", "--new-key-file", next}, flags...)...)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "wrong master key")
}
