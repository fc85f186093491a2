package awsapi_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

var allNegatives = flag.Bool("negatives", false,
	"change each byte of signed requests into all others, and not only into nine")

// onTheWire returns a signed request as a client sends it, with all headers that
// SDKs send, all of them signed.
func onTheWire(t testing.TB, q request) []byte {
	q.headers = slices.Concat(
		[][2]string{{"amz-sdk-invocation-id", "8c7e5a9a-cfcf-4b3a-86b2-185e75ce8b1d"},
			{"amz-sdk-request", "attempt=1; max=3"}, {"content-length", strconv.Itoa(len(q.body))}},
		q.headers,
	)
	r := q.sign(t)
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST / HTTP/1.1\r\nHost: sm.example\r\n")
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(&b, "%s: %s\r\n", name, r.Header.Get(name))
	}
	b.WriteString("\r\n" + q.body)
	return b.Bytes()
}

// received returns a request as the server's parser reads it, and its body.
func received(raw []byte) (*http.Request, []byte, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return r, body, err
}

// same reports whether two requests, as they were read, are one and the same:
// HTTP does not tell header names apart by case, nor spaces around values, nor
// lengths with a zero before them.
func same(a, b *http.Request, bodyA, bodyB []byte) bool {
	length := b.Header["Content-Length"]
	b.Header["Content-Length"] = a.Header["Content-Length"]
	defer func() { b.Header["Content-Length"] = length }()
	return len(length) == 1 && a.Method == b.Method && a.Host == b.Host && a.URL.String() == b.URL.String() &&
		a.ContentLength == b.ContentLength &&
		bytes.Equal(bodyA, bodyB) && maps.EqualFunc(a.Header, b.Header, slices.Equal)
}

// signedRequests are 20 requests, one for each operation that takes a secret and
// one with a session token.
func signedRequests(t testing.TB) map[string][]byte {
	out := map[string][]byte{}
	for op, body := range onSecret {
		out[op.String()] = onTheWire(t, call(op.String(), fmt.Sprintf(body, "a")))
	}
	q := call("GetSecretValue", `{"SecretId":"a"}`)
	q.id, q.headers = "SESSION", append(q.headers[:3:3], [2]string{"x-amz-security-token", "token"}, q.headers[3])
	out["session"] = onTheWire(t, q)
	return out
}

// TestEveryChangedByteIsRefused changes one byte of a signed request, as it is
// on the wire, into another. Unless HTTP itself reads the same request, it is
// refused, and nothing changes.
func TestEveryChangedByteIsRefused(t *testing.T) {
	w := verifying(t, func(o *awsapi.Options) { o.Logger = nil })
	requests := signedRequests(t)
	require.Len(t, requests, 20)
	cases, unreadable := 0, 0
	address := 0
	answer := func(r *http.Request, body []byte) (int, string) {
		// Each from an address of its own: too many failures of one are refused
		// unseen.
		address++
		r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", address>>16&255, address>>8&255, address&255)
		r.Body = io.NopCloser(bytes.NewReader(body))
		resp, err := w.RoundTrip(r) // not ServeHTTP: the Host header is for the signature to refuse
		require.NoError(t, err)
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(got)
	}
	before := w.fingerprint()
	for name, raw := range requests {
		original, body, err := received(raw)
		require.NoError(t, err)
		for i, b := range raw {
			for _, other := range otherBytes(b) {
				cases++
				raw[i] = other
				r, changed, err := received(raw)
				raw[i] = b
				if err != nil { // the server refuses it
					unreadable++
					continue
				}
				if same(original, r, body, changed) {
					continue
				}
				status, got := answer(r, changed)
				if status == http.StatusOK || !isAuthentication(got) {
					t.Fatalf("%s: byte %d, %q as %q: %d %s\n%s", name, i, b, other, status, got, raw)
				}
			}
		}
	}
	require.Equal(t, before, w.fingerprint())
	t.Logf("%d changes, %d of them not HTTP", cases, unreadable)
	require.Greater(t, cases, 100_000)
	for name, raw := range requests { // so that the changes were what was refused
		r, body, err := received(raw)
		require.NoError(t, err)
		_, got := answer(r, body)
		require.False(t, isAuthentication(got), "%s: %s", name, got)
	}
}

