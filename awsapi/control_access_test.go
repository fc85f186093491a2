package awsapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

const (
	reader   = "reader-AAAAAAAAAAAAAAAAAAAA"
	advancer = "advancer-AAAAAAAAAAAAAAAAAA"
	operator = "operator-AAAAAAAAAAAAAAAAAA"
)

func tokens(t *testing.T) awsapi.ControlAccess {
	all, err := awsapi.ParseControlTokens("# who may do what\n\n" +
		reader + " read\n" + advancer + "\tadvance,trust\r\n" + operator + "  all")
	require.NoError(t, err)
	return awsapi.ControlForTokens(func() awsapi.ControlTokens { return all })
}

// controlCalls are all control calls that need a right, with the status of one that
// is allowed, and the tokens that have it.
var controlCalls = []struct {
	method, path, body string
	status             int
	allowed            []string
}{
	{http.MethodGet, "clock", "", 200, []string{reader, operator}},
	{http.MethodGet, "events", "", 200, []string{reader, operator}},
	{http.MethodGet, "access", "", 200, []string{reader, operator}},
	{http.MethodPost, "clock/advance", `{"duration":"1h"}`, 200, []string{advancer, operator}},
	{http.MethodPost, "clock/set", `{"time":"2030-01-01T00:00:00Z"}`, 200, []string{advancer, operator}},
	{http.MethodPost, "clock/confirm", `{"gap":1}`, 409, []string{advancer, operator}},
	{http.MethodPost, "clock/withdraw", `{"gap":1}`, 409, []string{advancer, operator}},
	{http.MethodGet, "failures", "", 200, []string{reader, operator}},
	{http.MethodPost, "failures", `{"latency":"1ns"}`, 200, []string{operator}},
	{http.MethodDelete, "failures", "", 200, []string{operator}},
	{http.MethodGet, "holds", "", 200, []string{reader, operator}},
	{http.MethodPost, "holds", `{"secret":"none","name":"a"}`, 404, []string{operator}},
	{http.MethodDelete, "holds?secret=none&name=a", "", 404, []string{operator}},
	{http.MethodGet, "protection?secret=none", "", 404, []string{reader, operator}},
	{http.MethodPost, "protection", `{"secret":"none","noForce":true}`, 404, []string{operator}},
	{http.MethodGet, "pauses", "", 200, []string{reader, operator}},
	{http.MethodPost, "pauses", "", 200, []string{operator}},
	{http.MethodDelete, "pauses", "", 200, []string{operator}},
	{http.MethodPost, "step", "", 200, []string{operator}},
	{http.MethodGet, "snapshots", "", 409, []string{reader, operator}},
	{http.MethodPost, "snapshots", `{"name":"a"}`, 409, []string{operator}},
	{http.MethodPost, "snapshots/restore", `{"name":"a"}`, 409, []string{operator}},
	{http.MethodDelete, "snapshots?name=a", "", 409, []string{operator}},
	{http.MethodPost, "reset", "", 200, []string{operator}},
}

// ask makes a control call with headers from this machine.
func ask(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/_secretlife/"+path, strings.NewReader(body)) //nolint:noctx // of a test
	r.RemoteAddr = "127.0.0.1:4000"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func TestControlTokens(t *testing.T) {
	w := verifying(t, func(o *awsapi.Options) { o.Control = tokens(t) })
	for _, c := range controlCalls {
		for _, token := range []string{reader, advancer, operator} {
			rec := ask(w, c.method, c.path, c.body, "Authorization", "Bearer "+token)
			if slices.Contains(c.allowed, token) {
				require.Equal(t, c.status, rec.Code, "%s %s: %s", c.path, token, rec.Body)
				continue
			}
			require.Equal(t, http.StatusForbidden, rec.Code, "%s %s", c.path, token)
			require.Contains(t, rec.Header().Get("WWW-Authenticate"), `error="insufficient_scope"`)
			require.JSONEq(t, `{"error":"the control token does not have the right for this call"}`, rec.Body.String())
		}
		for _, wrong := range []string{
			"", "Bearer", "Bearer ", "Bearer ,", "Bearer  " + operator, operator, "Basic " + operator,
			"Bearer " + operator + " ", "Bearer " + operator[1:], "Bearer " + operator[:len(operator)-1],
			"Bearer " + operator + "A", "Bearer " + strings.ToLower(operator),
			"Bearer " + strings.Repeat("A", 60_000),
		} {
			rec := ask(w, c.method, c.path, c.body, "Authorization", wrong)
			require.Equal(t, http.StatusUnauthorized, rec.Code, "%s %q", c.path, wrong)
			require.Contains(t, rec.Header().Get("WWW-Authenticate"), "Bearer")
		}
		rec := ask(w, c.method, c.path, c.body, "Authorization", "Bearer "+operator, "Authorization", "Bearer "+operator)
		require.Equal(t, http.StatusUnauthorized, rec.Code, "twice")
		rec = ask(w, c.method, c.path, c.body, "authorization", "bearer "+operator)
		require.Equal(t, c.status, rec.Code, "names of headers and schemes have no case")
	}
	require.Equal(t, http.StatusOK, ask(w, http.MethodGet, "health", "").Code, "liveness needs no token")
}

// TestUnsignedControlCallsThroughAProxy checks that where operations are verified
// nobody makes a control call without a token: not the machine itself, where a proxy
// may run, and not its clients.
func TestUnsignedControlCallsThroughAProxy(t *testing.T) {
	for name, w := range map[string]*world{
		"without tokens": verifying(t),
		"with tokens":    verifying(t, func(o *awsapi.Options) { o.Control = tokens(t) }),
		"for nobody":     verifying(t, func(o *awsapi.Options) { o.Control = awsapi.ControlForNobody() }),
	} {
		for _, c := range controlCalls {
			rec := ask(w, c.method, c.path, c.body)
			require.Contains(t, []int{http.StatusForbidden, http.StatusUnauthorized}, rec.Code, "%s: %s", name, c.path)
			for _, header := range forwardedHeaders {
				rec := ask(w, c.method, c.path, c.body, header, "192.0.2.1")
				require.Contains(t, []int{http.StatusForbidden, http.StatusUnauthorized}, rec.Code, "%s: %s", name, c.path)
			}
		}
	}
	// Where nothing is verified control calls need no token, but are not for those
	// behind a proxy anyway.
	w := newWorld(t)
	for _, c := range controlCalls {
		require.Equal(t, c.status, ask(w, c.method, c.path, c.body).Code)
		for _, header := range forwardedHeaders {
			require.Equal(t, http.StatusForbidden, ask(w, c.method, c.path, c.body, header, "192.0.2.1").Code, header)
		}
	}
	// A token is as good through a proxy.
	w = verifying(t, func(o *awsapi.Options) { o.Control = tokens(t) })
	rec := ask(w, http.MethodGet, "events", "", "Authorization", "Bearer "+reader, "Via", "1.1 proxy")
	require.Equal(t, http.StatusOK, rec.Code)
}

// TestDNSRebindingWithCredentials checks that a web page under a name that leads to
// this machine reads nothing, whatever is verified.
func TestDNSRebindingWithCredentials(t *testing.T) {
	w := verifying(t, func(o *awsapi.Options) { o.Control = tokens(t) })
	for _, handler := range []http.Handler{w, w.ControlHandler(awsapi.ControlForAll()), newWorld(t)} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_secretlife/events", nil)
		r.Host, r.RemoteAddr = "rebound.evil.example:4577", "127.0.0.1:4000"
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		require.Equal(t, http.StatusMisdirectedRequest, rec.Code)
	}
}

