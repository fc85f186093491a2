// Package pagetoken makes the NextTokens of lists. A token says where a list goes on. It
// is sealed with a key, together with what was asked for: clients can't make or change
// one, and it is good for the same request only.
package pagetoken

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
)

// Place is where a list goes on: after a date, if it is not the zero Time, an ordinal among
// what has the same date, and a name.
type Place struct {
	At      time.Time
	Ordinal uint32
	Name    string
}

type form struct {
	Time    *int64 `json:"t,omitempty"` // in milliseconds
	Ordinal uint32 `json:"o,omitempty"`
	Name    string `json:"n"`
}

// sealLength is how many bytes of the seal a token has.
const sealLength = 16

// Seal makes the token of a place in a list, for a request.
func Seal(key []byte, list, request string, p Place) string {
	f := form{Ordinal: p.Ordinal, Name: p.Name}
	if !p.At.IsZero() {
		ms := p.At.UnixMilli()
		f.Time = &ms
	}
	data, err := json.Marshal(f)
	if err != nil { // a struct of a string and a number
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(seal(key, list, request, data), data...))
}

func seal(key []byte, list, request string, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range []string{list, request, string(data)} {
		_, _ = h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return h.Sum(nil)[:sealLength]
}

// Open returns the place of a token, and false if Seal did not make the token with the
// same key for the same list and request.
func Open(key []byte, token, list, request string) (Place, bool) {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(data) < sealLength {
		return Place{}, false
	}
	sum, data := data[:sealLength], data[sealLength:]
	if !hmac.Equal(sum, seal(key, list, request, data)) {
		return Place{}, false
	}
	var f form
	if json.Unmarshal(data, &f) != nil || f.Name == "" {
		return Place{}, false
	}
	p := Place{Ordinal: f.Ordinal, Name: f.Name}
	if f.Time != nil {
		p.At = time.UnixMilli(*f.Time).UTC()
	}
	return p, true
}
