package command

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestHold shows how an operator keeps a secret, and lets it go.
func TestHold(t *testing.T) {
	m, url := planned(t)
	ok := func(args ...string) string {
		t.Helper()
		code, out, errs := runCommand(t, append(args, "--endpoint", url)...)
		require.Zero(t, code, errs)
		return out
	}
	fails := func(text string, args ...string) {
		t.Helper()
		code, _, errs := runCommand(t, append(args, "--endpoint", url)...)
		require.Equal(t, 1, code)
		require.Contains(t, errs, text)
	}
	force := secretlife.DeleteSecretInput{SecretID: "prod/db", ForceDeleteWithoutRecovery: true}

	require.Equal(t, "the hold case-17 on prod/db, until it is released\n",
		ok("hold", "place", "prod/db", "case-17", "--reason", "\x1b[2Jlitigation\n"))
	require.Equal(t, "the hold audit on prod/db, until 2030-04-01T00:00:00Z\n",
		ok("hold", "place", "prod/db", "audit", "--for", "90d"))
	ok("hold", "place", "old/db", "audit", "--until", "2030-04-01T00:00:00Z")
	out := ok("hold", "ls")
	require.Regexp(t, `(?m)^SECRET +HOLD +SINCE +UNTIL +RELEASE +PLACED BY +REASON$`, out)
	require.Regexp(t, `(?m)^prod/db +case-17 +2030-01-01T00:00:00Z +- +- +\S.* on .*, by a control call from 127.0.0.1 +`+
		`\[2Jlitigation *$`, out)
	require.Regexp(t, `(?m)^old/db +audit +2030-01-01T00:00:00Z +2030-04-01T00:00:00Z +-`, out)
	var h hold
	require.NoError(t, json.Unmarshal([]byte(ok("hold", "ls", "old/db", "--json")), &h))
	require.Equal(t, "audit", h.Name)

	_, err := m.DeleteSecret(t.Context(), force)
	require.ErrorIs(t, err, secretlife.ErrHeld)
	code, out, _ := runCommand(t, "plan", "delete", "prod/db", "--endpoint", url, "--control")
	require.Equal(t, 3, code)
	require.Contains(t, out, `blocked: prod/db: it has the hold "case-17" by `)
	require.Contains(t, out, "(held)")

	require.Equal(t, "the hold case-17 on prod/db is released\n", ok("hold", "release", "prod/db", "case-17"))
	ok("hold", "release", "prod/db", "audit")
	fails(`"audit"`, "hold", "release", "prod/db", "audit")
	fails("can't find", "hold", "place", "none", "case-17")
	fails("can't find", "hold", "place", "prod/db", "case-17", "--region", "eu-west-1")
	_, err = m.DeleteSecret(t.Context(), force)
	require.NoError(t, err)
}

// TestProtect shows how an operator protects a secret.
func TestProtect(t *testing.T) {
	m, url := planned(t)
	run := func(args ...string) (int, string, string) {
		return runCommand(t, append([]string{"protect", "prod/db", "--endpoint", url}, args...)...)
	}
	ok := func(args ...string) string {
		t.Helper()
		code, out, errs := run(args...)
		require.Zero(t, code, errs)
		return out
	}
	require.Equal(t, "prod/db: no protection\n", ok())
	ok("--no-force", "--cooling-off", "1d")
	require.Equal(t, "prod/db: no protection\n", ok("--off"))
	protection := "prod/db: no deletion by force, a recovery window of at least 14 days, final from 2030-01-01T00:00:00Z\n"
	require.Equal(t, protection, ok("--no-force", "--minimum-window", "14"))
	require.Equal(t, protection, ok())
	require.Contains(t, ok("--json"), `"minimumWindow":14`)
	code, _, errs := run("--off")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "final")
	_, _, errs = run("--off", "--no-force")
	require.Contains(t, errs, "--off goes with none of")
	_, _, errs = run("--cooling-off", "1d")
	require.Contains(t, errs, "--cooling-off goes with")

	code, out, _ := runCommand(t, "plan", "delete", "prod/db", "--days", "7", "--endpoint", url, "--control")
	require.Equal(t, 3, code)
	require.Contains(t, out,
		"blocked: prod/db: it is protected: its recovery window must have at least 14 days (protected)")
	_, err := m.DeleteSecret(t.Context(), secretlife.DeleteSecretInput{SecretID: "prod/db",
		RecoveryWindowInDays: secretlife.Days(7)})
	require.ErrorIs(t, err, secretlife.ErrProtected)
}

// TestServeGuards checks the flags of serve about holds and protection, with tokens, over a socket.
func TestServeGuards(t *testing.T) {
	dir := t.TempDir()
	tokens := filepath.Join(dir, "tokens")
	require.NoError(t, os.WriteFile(tokens, []byte("ada-AAAAAAAAAAAAAAAAAAAA all ada\n"+
		"grace-AAAAAAAAAAAAAAAAAA hold grace\n"), 0o600))
	graces := filepath.Join(dir, "grace")
	require.NoError(t, os.WriteFile(graces, []byte("grace-AAAAAAAAAAAAAAAAAA hold\n"), 0o600))
	socket := "unix:" + filepath.Join(dir, "s")
	p := start(t, "--clock", "virtual", "--start", "2030-01-01T00:00:00Z", "--control-addr", socket,
		"--control-token-file", tokens, "--hold-release-by-another", "--hold-release-delay", "1d",
		"--protect-minimum-window", "14")
	defer p.end(os.Interrupt)
	const token = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
	status, out := p.aws("CreateSecret", `{"Name":"a","ClientRequestToken":"`+token+`"}`)
	require.Equal(t, http.StatusOK, status, out)
	run := func(token string, args ...string) (int, string, string) {
		return runCommand(t, append(args, "--endpoint", socket, "--control-token-file", token)...)
	}

	code, out, errs := run(tokens, "protect", "a")
	require.Zero(t, code, errs)
	require.Contains(t, out, "at least 14 days")
	code, _, errs = run(tokens, "hold", "place", "a", "case-17")
	require.Zero(t, code, errs)
	code, out, _ = run(tokens, "hold", "ls")
	require.Zero(t, code)
	require.Contains(t, out, "control token ada")
	code, _, errs = run(tokens, "hold", "release", "a", "case-17")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "another principal")
	code, out, errs = run(graces, "hold", "release", "a", "case-17")
	require.Zero(t, code, errs)
	require.Equal(t, "the hold case-17 on a keeps its value until 2030-01-02T00:00:00Z\n", out)
	status, out = p.aws("DeleteSecret", `{"SecretId":"a"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, out, "case-17")
}

// TestControlOverTLS checks that control calls trust AWS_CA_BUNDLE, as clients of AWS do.
func TestControlOverTLS(t *testing.T) {
	dir := t.TempDir()
	p := start(t, "--clock", "virtual", "--tls", "self-signed", "--tls-dir", dir)
	defer p.end(os.Interrupt)
	code, _, errs := runCommand(t, "hold", "ls", "--endpoint", p.url)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "certificate")
	t.Setenv("AWS_CA_BUNDLE", filepath.Join(dir, "ca.pem"))
	code, _, errs = runCommand(t, "hold", "ls", "--endpoint", p.url)
	require.Zero(t, code, errs)
}
