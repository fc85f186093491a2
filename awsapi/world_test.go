package awsapi_test

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

var start = time.Date(2018, time.April, 3, 17, 51, 2, 95_000_000, time.UTC)

const (
	tokenA = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
	tokenB = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
	marked = `{"__type":"InvalidRequestException",` +
		`"Message":"You can't perform this operation on the secret because it was marked for deletion."}`
	gone = `{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}`
)

// world is an API in virtual time.
type world struct {
	*awsapi.API
	t      testing.TB
	store  *memstore.Store
	clock  *secretlife.VirtualClock
	m      *secretlife.Manager
	signed string // the Authorization header
	log    strings.Builder
	resets []awsapi.Reset
}

func newWorld(t testing.TB, edits ...func(*awsapi.Options)) *world {
	t.Helper()
	w := &world{t: t, store: memstore.New(), clock: secretlife.NewVirtualClock(start)}
	return w.over(w.store, edits...)
}

func (w *world) over(store secretlife.Store, edits ...func(*awsapi.Options)) *world {
	w.t.Helper()
	trail, observer := secretlife.NewTrail(1000), secretlife.Observer{}
	ledger, err := access.New(store, func(o *access.Options) { o.Clock = w.clock })
	if err == nil { // a store of a test may keep no entries
		observer = ledger.Observer()
	}
	m, err := secretlife.New(store, func(o *secretlife.Options) {
		o.Clock, o.Random = w.clock,
			rand.NewChaCha8([32]byte{})
		o.Observer = trail.Observer().And(observer)
	})
	require.NoError(w.t, err)
	w.m = m
	all := append([]func(*awsapi.Options){func(o *awsapi.Options) {
		o.Purger, o.Virtual, o.Settle, o.Reset = secretlife.NewPurger(m), true, true, w.reset
		o.Trail, o.Ledger = trail, ledger
		o.Hosts = []string{"example.com"} // which httptest asks for
	}}, edits...)
	w.serve(m, all...)
	return w
}

// reset does what the owner of an API over one store in memory does.
func (w *world) reset(ctx context.Context, r awsapi.Reset) error {
	if r.Account != (secretlife.Account{}) {
		return w.store.RemoveAccount(ctx, r.Account)
	}
	w.resets = append(w.resets, r)
	return w.store.Reset(ctx)
}

// serve makes the API anew.
func (w *world) serve(m *secretlife.Manager, edits ...func(*awsapi.Options)) {
	w.t.Helper()
	api, err := awsapi.New(m, edits...)
	require.NoError(w.t, err)
	w.API = api
}

// send makes a request for an operation, without a socket.
func (w *world) send(operation, body string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://secretlife.invalid/",
		strings.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager."+operation)
	if w.signed != "" {
		r.Header.Set("Authorization", w.signed)
	}
	resp, err := w.RoundTrip(r)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	require.Equal(w.t, "application/x-amz-json-1.1", resp.Header.Get("Content-Type"))
	require.Regexp(w.t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		resp.Header.Get("X-Amzn-Requestid"))
	data, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.EqualValues(w.t, len(data), resp.ContentLength)
	beyondAWS := ""
	switch text := string(data); {
	case strings.Contains(text, "because it has the hold"):
		beyondAWS = "held"
	case strings.Contains(text, "because it is protected"):
		beyondAWS = "protected"
	}
	require.Equal(w.t, beyondAWS, resp.Header.Get("X-Secretlife-Reason"))
	return resp.StatusCode, string(data)
}

// ok sends a request that must succeed.
func (w *world) ok(operation, body string) string {
	w.t.Helper()
	status, got := w.send(operation, body)
	require.Equal(w.t, http.StatusOK, status, got)
	return got
}

// refused sends a request that must be refused with a body, byte for byte.
func (w *world) refused(operation, body, want string) {
	w.t.Helper()
	status, got := w.send(operation, body)
	require.Equal(w.t, want, got)
	require.Equal(w.t, http.StatusBadRequest, status)
}

// control makes a control call.
func (w *world) control(method, path, body string) (int, string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Host = "localhost"
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}

func (w *world) create(name string) string {
	w.t.Helper()
	var out struct{ ARN string }
	require.NoError(w.t, json.Unmarshal([]byte(w.ok("CreateSecret", `{"Name":"`+name+`","ClientRequestToken":"`+tokenA+
		`","SecretString":"value"}`)), &out))
	return out.ARN
}

// fingerprint is all that happened in the store, and what the secret "a" is.
func (w *world) fingerprint() string {
	w.t.Helper()
	events, err := w.store.Events(context.Background(), 0, 1_000_000)
	require.NoError(w.t, err)
	data, err := json.Marshal(events)
	require.NoError(w.t, err)
	signed := w.signed
	w.signed = ""
	_, described := w.send("DescribeSecret", `{"SecretId":"a"}`)
	w.signed = signed
	return string(data) + described
}

// sign is the Authorization header of a signed request.
func sign(accessKeyID, region string) string {
	return "AWS4-HMAC-SHA256 Credential=" + accessKeyID + "/20180403/" + region +
		"/secretsmanager/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"
}

func TestNewRefusesWrongOptions(t *testing.T) {
	m, err := secretlife.New(memstore.New())
	require.NoError(t, err)
	for text, edit := range map[string]func(*awsapi.Options){
		"Options.Account":             func(o *awsapi.Options) { o.Account = "12" },
		"Options.Region":              func(o *awsapi.Options) { o.Region = "Mars 1" },
		"Settle needs Options.Purger": func(o *awsapi.Options) { o.Settle = true },
	} {
		_, err := awsapi.New(m, edit)
		require.ErrorContains(t, err, text)
	}
	_, err = awsapi.New(nil)
	require.ErrorContains(t, err, "needs a Manager")
}
