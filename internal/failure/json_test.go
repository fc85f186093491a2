package failure

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

func TestRuleJSON(t *testing.T) {
	for text, want := range map[string]Rule{
		`{"operation":"PutSecretValue","secretId":"prod/db","skip":1,"times":1,"effect":"answer-lost"}`: {
			Operation: secretlife.OpPutSecretValue, SecretID: "prod/db", Skip: 1, Times: 1, Effect: AnswerLost(),
		},
		`{"account":"111111111111","region":"us-east-1","caller":"AKIA","latency":"1d","realLatency":"20ms"}`: {
			Account: "111111111111", Region: "us-east-1", Caller: "AKIA", Latency: 24 * time.Hour,
			RealLatency: 20 * time.Millisecond,
		},
		`{"effect":"throttling"}`:   {Effect: Throttling()},
		`{"effect":"timeout"}`:      {Effect: Timeout()},
		`{"effect":"cut"}`:          {Effect: Cut()},
		`{"effect":{"status":503}}`: {Effect: Status(503)},
		`{"effect":{"exception":"ResourceNotFoundException","message":"gone"}}`: {
			Effect: Exception("ResourceNotFoundException", "gone"),
		},
		`{"effect":{"exception":"ServiceUnavailable","status":503}}`: {
			Effect: Effect{kind: exception, code: "ServiceUnavailable", status: 503},
		},
	} {
		t.Run(text, func(t *testing.T) {
			var r Rule
			require.NoError(t, json.Unmarshal([]byte(text), &r))
			require.Equal(t, want, r)
			again, err := json.Marshal(r)
			require.NoError(t, err)
			var same Rule
			require.NoError(t, json.Unmarshal(again, &same))
			require.Equal(t, want, same)
		})
	}
	for _, text := range []string{
		`{}`, `[]`, `{"effect":null}`, `{"effect":"slow"}`, `{"effect":"served"}`, `{"effect":{}}`, `{"effect":7}`,
		`{"effect":{"status":200}}`, `{"effect":{"message":"no exception"}}`, `{"effect":{"exception":"a b"}}`,
		`{"effect":{"exception":"Throttling","status":200}}`, `{"effect":"cut","nth":2}`, `{"effect":"cut","skip":-1}`,
		`{"operation":"Get","effect":"cut"}`, `{"latency":"soon"}`, `{"effect":{"status":503,"x":1}}`,
	} {
		t.Run(text, func(t *testing.T) { require.Error(t, json.Unmarshal([]byte(text), new(Rule))) })
	}
}

// FuzzRule reads anything without a panic, and writes what it read so that it reads it again.
func FuzzRule(f *testing.F) {
	f.Add([]byte(`{"operation":"PutSecretValue","times":1,"effect":"answer-lost"}`))
	f.Add([]byte(`{"latency":"2d12h","effect":{"exception":"ThrottlingException","status":429}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r, again Rule
		if json.Unmarshal(data, &r) != nil {
			return
		}
		text, err := json.Marshal(r)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &again), string(text))
		require.Equal(t, r, again)
	})
}
