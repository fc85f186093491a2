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
