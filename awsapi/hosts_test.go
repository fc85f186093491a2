package awsapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

func TestHosts(t *testing.T) {
	ask := func(w *world, method, path, host string) int {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		r.Host = host
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		return rec.Code
	}
	open := newWorld(t, func(o *awsapi.Options) { o.Hosts = nil })
	some := newWorld(t, func(o *awsapi.Options) { o.Hosts = []string{"secrets.test", "192.0.2.7"} })
	any := newWorld(t, func(o *awsapi.Options) { o.Hosts = []string{"0.0.0.0"} })
	signed := verifying(t)
	for _, host := range []string{
		"localhost", "LOCALHOST:4577", "localhost.", "127.0.0.1:4577", "127.8.9.1", "[::1]:4577", "[::1]",
	} {
		for _, w := range []*world{open, some, any, signed} {
			require.Equal(t, http.StatusOK, ask(w, http.MethodGet, "/_secretlife/health", host), host)
		}
	}
	for _, host := range []string{
		"secrets.test", "Secrets.Test:80", "secrets.test.", "192.0.2.7:80", "[::ffff:192.0.2.7]:80",
	} {
		require.Equal(t, http.StatusOK, ask(some, http.MethodGet, "/_secretlife/health", host), host)
		require.Equal(t, http.StatusMisdirectedRequest, ask(open, http.MethodGet, "/_secretlife/health", host), host)
	}
	for _, host := range []string{"10.0.0.1", "[2001:db8::1]:80"} {
		require.Equal(t, http.StatusOK, ask(any, http.MethodGet, "/_secretlife/health", host), host)
		require.Equal(t, http.StatusMisdirectedRequest, ask(some, http.MethodGet, "/_secretlife/health", host), host)
	}
	for _, host := range []string{
		"", "evil.example", "evil.example:4577",
		"localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0.evil.example",
	} {
		for _, w := range []*world{open, some, any, signed} {
			require.Equal(t, http.StatusMisdirectedRequest, ask(w, http.MethodGet, "/_secretlife/health", host), host)
			require.Equal(t, http.StatusMisdirectedRequest, ask(w, http.MethodPost, "/", host), "operations, too")
		}
	}
}

// TestLocalOnly checks that only what this machine sends itself is served.
func TestLocalOnly(t *testing.T) {
	w := newWorld(t, func(o *awsapi.Options) { o.LocalOnly = true })
	ask := func(method, path, from string, headers ...string) int {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		r.RemoteAddr = from
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		return rec.Code
	}
	for method, path := range map[string]string{http.MethodPost: "/", http.MethodGet: "/_secretlife/events"} {
		for _, from := range []string{"127.0.0.1:4000", "[::1]:4000", "[::ffff:127.0.0.1]:4000"} {
			require.Equal(t, http.StatusOK, ask(method, path, from), from)
			for _, header := range forwardedHeaders {
				require.Equal(t, http.StatusForbidden, ask(method, path, from, header, "127.0.0.1"), header)
			}
		}
		for _, from := range []string{"192.0.2.1:4000", "[2001:db8::1]:4000", "@", ""} {
			require.Equal(t, http.StatusForbidden, ask(method, path, from), from)
		}
	}
}

var forwardedHeaders = []string{
	"Forwarded", "Via", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Real-IP",
}
