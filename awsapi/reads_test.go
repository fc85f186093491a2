package awsapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBatchesPasswordsAndPolicies are the operations that change nothing, in
// bytes.
func TestBatchesPasswordsAndPolicies(t *testing.T) {
	const arn = `"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:a-SUFFIX","Name":"a"`
	const notThere = `{"SecretId":"none","ErrorCode":"ResourceNotFoundException",` +
		`"Message":"Secrets Manager can't find the specified secret."}`
	const value = `{` + arn + `,"VersionId":"` + tokenA +
		`","SecretString":"one","VersionStages":["AWSCURRENT"],"CreatedDate":1522777862.095}`
	const policy = `{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"secretsmanager:*\",\"Resource\":\"*\"}}`
	w := newWorld(t)
	for _, step := range []struct{ operation, body, want string }{
		{"CreateSecret", `{"Name":"a","ClientRequestToken":"` + tokenA + `","SecretString":"one"}`,
			`{` + arn + `,"VersionId":"` + tokenA + `"}`},
		{"BatchGetSecretValue", `{"SecretIdList":["a","none"]}`, `{"SecretValues":[` + value + `],"Errors":[` +
			notThere + `]}`},
		{"BatchGetSecretValue", `{"SecretIdList":["none"]}`, `{"SecretValues":[],"Errors":[` + notThere + `]}`},
		{"BatchGetSecretValue", `{"Filters":[{"Key":"name","Values":["a"]}],"MaxResults":1}`,
			`{"SecretValues":[` + value + `],"Errors":[]}`},
		{"GetRandomPassword", `{"PasswordLength":5,"ExcludeNumbers":true,"ExcludePunctuation":true,` +
			`"ExcludeLowercase":true,"ExcludeCharacters":"BCDEFGHIJKLMNOPQRSTUVWXYZ"}`, `{"RandomPassword":"AAAAA"}`},
		{"ValidateResourcePolicy", `{"SecretId":"a","ResourcePolicy":"` + policy + `"}`,
			`{"PolicyValidationPassed":false,"ValidationErrors":[{"CheckName":"BROAD_ACCESS",` +
				`"ErrorMessage":"This resource policy grants broad access to your secret. Secrets Manager does not allow ` +
				`creating and applying such policies in the console."}]}`},
		{"ValidateResourcePolicy",
			`{"ResourcePolicy":"` + `{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",` +
				`\"Action\":\"secretsmanager:GetSecretValue\",\"Resource\":\"*\"}}` + `"}`,
			`{"PolicyValidationPassed":true,"ValidationErrors":[]}`},
	} {
		require.Equal(t, step.want, suffixes.ReplaceAllString(w.ok(step.operation, step.body), `$1-SUFFIX"`), "%s %s",
			step.operation, step.body)
	}
	for _, c := range []struct{ operation, body, want string }{
		{"BatchGetSecretValue", `{}`,
			`{"__type":"InvalidParameterException",` +
				`"Message":"Either 'SecretIdList' or 'Filters' must be provided, but not both."}`},
		{"BatchGetSecretValue", `{"SecretIdList":["a"],"Filters":[{"Key":"name","Values":["a"]}]}`,
			`{"__type":"InvalidParameterException",` +
				`"Message":"Either 'SecretIdList' or 'Filters' must be provided, but not both."}`},
		{"BatchGetSecretValue", `{"SecretIdList":["a"],"MaxResults":2}`,
			`{"__type":"InvalidParameterException",` +
				`"Message":"'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."}`},
		{"GetRandomPassword", `{"PasswordLength":3}`,
			`{"__type":"InvalidParameterException","Message":"Password length is too short based on the required types."}`},
		{"GetRandomPassword", `{"PasswordLength":4097}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '4097' at 'passwordLength' failed to satisfy constraint: Member ` +
				`must have value less than or equal to 4096"}`},
		{"ValidateResourcePolicy", `{"ResourcePolicy":"{"}`,
			`{"__type":"MalformedPolicyDocumentException","Message":"This resource policy contains a syntax error."}`},
		{"ValidateResourcePolicy", `{"SecretId":"none","ResourcePolicy":"` + policy + `"}`, gone},
	} {
		w.refused(c.operation, c.body, c.want)
	}

	var drawn struct{ RandomPassword string }
	require.NoError(t, json.Unmarshal([]byte(w.ok("GetRandomPassword", ``)), &drawn))
	require.Len(t, drawn.RandomPassword, 32)

	w.ok("DeleteSecret", `{"SecretId":"a"}`)
	require.JSONEq(t, `{"SecretValues":[],"Errors":[{"SecretId":"a","ErrorCode":"InvalidRequestException",`+
		`"Message":"You can't perform this operation on the secret because it was marked for deletion."}]}`,
		w.ok("BatchGetSecretValue", `{"SecretIdList":["a"]}`))
	w.refused("ValidateResourcePolicy", `{"SecretId":"a","ResourcePolicy":"`+policy+`"}`, marked)
}

// TestLongAnswersSayTheirLength: an answer is not sent in chunks, however long.
func TestLongAnswersSayTheirLength(t *testing.T) {
	w := newWorld(t)
	w.ok("CreateSecret", `{"Name":"a","ClientRequestToken":"`+tokenA+`","SecretString":"`+strings.Repeat("x", 20_000)+`"}`)
	server := httptest.NewServer(w)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(`{"SecretId":"a"}`))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	resp, err := server.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.EqualValues(t, len(data), resp.ContentLength)
	require.Greater(t, len(data), 20_000)
}
