package awsapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

func TestHosts(t *testing.T) {
	ask := func(w *world, host string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_secretlife/health", nil)
		r.Host = host
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		return rec.Code
	}
	some := newWorld(t, func(o *awsapi.Options) { o.Hosts = []string{"secrets.test"} })
	for _, host := range []string{"localhost", "LOCALHOST:4577", "127.0.0.1:4577", "127.8.9.1", "[::1]:4577", "[::1]", "secrets.test", "Secrets.Test:80", "secrets.test."} {
		require.Equal(t, http.StatusOK, ask(some, host), host)
	}
	all := newWorld(t)
	for _, host := range []string{"", "evil.example", "evil.example:4577", "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil.example", "[2001:db8::1]:80"} {
		require.Equal(t, http.StatusMisdirectedRequest, ask(some, host), host)
		require.Equal(t, http.StatusOK, ask(all, host), host)
	}
	// Operations are held to it, too.
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	r.Host = "evil.example"
	rec := httptest.NewRecorder()
	some.ServeHTTP(rec, r)
	require.Equal(t, http.StatusMisdirectedRequest, rec.Code)
}

// TestControlCallsAreForThisMachineOnly holds that where operations must be
// signed, control calls, which are not, come from this machine.
func TestControlCallsAreForThisMachineOnly(t *testing.T) {
	from := func(w *world, name, address string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_secretlife/"+name, nil)
		r.RemoteAddr = address
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		return rec.Code
	}
	w := verifying(t)
	for _, address := range []string{"127.0.0.1:4000", "[::1]:4000", "[::ffff:127.0.0.1]:4000"} {
		require.Equal(t, http.StatusOK, from(w, "clock", address), address)
	}
	for _, address := range []string{"192.0.2.1:4000", "[2001:db8::1]:4000", ""} {
		require.Equal(t, http.StatusForbidden, from(w, "clock", address), address)
		require.Equal(t, http.StatusForbidden, from(w, "events", address), address)
		require.Equal(t, http.StatusOK, from(w, "health", address), address)
	}
	require.Equal(t, http.StatusOK, from(newWorld(t), "clock", "192.0.2.1:4000"), "nothing is signed here")
}
