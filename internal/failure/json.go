package failure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/duration"
)

// ruleForm is the JSON form of a [Rule]:
//
//	{"operation":"PutSecretValue","secretId":"prod/db","skip":1,"times":1,"effect":"answer-lost"}
//	{"account":"111111111111","latency":"2s","effect":{"exception":"ThrottlingException"}}
type ruleForm struct {
	Operation   secretlife.Operation `json:"operation,omitzero"`
	SecretID    string               `json:"secretId,omitempty"`
	Account     string               `json:"account,omitempty"`
	Region      string               `json:"region,omitempty"`
	Caller      string               `json:"caller,omitempty"`
	Skip        int                  `json:"skip,omitempty"`
	Times       int                  `json:"times,omitempty"`
	Latency     span                 `json:"latency,omitzero"`
	RealLatency span                 `json:"realLatency,omitzero"`
	Effect      Effect               `json:"effect,omitzero"`
}

// MarshalJSON returns the rule as [Rule.UnmarshalJSON] reads it.
func (r Rule) MarshalJSON() ([]byte, error) {
	return json.Marshal(ruleForm{
		r.Operation, r.SecretID, r.Account, r.Region, r.Caller, r.Skip, r.Times, span(r.Latency),
		span(r.RealLatency), r.Effect,
	})
}

// UnmarshalJSON reads a rule, and refuses one with unknown members, or one that can't be
// followed.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var f ruleForm
	if err := strictly(data, &f); err != nil {
		return err
	}
	read := Rule{
		f.Operation, f.SecretID, f.Account, f.Region, f.Caller, f.Skip, f.Times, time.Duration(f.Latency),
		time.Duration(f.RealLatency), f.Effect,
	}
	if err := read.Check(); err != nil {
		return err
	}
	*r = read
	return nil
}

// effectForm is the JSON form of an [Effect] with parameters. "throttling", "timeout",
// "cut" and "answer-lost" are strings.
type effectForm struct {
	Exception string `json:"exception,omitempty"`
	Message   string `json:"message,omitempty"`
	Status    int    `json:"status,omitempty"`
}

// MarshalJSON returns the effect as [Effect.UnmarshalJSON] reads it.
func (e Effect) MarshalJSON() ([]byte, error) {
	switch e.kind {
	case exception, status:
		return json.Marshal(effectForm{e.code, e.message, e.status})
	case served:
		return []byte("null"), nil
	}
	return json.Marshal(codes[e.kind])
}

var errEffect = errors.New(`an effect is "throttling", "timeout", "cut", "answer-lost", {"status":503}, or ` +
	`{"exception":"ResourceNotFoundException","message":"..."}`)

// UnmarshalJSON reads an effect.
func (e *Effect) UnmarshalJSON(data []byte) error {
	if data = bytes.TrimSpace(data); bytes.Equal(data, []byte("null")) {
		return nil
	}
	var word string
	if json.Unmarshal(data, &word) == nil {
		if word == "throttling" {
			*e = Throttling()
			return nil
		}
		for k, name := range codes {
			if name == word {
				*e = Effect{kind: k}
				return nil
			}
		}
		return errEffect
	}
	var f effectForm
	if err := strictly(data, &f); err != nil {
		return fmt.Errorf("%w: %w", errEffect, err)
	}
	read := Status(f.Status)
	if f.Exception != "" {
		if read = Exception(f.Exception, f.Message); f.Status != 0 {
			read.status = f.Status
		}
	} else if f.Message != "" || f.Status == 0 {
		return errEffect
	}
	if err := read.check(); err != nil {
		return err
	}
	*e = read
	return nil
}

// span is a duration as text.
type span time.Duration

func (s span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

func (s *span) UnmarshalText(text []byte) error {
	d, err := duration.Parse(string(text))
	*s = span(d)
	return err
}

// strictly reads JSON whose members are all known.
func strictly(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
