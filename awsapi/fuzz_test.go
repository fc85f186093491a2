package awsapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

// FuzzDecodeRequest sends any body to any operation. What is taken for a request
// is what encoding/json sees in it, without duplicate members, and can be
// written and read again. Nothing may panic or fail inside; an answer is always
// a JSON object, and a refusal changes nothing.
func FuzzDecodeRequest(f *testing.F) {
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
		f.Add(operation, `{"SecretId":"a","Name":"a","ClientRequestToken":"`+tokenB+
			`","SecretString":"x","Tags":[{"Key":"k","Value":"v"}],"TagKeys":["k"],"VersionStage":"X","MoveToVersionId":"`+
			tokenA+`","AddReplicaRegions":[{"Region":"eu-west-1"}],"RemoveReplicaRegions":["eu-west-1"],"ResourcePolicy":"{}"}`)
	}
	f.Add("ListSecrets", `{"MaxResults":5,"Filters":[{"Key":"name","Values":["!a"]}],"SortOrder":"asc"}`)
	f.Add("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7,"ForceDeleteWithoutRecovery":true}`)
	f.Add("CreateSecret", `{"Name":"\u00e9\ud800"}`)
	f.Fuzz(func(t *testing.T, operation, body string) {
		checkDecoding(t, body)
		if strings.ContainsAny(operation, "\r\n\x00") {
			return
		}
		w := newWorld(t)
		w.create("a")
		before := w.fingerprint()
		status, got := w.send(operation, body)
		require.Less(t, status, 500, got)
		var answer map[string]any
		if got != "" || status != 200 {
			require.NoError(t, json.Unmarshal([]byte(got), &answer), got)
		}
		if status != 200 {
			require.NotEmpty(t, answer["__type"])
			require.Equal(t, before, w.fingerprint())
		}
	})
}

// checkDecoding compares what is read in a body with what encoding/json reads.
func checkDecoding(t *testing.T, body string) {
	t.Helper()
	got, err := awsapi.DecodeRequest(body)
	if err != nil || strings.Trim(body, " \t\r\n") == "" {
		return
	}
	require.True(t, json.Valid([]byte(body)), "accepted what is no JSON")
	require.True(t, utf8.ValidString(body))
	var seen any
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	require.NoError(t, d.Decode(&seen))
	require.Equal(t, seen, got)
	d = json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	checkMembers(t, d)
	again, err := json.Marshal(got)
	require.NoError(t, err)
	once, err := awsapi.DecodeRequest(string(again))
	require.NoError(t, err, "its own writing")
	require.Equal(t, got, once)
}

// checkMembers walks through a value and checks that no member is there twice.
func checkMembers(t *testing.T, d *json.Decoder) {
	t.Helper()
	token, err := d.Token()
	require.NoError(t, err)
	switch token {
	case json.Delim('{'):
		names := map[json.Token]bool{}
		for d.More() {
			name, err := d.Token()
			require.NoError(t, err)
			require.False(t, names[name], "accepted a duplicate: %v", name)
			names[name] = true
			checkMembers(t, d)
		}
		_, _ = d.Token()
	case json.Delim('['):
		for d.More() {
			checkMembers(t, d)
		}
		_, _ = d.Token()
	}
}
