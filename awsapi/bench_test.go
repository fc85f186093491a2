package awsapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

// BenchmarkDeleteSecretEndpoint sends DeleteSecret over loopback, over one kept
// connection: to a handler that decodes and encodes the same JSON with
// encoding/json and does nothing, and to the API. Each deletion is of another
// secret. Both have the same secrets in memory, so that they differ by what the
// handlers do and not by how often the memory is collected.
func BenchmarkDeleteSecretEndpoint(b *testing.B) {
	b.Run("handler=baseline", func(b *testing.B) {
		w := benchWorld(b)
		deleteOverLoopback(b, http.HandlerFunc(nothing))
		runtime.KeepAlive(w)
	})
	b.Run("handler=secretlife", func(b *testing.B) {
		deleteOverLoopback(b, benchWorld(b))
	})
}

// benchWorld has a secret for each round of a benchmark.
func benchWorld(b *testing.B) *world {
	w := newWorld(b, func(o *awsapi.Options) { o.Settle = false }) // as with a real clock
	for i := range b.N {
		_, err := w.m.CreateSecret(b.Context(), secretlife.CreateSecretInput{Name: name(i),
			Value: secretlife.SecretString("value")})
		require.NoError(b, err)
	}
	return w
}

func name(i int) string { return fmt.Sprintf("bench/secret-%07d", i) }

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
	}{"arn:aws:secretsmanager:us-east-1:123456789012:secret:" + in.SecretID + "-AbCdEf", in.SecretID,
		float64(start.Add(7*24*time.Hour).UnixMilli()) / 1000})
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000")
	_, _ = w.Write(out)
}

func deleteOverLoopback(b *testing.B, h http.Handler) {
	server := httptest.NewServer(h)
	defer server.Close()
	client := server.Client()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N { // not b.Loop: the secrets are made before
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL,
			strings.NewReader(`{"SecretId":"`+name(i)+`","RecoveryWindowInDays":7}`))
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
