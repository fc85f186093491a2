package main

import (
	"context"
	"expvar"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// TestAWeekToThinkItOver drives the service through a secret's life, in virtual
// time.
func TestAWeekToThinkItOver(t *testing.T) {
	clock := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	var audit strings.Builder
	metrics := new(expvar.Map).Init()
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock, o.Observer = clock, auditLog(slog.New(slog.NewTextHandler(&audit, nil))).And(counting(metrics))
	})
	require.NoError(t, err)
	purger := secretlife.NewPurger(m)
	h := handler(m, purger, metrics)
	do := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	const refused = "InvalidRequestException: You can't perform this operation on the secret because it was marked for " +
		"deletion."
	for _, step := range []struct {
		method, path, body string
		code               int
		text               string
	}{
		{"PUT", "/secrets/db", "hunter2", http.StatusOK, ""},
		{"GET", "/secrets/db", "", http.StatusOK, "hunter2"},
		{"DELETE", "/secrets/db", "", http.StatusOK, ""},
		{"GET", "/secrets/db", "", http.StatusGone, refused},
		{"GET", "/scheduled", "", http.StatusOK, "2030-01-08T00:00:00Z db"},
		{"POST", "/secrets/db/restore", "", http.StatusOK, ""},
		{"GET", "/secrets/db", "", http.StatusOK, "hunter2"},
		{"GET", "/scheduled", "", http.StatusOK, ""},
		{"DELETE", "/secrets/db", "", http.StatusOK, ""},
		{"GET", "/ready", "", http.StatusOK, ""},
	} {
		code, text := do(step.method, step.path, step.body)
		require.Equal(t, step.code, code, step)
		require.Equal(t, step.text, text)
	}
	_, err = purger.Advance(t.Context(), 8*24*time.Hour)
	require.NoError(t, err)
	code, _ := do("GET", "/secrets/db", "")
	require.Equal(t, http.StatusNotFound, code)
	require.Equal(t, "1", metrics.Get("purged").String())
	require.Equal(t, "2", metrics.Get("refused").String())
	require.Contains(t, audit.String(), "msg=SecretPurged seq=")
	require.Contains(t, audit.String(), "arn=arn:aws:secretsmanager:us-east-1:123456789012:secret:db-")
	require.NotContains(t, audit.String()+metrics.String(), "hunter2")
}

func TestItEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, run(ctx, "127.0.0.1:0", slog.New(slog.DiscardHandler)))
}
