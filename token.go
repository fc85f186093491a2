package secretlife

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
)

// A NextToken says where a list goes on. It is sealed with a key of the
// Manager's, together with what was asked for: it can't be made or changed by
// others, and is good for the same request only.
type pageToken struct {
	Time *int64 `json:"t,omitempty"`
	Name string `json:"n"`
}

// sealLength is how many bytes of the seal a token has.
const sealLength = 16

func token(key []byte, list, query string, after Cursor) string {
	t := pageToken{Name: after.Name}
	if !after.At.IsZero() {
		ms := after.At.UnixMilli()
		t.Time = &ms
	}
	data, err := json.Marshal(t)
	if err != nil { // a struct of a string and a number
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(tokenSeal(key, list, query, data), data...))
}

func tokenSeal(key []byte, list, query string, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range []string{list, query, string(data)} {
		_, _ = h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return h.Sum(nil)[:sealLength]
}

func parseToken(key []byte, s, list, query string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	bad := &InvalidNextTokenError{Fault{Message: textNextToken, Reason: ErrInvalidNextToken}}
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(data) < sealLength {
		return Cursor{}, bad
	}
	seal, data := data[:sealLength], data[sealLength:]
	if !hmac.Equal(seal, tokenSeal(key, list, query, data)) {
		return Cursor{}, bad
	}
	var t pageToken
	if json.Unmarshal(data, &t) != nil || t.Name == "" {
		return Cursor{}, bad
	}
	c := Cursor{Name: t.Name}
	if t.Time != nil {
		c.At = time.UnixMilli(*t.Time).UTC()
	}
	return c, nil
}
