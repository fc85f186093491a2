package command

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/pgserver"
)

// function is Lambda with two rotation functions, which call a server. The one whose name is
// broken fails.
type function struct{ server *program }

func (f *function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var event struct{ Step, SecretId, ClientRequestToken string } //nolint:revive // AWS's names
	isBroken := strings.Contains(r.URL.Path, "function:broken/")
	switch {
	case !isBroken && !strings.Contains(r.URL.Path, "function:rotate/"):
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Header.Get("X-Amz-Invocation-Type") == "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return
	case json.NewDecoder(r.Body).Decode(&event) != nil:
		w.WriteHeader(http.StatusBadRequest)
		return
	case isBroken:
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
	case event.Step == "createSecret":
		f.call(r, "PutSecretValue", map[string]any{"SecretId": event.SecretId,
			"SecretString": "rotated " + event.ClientRequestToken, "ClientRequestToken": event.ClientRequestToken,
			"VersionStages": []string{"AWSPENDING"}})
	case event.Step == "finishSecret":
		described := f.call(r, "DescribeSecret", map[string]any{"SecretId": event.SecretId})
		versions, _ := described["VersionIdsToStages"].(map[string]any)
		in := map[string]any{"SecretId": event.SecretId, "VersionStage": "AWSCURRENT",
			"MoveToVersionId": event.ClientRequestToken}
		for version, stages := range versions {
			if slices.Contains(stages.([]any), any("AWSCURRENT")) {
				in["RemoveFromVersionId"] = version
			}
		}
		f.call(r, "UpdateSecretVersionStage", in)
	}
	_, _ = io.WriteString(w, "null")
}

// call makes a call of the API. What it gets instead of a response shows in the facts.
func (f *function) call(during *http.Request, operation string, in map[string]any) (out map[string]any) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil
	}
	r, err := http.NewRequestWithContext(during.Context(), http.MethodPost, f.server.url, bytes.NewReader(body))
	if err != nil {
		return nil
	}
	r.Header.Set("X-Amz-Target", "secretsmanager."+operation)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	_ = json.NewDecoder(resp.Body).Decode(&out)
	return out
}

// TestFactsOnEveryStore checks the server against the facts about AWS, with each kind of
// store.
func TestFactsOnEveryStore(t *testing.T) {
	for name, flags := range map[string]func(t *testing.T) []string{
		"memory": func(*testing.T) []string { return nil },
		"SQLite": func(t *testing.T) []string {
			return []string{"--store", "sqlite:" + filepath.Join(t.TempDir(), "secrets.db")}
		},
		"PostgreSQL": func(t *testing.T) []string {
			return postgresFlags(pgserver.Start(t).Database("d"), t.TempDir())
		},
	} {
		t.Run(name, func(t *testing.T) {
			var f function
			lambda := httptest.NewServer(&f)
			defer lambda.Close()
			f.server = start(t, append([]string{"--clock", "virtual", "--start", "2030-01-01T12:00:00Z",
				"--lambda-url", lambda.URL}, flags(t)...)...)
			var out, errs bytes.Buffer
			code := run(t.Context(), []string{"conformance", "--endpoint", f.server.url, "--control",
				"--other-region", "eu-west-1", "--other-account", "210987654321",
				"--function", "arn:aws:lambda:us-east-1:123456789012:function:rotate",
				"--broken-function", "arn:aws:lambda:us-east-1:123456789012:function:broken"}, &out, &errs)
			require.Zero(t, code, "%s%s", &out, &errs)
			require.NotContains(t, out.String(), "FAILED")
			f.server.end(syscall.SIGTERM)
		})
	}
}
