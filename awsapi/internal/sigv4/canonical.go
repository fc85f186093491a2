package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sign returns the signature that a request must have.
func (a authorization) sign(canonical string, date time.Time, service, secret string) [sha256.Size]byte {
	hash := sha256.Sum256([]byte(canonical))
	scope := []string{a.day, a.region.String(), service, terminator}
	text := algorithm + "\n" + date.Format(timeFormat) + "\n" + strings.Join(scope,
		"/") + "\n" + hex.EncodeToString(hash[:])
	key := []byte("AWS4" + secret)
	for _, part := range append(scope, text) {
		h := hmac.New(sha256.New, key)
		_, _ = h.Write([]byte(part))
		key = h.Sum(nil)
	}
	return [sha256.Size]byte(key)
}

// canonical returns a request in the form that is signed. It has no query
// string: [Verifier.Read] refuses one.
func (a authorization) canonical(r *http.Request, bodyHash string) (string, bool) {
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n" + path + "\n\n")
	for _, name := range a.headers {
		value, ok := canonicalHeader(r, name)
		if !ok {
			return "", false
		}
		b.WriteString(name + ":" + value + "\n")
	}
	b.WriteString("\n" + strings.Join(a.headers, ";") + "\n" + bodyHash)
	return b.String(), true
}

// canonicalHeader returns the value of a header without spaces around it and
// with one for several inside. Several values are joined by commas. It is not ok
// where the request lacks the header. The server keeps two headers elsewhere.
func canonicalHeader(r *http.Request, name string) (string, bool) {
	switch name {
	case "host":
		if r.Host == "" {
			return r.URL.Host, true // not from a server
		}
		return r.Host, true
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10), r.ContentLength >= 0
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = oneSpace(v)
	}
	return strings.Join(values, ","), len(values) > 0
}

// oneSpace trims spaces, and puts one in the place of several.
func oneSpace(s string) string {
	s = strings.Trim(s, " ")
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}
