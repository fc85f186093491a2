package command

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/plan"
)

// planned is an endpoint with a virtual clock, and secrets.
func planned(t *testing.T, edits ...func(*awsapi.Options)) (*secretlife.Manager, string) {
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID", "AWS_ENDPOINT_URL",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_STS"} {
		t.Setenv(name, "")
	}
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock = secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	})
	require.NoError(t, err)
	api, err := awsapi.New(m, append([]func(*awsapi.Options){func(o *awsapi.Options) {
		o.Purger, o.Virtual, o.Settle = secretlife.NewPurger(m), true, true
	}}, edits...)...)
	require.NoError(t, err)
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	for _, name := range []string{"old/api", "old/db", "prod/db"} {
		_, err := m.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: name,
			Value: secretlife.SecretString("hunter2")})
		require.NoError(t, err)
	}
	return m, server.URL
}

func TestPlan(t *testing.T) {
	m, url := planned(t)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	phase := func(name string) secretlife.Phase {
		s, err := m.Secret(t.Context(), name)
		if err != nil {
			require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
		}
		return s.Phase(m.Clock().Now())
	}
	ok := func(args ...string) string {
		t.Helper()
		code, out, errs := runCommand(t, append(args, "--endpoint", url, "--control")...)
		require.Zero(t, code, errs)
		return out
	}

	out := ok("plan", "delete", "--prefix", "old/", "--days", "7", "--out", file("old.plan"))
	require.Regexp(t, `(?m)^old/db +Active +schedule for 7 days +ScheduledForDeletion +2030-01-08 to 2030-01-09 +yes`, out)
	require.Equal(t, secretlife.PhaseActive, phase("old/db"), "a plan only reads")

	out = ok("apply", file("old.plan"))
	require.Equal(t, "old/api: schedule for 7 days (its DeletionDate is 2030-01-08T00:00:00Z)\n"+
		"old/db: schedule for 7 days (its DeletionDate is 2030-01-08T00:00:00Z)\n", out)
	require.Equal(t, secretlife.PhaseScheduledForDeletion, phase("old/db"))
	require.Contains(t, ok("apply", file("old.plan")), "old/db: schedule for 7 days (was done before)")

	ok("plan", "restore", "--scheduled-since", "1h", "--out", file("back.plan"))
	ok("apply", file("back.plan"))
	require.Equal(t, secretlife.PhaseActive, phase("old/db"))

	ok("plan", "delete", "old/api", "old/db", "--out", file("again.plan"))
	ok("apply", file("again.plan"))
	out = ok("plan", "sweep", "--rule", "restore prefix=old/d scheduled-since=1d", "--rule", "force all", "--out",
		file("sweep.plan"))
	require.Contains(t, out, "note: old/api: rule 2: force")
	ok("apply", file("sweep.plan"))
	require.Equal(t, secretlife.PhaseActive, phase("old/db"))
	require.Equal(t, secretlife.PhasePurged, phase("old/api"))

	ok("plan", "delete", "old/db", "--out", file("one.plan"))
	ok("apply", file("one.plan"))
	ok("plan", "recreate", "old/db", "--by", "force", "--out", file("free.plan"))
	ok("apply", file("free.plan"))
	require.Equal(t, secretlife.PhasePurged, phase("old/db"))
}

