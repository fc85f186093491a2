package conformance_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/lifetest/conformance"
	"github.com/secretlife-go/secretlife/memstore"
)

// service is one of ours with control calls, behind what a test puts there.
func service(t *testing.T, start time.Time, wrap func(http.Handler) http.Handler) conformance.Endpoint {
	t.Helper()
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = secretlife.NewVirtualClock(start) })
	require.NoError(t, err)
	api, err := awsapi.New(m, func(o *awsapi.Options) {
		o.Purger, o.Virtual, o.Settle = secretlife.NewPurger(m), true, true
	})
	require.NoError(t, err)
	var h http.Handler = api
	if wrap != nil {
		h = wrap(h)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return conformance.Endpoint{URL: s.URL, Client: s.Client(), Control: s.URL, OtherRegion: "eu-west-1"}
}

var thatDay = time.Date(2030, 1, 1, 10, 0, 0, 0, time.UTC)

func TestCompareFindsNothingBetweenEquals(t *testing.T) {
	histories := 0
	d, err := conformance.Compare(t.Context(), service(t, thatDay, nil), service(t, thatDay.Add(1000*24*time.Hour), nil),
		conformance.Comparison{
			Histories: 60, Calls: 40, Progress: func(n int) { histories = n },
		})
	require.NoError(t, err)
	require.Nil(t, d)
	require.Equal(t, 60, histories)
}

// TestCompareFindsAndShrinks: services with one mistake each, and how short the
// history is that tells them from ours.
func TestCompareFindsAndShrinks(t *testing.T) {
	for name, c := range map[string]struct {
		wrong func(http.Handler) http.Handler
		last  string // operation
		most  int    // calls
	}{
		"a scheduled secret can be read": {instead("GetSecretValue", "marked for deletion", `{"Name":"x"}`),
			"GetSecretValue", 3},
		"another text": {instead("", "already scheduled for deletion",
			`{"__type":"InvalidRequestException","Message":"no"}`), "CreateSecret", 3},
		"another date": {edit("DeleteSecret", func(body obj) { body["DeletionDate"] = 0 }), "DeleteSecret", 2},
		"a member too many": {edit("DescribeSecret", func(body obj) { body["RotationEnabled"] = false }),
			"DescribeSecret", 2},
		"restoring forgets": {edit("RestoreSecret", func(body obj) { delete(body, "Name") }), "RestoreSecret", 2},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := conformance.Compare(t.Context(), service(t, thatDay, nil), service(t, thatDay, c.wrong),
				conformance.Comparison{Seed: 1})
			require.NoError(t, err)
			require.NotNil(t, d)
			t.Log(d.Calls, d.A, d.B)
			require.Equal(t, c.last, d.Calls[len(d.Calls)-1].Operation)
			require.LessOrEqual(t, len(d.Calls), c.most)
			require.NotEqual(t, d.A, d.B)
		})
	}
}

func TestCompareByTypesOnly(t *testing.T) {
	wrong := instead("", "already scheduled for deletion",
		`{"__type":"com.amazonaws#InvalidRequestException","message":"no"}`)
	d, err := conformance.Compare(t.Context(), service(t, thatDay, nil), service(t, thatDay, wrong),
		conformance.Comparison{Seed: 1, TypesOnly: true, Histories: 50})
	require.NoError(t, err)
	require.Nil(t, d)
}

// TestCompareWithoutAnAnswer: an endpoint that is not there is an error, no
// difference.
func TestCompareWithoutAnAnswer(t *testing.T) {
	gone := service(t, thatDay, nil)
	gone.URL = "http://127.0.0.1:1"
	gone.Control = ""
	_, err := conformance.Compare(t.Context(), service(t, thatDay, nil), gone, conformance.Comparison{})
	require.ErrorContains(t, err, "on http://127.0.0.1:1")
}

// TestTheLinesOfADifferenceShowIt runs them in a shell.
func TestTheLinesOfADifferenceShowIt(t *testing.T) {
	for _, program := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Logf("SKIPPED: %s is not here, so the lines are NOT tested", program)
			return
		}
	}
	d := conformance.Difference{Calls: []conformance.Call{
		{Operation: "CreateSecret", Region: "us-east-1", Body: obj{"Name": "a", "ClientRequestToken": strings.Repeat("t",
			32), "SecretString": "it's one"}},
		{Operation: "DeleteSecret", Region: "us-east-1", Body: obj{"SecretId": "{arn:a}", "RecoveryWindowInDays": 7}},
		{Operation: "Advance", Body: obj{"duration": "24h"}},
		{Operation: "GetSecretValue", Region: "us-east-1", Body: obj{"SecretId": "{arn:a}"}},
	}, A: "this", B: "that"}
	for token, header := range map[string]string{"": "", "a-token": "Bearer a-token"} {
		var sent string
		right := service(t, thatDay, func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "clock/advance") {
					sent = r.Header.Get("Authorization")
				}
				h.ServeHTTP(w, r)
			})
		})
		var script strings.Builder
		require.NoError(t, d.Write(&script, right.URL))
		cmd := exec.CommandContext(t.Context(), "bash", "-c", script.String())
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "NO_PROXY=127.0.0.1",
			"CONTROL_TOKEN="+token)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", script.String(), out)
		require.Contains(t, string(out), "marked for deletion", "%s\n%s", script.String(), out)
		require.Contains(t, string(out), `"now":"2030-01-02T10:00:00Z"`)
		require.Equal(t, header, sent)
	}
}

type obj = map[string]any

// instead answers 200 or, for an exception, 400 with a body in the place of
// answers that have a text.
func instead(operation, text, body string) func(http.Handler) http.Handler {
	return answering(operation, func(status int, was string) (int, string) {
		if !strings.Contains(was, text) {
			return status, was
		}
		if strings.Contains(body, "__type") {
			return http.StatusBadRequest, body
		}
		return http.StatusOK, body
	})
}

// edit changes the answers of an operation that succeeded.
func edit(operation string, change func(obj)) func(http.Handler) http.Handler {
	return answering(operation, func(status int, was string) (int, string) {
		if status != http.StatusOK {
			return status, was
		}
		var body obj
		_ = json.Unmarshal([]byte(was), &body)
		change(body)
		data, _ := json.Marshal(body)
		return status, string(data)
	})
}

func answering(operation string, change func(status int, body string) (int, string)) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			record := httptest.NewRecorder()
			h.ServeHTTP(record, r)
			status, body := record.Code, record.Body.String()
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+operation) || operation == "" {
				status, body = change(status, body)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
}
