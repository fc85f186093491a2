package awsapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestControlCalls(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "health", "", 200, `{"status":"ok"}`},
		{"GET", "clock", "", 200,
			`{"now":"2018-04-03T17:51:02.095Z","tally":{"virtual":false,"counted":"0s","gaps":[]},"waiting":{"secrets":0}}`},
		{"POST", "clock/advance", `{"duration":"0s"}`, 200, `{"now":"2018-04-03T17:51:02.095Z","purged":[]}`},
		{"POST", "clock/advance", `{"duration":"24h"}`, 200, `{"now":"2018-04-04T17:51:02.095Z","purged":[]}`},
		{"POST", "clock/advance", `{"duration":"-1h"}`, 400,
			`{"error":"the body must be {\"duration\":\"720h\"}, with a duration such as \"720h\", \"30d\", \"1w\" or ` +
				`\"P30D\", not below zero; beside it may be a timeout, such as \"20s\", after which the call stops"}`},
		{"POST", "clock/advance", `{"duration":"1d"}`, 200, `{"now":"2018-04-05T17:51:02.095Z","purged":[]}`},
		{"POST", "clock/advance", `{"duration":"P1DT1H"}`, 200, `{"now":"2018-04-06T18:51:02.095Z","purged":[]}`},
		{"POST", "clock/set", `{"time":"2018-04-07T00:00:00+02:00"}`, 200, `{"now":"2018-04-06T22:00:00Z","purged":[]}`},
		{"POST", "clock/set", `{"time":"2018-04-06T22:00:00Z"}`, 200, `{"now":"2018-04-06T22:00:00Z","purged":[]}`},
		{"POST", "clock/set", `{"time":"2018-04-06T21:59:59Z"}`, 409,
			`{"error":"the clock stands at 2018-04-06T22:00:00Z and can't be set back"}`},
		{"POST", "clock/set", `{"time":"9000-01-01T00:00:00Z"}`, 400,
			`{"error":"that is too far: one call lets 292 years pass at most"}`},
		{"POST", "clock/set", `{"time":"tomorrow"}`, 400,
			`{"error":"the body must be {\"time\":\"2030-02-01T00:00:00Z\"}, with a time as in RFC 3339; beside it may be ` +
				`a timeout, such as \"20s\", after which the call stops"}`},
		{"POST", "clock/set", `{"time":1}`, 400, ""},
		{"POST", "clock/set", `{}`, 400, ""},
		{"POST", "clock/advance", `{"duration":720}`, 400, ""},
		{"POST", "clock/advance", `{"duration":"1h","timeout":"0s"}`, 400, ""},
		{"POST", "clock/advance", `{"duration":"1h","timeout":20}`, 400, ""},
		{"POST", "clock/advance", `{"duration":"soon"}`, 400, ""},
		{"POST", "clock/advance", `{"duration":"1h","duration":"2h"}`, 400, ""},
		{"POST", "clock/advance", `{}`, 400, ""},
		{"POST", "clock/advance", strings.Repeat(" ", 5000), 413, ""},
		{"GET", "clock/advance", "", 405, `{"error":"use POST"}`},
		{"GET", "nothing", "", 404, `{"error":"there is no such control call"}`},
		{"GET", "events?after=x", "", 400, `{"error":"after must be the number of an event, from 0"}`},
		{"GET", "events?after=-1", "", 400, ""},
		{"GET", "events?limit=0", "", 400, `{"error":"limit must be a number of events, from 1"}`},
		{"GET", "events?limit=many", "", 400, ""},
		{"GET", "events", "", 200, ""},
		{"POST", "reset", "", 200, `{"status":"reset"}`},
	} {
		status, got := w.control(c.method, "/_secretlife/"+c.path, c.body)
		require.Equal(t, c.status, status, c)
		if c.want != "" {
			require.Equal(t, c.want+"\n", got)
		}
	}
	for range 30 { // 292 years each, up to the end of time
		w.control("POST", "/_secretlife/clock/advance", `{"duration":"2562047h"}`)
	}
	status, got := w.control("POST", "/_secretlife/clock/advance", `{"duration":"2562047h"}`)
	require.Equal(t, 400, status)
	require.Contains(t, got, "can't advance the clock")
}