func TestControlHandler(t *testing.T) {
	w := verifying(t, func(o *awsapi.Options) { o.Control = awsapi.ControlForNobody() })
	h := w.ControlHandler(awsapi.ControlForAll())
	for _, c := range controlCalls {
		require.Equal(t, http.StatusForbidden, ask(w, c.method, c.path, c.body).Code, "only the other address serves it")
		rec := ask(h, c.method, c.path, c.body)
		require.Equal(t, c.status, rec.Code, "%s: %s", c.path, rec.Body)
		require.Equal(t, http.StatusForbidden, ask(h, c.method, c.path, c.body, "X-Forwarded-For", "192.0.2.1").Code)
	}
	rec := ask(h, http.MethodPost, "../", "")
	require.Equal(t, http.StatusNotFound, rec.Code, "no operations")
	h = w.ControlHandler(tokens(t))
	require.Equal(t, http.StatusUnauthorized, ask(h, http.MethodGet, "clock", "").Code)
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "clock", "", "Authorization", "Bearer "+reader).Code)
}

// TestTokensAreReplaced checks that a token that was removed stops working at once.
func TestTokensAreReplaced(t *testing.T) {
	now, err := awsapi.ParseControlTokens(reader + " all")
	require.NoError(t, err)
	w := verifying(t, func(o *awsapi.Options) {
		o.Control = awsapi.ControlForTokens(func() awsapi.ControlTokens { return now })
	})
	with := func(token string) int {
		return ask(w, http.MethodGet, "clock", "", "Authorization", "Bearer "+token).Code
	}
	require.Equal(t, http.StatusOK, with(reader))
	now, err = awsapi.ParseControlTokens(operator + " all")
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, with(reader))
	now = awsapi.ControlTokens{}
	require.Equal(t, http.StatusUnauthorized, with(operator))
}

func TestBadControlTokensSayWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "there is no token",
		"# " + reader + " all\n":             "there is no token",
		reader:                               "line 1: it must be a token, its rights, separated by commas, and a name",
		reader + " read, advance":            "line 1: the rights are",
		reader + " read a b":                 "line 1: it must be a token",
		reader + " read a/b":                 "line 1: a name must have at most 64 characters, of letters, digits and -._@",
		"\n" + reader + " write":             "line 2: the rights are read, advance, trust, reset, fail, hold and all",
		reader + " ":                         "line 1: it must be",
		reader + " read,":                    "line 1: the rights are",
		"hunter2 all":                        "line 1: a token must have at least 20 characters",
		reader + "ü all":                     "line 1: a token must have",
		reader + ",a all":                    "line 1: a token must have",
		reader + " all\n" + reader + " read": "line 2: the token is there already",
	} {
		got, err := awsapi.ParseControlTokens(text)
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "AAAA")
		require.NotContains(t, err.Error(), "hunter")
		require.Zero(t, got)
	}
}

// TestControlTokensDoNotPrintThemselves checks every way to print them.
func TestControlTokensDoNotPrintThemselves(t *testing.T) {
	got, err := awsapi.ParseControlTokens(reader + " all")
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb, got), reader)
	}
}

func FuzzParseControlTokens(f *testing.F) {
	for _, text := range []string{
		reader + " read\n", "# nothing\n", advancer + " advance,trust\r\n" + operator + " all", "\x00 all",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := awsapi.ParseControlTokens(text)
		if err != nil {
			require.Zero(t, got)
			for line := range strings.Lines(text) {
				if token, _, ok := strings.Cut(strings.TrimSpace(line), " "); ok && len(token) >= 20 {
					require.NotContains(t, err.Error(), token)
				}
			}
		}
	})
}
