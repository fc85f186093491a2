package awsapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/memstore"
)

// gapAPI serves a store whose machine was off for ten days, after a secret had been
// scheduled for 8.
func gapAPI(t *testing.T) (*awsapi.API, *secretlife.Manager) {
	host := hosttest.New("a", time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	store := memstore.New()
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = host })
	require.NoError(t, err)
	purger := secretlife.NewPurger(m)
	live := func(d time.Duration) {
		for ; d > 0; d -= 30 * time.Second {
			host.Pass(30 * time.Second)
			_, err := purger.RunDue(t.Context())
			require.NoError(t, err)
		}
	}
	_, err = m.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: "a",
		Value: secretlife.SecretString("hunter2")})
	require.NoError(t, err)
	_, err = m.DeleteSecret(t.Context(), secretlife.DeleteSecretInput{SecretID: "a",
		RecoveryWindowInDays: secretlife.Days(8)})
	require.NoError(t, err)
	live(5 * time.Minute)
	host.Reboot()
	host.Step(10 * 24 * time.Hour)
	m, err = secretlife.New(store, func(o *secretlife.Options) { o.Clock = host })
	require.NoError(t, err)
	purger = secretlife.NewPurger(m)
	live(5 * time.Minute)
	api, err := awsapi.New(m, func(o *awsapi.Options) { o.Purger, o.Hosts = purger, []string{"example.com"} })
	require.NoError(t, err)
	return api, m
}

func object(t *testing.T, text string) (out map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &out))
	return out
}

func TestClockTellsWhatWaits(t *testing.T) {
	api, _ := gapAPI(t)
	rec := ask(api, http.MethodGet, "clock", "")
	require.Equal(t, http.StatusOK, rec.Code)
	got := object(t, rec.Body.String())
	require.Equal(t, "2030-01-11T00:10:00Z", got["now"])
	require.Equal(t, "a boot 2", got["by"])
	require.NotEmpty(t, got["lastBeat"])
	require.Equal(t, map[string]any{"secrets": 1.0, "window": "192h0m0s"}, pick(got["waiting"], "secrets", "window"))
	tally, ok := got["tally"].(map[string]any)
	require.True(t, ok)
	require.Equal(t, false, tally["virtual"])
	gaps, ok := tally["gaps"].([]any)
	require.True(t, ok)
	require.Len(t, gaps, 1)
	require.Equal(t, "none", gaps[0].(map[string]any)["proof"])
}

// pick returns some members of an object.
func pick(v any, names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		out[name] = v.(map[string]any)[name]
	}
	return out
}

func TestConfirmAndWithdrawOverHTTP(t *testing.T) {
	api, m := gapAPI(t)
	tally, err := m.Tally(t.Context())
	require.NoError(t, err)
	gap, err := json.Marshal(tally.Gaps()[0].Number)
	require.NoError(t, err)
	call := func(path, body string) (int, map[string]any) {
		rec := ask(api, http.MethodPost, path, strings.ReplaceAll(body, "GAP", string(gap)))
		return rec.Code, object(t, rec.Body.String())
	}
	status, got := call("clock/confirm", `{"gap":GAP,"passed":"9d"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, false, got["confirmed"])
	effect, ok := got["effect"].(map[string]any)
	require.True(t, ok)
	require.Equal(t, map[string]any{"passed": "216h0m0s", "waiting": 1.0, "released": 1.0, "sooner": 0.0},
		pick(effect, "passed", "waiting", "released", "sooner"))
	digest, ok := effect["digest"].(string)
	require.True(t, ok)

	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"confirm", `{"gap":GAP,"digest":"` + digest + `"}`, 409}, // of another duration
		{"confirm", `{"gap":GAP,"passed":"9d","digest":"0a1b2c3d4e5f"}`, 409},
		{"confirm", `{"gap":4711}`, 409},
		{"confirm", `{"gap":GAP,"passed":"11d"}`, 409},
		{"withdraw", `{"gap":GAP}`, 409},
		{"confirm", `{}`, 400},
		{"confirm", `{"gap":"GAP"}`, 400},
		{"confirm", `{"gap":-1}`, 400},
		{"confirm", `{"gap":1.5}`, 400},
		{"confirm", `{"gap":GAP,"passed":9}`, 400},
		{"confirm", `{"gap":GAP,"passed":"0s"}`, 400},
		{"confirm", `{"gap":GAP,"passed":"-1h"}`, 400},
		{"confirm", `{"gap":GAP,"digest":""}`, 400},
		{"confirm", `{"gap":GAP,"by":"` + strings.Repeat("a", 257) + `"}`, 400},
		{"withdraw", `[]`, 400},
	} {
		status, got := call("clock/"+c.path, c.body)
		require.Equal(t, c.status, status, c.body)
		require.NotEmpty(t, got["error"])
	}

	status, got = call("clock/confirm", `{"gap":GAP,"passed":"9d","by":"ada","digest":"`+digest+`"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, true, got["confirmed"])
	status, got = call("clock/withdraw", `{"gap":GAP}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "withdrawn", got["status"])

	events := ask(api, http.MethodGet, "events?after=3", "").Body.String()
	require.Equal(t, 1, strings.Count(events, `"eventName":"ConfirmGap"`))
	require.Contains(t, events, `"userName":"ada, by a control call from 127.0.0.1"`)
	require.Contains(t, events, `"userName":"a control call from 127.0.0.1"`)
}