// TestControlCallsSayWhatTheyDoNotKnow checks that no call ignores what it was sent: a reset whose
// account is misspelt would empty everything.
func TestControlCallsSayWhatTheyDoNotKnow(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	for _, c := range []struct{ method, path, body, want string }{
		{"POST", "clock/advance", `{"duration":"1h","timout":"1s"}`, `there is no member "timout" in this call`},
		{"POST", "clock/advance", `{"Duration":"1h"}`, `there is no member "Duration" in this call`},
		{"POST", "clock/advance?duration=1h", `{"duration":"1h"}`,
			`there is no parameter "duration" in this call, which has: account, where accounts are isolated`},
		{"POST", "clock/withdraw?gap=1", `{"gap":1}`, `there is no parameter "gap" in this call, which has none`},
		{"POST", "clock/set", `{"time":"2018-04-04T00:00:00Z","zone":"UTC"}`, `there is no member "zone" in this call`},
		{"POST", "clock/confirm", `{"gap":1,"time":"9d"}`,
			`there is no member "time" in this call: the body must be {"gap":3}`},
		{"POST", "clock/withdraw", `{"gap":1,"digest":"x"}`, `there is no member "digest" in this call`},
		{"POST", "reset", `{"acount":"111111111111"}`, `there is no member "acount" in this call: `},
		{"POST", "reset", `reset`, `the body may be {`},
		{"POST", "reset?acount=111111111111", ``, `there is no parameter "acount" in this call, which has`},
		{"GET", "clock", `{"now":"2018"}`, `there is no member "now" in this call: this call has no body`},
		{"GET", "events?from=7", ``, `there is no parameter "from" in this call, which has: after, limit, include, unsaved`},
		{"GET", "events?after=7&after=8", ``, `the parameter "after" is there more than once`},
		{"GET", "events?after=%zz", ``, `the query can't be read`},
	} {
		status, got := w.control(c.method, "/_secretlife/"+c.path, c.body)
		require.Equal(t, http.StatusBadRequest, status, c)
		var out struct{ Error string }
		require.NoError(t, json.Unmarshal([]byte(got), &out))
		require.Contains(t, out.Error, c.want)
	}
	w.ok("DescribeSecret", `{"SecretId":"a"}`)
	require.Equal(t, start, w.clock.Now(), "none of these did anything")

	for _, probe := range []string{"health", "ready"} {
		status, _ := w.control("GET", "/_secretlife/"+probe+"?from=the-load-balancer", "ping")
		require.Equal(t, http.StatusOK, status, "probes send what they like")
	}
}