func TestPlanStatuses(t *testing.T) {
	m, url := planned(t)
	file := filepath.Join(t.TempDir(), "a.plan")
	at := []string{"--endpoint", url, "--control"}
	fails := func(status int, text string, args ...string) {
		t.Helper()
		code, _, errs := runCommand(t, args...)
		require.Equal(t, status, code, errs)
		require.Contains(t, errs, text)
	}
	with := func(args ...string) []string { return append(args, at...) }

	fails(3, "something is in the way of the plan", with("plan", "delete", "none", "prod/db")...)
	code, out, errs := runCommand(t,
		with("plan", "delete", "none", "prod/db", "--skip-blocked", "--json", "--out", file)...)
	require.Zero(t, code, errs)
	require.Contains(t, errs, "left out: none: no secret has this name")
	require.Contains(t, out, `"name": "prod/db"`)
	fails(1, "exists", with("plan", "delete", "prod/db", "--out", file)...)

	fails(1, "bad selector", with("plan", "delete")...)
	fails(1, "--not-read-since", with("plan", "delete", "--not-read-since", "soon")...)
	fails(1, `"burn" is not an action`, with("plan", "sweep", "--rule", "burn all")...)
	fails(1, `"moon=full" selects nothing`, with("plan", "sweep", "--rule", "force moon=full")...)
	fails(1, "between 7 and 30 days", with("plan", "delete", "--all", "--days", "6")...)
	fails(1, "in conjunction with", with("plan", "delete", "--all", "--days", "7", "--force")...)
	fails(2, "--by", with("plan", "recreate", "prod/db")...)
	fails(2, "--endpoint", "plan", "delete", "prod/db")
	fails(1, "must be a URL", "plan", "delete", "prod/db", "--endpoint", "nowhere")
	fails(1, "--region", "plan", "delete", "prod/db", "--endpoint", "aws")
	fails(1, "does not say its time", "plan", "delete", "prod/db", "--endpoint", url+"/x", "--control")

	fails(1, "is not valid now", "apply", file, "--endpoint", url) // without --control the clock is that of today
	other := "the service is account 123456789012 in Region eu-west-1"
	fails(1, other, with("apply", file, "--region", "eu-west-1")...) // which has no secret
	there, err := m.In("123456789012", "eu-west-1")
	require.NoError(t, err)
	_, err = there.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: "prod/db"})
	require.NoError(t, err)
	fails(1, other, with("apply", file, "--region", "eu-west-1")...)
	edited := filepath.Join(t.TempDir(), "edited.plan")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(edited, []byte(strings.Replace(string(text), `"recoveryWindowInDays": 30`,
		`"recoveryWindowInDays": 7`, 1)), 0o600))
	fails(1, "the plan was edited", with("apply", edited)...)

	description := "new"
	_, err = m.UpdateSecret(t.Context(), secretlife.UpdateSecretInput{SecretID: "prod/db", Description: &description})
	require.NoError(t, err)
	fails(4, "stopped at prod/db", with("apply", file)...)
}

// TestPlanWithAToken checks that a server whose control calls need a token gets the first of the file.
func TestPlanWithAToken(t *testing.T) {
	const token = "read-AAAAAAAAAAAAAAAAAAAA"
	_, url := planned(t, func(o *awsapi.Options) {
		tokens, err := awsapi.ParseControlTokens(token + " read")
		require.NoError(t, err)
		o.Control = awsapi.ControlForTokens(func() awsapi.ControlTokens { return tokens })
	})
	file := filepath.Join(t.TempDir(), "tokens")
	text := "# of the server\n\n" + token + " read\nother-AAAAAAAAAAAAAAAAAAA all\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	args := []string{"plan", "delete", "--endpoint", url, "--control", "--all"}
	code, _, errs := runCommand(t, args...)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "this control call needs a token")
	code, out, errs := runCommand(t, append(args, "--control-token-file", file)...)
	require.Zero(t, code, errs)
	require.Contains(t, out, "made 2030-01-01T00:00:00Z")
	for text, says := range map[string]string{"": "there is no token", "words": "line 1: it must be a token"} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		code, _, errs = runCommand(t, append(args, "--control-token-file", file)...)
		require.Equal(t, 1, code)
		require.Contains(t, errs, says)
		require.NotContains(t, errs, "words")
	}
}

// TestPlanSaysWhatItDidNotLookFor checks the line about holds of a plan that was made without control
// calls.
func TestPlanSaysWhatItDidNotLookFor(t *testing.T) {
	m, url := planned(t)
	_, err := m.PlaceHold(t.Context(), "prod/db", secretlife.Hold{Name: "case-17"})
	require.NoError(t, err)
	const line = "note: holds and protection were not looked for; for a server of secretlife, give --control\n"
	args := []string{"plan", "delete", "prod/db", "--endpoint", url}
	code, out, errs := runCommand(t, args...)
	require.Zero(t, code, errs)
	require.Contains(t, out, line)
	code, out, errs = runCommand(t, append(args, "--json")...)
	require.Zero(t, code, errs)
	require.NotContains(t, out, line, "it is JSON")
	require.Contains(t, errs, line)
	code, out, _ = runCommand(t, "plan", "delete", "none", "--endpoint", url)
	require.Equal(t, 3, code)
	require.Contains(t, out, line, "something is in the way, too")
	code, out, _ = runCommand(t, append(args, "--control")...)
	require.Equal(t, 3, code)
	require.Contains(t, out, "(held)")
	require.NotContains(t, out, line)
}

