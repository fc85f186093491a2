package secretlife

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"strconv"
	"time"
)

// A NextToken says where a list goes on, and for which list it was made: it is
// of no use for another.
type pageToken struct {
	Of   string `json:"o"`
	Time int64  `json:"t,omitempty"`
	Name string `json:"n"`
}

func token(list, query string, after Cursor) string {
	t := pageToken{Of: list + fingerprint(query), Name: after.Name}
	if !after.At.IsZero() {
		t.Time = after.At.UnixMilli()
	}
	data, err := json.Marshal(t)
	if err != nil { // a struct of strings and numbers
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func parseToken(s, list, query string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	var t pageToken
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(data, &t)
	}
	if err != nil || t.Name == "" || t.Of != list+fingerprint(query) {
		return Cursor{}, &InvalidNextTokenError{Fault{Message: textNextToken, Reason: ErrInvalidNextToken}}
	}
	return Cursor{At: time.UnixMilli(t.Time).UTC(), Name: t.Name}, nil
}

func fingerprint(query string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(query))
	return strconv.FormatUint(h.Sum64(), 36)
}

// page parses the members that lists share, and answers the length of a page.
func (p *problems) page(maxResults int, nextToken string) int {
	n := strconv.Itoa(maxResults)
	switch {
	case maxResults < 0:
		p.add(violation("maxResults", n, "Member must have value greater than or equal to 1"))
	case maxResults > maxListPage:
		p.add(violation("maxResults", n, "Member must have value less than or equal to "+strconv.Itoa(maxListPage)))
	}
	p.length("nextToken", nextToken, 0, maxNextTokenLength)
	if maxResults == 0 {
		return maxListPage
	}
	return maxResults
}
