package awsapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/awsapi"
)

// entries are those that the control call returns.
func (w *world) entries(query string) (out []access.Entry) {
	w.t.Helper()
	rec := ask(w, http.MethodGet, "access"+query, "")
	require.Equal(w.t, http.StatusOK, rec.Code, rec.Body)
	require.Equal(w.t, "application/x-ndjson", rec.Header().Get("Content-Type"))
	for line := range strings.Lines(rec.Body.String()) {
		var e access.Entry
		require.NoError(w.t, json.Unmarshal([]byte(line), &e))
		out = append(out, e)
	}
	return out
}

func TestAccessLedger(t *testing.T) {
	t.Run("tells who read a scheduled secret", func(t *testing.T) {
		w := newWorld(t)
		w.ok("CreateSecret", `{"Name":"a","SecretString":"hunter2","ClientRequestToken":"`+tokenA+`"}`)
		w.ok("CreateSecret", `{"Name":"b","SecretString":"hunter2","ClientRequestToken":"`+tokenB+`"}`)
		w.ok("DeleteSecret", `{"SecretId":"a"}`)
		w.refused("GetSecretValue", `{"SecretId":"a"}`, marked)
		w.refused("GetSecretValue", `{"SecretId":"a"}`, marked)
		require.Len(t, w.entries(""), 4)
		require.Len(t, w.entries("?name=b"), 1)
		require.Len(t, w.entries("?limit=3"), 3)
		require.Len(t, w.entries("?from=2018-04-03"), 4)
		require.Empty(t, w.entries("?from=2018-04-04"))
		require.Empty(t, w.entries("?account=999999999999"))
		require.Empty(t, w.entries("?region=eu-west-1"))
		scheduled := w.entries("?scheduled=true")
		require.Len(t, scheduled, 1)
		e := scheduled[0]
		require.Equal(t, "a", e.ARN.Key().Name.String())
		require.Equal(t, secretlife.OpGetSecretValue, e.Operation)
		require.Equal(t, []uint64{2, 2}, []uint64{e.Calls, e.Refused})
		body := ask(w, http.MethodGet, "access?scheduled=true", "").Body.String()
		require.NotContains(t, body, "hunter2")
		require.Contains(t, body, `,"day":"2018-04-03T00:00:00Z","operation":"GetSecretValue","scheduled":true,"principal":`)
	})

	t.Run("refuses a query that it can't read", func(t *testing.T) {
		w := newWorld(t)
		for query, text := range map[string]string{
			"?region=x": "must be a Region", "?name=a%20b": "must be the name", "?scheduled=yes": "must be true or false",
			"?from=today": "must be a day", "?limit=0": "must be a number", "?limit=9999999999": "must be a number",
			"?user=a": "there is no parameter",
		} {
			rec := ask(w, http.MethodGet, "access"+query, "")
			require.Equal(t, http.StatusBadRequest, rec.Code, query)
			require.Contains(t, rec.Body.String(), text)
		}
	})

	t.Run("is not there without a ledger", func(t *testing.T) {
		w := newWorld(t, func(o *awsapi.Options) { o.Ledger = nil })
		rec := ask(w, http.MethodGet, "access", "")
		require.Equal(t, http.StatusConflict, rec.Code)
		require.JSONEq(t, `{"error":"this server keeps no access ledger"}`, rec.Body.String())
	})
}