// TestPlanSaysWhoReads checks that a plan for a server with an access ledger says who needs a secret.
func TestPlanSaysWhoReads(t *testing.T) {
	p := start(t, "--clock", "virtual", "--start", "2030-01-01T00:00:00Z")
	defer p.end(os.Interrupt)
	planned(t) // for an environment without AWS
	for _, call := range [][2]string{
		{"CreateSecret", `{"Name":"a","SecretString":"x","ClientRequestToken":"aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}`},
		{"GetSecretValue", `{"SecretId":"a"}`}, {"GetSecretValue", `{"SecretId":"a"}`},
	} {
		status, out := p.aws(call[0], call[1])
		require.Equal(t, http.StatusOK, status, out)
	}
	code, out, errs := runCommand(t, "plan", "delete", "a", "--endpoint", p.url, "--control")
	require.Zero(t, code, errs)
	require.Contains(t, out, "note: a: reads of its value in the last 30 days by 123456789012: 2, the last on "+
		"2030-01-01T00:00:00Z")
}

// TestPlanInAnotherAccount checks that forced deletions are not taken for done where the account has no
// secrets, whose name is known from the key or from STS.
func TestPlanInAnotherAccount(t *testing.T) {
	_, url := planned(t)
	file := filepath.Join(t.TempDir(), "a.plan")
	code, _, errs := runCommand(t, "plan", "delete", "--endpoint", url, "--control", "old/db", "--force", "--out", file)
	require.Zero(t, code, errs)
	refuses := func(text string, args ...string) {
		t.Helper()
		code, out, errs := runCommand(t, append([]string{"apply", file}, args...)...)
		require.Equal(t, 1, code, errs)
		require.Contains(t, errs, text)
		require.Empty(t, out)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "333333333333")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	refuses("the service is account 333333333333 in Region us-east-1", "--endpoint", url, "--control")
	code, out, errs := runCommand(t, "plan", "delete", "--all", "--endpoint", url, "--control")
	require.Zero(t, code, errs)
	require.Contains(t, out, "delete, account 333333333333, Region us-east-1")

	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"SecretList":[]}`)
	}))
	t.Cleanup(empty.Close)
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>444444444444</Account>
			</GetCallerIdentityResult></GetCallerIdentityResponse>`)
	}))
	t.Cleanup(sts.Close)
	now(t, file)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	refuses("the account of the service is not known", "--endpoint", empty.URL)
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", empty.URL)
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	refuses("the service is account 444444444444 in Region us-east-1", "--endpoint", "aws")
	sts.Close()
	refuses("the account of the service is not known", "--endpoint", "aws")
}

// now makes the plan in a file one of today.
func now(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var p plan.Plan
	require.NoError(t, json.Unmarshal(text, &p))
	p.Made = time.Now().UTC().Truncate(time.Second)
	p.Expires = p.Made.Add(plan.MaxAge)
	text, err = json.Marshal(p.WithoutBlocked()) // which has a digest of its own
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
}

// TestPlanOnAWS checks that a plan for AWS takes the ordinary configuration, here one that leads to
// a server of the test.
func TestPlanOnAWS(t *testing.T) {
	_, url := planned(t)
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", url)
	t.Setenv("AWS_ACCESS_KEY_ID", "123456789012")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_REGION", "us-east-1")
	code, out, errs := runCommand(t, "plan", "delete", "--endpoint", "aws", "--all")
	require.Zero(t, code, errs)
	require.Contains(t, out, "delete, account 123456789012, Region us-east-1")
	require.Contains(t, out, "prod/db")
}
