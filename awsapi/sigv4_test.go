package awsapi_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

var wall = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	accessKey = "AKIDEXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// verifying returns a world whose endpoint verifies signatures.
func verifying(t testing.TB, edits ...func(*awsapi.Options)) *world {
	w := &world{t: t, store: memstore.New(), clock: secretlife.NewVirtualClock(start)}
	return w.over(w.store, append([]func(*awsapi.Options){func(o *awsapi.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&w.log, nil))
		o.Wall = func() time.Time { return wall }
		o.Credentials = func(id string) (awsapi.Credential, bool) {
			switch id {
			case accessKey:
				return awsapi.Credential{SecretAccessKey: secretKey}, true
			case "SESSION":
				return awsapi.Credential{SecretAccessKey: secretKey, SessionToken: "token", Account: "111122223333"}, true
			}
			return awsapi.Credential{}, false
		}
	}}, edits...)...)
}

// request is one to be signed.
type request struct {
	id, secret, region, service, terminator string
	at                                      time.Time
	body                                    string
	payload                                 string      // what is signed in place of the hash of the body
	headers                                 [][2]string // signed, in order, beside host
}

func signable() request {
	return request{
		id: accessKey, secret: secretKey, region: "us-east-1", service: "secretsmanager", terminator: "aws4_request",
		at: wall, body: `{}`,
		headers: [][2]string{{"content-type", "application/x-amz-json-1.1"}, {"host", "sm.example"}, {"x-amz-date", ""},
			{"x-amz-target", "secretsmanager.ListSecrets"}},
	}
}

// sign makes the request with a signature made here, step by step as the user
// guide of Signature Version 4 tells it.
func (q request) sign(t testing.TB) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://sm.example/", strings.NewReader(q.body))
	require.NoError(t, err)
	var names []string
	canonical := "POST\n/\n\n"
	for _, h := range q.headers {
		value := h[1]
		if h[0] == "x-amz-date" {
			value = q.at.Format("20060102T150405Z")
		}
		if h[0] != "host" {
			r.Header.Set(h[0], value)
		}
		names = append(names, h[0])
		canonical += h[0] + ":" + value + "\n"
	}
	signed := strings.Join(names, ";")
	payload := q.payload
	if payload == "" {
		payload = hash(q.body)
	}
	canonical += "\n" + signed + "\n" + payload
	scope := q.at.Format("20060102") + "/" + q.region + "/" + q.service + "/" + q.terminator
	text := "AWS4-HMAC-SHA256\n" + q.at.Format("20060102T150405Z") + "\n" + scope + "\n" + hash(canonical)
	key := "AWS4" + q.secret
	for _, part := range append(strings.Split(scope, "/"), text) {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(part))
		key = string(h.Sum(nil))
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+q.id+"/"+scope+", SignedHeaders="+signed+", Signature="+
		hex.EncodeToString([]byte(key)))
	return r
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func (w *world) answer(r *http.Request) (int, string) {
	w.t.Helper()
	resp, err := w.RoundTrip(r)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return resp.StatusCode, string(body)
}

