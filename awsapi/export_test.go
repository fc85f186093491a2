package awsapi

import (
	"context"
	"encoding/json"
	"time"
)

// DecodeRequest is what the endpoint reads in a body, in the types that
// encoding/json uses for it.
func DecodeRequest(body string) (any, error) {
	v, err := parseObject([]byte(body))
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

// WithLimit is how the endpoint limits the time of an operation.
func WithLimit(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	l := newLimit(ctx, d)
	return l, l.cancel
}
