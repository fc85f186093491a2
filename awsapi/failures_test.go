package awsapi_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

const tooManyFailures = `{"__type":"ThrottlingException",` +
	`"message":"Rate exceeded: too many requests failed authentication. Try again in a minute."}`

// from sends a request from an address.
func (w *world) from(address string, r *http.Request) string {
	w.t.Helper()
	r.RemoteAddr = address
	_, got := w.answer(r)
	return got
}

func TestFailuresAreLimited(t *testing.T) {
	now := wall
	w := verifying(t, func(o *awsapi.Options) { o.Wall = func() time.Time { return now } })
	right, wrong, unknown := signable(), signable(), signable()
	wrong.secret = "guess"
	for i := range 30 {
		require.Contains(t, w.from("192.0.2.1:1000", wrong.sign(t)), "InvalidSignatureException", i)
	}
	require.Equal(t, tooManyFailures, w.from("192.0.2.1:2000", wrong.sign(t)))
	require.Equal(t, tooManyFailures, w.from("192.0.2.1:2000", right.sign(t)),
		"a guess that is right is not told from others")
	require.Contains(t, w.from("192.0.2.2:1000", right.sign(t)), "SecretList", "the owner of the key is somewhere else")

	// Keys that are not known count for the address, and shut out no other key.
	for i := range 30 {
		unknown.id = fmt.Sprintf("AKID%d", i)
		require.Contains(t, w.from("192.0.2.2:1000", unknown.sign(t)), "UnrecognizedClientException")
	}
	unknown.id = "AKIDNEW"
	require.Equal(t, tooManyFailures, w.from("192.0.2.2:1000", unknown.sign(t)))
	unsigned := right.sign(t)
	unsigned.Header.Del("Authorization")
	require.Equal(t, tooManyFailures, w.from("192.0.2.2:1000", unsigned))
	require.Contains(t, w.from("192.0.2.2:1000", right.sign(t)), "SecretList")

	// The addresses of an IPv6 network are one.
	for i := range 30 {
		require.Contains(t, w.from(fmt.Sprintf("[2001:db8::%x]:1", i), wrong.sign(t)), "InvalidSignatureException")
	}
	require.Equal(t, tooManyFailures, w.from("[2001:db8::ffff:1]:1", right.sign(t)))
	require.Contains(t, w.from("[2001:db8:0:1::1]:1", right.sign(t)), "SecretList")

	now = wall.Add(time.Minute)
	require.Contains(t, w.from("192.0.2.1:1000", right.sign(t)), "SecretList")
	for range 40 {
		w.from("192.0.2.1:1000", wrong.sign(t))
	}
	require.Equal(t, tooManyFailures, w.from("192.0.2.1:1000", right.sign(t)))
	now = wall
	require.Contains(t, w.from("192.0.2.1:1000", right.sign(t)), "SecretList", "the clock was set back")
}

// TestFailuresAreBounded: whatever the number of addresses that fail, the number
// that is remembered is bounded, and addresses beyond it are served.
func TestFailuresAreBounded(t *testing.T) {
	w := verifying(t, func(o *awsapi.Options) { o.Logger = nil })
	for i := range 10_000 {
		r := signable().sign(t)
		r.Header.Del("Authorization")
		require.Contains(t, w.from(fmt.Sprintf("10.0.%d.%d:1", i>>8, i&255), r), "MissingAuthenticationTokenException")
	}
	wrong := signable()
	wrong.secret = "guess"
	for range 40 {
		require.Contains(t, w.from("192.0.2.1:1", wrong.sign(t)), "InvalidSignatureException")
	}
	require.Contains(t, w.from("192.0.2.1:1", signable().sign(t)), "SecretList")
}

