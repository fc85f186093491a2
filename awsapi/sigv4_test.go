package awsapi_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

var wall = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	accessKey = "AKIDEXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

func verifying(t testing.TB) *world {
	return newWorld(t, func(o *awsapi.Options) {
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
	})
}

// request is one to be signed.
type request struct {
	id, secret, region, service, terminator string
	at                                      time.Time
	body                                    string
	headers                                 [][2]string // signed, in order, beside host
}

func signable() request {
	return request{
		id: accessKey, secret: secretKey, region: "us-east-1", service: "secretsmanager", terminator: "aws4_request", at: wall, body: `{}`,
		headers: [][2]string{{"content-type", "application/x-amz-json-1.1"}, {"host", "sm.example"}, {"x-amz-date", ""}, {"x-amz-target", "secretsmanager.ListSecrets"}},
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
	canonical += "\n" + signed + "\n" + hash(q.body)
	scope := q.at.Format("20060102") + "/" + q.region + "/" + q.service + "/" + q.terminator
	text := "AWS4-HMAC-SHA256\n" + q.at.Format("20060102T150405Z") + "\n" + scope + "\n" + hash(canonical)
	key := "AWS4" + q.secret
	for _, part := range append(strings.Split(scope, "/"), text) {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(part))
		key = string(h.Sum(nil))
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+q.id+"/"+scope+", SignedHeaders="+signed+", Signature="+hex.EncodeToString([]byte(key)))
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
	const mismatch = `"InvalidSignatureException","message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."`
	for _, c := range []struct {
		name  string
		edit  func(*request)
		after func(*http.Request)
		want  string // "" for success
	}{
		{"as it should be", nil, nil, ""},
		{"five minutes late", func(q *request) { q.at = wall.Add(-5 * time.Minute) }, nil, ""},
		{"five minutes early", func(q *request) { q.at = wall.Add(5 * time.Minute) }, nil, ""},
		{"header with spaces", func(q *request) { q.headers = append(q.headers, [2]string{"x-amz-user", "a b"}) }, func(r *http.Request) { r.Header.Set("X-Amz-User", "  a   b ") }, ""},
		{"unsigned header of no concern", nil, func(r *http.Request) { r.Header.Set("User-Agent", "curl") }, ""},
		{"other secret", func(q *request) { q.secret += "x" }, nil, mismatch},
		{"other body", nil, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`[]`)) }, mismatch},
		{"other operation", nil, func(r *http.Request) { r.Header.Set("X-Amz-Target", "secretsmanager.DeleteSecret") }, mismatch},
		{"other host", nil, func(r *http.Request) { r.Host = "other.example" }, mismatch},
		{"query", nil, func(r *http.Request) { r.URL.RawQuery = "a=b" }, mismatch},
		{"other Region", nil, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "us-east-1", "eu-west-1", 1))
		}, mismatch},
		{"signature of no hexadecimal", nil, func(r *http.Request) { r.Header.Set("Authorization", r.Header.Get("Authorization")+"z") }, mismatch},
		{"headers out of order", func(q *request) { q.headers[0], q.headers[1] = q.headers[1], q.headers[0] }, nil, mismatch},
		{"too late", func(q *request) { q.at = wall.Add(-5*time.Minute - time.Second) }, nil, `"InvalidSignatureException","message":"Signature expired: 20300102T025904Z is now earlier than 20300102T025905Z (20300102T030405Z - 5 min.)"`},
		{"too early", func(q *request) { q.at = wall.Add(5*time.Minute + time.Second) }, nil, `"InvalidSignatureException","message":"Signature not yet current: 20300102T030906Z is still later than 20300102T030905Z (20300102T030405Z + 5 min.)"`},
		{"unknown key", func(q *request) { q.id = "AKIDOTHER" }, nil, `"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"session token not asked for", func(q *request) {
			q.headers = append(q.headers[:3:3], [2]string{"x-amz-security-token", "token"}, q.headers[3])
		}, nil, `"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"session without its token", func(q *request) { q.id = "SESSION" }, nil, `"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"session with another token", func(q *request) {
			q.id, q.headers = "SESSION", append(q.headers[:3:3], [2]string{"x-amz-security-token", "other"}, q.headers[3])
		}, nil, `"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"session with its token", func(q *request) {
			q.id, q.headers = "SESSION", append(q.headers[:3:3], [2]string{"x-amz-security-token", "token"}, q.headers[3])
		}, nil, ""},
		{"other service", func(q *request) { q.service = "s3" }, nil, `"InvalidSignatureException","message":"Credential should be scoped to correct service: 'secretsmanager'."`},
		{"other terminator", func(q *request) { q.terminator = "aws3_request" }, nil, `"InvalidSignatureException","message":"Credential should be scoped with a valid terminator: 'aws4_request'."`},
		{"other day", nil, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "20300102", "20300101", 1))
		}, `"InvalidSignatureException","message":"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20300101' != '20300102', from '20300102T030405Z'."`},
		{"host not signed", func(q *request) { q.headers = append(q.headers[:1:1], q.headers[2:]...) }, nil, `"InvalidSignatureException","message":"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."`},
		{"target not signed", func(q *request) { q.headers = q.headers[:3] }, func(r *http.Request) { r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets") }, `"InvalidSignatureException","message":"'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."`},
		{"no signature at all", nil, func(r *http.Request) { r.Header.Del("Authorization") }, `"MissingAuthenticationTokenException","message":"Missing Authentication Token"`},
		{"two of them", nil, func(r *http.Request) { r.Header.Add("Authorization", "x") }, `"IncompleteSignatureException","message":"There must be one Authorization header at most."`},
		{"another algorithm", nil, func(r *http.Request) { r.Header.Set("Authorization", "Basic YTpi") }, `"IncompleteSignatureException","message":"Unsupported AWS 'algorithm': 'Basic'."`},
		{"parts missing", nil, func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e") }, `"IncompleteSignatureException","message":"Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter."`},
		{"a part twice", nil, func(r *http.Request) { r.Header.Set("Authorization", r.Header.Get("Authorization")+", Signature=00") }, `"IncompleteSignatureException","message":"'Signature=00' not a valid key=value pair (missing equal-sign) in Authorization header."`},
		{"short scope", nil, func(r *http.Request) {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00")
		}, `"IncompleteSignatureException","message":"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."`},
		{"no date", nil, func(r *http.Request) { r.Header.Del("X-Amz-Date") }, `"IncompleteSignatureException","message":"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."`},
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

// TestEveryChangedByteIsRefused changes each byte of the body and of all that
// is signed.
func TestEveryChangedByteIsRefused(t *testing.T) {
	w := verifying(t)
	q := signable()
	q.body = `{"IncludePlannedDeletion":true}`
	for i := range q.body {
		r := q.sign(t)
		changed := []byte(q.body)
		changed[i] ^= 1
		r.Body = io.NopCloser(strings.NewReader(string(changed)))
		_, got := w.answer(r)
		require.Contains(t, got, "SignatureException", "byte %d of the body", i)
	}
	for _, name := range []string{"Content-Type", "X-Amz-Date", "X-Amz-Target", "Authorization"} {
		for i := range q.sign(t).Header.Get(name) {
			r := q.sign(t)
			changed := []byte(r.Header.Get(name))
			changed[i] ^= 1
			r.Header.Set(name, string(changed))
			status, _ := w.answer(r)
			require.NotEqual(t, http.StatusOK, status, "byte %d of %s", i, name)
		}
	}
}

// TestVerifiedAccount has the account of the key, whatever its id.
func TestVerifiedAccount(t *testing.T) {
	w := verifying(t)
	q := signable()
	q.id = "SESSION"
	q.body = `{"Name":"a","ClientRequestToken":"` + tokenA + `"}`
	q.headers = append(q.headers[:3:3], [2]string{"x-amz-security-token", "token"}, [2]string{"x-amz-target", "secretsmanager.CreateSecret"})
	status, got := w.answer(q.sign(t))
	require.Equal(t, http.StatusOK, status, got)
	require.Contains(t, got, ":111122223333:secret:a-")
}

func FuzzAuthorization(f *testing.F) {
	f.Add(signable().sign(f).Header.Get("Authorization"))
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=00")
	f.Add("AWS4-HMAC-SHA256 ,,=,")
	w := verifying(f)
	good := signable().sign(f).Header.Get("Authorization")
	f.Fuzz(func(t *testing.T, header string) {
		w.t = t
		r := signable().sign(t)
		r.Header["Authorization"] = []string{header}
		status, got := w.answer(r)
		if status == http.StatusOK {
			require.Equal(t, fields(good), fields(header), "another header was accepted")
			return
		}
		require.Equal(t, http.StatusBadRequest, status, got)
	})
}

// fields are the parts of a header, whatever their order and the spaces between
// them.
func fields(header string) map[string]bool {
	_, rest, _ := strings.Cut(header, " ")
	out := map[string]bool{}
	for f := range strings.SplitSeq(rest, ",") {
		f = strings.TrimSpace(f)
		if strings.HasPrefix(f, "Signature=") {
			f = strings.ToLower(f) // hexadecimal
		}
		out[f] = true
	}
	return out
}
