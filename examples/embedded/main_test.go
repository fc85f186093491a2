package main

import (
	"context"
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
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clock })
	require.NoError(t, err)
	h := handler(m)
	do := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	for _, step := range []struct {
		method, path, body string
		code               int
		text               string
	}{
		{"PUT", "/secrets/db", "hunter2", http.StatusNoContent, ""},
		{"GET", "/secrets/db", "", http.StatusOK, "hunter2"},
		{"DELETE", "/secrets/db", "", http.StatusNoContent, ""},
		{"GET", "/secrets/db", "", http.StatusGone, "deleted; restore it first"},
		{"POST", "/secrets/db/restore", "", http.StatusNoContent, ""},
		{"GET", "/secrets/db", "", http.StatusOK, "hunter2"},
		{"DELETE", "/secrets/db", "", http.StatusNoContent, ""},
	} {
		code, text := do(step.method, step.path, step.body)
		require.Equal(t, step.code, code, step)
		require.Equal(t, step.text, text)
	}
	_, err = secretlife.NewPurger(m).Advance(t.Context(), 8*24*time.Hour)
	require.NoError(t, err)
	code, _ := do("GET", "/secrets/db", "")
	require.Equal(t, http.StatusNotFound, code)
}

func TestItEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, run(ctx, "127.0.0.1:0", slog.New(slog.DiscardHandler)))
}
