package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

func credentialsFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

func TestReadCredentials(t *testing.T) {
	var log bytes.Buffer
	path := credentialsFile(t, `
# who may call
[default]
aws_access_key_id = AKIDONE
aws_secret_access_key = wJalr/K7#MDENG;x+y=

[ci]
aws_access_key_id = AKIDTWO
aws_secret_access_key = two
aws_session_token = token
aws_account_id = 111122223333
region = us-east-1
`, 0o644)
	got, err := readCredentials(path, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	require.Equal(t, map[string]awsapi.Credential{
		"AKIDONE": {SecretAccessKey: "wJalr/K7#MDENG;x+y="},
		"AKIDTWO": {SecretAccessKey: "two", SessionToken: "token", Account: "111122223333"},
	}, got)
	require.Contains(t, log.String(), "others than its owner may read")
	require.NotContains(t, log.String(), "wJalr")
}

func TestBadCredentialsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "there is no profile in it"},
		{"hunter2", "it is not a file of AWS credentials"},
		{"[a]\naws_secret_access_key = hunter2", `profile "a": aws_access_key_id is missing`},
		{"[a]\naws_access_key_id = A", `profile "a": aws_secret_access_key is missing`},
		{"[a]\naws_access_key_id = A\naws_secret_access_key = hunter2\naws_account_id = 12", "aws_account_id must have twelve digits"},
		{"[a]\naws_access_key_id = A\naws_secret_access_key = hunter2\n[b]\naws_access_key_id = A\naws_secret_access_key = hunter2", `profile "b": its aws_access_key_id is that of another profile`},
	} {
		var log bytes.Buffer
		path := credentialsFile(t, c.text, 0o600)
		_, err := readCredentials(path, slog.New(slog.NewTextHandler(&log, nil)))
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, "--credentials "+path)
		require.NotContains(t, err.Error(), "hunter2")
		require.Empty(t, log.String())
	}
	_, err := readCredentials(filepath.Join(t.TempDir(), "none"), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "no such file")
}

func TestWhoMayListenWhere(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "[::]:0"} {
		code, _, errs := call(t, "serve", "--addr", addr)
		require.NotZero(t, code, addr)
		require.Contains(t, errs, "--allow-unverified", addr)
	}
	for _, args := range [][]string{
		{"--addr", "127.0.0.1:0"}, {"--addr", "0.0.0.0:0", "--allow-unverified"},
		{"--addr", "0.0.0.0:0", "--credentials", credentialsFile(t, "[a]\naws_access_key_id = A\naws_secret_access_key = s", 0o600)},
	} {
		code, out, errs := call(t, append([]string{"serve"}, args...)...)
		require.Zero(t, code, errs)
		require.Contains(t, out, "listening on", args)
	}
}
