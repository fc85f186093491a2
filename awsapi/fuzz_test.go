package awsapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRequest sends any body to any operation. Nothing may panic, fail inside,
// or be taken for JSON where encoding/json sees none; an answer is always a
// JSON object, and a refusal changes nothing.
func FuzzRequest(f *testing.F) {
	for body := range badJSON {
		if len(body) < 200 {
			f.Add("DeleteSecret", body)
		}
	}
	for _, operation := range []string{
		"CreateSecret", "DeleteResourcePolicy", "DeleteSecret", "DescribeSecret", "GetResourcePolicy", "GetSecretValue",
		"ListSecretVersionIds", "ListSecrets", "PutResourcePolicy", "PutSecretValue", "RemoveRegionsFromReplication",
		"ReplicateSecretToRegions", "RestoreSecret", "StopReplicationToReplica", "TagResource", "UntagResource",
		"UpdateSecret", "UpdateSecretVersionStage", "RotateSecret", "",
	} {
		f.Add(operation, `{"SecretId":"a","Name":"a","ClientRequestToken":"`+tokenB+`","SecretString":"x","Tags":[{"Key":"k","Value":"v"}],"TagKeys":["k"],"VersionStage":"X","MoveToVersionId":"`+tokenA+`","AddReplicaRegions":[{"Region":"eu-west-1"}],"RemoveReplicaRegions":["eu-west-1"],"ResourcePolicy":"{}"}`)
	}
	f.Add("ListSecrets", `{"MaxResults":5,"Filters":[{"Key":"name","Values":["!a"]}],"SortOrder":"asc"}`)
	f.Add("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7,"ForceDeleteWithoutRecovery":true}`)
	f.Add("CreateSecret", `{"Name":"\u00e9\ud800"}`)
	f.Fuzz(func(t *testing.T, operation, body string) {
		if strings.ContainsAny(operation, "\r\n\x00") {
			return
		}
		w := newWorld(t)
		w.create("a")
		before := w.fingerprint()
		status, got := w.send(operation, body)
		require.Less(t, status, 500, got)
		var answer map[string]any
		require.NoError(t, json.Unmarshal([]byte(got), &answer), got)
		if status != 200 {
			require.NotEmpty(t, answer["__type"])
			require.Equal(t, before, w.fingerprint())
			return
		}
		if strings.TrimSpace(body) != "" {
			var seen map[string]any
			require.NoError(t, json.Unmarshal([]byte(body), &seen), "accepted what is no JSON object")
		}
	})
}