// TestScriptsForOtherEmulators makes the calls by which scripts wait for LocalStack and reset moto's server.
func TestScriptsForOtherEmulators(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	status, got := w.control("GET", "/_localstack/health", "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"services":{"secretsmanager":"running"}}`, got)
	status, got = w.control("POST", "/moto-api/reset", "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status":"ok"}`, got)
	w.refused("DescribeSecret", `{"SecretId":"a"}`, gone)

	w = newWorld(t, func(o *awsapi.Options) { o.Control = awsapi.ControlForNobody() })
	status, _ = w.control("POST", "/moto-api/reset", "")
	require.Equal(t, http.StatusForbidden, status, "it needs the right that reset needs")
	status, _ = w.control("GET", "/_localstack/health", "")
	require.Equal(t, http.StatusOK, status)
	status, _ = w.control("GET", "/moto-api/data.json", "")
	require.Equal(t, http.StatusNotFound, status)
}

func TestControlCallsAreNotForWebPages(t *testing.T) {
	w := newWorld(t)
	for header, value := range map[string]string{"Origin": "https://example.com", "Sec-Fetch-Site": "cross-site"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_secretlife/reset", nil)
		r.Header.Set(header, value)
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		require.Equal(t, http.StatusForbidden, rec.Code)
	}
}

func TestARealClockIsNotAdvanced(t *testing.T) {
	w := newWorld(t, func(o *awsapi.Options) { o.Virtual = false })
	status, _ := w.control("POST", "/_secretlife/clock/advance", `{"duration":"1h"}`)
	require.Equal(t, http.StatusConflict, status)
	status, _ = w.control("POST", "/_secretlife/reset", "")
	require.Equal(t, http.StatusForbidden, status)

	m, err := secretlife.New(memstore.New())
	require.NoError(t, err)
	w.serve(m, func(o *awsapi.Options) { o.Virtual, o.Purger = true, secretlife.NewPurger(m) })
	status, _ = w.control("POST", "/_secretlife/clock/advance", `{"duration":"1h"}`)
	require.Equal(t, http.StatusConflict, status)
	w.serve(m, func(o *awsapi.Options) { o.Virtual = true })
	status, got := w.control("POST", "/_secretlife/clock/advance", `{"duration":"1h"}`)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, got, "no purger")
}

// keeping is a store that can't let go of one secret.
type keeping struct {
	secretlife.Store
	name string
}

func (k keeping) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	for _, c := range batch.Changes {
		if c.Purges() && c.Key().Name.String() == k.name {
			return secretlife.Receipt{}, fmt.Errorf("%w: no purges on Mondays", secretlife.ErrInvalidParameter)
		}
	}
	return k.Store.Commit(ctx, batch)
}

// singly is a store whose purges are commits of their own.
type singly struct{ secretlife.Store }

func (singly) Claim(
	context.Context, secretlife.DueQuery, func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return secretlife.Receipt{}, errors.ErrUnsupported
}

func TestAdvanceTellsWhatFailed(t *testing.T) {
	w := newWorld(t)
	w.over(keeping{singly{w.store}, "kept"})
	arn := w.create("a")
	w.create("kept")
	w.ok("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7}`)
	w.ok("DeleteSecret", `{"SecretId":"kept","RecoveryWindowInDays":7}`)
	status, got := w.control(http.MethodPost, "/_secretlife/clock/advance", `{"duration":"168h"}`)
	require.Equal(t, http.StatusInternalServerError, status)
	var answer struct {
		Now            string
		Purged, Failed []string
	}
	require.NoError(t, json.Unmarshal([]byte(got), &answer))
	require.Equal(t, "2018-04-10T17:51:02.095Z", answer.Now)
	require.Equal(t, []string{arn}, answer.Purged)
	require.Len(t, answer.Failed, 1)
	require.Contains(t, answer.Failed[0], "kept in us-east-1")
}

func TestReset(t *testing.T) {
	w := newWorld(t, func(o *awsapi.Options) { o.Virtual, o.AllowReset = false, true })
	w.create("a")
	status, _ := w.control("POST", "/_secretlife/reset", "")
	require.Equal(t, http.StatusOK, status)
	w.refused("DescribeSecret", `{"SecretId":"a"}`, gone)

	w.over(w.store, func(o *awsapi.Options) {
		o.Reset = func(context.Context, awsapi.Reset) error { return errors.New("disk 7 is on fire") }
		o.Logger = slog.New(slog.NewTextHandler(&w.log, nil))
	})
	status, got := w.control("POST", "/_secretlife/reset", "")
	require.Equal(t, http.StatusInternalServerError, status)
	require.NotContains(t, got, "disk")
	require.Contains(t, w.log.String(), "disk 7")

	w.over(w.store, func(o *awsapi.Options) { o.Reset = nil })
	status, got = w.control("POST", "/_secretlife/reset", "")
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, got, "can't be reset")
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	for i := range 600 { // more than a page
		w.ok("CreateSecret", fmt.Sprintf(`{"Name":"s%d","ClientRequestToken":"%s"}`, i, tokenA))
	}
	w.ok("DeleteSecret", `{"SecretId":"s0","RecoveryWindowInDays":7}`)
	read := func(path string) (names []string) {
		status, got := w.control(http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, status)
		for line := range strings.Lines(got) {
			var e struct {
				EventName  string
				Secretlife struct{ Seq int }
			}
			require.NoError(t, json.Unmarshal([]byte(line), &e))
			names = append(names, fmt.Sprint(e.Secretlife.Seq, " ", e.EventName))
		}
		return names
	}
	all := read("/_secretlife/events?after=0")
	require.Len(t, all, 601)
	require.Equal(t, "1 CreateSecret", all[0])
	require.Equal(t, []string{"601 DeleteSecret"}, read("/_secretlife/events?after=600"))
	require.Empty(t, read("/_secretlife/events?after=1000"))
	require.Equal(t, all[99:102], read("/_secretlife/events?after=99&limit=3"))
	require.Equal(t, all[50:570], read("/_secretlife/events?after=50&limit=520"))
}

