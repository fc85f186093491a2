package conformance_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/awscron"
	"github.com/secretlife-go/secretlife/lifetest/conformance"
	"github.com/secretlife-go/secretlife/memstore"
)

const (
	function = "arn:aws:lambda:us-east-1:123456789012:function:rotate"
	broken   = "arn:aws:lambda:us-east-1:123456789012:function:broken"
)

// handler is secretlife in virtual time, with a rotation function that is
// called over HTTP.
func handler(t *testing.T, edits ...func(*secretlife.Options)) http.Handler {
	t.Helper()
	var m *secretlife.Manager
	lambda := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Invocation-Type") == "DryRun" {
			if strings.Contains(r.URL.Path, "-unknown") {
				http.NotFound(w, r)
			}
			return
		}
		var event struct{ Step, SecretId, ClientRequestToken string } //nolint:revive // AWS's names
		if json.NewDecoder(r.Body).Decode(&event) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if strings.Contains(r.URL.Path, "broken") || step(r, m, event.Step, event.SecretId, event.ClientRequestToken) != nil {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		_, _ = io.WriteString(w, "null")
	}))
	t.Cleanup(lambda.Close)
	rotator, err := awsapi.NewLambdaRotator(lambda.URL, lambda.Client())
	require.NoError(t, err)
	store, trail := memstore.New(), secretlife.NewTrail(1000)
	m, err = secretlife.New(store, func(o *secretlife.Options) {
		o.Observer = trail.Observer()
		o.Clock, o.Random = secretlife.NewVirtualClock(time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)),
			rand.NewChaCha8([32]byte{})
		o.Rotator, o.CheckRotation, o.ParseSchedule = rotator.Rotate, rotator.CheckRotation, awscron.Parse
		for _, edit := range edits {
			edit(o)
		}
	})
	require.NoError(t, err)
	api, err := awsapi.New(m, func(o *awsapi.Options) {
		o.Purger, o.Virtual, o.Settle, o.Reset = secretlife.NewPurger(m), true, true,
			func(ctx context.Context, _ awsapi.Reset) error { return store.Reset(ctx) }
		o.Trail = trail
	})
	require.NoError(t, err)
	return api
}

// step is a rotation function.
func step(r *http.Request, m *secretlife.Manager, step, id, token string) error {
	switch secretlife.RotationStep(step) {
	case secretlife.StepCreateSecret:
		_, err := m.PutSecretValue(r.Context(), secretlife.PutSecretValueInput{
			SecretID: id, ClientRequestToken: token, Value: secretlife.SecretString("rotated " + token),
			VersionStages: []secretlife.Stage{secretlife.StagePending},
		})
		return err
	case secretlife.StepFinishSecret:
		d, err := m.DescribeSecret(r.Context(), secretlife.SecretInput{SecretID: id})
		if err != nil {
			return err
		}
		in := secretlife.UpdateSecretVersionStageInput{SecretID: id, VersionStage: secretlife.StageCurrent,
			MoveToVersionID: token}
		for version, stages := range d.VersionIDsToStages {
			if slices.Contains(stages, secretlife.StageCurrent) {
				in.RemoveFromVersionID = version
			}
		}
		_, err = m.UpdateSecretVersionStage(r.Context(), in)
		return err
	}
	return nil
}

func serve(t *testing.T, h http.Handler) conformance.Endpoint {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return conformance.Endpoint{
		URL: server.URL, Client: server.Client(), OtherRegion: "eu-west-1", Control: server.URL, Function: function,
		BrokenFunction: broken,
		OtherAccount: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "210987654321", SecretAccessKey: "test"}, nil
		}),
	}
}

// TestSecretlifeConforms holds the endpoint here against every fact.
func TestSecretlifeConforms(t *testing.T) {
	e := serve(t, handler(t))
	report, err := conformance.Score(t.Context(), e)
	require.NoError(t, err)
	require.Empty(t, report.Failed(), "%s", write(t, report))
	t.Log(write(t, report))
}

func write(t *testing.T, r conformance.Report) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, r.Write(&b))
	return b.String()
}

var update = flag.Bool("update", false, "write docs/facts.md anew")

