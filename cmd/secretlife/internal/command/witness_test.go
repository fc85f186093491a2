package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/sqlstore"
)

func TestWitnessOverHTTPS(t *testing.T) {
	date := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	var answer http.HandlerFunc
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	w := httpsWitness(server.URL, server.Client().Transport)
	header := func(status int, pairs ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, http.MethodHead, r.Method)
			w.Header()["Date"] = nil
			for i := 0; i < len(pairs); i += 2 {
				w.Header().Set(pairs[i], pairs[i+1])
			}
			w.WriteHeader(status)
		}
	}
	now := date.Format(http.TimeFormat)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		ok     bool
	}{
		"a date":                  {header(200, "Date", now), true},
		"any status":              {header(404, "Date", now), true},
		"a redirection":           {header(302, "Date", now, "Location", "http://127.0.0.1:1/"), true},
		"fresh from a cache":      {header(200, "Date", now, "Age", "0"), true},
		"a response from a cache": {header(200, "Date", now, "Age", "86400"), false},
		"no date":                 {header(200), false},
		"not a date":              {header(200, "Date", "soon"), false},
	} {
		answer = c.answer
		at, err := w(t.Context())
		require.Equal(t, c.ok, err == nil, "%s: %v", name, err)
		if c.ok {
			require.True(t, date.Equal(at), name)
		}
	}
	_, err := httpsWitness(server.URL, &http.Transport{})(t.Context())
	require.ErrorContains(t, err, "certificate", "it is verified")
}

func TestWitnessFlag(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--witness", "http://example.com"}, "--witness must be"},
		{[]string{"--witness", "ntp"}, "--witness must be"},
		{[]string{"--witness", "https://user:hunter2@example.com"}, "--witness must be"},
		{[]string{"--witness", "https://"}, "--witness must be"},
		{[]string{"--witness", "store"}, "this store has no clock of its own"},
		{[]string{"--witness", "wall", "--clock", "virtual"}, "--witness is for --clock real"},
	} {
		code, out, errs := runCommand(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, c.args...)...)
		require.Equal(t, 1, code, c.args)
		require.Empty(t, out)
		require.Contains(t, errs, c.want)
	}
	w := sqliteWorld(t)
	w.populate()
	code, _, errs := w.run("purge", "--once", "--witness", "store")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "this store has no clock of its own")
}

// TestWitnesses: each vouches for the time between a run five days ago and one now,
// on another machine.
func TestWitnesses(t *testing.T) {
	eachKind(t, func(t *testing.T, w, _ *world) {
		w.fill()
		w.beat()
		for _, kind := range []string{"store", "wall"} {
			if kind == "store" && w.keys == nil {
				continue
			}
			w.host.Reboot()
			w.host.SetWall(time.Now().Add(-5 * day))
			w.useWith(w.host, func(m *secretlife.Manager, _ *sqlstore.Store) {
				_, err := m.At(t.Context())
				require.NoError(t, err)
			}, func(o *secretlife.Options) {
				o.Witness = func(context.Context) (time.Time, error) { return w.host.Now(), nil }
			})
			before := strings.Count(w.ok("clock"), "a witness vouches for")
			if kind == "store" {
				w.ok("purge", "--once", "--witness", kind)
			} else {
				server := start(t, append([]string{"--store", w.store, "--witness", kind}, w.keys...)...)
				server.ok("DeleteSecret", `{"SecretId":"prod/a"}`) // which counts
				server.end(syscall.SIGTERM)
			}
			require.Equal(t, before+1, strings.Count(w.ok("clock"), "a witness vouches for"), kind)
		}
	})
}

// TestAWitnessThatFailsIsLoggedOnce: once when it begins to fail, and once when it
// works again.
func TestAWitnessThatFailsIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	var broken error
	w := logFailures(func(context.Context) (time.Time, error) { return time.Time{}, broken },
		slog.New(slog.NewTextHandler(&log, nil)))
	ask := func(n int) {
		for range n {
			_, err := w(t.Context())
			require.ErrorIs(t, err, broken)
		}
	}
	ask(2)
	broken = errors.New("no route")
	ask(3)
	broken = nil
	ask(2)
	require.Equal(t, 1, strings.Count(log.String(), "the witness fails"))
	require.Equal(t, 1, strings.Count(log.String(), "level=INFO"))
	_, err := storeWitness(memstore.New())(t.Context())
	require.ErrorIs(t, err, errNoClock)
}