// forgetful is a store that can read one page of events only.
type forgetful struct{ secretlife.Store }

func (f forgetful) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	if after > 0 {
		return nil, errors.New("disk 7 is on fire")
	}
	return f.Store.Events(ctx, 0, min(limit, 2))
}

func TestEventsSayWhereReadingFailed(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		w.create(name)
	}
	w.over(forgetful{w.store})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_secretlife/events", nil)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	require.Equal(t, "application/x-ndjson", rec.Header().Get("Content-Type"))
	require.True(t, rec.Flushed, "page by page")
	lines := strings.Split(strings.TrimSpace(rec.Body.String()), "\n")
	require.Len(t, lines, 3)
	require.JSONEq(t, `{"error":"the events could not be read"}`, lines[2])
}

// body says whether it was closed.
type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error {
	b.closed = true
	return nil
}

func TestRoundTrip(t *testing.T) {
	w := newWorld(t)
	client := &http.Client{Transport: w.API}
	b := &body{Reader: bytes.NewBufferString(`{"SecretId":"a"}`)}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://secretlife.invalid/", b)
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "secretsmanager.DescribeSecret")
	resp, err := client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.True(t, b.closed)
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	require.Same(t, r, resp.Request)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, gone, string(got),
		"the body is read though its length is not known")

	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, "http://secretlife.invalid/_secretlife/health", nil)
	require.NoError(t, err)
	resp, err = client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "200 OK", resp.Status)

	done, cancel := context.WithCancel(t.Context())
	cancel()
	b = &body{Reader: strings.NewReader("")}
	r, err = http.NewRequestWithContext(done, http.MethodPost, "http://secretlife.invalid/", b)
	require.NoError(t, err)
	_, err = w.RoundTrip(r) //nolint:bodyclose // no response, no body
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, b.closed)
}

// stuck is a store whose reads end with their context only.
type stuck struct{ secretlife.Store }

func (stuck) Load(ctx context.Context, _ secretlife.Key) (secretlife.Secret, error) {
	<-ctx.Done()
	return secretlife.Secret{}, ctx.Err()
}

// TestARequestWithoutABody is one that no server made.
func TestARequestWithoutABody(t *testing.T) {
	w := newWorld(t)
	for path, status := range map[string]int{"/": http.StatusOK, "/_secretlife/clock/advance": http.StatusBadRequest} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, path, nil)
		require.NoError(t, err)
		r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
		r.Host = "localhost"
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		require.Equal(t, status, rec.Code)
		require.Nil(t, r.Body, "the caller's request is left alone")
	}
}

func TestTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.over(stuck{w.store})
		status, got := w.send("DescribeSecret", `{"SecretId":"a"}`)
		require.Equal(t, http.StatusInternalServerError, status)
		require.Contains(t, got, "InternalServiceError")
	})
}

func TestACallerThatLeaves(t *testing.T) {
	w := newWorld(t)
	ctx, leave := context.WithCancel(t.Context())
	w.over(leaving{w.store, leave})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://secretlife.invalid/",
		strings.NewReader(`{"SecretId":"a"}`))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "secretsmanager.DescribeSecret")
	_, err = w.RoundTrip(r) //nolint:bodyclose // no response, no body
	require.ErrorIs(t, err, context.Canceled)
}

type leaving struct {
	secretlife.Store
	leave func()
}

func (l leaving) Load(ctx context.Context, _ secretlife.Key) (secretlife.Secret, error) {
	l.leave()
	return secretlife.Secret{}, ctx.Err()
}
