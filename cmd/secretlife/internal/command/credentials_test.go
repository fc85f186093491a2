package command

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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

// TestCredentialsAreReadAgain changes the file in all ways: the keys are those of
// the file, a second later, and those before while the file is wrong.
func TestCredentialsAreReadAgain(t *testing.T) {
	profile := func(id string) string {
		return "[" + id + "]\naws_access_key_id = " + id + "\naws_secret_access_key = hunter2\n"
	}
	path := credentialsFile(t, profile("ONE")+profile("TWO"), 0o600)
	var log bytes.Buffer
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	k, err := openKeys(path, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	require.NoError(t, err)
	known := func() (ids []string) {
		for _, id := range []string{"ONE", "TWO", "SIX"} {
			if c, ok := k.find(id); ok {
				require.Equal(t, "hunter2", c.SecretAccessKey)
				ids = append(ids, id)
			}
		}
		return ids
	}
	require.Equal(t, []string{"ONE", "TWO"}, known())
	age := 0
	touch := func() {
		age++
		at := now.Add(time.Duration(age) * time.Nanosecond)
		require.NoError(t, os.Chtimes(path, at, at))
	}
	write := func(text string) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		touch()
	}
	for _, c := range []struct {
		what   string
		change func()
		want   []string
		logged string
	}{
		{"a key is removed", func() { write(profile("ONE")) }, []string{"ONE"}, "read again"},
		{"in a text of the same length", func() { write(profile("SIX")) }, []string{"SIX"}, "read again"},
		{"another file of that name, of the same age and length", func() {
			info, err := os.Stat(path)
			require.NoError(t, err)
			next := credentialsFile(t, profile("TWO"), 0o600)
			require.NoError(t, os.Chtimes(next, info.ModTime(), info.ModTime()))
			require.NoError(t, os.Rename(next, path))
		}, []string{"TWO"}, "read again"},
		{"a broken file", func() { write("hunter2") }, []string{"TWO"}, "stay in use"},
		{"an empty file", func() { write("") }, []string{"TWO"}, "there is no profile in it"},
		{"no file", func() { require.NoError(t, os.Remove(path)) }, []string{"TWO"}, "no such file"},
		{"a file again", func() { write(profile("ONE")) }, []string{"ONE"}, "read again"},
		{"nothing", func() {}, []string{"ONE"}, ""},
	} {
		before := known()
		c.change()
		log.Reset()
		now = now.Add(lookEvery - 1)
		require.Equal(t, before, known(), "%s: it is not looked at yet", c.what)
		now = now.Add(1)
		require.Equal(t, c.want, known(), c.what)
		require.Contains(t, log.String(), c.logged, c.what)
		require.NotContains(t, log.String(), "hunter2")
		for range 3 { // once per change
			now = now.Add(lookEvery)
			known()
		}
		require.LessOrEqual(t, strings.Count(log.String(), "\n"), 1, "%s: %s", c.what, &log)
	}

	write(profile("SIX"))
	require.NoError(t, k.reload())
	require.Equal(t, []string{"SIX"}, known(), "at once")
	write("hunter2")
	require.Error(t, k.reload())
	require.Equal(t, []string{"SIX"}, known())
}

// TestRemovedKeyStopsWorking takes a key out of the file of a running server,
// which reads it again on SIGHUP.
func TestRemovedKeyStopsWorking(t *testing.T) {
	const one, two = "[one]\naws_access_key_id = ONE\naws_secret_access_key = s\n",
		"[two]\naws_access_key_id = TWO\naws_secret_access_key = s\n"
	path := credentialsFile(t, one+two, 0o600)
	p := start(t, "--credentials", path)
	require.Contains(t, p.listSigned("ONE"), "SecretList")
	require.Contains(t, p.listSigned("TWO"), "SecretList")
	require.NoError(t, os.WriteFile(path, []byte(two), 0o600))
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	answer := ""
	for range 10_000 { // until the signal has come
		if answer = p.listSigned("ONE"); !strings.Contains(answer, "SecretList") {
			break
		}
	}
	require.Contains(t, answer, "UnrecognizedClientException")
	require.Contains(t, p.listSigned("TWO"), "SecretList")
	p.end(syscall.SIGTERM)
	require.Contains(t, p.errs.String(),
		`msg="authentication failed" access_key_id=ONE reason="the access key is not known"`)
}

// listSigned calls ListSecrets, signed with a key whose secret is "s", and returns
// the response.
func (p *program) listSigned(id string) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/", strings.NewReader("{}"))
	require.NoError(p.t, err)
	r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
	hash := sha256.Sum256([]byte("{}"))
	require.NoError(p.t, v4.NewSigner().SignHTTP(p.t.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: "s"}, r,
		hex.EncodeToString(hash[:]), "secretsmanager", "us-east-1", time.Now()))
	resp, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return string(answer)
}

func TestBadCredentialsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "there is no profile in it"},
		{"hunter2", "it is not a file of AWS credentials"},
		{"[a]\naws_secret_access_key = hunter2", `profile "a": aws_access_key_id is missing`},
		{"[a]\naws_access_key_id = A", `profile "a": aws_secret_access_key is missing`},
		{"[a]\naws_access_key_id = A\naws_secret_access_key = hunter2\naws_account_id = 12",
			"aws_account_id must have twelve digits"},
		{"[a]\naws_access_key_id = A\naws_secret_access_key = hunter2\n[b]\naws_access_key_id = A\naws_secret_access_key " +
			"= hunter2", `profile "b": its aws_access_key_id is that of another profile`},
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
		{"--addr", "0.0.0.0:0", "--credentials", credentialsFile(t, "[a]\naws_access_key_id = A\naws_secret_access_key = s",
			0o600)},
	} {
		code, out, errs := call(t, append([]string{"serve"}, args...)...)
		require.Zero(t, code, errs)
		require.Contains(t, out, "listening on", args)
	}
}
