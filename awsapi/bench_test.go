package awsapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

// BenchmarkDeleteSecretOverLoopback sends DeleteSecret over one kept connection:
// to a handler that decodes and encodes the same JSON with encoding/json and
// does nothing, and to the API with 1,000 secrets in its store.
func BenchmarkDeleteSecretOverLoopback(b *testing.B) {
	b.Run("handler=nothing", func(b *testing.B) {
		deleteOverLoopback(b, http.HandlerFunc(nothing), nil)
	})
	b.Run("handler=secretlife", func(b *testing.B) {
		w := newWorld(b)
		// The events of millions of calls would fill the memory.
		w.store = memstore.New(func(o *memstore.Options) { o.KeepEvents = 1000 })
		w.over(w.store, func(o *awsapi.Options) { o.Settle = false }) // as with a real clock
		for i := range secrets {
			w.create(name(i))
		}
		deleteOverLoopback(b, w.API, func(i int) {
			_, err := w.m.RestoreSecret(b.Context(), secretlife.RestoreSecretInput{SecretID: name(i)})
			require.NoError(b, err)
		})
	})
}

const secrets = 1000

func name(i int) string { return fmt.Sprintf("bench/secret-%05d", i%secrets) }

// nothing is the least that a handler of this request can do.
func nothing(w http.ResponseWriter, r *http.Request) {
	var in struct {
		SecretID                   string `json:"SecretId"`
		RecoveryWindowInDays       *int64
		ForceDeleteWithoutRecovery bool
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, _ := json.Marshal(struct {
		ARN, Name    string
		DeletionDate float64
	}{"arn:aws:secretsmanager:us-east-1:123456789012:secret:" + in.SecretID + "-AbCdEf", in.SecretID, float64(start.Add(7*24*time.Hour).UnixMilli()) / 1000})
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000")
	_, _ = w.Write(out)
}

// deleteOverLoopback measures the requests only: undo is not timed.
func deleteOverLoopback(b *testing.B, h http.Handler, undo func(int)) {
	server := httptest.NewServer(h)
	defer server.Close()
	client := server.Client()
	var body bytes.Buffer
	b.ResetTimer()
	for i := range b.N { // not b.Loop: the timer stops at times
		if i > 0 && i%secrets == 0 && undo != nil {
			b.StopTimer()
			for j := range secrets {
				undo(j)
			}
			b.StartTimer()
		}
		body.Reset()
		body.WriteString(`{"SecretId":"` + name(i) + `","RecoveryWindowInDays":7}`)
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL, bytes.NewReader(body.Bytes()))
		require.NoError(b, err)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "secretsmanager.DeleteSecret")
		resp, err := client.Do(r)
		require.NoError(b, err)
		if resp.StatusCode != http.StatusOK {
			b.Fatal(resp.Status)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(b, err)
		require.NoError(b, resp.Body.Close())
	}
}