func TestSignatures(t *testing.T) {
	const mismatch = `"InvalidSignatureException","message":"The request signature we calculated does not match the ` +
		`signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation ` +
		`for details."`
	const noDate = `"IncompleteSignatureException",` +
		`"message":"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."`
	const shortScope = `"IncompleteSignatureException",` +
		`"message":"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."`
	for _, c := range []struct {
		name  string
		edit  func(*request)
		after func(*http.Request)
		want  string // "" for success
	}{
		{"as it should be", nil, nil, ""},
		{"five minutes late", func(q *request) { q.at = wall.Add(-5 * time.Minute) }, nil, ""},
		{"five minutes early", func(q *request) { q.at = wall.Add(5 * time.Minute) }, nil, ""},
		{"header with spaces", func(q *request) { q.headers = append(q.headers, [2]string{"x-amz-user", "a b"}) },
			func(r *http.Request) { r.Header.Set("X-Amz-User", "  a   b ") }, ""},
		{"unsigned header of no concern", nil, func(r *http.Request) { r.Header.Set("User-Agent", "curl") }, ""},
		{"other secret", func(q *request) { q.secret += "x" }, nil, mismatch},
		{"other body", nil, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`[]`)) }, mismatch},
		{"other operation", nil, func(r *http.Request) { r.Header.Set("X-Amz-Target", "secretsmanager.DeleteSecret") },
			mismatch},
		{"other host", nil, func(r *http.Request) { r.Host = "other.example" }, mismatch},
		{"query", nil, func(r *http.Request) { r.URL.RawQuery = "a=b" },
			`"IncompleteSignatureException",` +
				`"message":"The Secrets Manager API takes no query string: sign the request in its Authorization header."`},
		{"empty query", nil, func(r *http.Request) { r.URL.ForceQuery = true },
			`"IncompleteSignatureException",` +
				`"message":"The Secrets Manager API takes no query string: sign the request in its Authorization header."`},
		{"presigned", nil, func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20300102%2Fus-east-1%2Fsecretsmanager%2Faws4_request&X-Amz-Date=20300102T030405Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
		}, `"IncompleteSignatureException",` +
			`"message":"The Secrets Manager API takes no query string: sign the request in its Authorization header."`},
		{"both forms", nil, func(r *http.Request) { r.URL.RawQuery = "X-Amz-Signature=00" },
			`"IncompleteSignatureException",` +
				`"message":"The Secrets Manager API takes no query string: sign the request in its Authorization header."`},
		{"other Region", nil, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "us-east-1", "eu-west-1", 1))
		}, mismatch},
		{"signature of no hexadecimal", nil, func(r *http.Request) {
			r.Header.Set("Authorization",
				r.Header.Get("Authorization")+"z")
		}, mismatch},
		{"headers out of order", func(q *request) { q.headers[0], q.headers[1] = q.headers[1], q.headers[0] }, nil, mismatch},
		{"too late", func(q *request) { q.at = wall.Add(-5*time.Minute - time.Second) }, nil,
			`"InvalidSignatureException","message":"Signature expired: 20300102T025904Z is now earlier than ` +
				`20300102T025905Z (20300102T030405Z - 5 min.)"`},
		{"too early", func(q *request) { q.at = wall.Add(5*time.Minute + time.Second) }, nil,
			`"InvalidSignatureException","message":"Signature not yet current: 20300102T030906Z is still later than ` +
				`20300102T030905Z (20300102T030405Z + 5 min.)"`},
		{"unknown key", func(q *request) { q.id = "AKIDOTHER" }, nil,
			`"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"session token not asked for", func(q *request) {
			q.headers = append(q.headers[:3:3], [2]string{"x-amz-security-token", "token"}, q.headers[3])
		}, nil, `"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"session without its token", func(q *request) { q.id = "SESSION" }, nil,
			`"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"session with another token", func(q *request) {
			q.id, q.headers = "SESSION", append(q.headers[:3:3], [2]string{"x-amz-security-token", "other"}, q.headers[3])
		}, nil, `"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"session with its token", func(q *request) {
			q.id, q.headers = "SESSION", append(q.headers[:3:3], [2]string{"x-amz-security-token", "token"}, q.headers[3])
		}, nil, ""},
		{"other service", func(q *request) { q.service = "s3" }, nil,
			`"InvalidSignatureException","message":"Credential should be scoped to correct service: 'secretsmanager'."`},
		{"other terminator", func(q *request) { q.terminator = "aws3_request" }, nil,
			`"InvalidSignatureException","message":"Credential should be scoped with a valid terminator: 'aws4_request'."`},
		{"other day", nil, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "20300102", "20300101", 1))
		}, `"InvalidSignatureException","message":"Date in Credential scope does not match YYYYMMDD from ISO-8601 ` +
			`version of date from HTTP: '20300101' != '20300102', from '20300102T030405Z'."`},
		{"host not signed", func(q *request) { q.headers = append(q.headers[:1:1], q.headers[2:]...) }, nil,
			`"InvalidSignatureException","message":"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."`},
		{"target not signed", func(q *request) { q.headers = q.headers[:3] },
			func(r *http.Request) { r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets") },
			`"InvalidSignatureException","message":"'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."`},
		{"no signature at all", nil, func(r *http.Request) { r.Header.Del("Authorization") },
			`"MissingAuthenticationTokenException","message":"Missing Authentication Token"`},
		{"two of them", nil, func(r *http.Request) { r.Header.Add("Authorization", "x") },
			`"IncompleteSignatureException","message":"There must be one Authorization header at most."`},
		{"another algorithm", nil, func(r *http.Request) { r.Header.Set("Authorization", "Basic YTpi") },
			`"IncompleteSignatureException","message":"Unsupported AWS 'algorithm': 'Basic'."`},
		{"parts missing", nil, func(r *http.Request) {
			r.Header.Set("Authorization",
				"AWS4-HMAC-SHA256 Credential=a/b/c/d/e")
		}, `"IncompleteSignatureException",` +
			`"message":"Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' ` +
			`parameter."`},
		{"a part twice", nil, func(r *http.Request) {
			r.Header.Set("Authorization",
				r.Header.Get("Authorization")+", Signature=00")
		}, `"IncompleteSignatureException",` +
			`"message":"Authorization header must have 'Credential', 'SignedHeaders' and 'Signature' once each, and nothing ` +
			`else."`},
		{"an empty part twice", nil, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=",
				"Signature=, Signature=", 1))
		}, `"IncompleteSignatureException",` +
			`"message":"Authorization header must have 'Credential', 'SignedHeaders' and 'Signature' once each, and nothing ` +
			`else."`},
		{"a part that is not known", nil, func(r *http.Request) {
			r.Header.Set("Authorization", r.Header.Get("Authorization")+", Region=eu-west-1")
		}, `"IncompleteSignatureException",` +
			`"message":"Authorization header must have 'Credential', 'SignedHeaders' and 'Signature' once each, and nothing ` +
			`else."`},
		{"a part in lower case", nil, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "signature=", 1))
		}, `"IncompleteSignatureException",` +
			`"message":"Authorization header must have 'Credential', 'SignedHeaders' and 'Signature' once each, and nothing ` +
			`else."`},
		{"a trailing comma", nil, func(r *http.Request) { r.Header.Set("Authorization", r.Header.Get("Authorization")+",") },
			`"IncompleteSignatureException",` +
				`"message":"'' not a valid key=value pair (missing equal-sign) in Authorization header."`},
		{"upper-case hexadecimal", nil, func(r *http.Request) {
			before, sum, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", before+"Signature="+strings.ToUpper(sum))
		}, mismatch},
		{"no space after commas", nil, func(r *http.Request) {
			r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), ", ", ","))
		}, ""},
		{"a header signed twice", func(q *request) { q.headers = append(q.headers[:2:2], q.headers[1:]...) }, nil, mismatch},
		{"a signed header that is missing", func(q *request) { q.headers = append(q.headers, [2]string{"x-amz-user", ""}) },
			func(r *http.Request) { r.Header.Del("X-Amz-User") }, mismatch},
		{"a signed header twice", func(q *request) { q.headers = append(q.headers, [2]string{"x-amz-user", "a,b"}) },
			func(r *http.Request) { r.Header["X-Amz-User"] = []string{"a", "b"} }, ""},
		{"two dates", nil, func(r *http.Request) { r.Header.Add("X-Amz-Date", wall.Format("20060102T150405Z")) }, noDate},
		{"date with a fraction", nil, func(r *http.Request) { r.Header.Set("X-Amz-Date", "20300102T030405.0Z") }, noDate},
		{"Date that is not signed", nil, func(r *http.Request) {
			r.Header.Del("X-Amz-Date")
			r.Header.Set("Date", wall.Format(http.TimeFormat))
		}, noDate},
		{"two Dates", func(q *request) {
			q.headers = [][2]string{q.headers[0], {"date", wall.Format(http.TimeFormat) + "," + wall.Format(http.TimeFormat)},
				q.headers[1], q.headers[3]}
		}, func(r *http.Request) {
			r.Header["Date"] = []string{wall.Format(http.TimeFormat), wall.Format(http.TimeFormat)}
		}, noDate},
		{"two X-Amz-Dates and a Date", func(q *request) {
			q.headers = [][2]string{q.headers[0], {"date", wall.Format(http.TimeFormat)}, q.headers[1], q.headers[2],
				q.headers[3]}
		}, func(r *http.Request) { r.Header.Add("X-Amz-Date", "20300102T030405Z") }, noDate},
		{"a long access key id", func(q *request) { q.id = strings.Repeat("A", 129) }, nil, shortScope},
		{"Date in place of X-Amz-Date", func(q *request) {
			q.headers = [][2]string{q.headers[0], {"date", wall.Format(http.TimeFormat)}, q.headers[1], q.headers[3]}
		}, nil, ""},
		{"unsigned payload", func(q *request) {
			q.payload = "UNSIGNED-PAYLOAD"
			q.headers = append(q.headers[:2:2], [2]string{"x-amz-content-sha256", q.payload}, q.headers[2], q.headers[3])
		}, nil, mismatch},
		{"payload in chunks", func(q *request) {
			q.payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
			q.headers = append(q.headers[:2:2], [2]string{"x-amz-content-sha256", q.payload}, q.headers[2], q.headers[3])
		}, nil, mismatch},
		{"payload said to be unsigned", func(q *request) {
			q.headers = append(q.headers[:2:2], [2]string{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}, q.headers[2],
				q.headers[3])
		}, nil, mismatch},
		{"payload hash in a header", func(q *request) {
			q.headers = append(q.headers[:2:2], [2]string{"x-amz-content-sha256", hash(q.body)}, q.headers[2], q.headers[3])
		}, nil, ""},
		{"session token that is not signed", func(q *request) { q.id = "SESSION" },
			func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "token") },
			`"InvalidSignatureException","message":"'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization."`},
		{"session token twice", func(q *request) {
			q.id, q.headers = "SESSION", append(q.headers[:3:3], [2]string{"x-amz-security-token", "token,token"}, q.headers[3])
		}, func(r *http.Request) { r.Header["X-Amz-Security-Token"] = []string{"token", "token"} },
			`"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"asymmetric signature", nil, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "HMAC-SHA256", "ECDSA-P256-SHA256", 1))
		}, `"IncompleteSignatureException","message":"Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."`},
		{"long scope", func(q *request) { q.id = "a/b" }, nil, shortScope},
		{"short scope", nil, func(r *http.Request) {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00")
		}, `"IncompleteSignatureException",` +
			`"message":"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."`},
		{"no date", nil, func(r *http.Request) { r.Header.Del("X-Amz-Date") },
			`"IncompleteSignatureException",` +
				`"message":"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := verifying(t)
			q := signable()
			if c.edit != nil {
				c.edit(&q)
			}
			r := q.sign(t)
			if c.after != nil {
				c.after(r)
			}
			status, got := w.answer(r)
			if c.want == "" {
				require.Equal(t, http.StatusOK, status, got)
				return
			}
			require.Equal(t, http.StatusBadRequest, status)
			require.Equal(t, `{"__type":`+c.want+`}`, got)
		})
	}
}

// TestVerifiedAccount has the account of the key, whatever its id.
func TestVerifiedAccount(t *testing.T) {
	w := verifying(t)
	q := signable()
	q.id = "SESSION"
	q.body = `{"Name":"a","ClientRequestToken":"` + tokenA + `"}`
	q.headers = append(q.headers[:3:3], [2]string{"x-amz-security-token", "token"},
		[2]string{"x-amz-target", "secretsmanager.CreateSecret"})
	status, got := w.answer(q.sign(t))
	require.Equal(t, http.StatusOK, status, got)
	require.Contains(t, got, ":111122223333:secret:a-")
}
