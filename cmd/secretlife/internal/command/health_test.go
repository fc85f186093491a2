package command

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHealth(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/_secretlife/health", r.URL.Path)
		w.WriteHeader(status)
	}))
	var out, log bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"health", server.URL}, &out, &log), log.String())
	require.Equal(t, "ok\n", out.String())
	status = http.StatusServiceUnavailable
	require.Equal(t, 1, run(t.Context(), []string{"health", server.URL}, &out, &log))
	require.Contains(t, log.String(), "503 Service Unavailable")
	http.DefaultClient.CloseIdleConnections()
	server.Close()
	require.Equal(t, 1, run(t.Context(), []string{"health", server.URL}, &out, &log))
}

// TestHealthWaits checks what a script does that starts a server and waits for it.
func TestHealthWaits(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	var out, log bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"health", server.URL, "--wait", "1m"}, &out, &log), log.String())
	require.Equal(t, "ok\n", out.String())
	require.Equal(t, 3, asked)
	http.DefaultClient.CloseIdleConnections()
	server.Close()
	require.Equal(t, 1, run(t.Context(), []string{"health", server.URL, "--wait", "1ms"}, &out, &log))
	require.Contains(t, log.String(), "refused")
}