// TestFailuresAreLogged: the log has the access key and the reason, and nothing
// of the signature, the token or the secret key.
func TestFailuresAreLogged(t *testing.T) {
	for reason, edit := range map[string]func(*request, *http.Request){
		"the signature is wrong":        func(_ *request, r *http.Request) { r.Host = "other.example" },
		"the access key is not known":   func(q *request, r *http.Request) { q.id = "AKIDOTHER"; *r = *q.sign(t) },
		"the session token is not that": func(q *request, r *http.Request) { q.id = "SESSION"; *r = *q.sign(t) },
		"the signature has expired":     func(q *request, r *http.Request) { q.at = wall.Add(-time.Hour); *r = *q.sign(t) },
		"lacks a field": func(_ *request, r *http.Request) {
			r.Header.Set("Authorization",
				r.Header.Get("Authorization")[:120])
		},
		"a field twice, or one that is not known": func(_ *request, r *http.Request) {
			r.Header.Set("Authorization", r.Header.Get("Authorization")+", Signature=c0ffee")
		},
		"has a field without a value": func(_ *request, r *http.Request) {
			r.Header.Set("Authorization", r.Header.Get("Authorization")+", c0ffee")
		},
		"not one of Signature Version 4": func(_ *request, r *http.Request) {
			r.Header.Set("Authorization",
				"Bearer c0ffee")
		},
		"the request is not signed": func(_ *request, r *http.Request) { r.Header.Del("Authorization") },
		"the request has a query string": func(_ *request, r *http.Request) {
			r.URL.RawQuery = "X-Amz-Signature=c0ffee"
		},
		"the credential scope is for another day": func(_ *request, r *http.Request) {
			r.Header.Set("X-Amz-Date",
				"20300103T000000Z")
		},
		"a header of AWS's is not signed": func(_ *request, r *http.Request) {
			r.Header.Set("X-Amz-Security-Token",
				"c0ffee")
		},
		"the payload is not signed, or it is anot": func(q *request, r *http.Request) {
			q.headers = append(q.headers[:2:2], [2]string{"x-amz-content-sha256", "c0ffee"}, q.headers[2], q.headers[3])
			*r = *q.sign(t)
		},
	} {
		w := verifying(t)
		q := signable()
		r := q.sign(t)
		edit(&q, r)
		_, sum, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
		got := w.from("192.0.2.1:1000", r)
		require.NotContains(t, got, "SecretList", reason)
		log := w.log.String()
		require.Equal(t, 1, strings.Count(log, "\n"), log)
		require.Contains(t, log, reason)
		require.Contains(t, log, "source=192.0.2.1")
		require.Contains(t, log, "authentication failed")
		require.NotContains(t, log, "c0ffee")
		require.NotContains(t, log, secretKey)
		if len(sum) == 64 {
			require.NotContains(t, log, sum)
		}
	}
	w := verifying(t)
	wrong := signable()
	wrong.secret = "guess"
	for range 100 {
		w.from("192.0.2.1:1000", wrong.sign(t))
	}
	require.Equal(t, 30, strings.Count(w.log.String(), "authentication failed"))
	require.Equal(t, 30, strings.Count(w.log.String(), "access_key_id="+accessKey))
	require.Equal(t, 1, strings.Count(w.log.String(), "last_of_this_minute=true"))

	w = verifying(t)
	deletion := call("DeleteSecret", `{"SecretId":"a","ForceDeleteWithoutRecovery":true}`)
	for range 100 {
		w.from("192.0.2.1:1000", deletion.sign(t))
	}
	require.Equal(t, 30, strings.Count(w.log.String(),
		`request refused" access_key_id=`+accessKey+` reason="the signature was used before"`))
	require.Contains(t, w.from("192.0.2.1:1000", signable().sign(t)), "SecretList", "replays lock nobody out")
}

// TestBodiesOfStrangersAreNotRead: a request whose head is refused is answered
// without its body.
func TestBodiesOfStrangersAreNotRead(t *testing.T) {
	w := verifying(t)
	for _, edit := range []func(*request, *http.Request){
		func(_ *request, r *http.Request) { r.Header.Del("Authorization") },
		func(q *request, r *http.Request) { q.id = "AKIDOTHER"; *r = *q.sign(t) },
		func(q *request, r *http.Request) { q.at = wall.Add(-time.Hour); *r = *q.sign(t) },
	} {
		q := signable()
		r := q.sign(t)
		edit(&q, r)
		body := &endless{}
		r.Body, r.ContentLength = io.NopCloser(body), 1000
		_, got := w.answer(r)
		require.Contains(t, got, "Exception")
		require.Zero(t, body.read)
	}
}
