package awsapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/internal/failure"
)

// fail adds a failure.
func (w *world) fail(f awsapi.Failure) (end func()) {
	w.t.Helper()
	end, err := w.Fail(f)
	require.NoError(w.t, err)
	return end
}

// try makes a request for an operation that may get no response.
func (w *world) try(ctx context.Context, operation, body string) (status int, text string, err error) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://secretlife.invalid/", strings.NewReader(body))
	require.NoError(w.t, err)
	return do(w.t, w.RoundTrip, r, operation)
}

func do(t testing.TB, send func(*http.Request) (*http.Response, error), r *http.Request, operation string) (
	status int, text string, err error) {
	t.Helper()
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager."+operation)
	resp, err := send(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(data), nil
}

const readA = `{"SecretId":"a"}`

func TestFail(t *testing.T) {
	put := `{"SecretId":"a","SecretString":"new","ClientRequestToken":"` + tokenB + `"}`

	t.Run("exceptions and statuses, in the Trail", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		for _, c := range []struct {
			effect failure.Effect
			status int
			body   string
		}{
			{failure.Throttling(), 400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`},
			{failure.Exception("InternalServiceError", ""), 500,
				`{"__type":"InternalServiceError","Message":"An error occurred on the server side."}`},
			{failure.Exception("DecryptionFailure", "no key"), 400, `{"__type":"DecryptionFailure","Message":"no key"}`},
			{failure.Status(503), 503, ""},
		} {
			w.fail(awsapi.Failure{Operation: secretlife.OpGetSecretValue, Times: 1, Effect: c.effect})
			status, body := w.send("GetSecretValue", readA)
			require.Equal(t, c.status, status)
			require.Equal(t, c.body, body)
			w.ok("GetSecretValue", readA)
		}
		_, records := w.control(http.MethodGet, "/_secretlife/events?include=refused", "")
		for _, code := range []string{
			"ThrottlingException", "InternalServiceError", "DecryptionFailure", "ServiceUnavailable",
		} {
			require.Contains(t, records, `"errorCode":"`+code+`"`)
		}
	})

	t.Run("until it ends", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		end := w.fail(awsapi.Failure{SecretID: "a", Effect: failure.Throttling()})
		status, _ := w.send("DescribeSecret", readA)
		require.Equal(t, http.StatusBadRequest, status)
		w.create("b")
		end()
		w.ok("DescribeSecret", readA)
	})

	t.Run("an answer is lost, in the process", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.fail(awsapi.Failure{Operation: secretlife.OpPutSecretValue, Times: 1, Effect: failure.AnswerLost()})
		_, _, err := w.try(t.Context(), "PutSecretValue", put)
		require.ErrorIs(t, err, syscall.ECONNRESET)
		require.Contains(t, w.ok("GetSecretValue", readA), `"new"`, "the call was carried out")
		w.ok("PutSecretValue", put)
	})

	t.Run("a connection is cut, in the process", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.fail(awsapi.Failure{Operation: secretlife.OpPutSecretValue, Effect: failure.Cut()})
		_, _, err := w.try(t.Context(), "PutSecretValue", put)
		require.ErrorIs(t, err, syscall.ECONNRESET)
		require.NotContains(t, w.ok("GetSecretValue", readA), `"new"`, "the call was not carried out")
	})

	t.Run("connections are cut, and answers lost, over a socket", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		server := httptest.NewServer(w)
		defer server.Close()
		for effect, want := range map[failure.Effect]bool{failure.Cut(): false, failure.AnswerLost(): true} {
			w.fail(awsapi.Failure{Operation: secretlife.OpPutSecretValue, Times: 1, Effect: effect})
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL,
				strings.NewReader(strings.ReplaceAll(put, "new", effect.String())))
			require.NoError(t, err)
			_, _, err = do(t, server.Client().Do, r, "PutSecretValue")
			require.Error(t, err)
			require.Equal(t, want, strings.Contains(w.ok("GetSecretValue", readA), effect.String()), effect)
		}
	})
}

// In a bubble of synctest, real time is virtual.
func TestFailTakesTime(t *testing.T) {
	t.Run("a timeout ends with the caller's context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.fail(awsapi.Failure{Effect: failure.Timeout()})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			begin := time.Now()
			_, _, err := w.try(ctx, "GetSecretValue", readA)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, 5*time.Second, time.Since(begin))
		})
	})
	t.Run("a timeout ends at once without a deadline", func(t *testing.T) {
		w := newWorld(t)
		w.fail(awsapi.Failure{Effect: failure.Timeout()})
		_, _, err := w.try(t.Context(), "GetSecretValue", readA)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
	t.Run("a timeout over a socket ends with Options.Timeout", func(t *testing.T) {
		w := newWorld(t, func(o *awsapi.Options) { o.Timeout = time.Millisecond })
		w.fail(awsapi.Failure{Effect: failure.Timeout()})
		server := httptest.NewServer(w)
		defer server.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(readA))
		require.NoError(t, err)
		_, _, err = do(t, server.Client().Do, r, "GetSecretValue")
		require.Error(t, err)
	})
	t.Run("latency moves a virtual clock", func(t *testing.T) {
		w := newWorld(t)
		w.fail(awsapi.Failure{Operation: secretlife.OpCreateSecret, Latency: time.Minute})
		w.create("a")
		require.Contains(t, w.ok("DescribeSecret", readA), `"CreatedDate":1522777922.095`) // a minute after start
	})
	t.Run("real latency waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.fail(awsapi.Failure{RealLatency: time.Minute})
			begin := time.Now()
			w.create("a")
			require.Equal(t, time.Minute, time.Since(begin))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, _, err := w.try(ctx, "GetSecretValue", readA)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
	})
	t.Run("a wrong failure is refused", func(t *testing.T) {
		_, err := newWorld(t).Fail(awsapi.Failure{})
		require.Error(t, err)
	})
}