// TestFactsPageIsUpToDate checks that the page lists every fact.
func TestFactsPageIsUpToDate(t *testing.T) {
	var b strings.Builder
	counts := map[conformance.Provenance]int{}
	all := 0
	for _, f := range conformance.Facts() {
		if f.Unseen == "" {
			counts[f.Known]++
			all++
		}
	}
	fmt.Fprintf(&b, "# What is known of AWS Secrets Manager, and tested\n\n"+
		"Made by `go test ./lifetest/conformance -run TestFactsPageIsUpToDate -update`; don't edit.\n\n"+
		"Each of the %d facts is checked against the endpoint over HTTP, by the subtest of\nits name in package "+
		"lifetest/conformance, which runs against other endpoints as\nwell. Where AWS is not certain, "+
		"[fidelity.md](fidelity.md) tells what was chosen.\n"+
		"At the end are facts that can't be checked, with the reason.\n\n", all)
	fmt.Fprintf(&b, "| How it is known | Facts |\n|---|---|\n")
	for _, k := range []conformance.Provenance{conformance.Recorded, conformance.Verified, conformance.Documented,
		conformance.Reported, conformance.Inferred} {
		fmt.Fprintf(&b, "| %s | %d |\n", k, counts[k])
	}
	fmt.Fprintf(&b, "| all | %d |\n", all)
	fmt.Fprintf(&b, "\n| Test | Fact | Known | Source |\n|---|---|---|---|\n")
	for _, f := range conformance.Facts() {
		if f.Unseen == "" {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Says, f.Known, f.Source)
		}
	}
	fmt.Fprintf(&b, "\n## What is known and not checked\n\n| Name | Fact | Known | Source | Why it is not checked "+
		"|\n|---|---|---|---|---|\n")
	for _, f := range conformance.Facts() {
		if f.Unseen != "" {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Name, f.Says, f.Known, f.Source, f.Unseen)
		}
	}
	const page = "../../docs/facts.md"
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(b.String()), 0o644))
	}
	got, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, b.String(), string(got), "docs/facts.md is not up to date: run the command it names")
}

// TestFactsAreMany keeps facts from getting lost, and their names apart.
func TestFactsAreMany(t *testing.T) {
	names := map[string]bool{}
	for _, f := range conformance.Facts() {
		require.False(t, names[f.Name], "%s twice", f.Name)
		names[f.Name] = true
		require.NotEmpty(t, f.Says, f.Name)
		require.NotEmpty(t, f.Source, f.Name)
		require.NotContains(t, f.Source+f.Says+f.Unseen, "|", "%s: the page is a table", f.Name)
	}
	require.GreaterOrEqual(t, len(names), 650)
}

// wrong breaks an endpoint: it changes requests or answers on their way.
type wrong struct {
	http.Handler
	request func(operation string, body map[string]any)
	answer  func(operation, body string) string
}

func (h wrong) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if operation == "" {
		h.Handler.ServeHTTP(w, r)
		return
	}
	var body map[string]any
	data, err := io.ReadAll(r.Body)
	if err == nil && h.request != nil && json.Unmarshal(data, &body) == nil {
		h.request(operation, body)
		if data, err = json.Marshal(body); err != nil {
			panic(err)
		}
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(data))), int64(len(data))
	rec := httptest.NewRecorder()
	h.Handler.ServeHTTP(rec, r)
	answer := rec.Body.String()
	if h.answer != nil {
		answer = h.answer(operation, answer)
	}
	w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
	w.Header().Set("X-Amzn-Requestid", rec.Header().Get("X-Amzn-Requestid"))
	w.WriteHeader(rec.Code)
	_, _ = io.WriteString(w, answer)
}

func replaced(old, new string) func(string, string) string {
	return func(_, body string) string { return strings.ReplaceAll(body, old, new) }
}