// otherBytes are bytes to put in the place of one: those that differ in one bit
// and the one that separates fields; or all others.
func otherBytes(b byte) []byte {
	var out []byte
	if *allNegatives {
		for other := range 256 {
			if byte(other) != b {
				out = append(out, byte(other))
			}
		}
		return out
	}
	for bit := range 8 {
		out = append(out, b^1<<bit)
	}
	if b != ',' && b^',' != 1 {
		out = append(out, ',')
	}
	return out
}

// isAuthentication reports whether a request was refused before it was read as
// an operation of a known caller.
func isAuthentication(answer string) bool {
	for _, code := range []string{"MissingAuthenticationTokenException", "UnrecognizedClientException",
		"InvalidSignatureException", "IncompleteSignatureException", "UnknownOperationException",
		"UnsupportedMediaTypeException"} {
		if strings.HasPrefix(answer, `{"__type":"`+code+`"`) && answer != usedBefore {
			return true
		}
	}
	return false
}

// FuzzAuthorization puts any header into a signed request. A header that is
// accepted has each field once, in any order, and nothing else. Without keys,
// the account and the Region are those of its one Credential field.
func FuzzAuthorization(f *testing.F) {
	good := signable().sign(f).Header.Get("Authorization")
	for _, header := range forgeries(good, "999999999999/20300102/eu-west-1/secretsmanager/aws4_request") {
		f.Add(header)
	}
	f.Add(good)
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=00")
	f.Add("AWS4-HMAC-SHA256 ,,=,")
	verified := verifying(f)
	open := newWorld(f)
	address := 0
	f.Fuzz(func(t *testing.T, header string) {
		verified.t, open.t = t, t
		r := call("DeleteSecret", `{"SecretId":"x","ForceDeleteWithoutRecovery":true}`).sign(t)
		genuine := r.Header.Get("Authorization")
		r.Header["Authorization"] = []string{header}
		address++ // failures of one are limited
		r.RemoteAddr = strconv.Itoa(address)
		status, got := verified.answer(r)
		if status == http.StatusOK {
			require.Equal(t, fields(genuine), fields(header), "another header was accepted")
			require.Contains(t, got, ":us-east-1:123456789012:secret:x-")
		} else if got != usedBefore {
			require.Equal(t, http.StatusBadRequest, status, got)
			require.True(t, isAuthentication(got), got)
		}

		r = call("DeleteSecret", `{"SecretId":"x","ForceDeleteWithoutRecovery":true}`).sign(t)
		r.Header["Authorization"] = []string{header}
		if status, got = open.answer(r); status != http.StatusOK {
			require.True(t, isAuthentication(got), got)
			return
		}
		require.Equal(t, 1, strings.Count(header, "Credential="), "a second Credential field was accepted")
		account, region := "123456789012", ""
		for field := range fields(header) {
			if credential, ok := strings.CutPrefix(field, "Credential="); ok {
				scope := strings.Split(credential, "/")
				if _, err := secretlife.ParseAccount(scope[0]); err == nil {
					account = scope[0]
				}
				region = scope[2]
			}
		}
		require.Contains(t, got, ":"+region+":"+account+":secret:x-")
	})
}

// fields are the fields of a header, whatever their order and the spaces between
// them.
func fields(header string) map[string]bool {
	_, rest, _ := strings.Cut(header, " ")
	out := map[string]bool{}
	for f := range strings.SplitSeq(rest, ",") {
		out[strings.Trim(f, " ")] = true
	}
	return out
}
