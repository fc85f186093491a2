package awsapi

import (
	"encoding/json"
)

// DecodeRequest is what the endpoint reads in a body, in the types that
// encoding/json uses for it.
func DecodeRequest(body string) (any, error) {
	v, err := parseObject([]byte(body), nil)
	return v.plain(), err
}

func (v value) plain() any {
	switch v.kind {
	case text:
		return v.text
	case number:
		return json.Number(v.text)
	case boolean:
		return v.truth
	case list:
		out := []any{}
		for _, m := range v.members {
			out = append(out, m.value.plain())
		}
		return out
	case structure:
		out := map[string]any{}
		for _, m := range v.members {
			out[m.name] = m.value.plain()
		}
		return out
	}
	return nil
}

// ParseCost parses a body. It returns how much memory that was counted as, and
// what was read.
func ParseCost(body []byte) (counted int64, read any, err error) {
	s := &share{of: &memory{limit: 1 << 40}}
	v, err := parseObject(body, s)
	return s.held, v, err
}

// MemoryUsed returns how much of the memory for requests is taken.
func (a *API) MemoryUsed() int64 { return a.memory.used.Load() }
