package awsapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

// badJSON are bodies that are no request, with a part of what is said of them.
var badJSON = map[string]string{
	`[]`:                                   "must be a JSON object",
	`"x"`:                                  "must be a JSON object",
	`null`:                                 "must be a JSON object",
	`1`:                                    "must be a JSON object",
	`{`:                                    "Unexpected end",
	`{"SecretId"`:                          "Unexpected end",
	`{"SecretId":`:                         "Unexpected end",
	`{"SecretId":"a`:                       "Unexpected end",
	`{"SecretId":"a\`:                      "Unexpected end",
	`{"SecretId":"a"`:                      "Unexpected end",
	`{"SecretId":"a",}`:                    "Unexpected character",
	`{,}`:                                  "Unexpected character",
	`{SecretId:"a"}`:                       "Unexpected character",
	`{"SecretId" "a"}`:                     "Unexpected character",
	`{"SecretId":"a" "b":1}`:               "Unexpected character",
	`{"SecretId":'a'}`:                     "Unexpected character",
	`{"SecretId":"a"}{}`:                   "something after",
	`{"SecretId":"a"} x`:                   "something after",
	`{"SecretId":nul}`:                     "Unexpected character",
	`{"SecretId":truth}`:                   "Unexpected character",
	`{"X":01}`:                             "Unexpected character",
	`{"X":1.}`:                             "Unexpected character",
	`{"X":-}`:                              "Unexpected character",
	`{"X":[1,]}`:                           "Unexpected character",
	`{"X":[1`:                              "Unexpected end",
	`{"X":[1 2]}`:                          "Unexpected character",
	"{\"X\":\"a\nb\"}":                     "Unexpected character",
	`{"X":"\x"}`:                           "malformed",
	`{"X":"\ud800"}`:                       "malformed",
	`{"X":"a\udfffb"}`:                     "malformed",
	`{"X":"\ud83dx\ude00"}`:                "malformed",
	`{"X":"\ud83d\u0041"}`:                 "malformed",
	`{"X":"\uD83D\uD83D\uDE00"}`:           "malformed",
	`{"X":"\uDE00\uD83D"}`:                 "malformed",
	`{"\udabc":1}`:                         "malformed",
	`{"X":"\u12"}`:                         "malformed",
	"{\"X\":\"\xff\"}":                     "UTF-8",
	"\xef\xbb\xbf{}":                       "must be a JSON object",
	`{"SecretId":"a","SecretId":"b"}`:      "more than once",
	`{"SecretId":"a","Secret\u0049d":"b"}`: "more than once",
	`{"SecretId":"a","Unknown":{"x":1,"x":2}}`:                          "more than once",
	`{"Tags":[{"Key":"a","Key":"b"}]}`:                                  "more than once",
	`{"X":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`: "nested",
	`{"X":` + strings.Repeat(`{"a":`, 100_000):                          "nested",
}

func TestBodiesThatAreNoRequest(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	before := w.fingerprint()
	for body, text := range badJSON {
		status, got := w.send("DeleteSecret", body)
		require.Equal(t, http.StatusBadRequest, status, "%.60q", body)
		require.Contains(t, got, `{"__type":"SerializationException","message":"`, "%.60q", body)
		require.Contains(t, got, text, "%.60q", body)
	}
	require.Equal(t, before, w.fingerprint())
}

func TestManyMembers(t *testing.T) {
	w := newWorld(t)
	var b strings.Builder
	b.WriteString(`{"MaxResults":1`)
	for i := range 5000 {
		fmt.Fprintf(&b, `,"m%d":1`, i)
	}
	status, got := w.send("ListSecrets", b.String()+`}`)
	require.Equal(t, http.StatusOK, status, got)
	status, got = w.send("ListSecrets", b.String()+`,"MaxResults":2}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, got, `\"MaxResults\" is there more than once`)
}

func TestNamesAreExactAndUnknownMembersIgnored(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	w.ok("DescribeSecret", `{"secretid":"b","SECRETID":3,"SecretId":"a","Later":{"x":[1,2.5e3,true,false,null,`+
		`"\u00e9\ud83d\ude00\uDBFF\uDFFF\\ud800\ud7ff\ue000"]},"E":{}}`)
}

func TestRequestHeads(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	before := w.fingerprint()
	for _, c := range []struct {
		method, path, target, content string
		status                        int
		text                          string
	}{
		{"GET", "/", "", "", http.StatusMethodNotAllowed, "POST requests only"},
		{"PUT", "/", "secretsmanager.ListSecrets", "", http.StatusMethodNotAllowed, "POST requests only"},
		{"POST", "/x", "secretsmanager.ListSecrets", "", http.StatusNotFound, "at path /"},
		{"POST", "/", "", "", http.StatusBadRequest, "one X-Amz-Target header"},
		{"POST", "/", "dynamodb.ListSecrets", "", http.StatusBadRequest, "not one of Secrets Manager"},
		{"POST", "/", "secretsmanager.listsecrets", "", http.StatusBadRequest, "not one of Secrets Manager"},
		{"POST", "/", "secretsmanager.ListSecrets", "text/html", http.StatusUnsupportedMediaType,
			"application/x-amz-json-1.1"},
		{"POST", "/", "secretsmanager.ListSecrets", ";", http.StatusUnsupportedMediaType, "application/x-amz-json-1.1"},
		{"POST", "/", "secretsmanager.ListSecrets", "application/json; charset=utf-8", http.StatusOK, "SecretList"},
		{"POST", "/", "secretsmanager.ListSecrets", "application/x-amz-json-1.0", http.StatusOK, "SecretList"},
		{"POST", "/", "secretsmanager.ListSecrets", "", http.StatusOK, "SecretList"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader("{}"))
		if c.target != "" {
			r.Header.Set("X-Amz-Target", c.target)
		}
		if c.content != "" {
			r.Header.Set("Content-Type", c.content)
		}
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		require.Equal(t, c.status, rec.Code, c)
		require.Contains(t, rec.Body.String(), c.text)
		if c.status == http.StatusMethodNotAllowed {
			require.Equal(t, "POST", rec.Header().Get("Allow"))
		}
	}
	require.Equal(t, before, w.fingerprint())
}

// TestOneHeaderOfEachKind checks that nobody who reads the other one sees another
// request.
func TestOneHeaderOfEachKind(t *testing.T) {
	w := newWorld(t)
	for name, values := range map[string][]string{
		"X-Amz-Target":  {"secretsmanager.ListSecrets", "secretsmanager.DeleteSecret"},
		"Authorization": {sign("test", "us-east-1"), sign("test", "eu-west-1")},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
		r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
		r.Header[name] = values
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		require.Equal(t, http.StatusBadRequest, rec.Code)
		require.Contains(t, rec.Body.String(), "There must be one "+name+" header")
	}
}

// endless is a body that says how much of it was read.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	for i := range b {
		b[i] = ' '
	}
	if e.read > 20<<20 {
		return 0, io.EOF
	}
	return len(b), nil
}

func TestAHugeBodyIsNotRead(t *testing.T) {
	w := newWorld(t)
	body := &endless{}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", body)
	r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	require.Equal(t, http.StatusRequestEntityTooLarge, rec.Code)
	require.JSONEq(t, `{"__type":"RequestEntityTooLargeException",`+
		`"message":"The request body must have at most 1048576 bytes."}`, rec.Body.String())
	require.Less(t, body.read, 4<<20)
}

// TestABodyThatEndsEarly checks that half a request is refused.
func TestABodyThatEndsEarly(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	before := w.fingerprint()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"SecretId":"a"}`))
	r.Header.Set("X-Amz-Target", "secretsmanager.DeleteSecret")
	r.ContentLength = 60
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	require.Equal(t, http.StatusBadRequest, rec.Code)
	require.JSONEq(t, `{"__type":"SerializationException","message":"The request body could not be read."}`,
		rec.Body.String())
	require.Equal(t, before, w.fingerprint())
}

func TestTheLargestValueFits(t *testing.T) {
	w := newWorld(t)
	w.ok("CreateSecret", `{"Name":"a","ClientRequestToken":"`+tokenA+`","SecretString":"`+strings.Repeat(`\u0041`,
		65536)+`"}`)
	_, got := w.send("CreateSecret", `{"Name":"b","ClientRequestToken":"`+tokenA+`","SecretString":"`+strings.Repeat(`s`,
		65537)+`"}`)
	require.JSONEq(t, `{"__type":"ValidationException",`+
		`"message":"1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have `+
		`length less than or equal to 65536"}`, got)
}

// broken is a store that fails.
type broken struct{ secretlife.Store }

func (broken) Load(context.Context, secretlife.Key) (secretlife.Secret, error) {
	return secretlife.Secret{}, errors.New("disk 7 is on fire")
}

func (broken) Events(context.Context, uint64, int) ([]secretlife.Event, error) {
	return nil, errors.New("disk 7 is on fire")
}

func (broken) Due(context.Context, secretlife.DueQuery) ([]secretlife.Due, error) {
	return nil, errors.New("disk 7 is on fire")
}

func TestAnInternalFailureIsLoggedAndNotTold(t *testing.T) {
	w := newWorld(t)
	w.over(broken{w.store}, func(o *awsapi.Options) { o.Logger = slog.New(slog.NewTextHandler(&w.log, nil)) })
	status, got := w.send("DescribeSecret", `{"SecretId":"a"}`)
	require.Equal(t, http.StatusInternalServerError, status)
	require.JSONEq(t, `{"__type":"InternalServiceError","Message":"An error occurred on the server side."}`, got)
	require.Contains(t, w.log.String(), "disk 7 is on fire")
	require.Contains(t, w.log.String(), "background work failed")

	status, got = w.control(http.MethodGet, "/_secretlife/events", "")
	require.Equal(t, http.StatusInternalServerError, status)
	require.NotContains(t, got, "disk")
	status, got = w.control(http.MethodPost, "/_secretlife/clock/advance", `{"duration":"1h"}`)
	require.Equal(t, http.StatusInternalServerError, status)
	require.Contains(t, got, `"failed":[`)
}