// TestWrongEndpointsAreFound breaks the endpoint in ways that emulators do.
func TestWrongEndpointsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		wrong wrong
		fails []string
	}{
		"force is ignored": {wrong{request: func(_ string, body map[string]any) {
			delete(body,
				"ForceDeleteWithoutRecovery")
		}},
			[]string{"DeleteSecret/scheduled-by-force", "DeleteSecret/unknown-by-force", "DeleteSecret/window-7-with-force"}},
		"windows are not checked": {wrong{request: func(operation string, body map[string]any) {
			if n, ok := body["RecoveryWindowInDays"].(float64); ok && (n < 7 || n > 30) {
				body["RecoveryWindowInDays"] = 7
			}
		}}, []string{"DeleteSecret/window-0", "DeleteSecret/window-31"}},
		"a text of another service": {wrong{answer: replaced("was marked for deletion", "is currently marked deleted")},
			[]string{"Scheduled/GetSecretValue", "Scheduled/TagResource"}},
		"a full stop too many": {wrong{answer: replaced("AWSCURRENT\"}", "AWSCURRENT.\"}")},
			[]string{"GetSecretValue/no-value"}},
		"dates in whole milliseconds as text": {wrong{answer: func(operation, body string) string {
			if operation == "DeleteSecret" {
				return strings.Replace(strings.Replace(body, `"DeletionDate":`, `"DeletionDate":"`, 1), "}", `"}`, 1)
			}
			return body
		}}, []string{"DeleteSecret/date-is-a-number", "DeleteSecret/window-7"}},
		"message in lower case": {wrong{answer: replaced(`"Message"`, `"message"`)}, []string{"Wire/error-body"}},
		"a namespace in the type": {wrong{answer: replaced(`"__type":"`, `"__type":"com.amazonaws.secretsmanager#`)},
			[]string{"Wire/error-body"}},
		"tags are null": {wrong{answer: replaced(`"Tags":[]`, `"Tags":null`)}, []string{"Tags/all-removed"}},
		"scheduled ones are listed": {wrong{request: func(operation string, body map[string]any) {
			if operation == "ListSecrets" {
				body["IncludePlannedDeletion"] = true
			}
		}}, []string{"ListSecrets/hides-scheduled"}},
		"empty is missing": {wrong{request: func(_ string, body map[string]any) {
			for name, v := range body {
				if v == "" {
					delete(body, name)
				}
			}
		}}, []string{"Constraint/GetSecretValue-versionStage-length", "ConstraintText/GetSecretValue",
			"Constraint/ListSecrets-nextToken-length"}},
		"numbers may be text": {wrong{request: func(_ string, body map[string]any) {
			for _, name := range []string{"RecoveryWindowInDays", "MaxResults", "PasswordLength"} {
				if v, ok := body[name].(string); ok {
					body[name] = json.Number(v)
				}
			}
		}}, []string{"Members/ListSecrets", "Members/GetRandomPassword", "DeleteSecret/window-text"}},
		"a member too many": {wrong{answer: func(operation, body string) string {
			if operation == "RestoreSecret" {
				return strings.Replace(body, `{"ARN"`, `{"VersionId":"x","ARN"`, 1)
			}
			return body
		}}, []string{"Answer/RestoreSecret", "RestoreSecret/members"}},
		"null where nothing is set": {wrong{answer: replaced(`{"ARN"`, `{"Description":null,"ARN"`)},
			[]string{"Wire/no-null-or-empty"}},
		"replicas are in sync at once": {wrong{answer: replaced("InProgress", "InSync")},
			[]string{"Replication/asynchronous"}},
		"the token is optional": {wrong{request: func(operation string, body map[string]any) {
			if _, ok := body["ClientRequestToken"]; !ok && operation == "CreateSecret" {
				body["ClientRequestToken"] = "ffffffff-ffff-4fff-8fff-ffffffffffff"
			}
		}}, []string{"CreateSecret/no-token", "Wire/error-body"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.wrong.Handler = handler(t)
			report := conformance.ScoreSome(t.Context(), serve(t, c.wrong), append(c.fails, "GetRandomPassword/length")...)
			require.ElementsMatch(t, c.fails, report.Failed(), "%s", write(t, report))
		})
	}
}

// TestNeedsAreSkipped checks that facts are skipped, with the reason, on an endpoint
// that lacks what they need.
func TestNeedsAreSkipped(t *testing.T) {
	e := serve(t, handler(t))
	e.Control, e.OtherRegion, e.OtherAccount, e.Function = "", "", nil, ""
	report, err := conformance.Score(t.Context(), e)
	require.NoError(t, err)
	text := write(t, report)
	for _, what := range []string{"time that can be advanced", "a second Region", "a second account", "a log of events",
		"a rotation function"} {
		require.Contains(t, text, "it needs "+what)
	}
}

func TestFromClient(t *testing.T) {
	e := serve(t, handler(t))
	client := secretsmanager.New(secretsmanager.Options{Region: "us-east-1", BaseEndpoint: aws.String(e.URL),
		Credentials: e.OtherAccount, HTTPClient: e.Client})
	from, err := conformance.FromClient(client)
	require.NoError(t, err)
	from.Control = e.URL
	report, err := conformance.Score(t.Context(), from)
	require.NoError(t, err)
	require.Empty(t, report.Failed())
	_, err = conformance.FromClient(secretsmanager.New(secretsmanager.Options{}))
	require.ErrorContains(t, err, "no BaseEndpoint")
}
