package secretlife_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// trail is what CloudTrail would show of an event.
func trail(t *testing.T, e secretlife.Event) map[string]any {
	t.Helper()
	data, err := json.Marshal(e)
	require.NoError(t, err)
	var back secretlife.Event
	require.NoError(t, json.Unmarshal(data, &back))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	require.JSONEq(t, string(data), string(again))
	var out map[string]any
	require.NoError(t, json.Unmarshal(data, &out))
	return out
}

// TestRequestsInCloudTrail: what was asked for is there, but for the value, and what
// was not is absent.
func TestRequestsInCloudTrail(t *testing.T) {
	type members = map[string]any
	later := false
	for name, c := range map[string]struct {
		call func(*world) error
		want members
	}{
		"CreateSecret with no more than a name": {
			func(w *world) error {
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b"})
				return err
			},
			members{"name": "b"},
		},
		"CreateSecret with all": {
			func(w *world) error {
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{
					Name: "b", ClientRequestToken: tokenB, Value: secretlife.SecretString(hidden), Description: "what", KmsKeyID: "k",
					Tags: []secretlife.Tag{{Key: "a", Value: "1"}},
				})
				return err
			},
			members{"name": "b", "clientRequestToken": tokenB, "description": "what", "kmsKeyId": "k", "tags": []any{members{"Key": "a", "Value": "1"}}},
		},
		"RotateSecret with all": {
			func(w *world) error {
				return w.rotate(tokenB, func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later },
					rules(secretlife.RotationRules{ScheduleExpression: "rate(10 days)", Duration: "3h"}))
			},
			members{
				"secretId": "s", "clientRequestToken": tokenB, "rotationLambdaARN": function, "rotateImmediately": false,
				"rotationRules": members{"scheduleExpression": "rate(10 days)", "duration": "3h"},
			},
		},
		"RotateSecret by days": {
			func(w *world) error {
				return w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 7}))
			},
			members{"secretId": "s", "clientRequestToken": tokenB, "rotationLambdaARN": function, "rotationRules": members{"automaticallyAfterDays": 7.0}},
		},
		"RotateSecret as before": {
			func(w *world) error {
				if err := w.rotate(tokenB); err != nil {
					return err
				}
				w.advance(0)
				return w.rotate(tokenC, func(in *secretlife.RotateSecretInput) { in.RotationLambdaARN = "" })
			},
			members{"secretId": "s", "clientRequestToken": tokenC},
		},
		"UpdateSecretVersionStage": {
			func(w *world) error {
				_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "s", VersionStage: "blue", MoveToVersionID: tokenA})
				return err
			},
			members{"secretId": "s", "versionStage": "blue", "moveToVersionId": tokenA},
		},
		"DeleteSecret by force": {
			func(w *world) error { w.delete("s", 0); return nil },
			members{"secretId": "s", "forceDeleteWithoutRecovery": true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := newRotating(t)
			require.NoError(t, c.call(w))
			var last map[string]any
			for _, e := range w.events() {
				if _, isCall := e.Operation(); isCall {
					last = trail(t, e)
				}
			}
			require.Equal(t, c.want, last["requestParameters"])
		})
	}
}

// TestCallsOfOtherAccountsInCloudTrail: the record is that of the account that
// called.
func TestCallsOfOtherAccountsInCloudTrail(t *testing.T) {
	w := newWorld(t)
	key := "k"
	arn := w.create("a", func(in *secretlife.CreateSecretInput) { in.KmsKeyID = key }).ARN
	_, err := w.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "a", ResourcePolicy: somePolicy})
	require.NoError(t, err)
	_, err = w.in("210987654321", "us-east-1").PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: arn, Value: secretlife.SecretString("x")})
	require.NoError(t, err)
	all := w.events()
	for i, account := range map[int]string{0: "123456789012", len(all) - 1: "210987654321"} {
		got := trail(t, all[i])
		require.Equal(t, account, got["recipientAccountId"])
		require.Equal(t, map[string]any{"type": "AWSAccount", "accountId": account}, got["userIdentity"])
	}
}

// TestRotationsInCloudTrail: the request's id tells which rotation it was, as the
// user guide's RotationFailed record has it.
func TestRotationsInCloudTrail(t *testing.T) {
	w, _ := newRotating(t)
	require.NoError(t, w.rotate(tokenB))
	w.advance(0)
	told := 0
	require.Equal(t, "RotationSucceeded", w.sunk[len(w.sunk)-1].Name(), "the sink hears of it, too")
	for _, e := range w.events() {
		if e.Name() == "RotationStarted" || e.Name() == "RotationSucceeded" {
			told++
			got := trail(t, e)
			require.Equal(t, "Rotation-"+e.ARN().String()+"-"+e.ID(), got["requestID"])
			require.Equal(t, map[string]any{"SecretId": e.ARN().String()}, got["additionalEventData"])
		}
	}
	require.Equal(t, 2, told)
}
