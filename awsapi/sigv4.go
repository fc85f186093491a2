package awsapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Credential is what the owner of an access key signs with.
type Credential struct {
	SecretAccessKey string
	// SessionToken, where it is not empty, must come with the request.
	SessionToken string
	// Account is the account the key belongs to; "" is found as without
	// verification.
	Account string
}

// maxSkew is how far a request's date may be from the time.
const maxSkew = 5 * time.Minute

const (
	sigAlgorithm  = "AWS4-HMAC-SHA256"
	sigService    = "secretsmanager"
	sigTerminator = "aws4_request"
	sigTime       = "20060102T150405Z"
	sigDay        = "20060102"
)

// signature is an Authorization header of Signature Version 4, taken apart.
type signature struct {
	accessKeyID string
	day         string
	region      string
	service     string
	terminator  string
	headers     []string // those signed, in their order
	sum         []byte
}

// parseAuthorization takes an Authorization header apart:
//
//	AWS4-HMAC-SHA256 Credential=AKID/20300101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host;x-amz-date, Signature=5d…
func parseAuthorization(header string) (signature, error) {
	algorithm, rest, _ := strings.Cut(header, " ")
	if algorithm != sigAlgorithm {
		return signature{}, incomplete("Unsupported AWS 'algorithm': '" + algorithm + "'.")
	}
	parts := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		if _, twice := parts[name]; !ok || twice {
			return signature{}, incomplete("'" + strings.TrimSpace(field) + "' not a valid key=value pair (missing equal-sign) in Authorization header.")
		}
		parts[name] = value
	}
	var missing []string
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[name] == "" {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	if len(missing) > 0 {
		return signature{}, incomplete(strings.Join(missing, " "))
	}
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) < 5 {
		return signature{}, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
	}
	n := len(scope)
	s := signature{
		accessKeyID: strings.Join(scope[:n-4], "/"), day: scope[n-4], region: scope[n-3], service: scope[n-2], terminator: scope[n-1],
		headers: strings.Split(parts["SignedHeaders"], ";"),
	}
	var err error
	if s.sum, err = hex.DecodeString(parts["Signature"]); err != nil {
		return s, errSignature
	}
	return s, nil
}

// verify holds that a request with this body was signed by the owner of a
// known key, just now, and answers the credential.
func (a *API) verify(r *http.Request, body []byte) (Credential, error) {
	headers := r.Header["Authorization"]
	switch len(headers) {
	case 0:
		return Credential{}, errNoAuthentication
	case 1:
	default:
		return Credential{}, errAuthorization
	}
	s, err := parseAuthorization(headers[0])
	if err != nil {
		return Credential{}, err
	}
	date, err := a.checkDate(r, s)
	if err != nil {
		return Credential{}, err
	}
	if err := s.checkScope(r); err != nil {
		return Credential{}, err
	}
	credential, known := a.o.Credentials(s.accessKeyID)
	token := strings.Join(r.Header.Values("X-Amz-Security-Token"), ",")
	if !known || subtle.ConstantTimeCompare([]byte(token), []byte(credential.SessionToken)) == 0 {
		return Credential{}, errUnknownKey
	}
	if !hmac.Equal(s.sum, s.of(r, body, date, credential.SecretAccessKey)) {
		return Credential{}, errSignature
	}
	return credential, nil
}

// checkDate finds the date of a request and holds it against the time.
func (a *API) checkDate(r *http.Request, s signature) (time.Time, error) {
	text := r.Header.Get("X-Amz-Date")
	date, err := time.Parse(sigTime, text)
	if text == "" {
		date, err = http.ParseTime(r.Header.Get("Date"))
	}
	if err != nil {
		return date, incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	date = date.UTC()
	if day := date.Format(sigDay); s.day != day {
		return date, invalidSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + s.day + "' != '" + day + "', from '" + date.Format(sigTime) + "'.")
	}
	now := a.o.Wall().UTC()
	earliest, latest := now.Add(-maxSkew), now.Add(maxSkew)
	switch {
	case date.Before(earliest.Truncate(time.Second)):
		return date, invalidSignature("Signature expired: " + date.Format(sigTime) + " is now earlier than " + earliest.Format(sigTime) + " (" + now.Format(sigTime) + " - 5 min.)")
	case date.After(latest):
		return date, invalidSignature("Signature not yet current: " + date.Format(sigTime) + " is still later than " + latest.Format(sigTime) + " (" + now.Format(sigTime) + " + 5 min.)")
	}
	return date, nil
}

// checkScope holds what the signature is for, and that it covers all that says
// what is to be done.
func (s signature) checkScope(r *http.Request) error {
	switch {
	case s.service != sigService:
		return invalidSignature("Credential should be scoped to correct service: '" + sigService + "'.")
	case s.terminator != sigTerminator:
		return invalidSignature("Credential should be scoped with a valid terminator: '" + sigTerminator + "'.")
	case !slices.IsSorted(s.headers):
		return errSignature
	case !slices.Contains(s.headers, "host"):
		return invalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") && !slices.Contains(s.headers, lower) {
			return invalidSignature("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.")
		}
	}
	return nil
}

// of is the signature that a request must have.
func (s signature) of(r *http.Request, body []byte, date time.Time, secret string) []byte {
	canonical := sha256.Sum256([]byte(s.canonical(r, body)))
	scope := strings.Join([]string{s.day, s.region, s.service, s.terminator}, "/")
	text := strings.Join([]string{sigAlgorithm, date.Format(sigTime), scope, hex.EncodeToString(canonical[:])}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.day, s.region, s.service, s.terminator, text} {
		h := hmac.New(sha256.New, key)
		_, _ = h.Write([]byte(part))
		key = h.Sum(nil)
	}
	return key
}

// canonical is a request in the form that is signed.
func (s signature) canonical(r *http.Request, body []byte) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(r.URL) + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for _, name := range s.headers {
		b.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	sum := sha256.Sum256(body)
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + hex.EncodeToString(sum[:]))
	return b.String()
}

func canonicalPath(u *url.URL) string {
	if path := u.EscapedPath(); path != "" {
		return path
	}
	return "/"
}

// canonicalQuery sorts by name and value, with all but letters, digits and
// "-._~" escaped.
func canonicalQuery(q url.Values) string {
	var out []string
	for name, values := range q {
		for _, v := range values {
			out = append(out, escape(name)+"="+escape(v))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "&")
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// canonicalHeader is the value of a header: without spaces around it, with no
// two inside in a row, several values one after the other. The server keeps
// two headers elsewhere.
func canonicalHeader(r *http.Request, name string) string {
	switch name {
	case "host":
		if r.Host == "" {
			return r.URL.Host // not from a server
		}
		return r.Host
	case "content-length":
		return strconv.FormatInt(max(r.ContentLength, 0), 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}
