package awsapi_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

// call returns a request for an operation, to be signed.
func call(operation, body string) request {
	q := signable()
	q.body = body
	q.headers[3][1] = "secretsmanager." + operation
	return q
}

// victim creates a secret in another account and Region than those of
// accessKey, and returns its ARN.
func (w *world) victim(account, region string) string {
	w.t.Helper()
	m, err := w.m.In(account, region)
	require.NoError(w.t, err)
	out, err := m.CreateSecret(w.t.Context(), secretlife.CreateSecretInput{Name: "victim",
		Value: secretlife.SecretString("value")})
	require.NoError(w.t, err)
	return out.ARN
}

// untouched checks that a secret is as victim made it.
func (w *world) untouched(account, region string) {
	w.t.Helper()
	m, err := w.m.In(account, region)
	require.NoError(w.t, err)
	out, err := m.GetSecretValue(w.t.Context(), secretlife.GetSecretValueInput{SecretID: "victim"})
	require.NoError(w.t, err)
	require.Equal(w.t, "value", out.Value.Reveal())
}

// forgeries are ways to put a second Credential field into a header whose own
// signature is right.
func forgeries(header, credential string) []string {
	_, fields, _ := strings.Cut(header, " ")
	var out []string
	for _, field := range []string{"Credential=", "XCredential=", "X=Credential=", "credential=", " Credential=",
		"\tCredential=", "Credential =", "X Credential=", "Credential=Credential="} {
		out = append(out,
			"AWS4-HMAC-SHA256 "+field+credential+", "+fields,
			"AWS4-HMAC-SHA256 "+fields+", "+field+credential,
			"AWS4-HMAC-SHA256 "+strings.Replace(fields, ", ", ", "+field+credential+", ", 1),
			"AWS4-"+field+credential+", "+header,
			header+";"+field+credential,
		)
	}
	return out
}

// TestSecondCredentialField: a key of one account acts in its own account and
// Region, whatever else stands in its Authorization header.
func TestSecondCredentialField(t *testing.T) {
	const other, credential = "999999999999", "999999999999/20300102/us-east-1/secretsmanager/aws4_request"
	for _, operation := range []string{"GetSecretValue", "DeleteSecret"} {
		q := call(operation, `{"SecretId":"victim"}`)
		if operation == "DeleteSecret" {
			q.body = `{"SecretId":"victim","ForceDeleteWithoutRecovery":true}`
		}
		for _, forged := range forgeries(q.sign(t).Header.Get("Authorization"), credential) {
			w := verifying(t)
			w.victim(other, "us-east-1")
			r := q.sign(t)
			r.Header.Set("Authorization", forged)
			status, got := w.answer(r)
			require.Equal(t, http.StatusBadRequest, status, "%s: %s", forged, got)
			require.Contains(t, got, "SignatureException", forged)
			w.untouched(other, "us-east-1")
		}
	}
}

// TestReplayIntoAnotherRegion: a captured request has no effect in a Region that
// it was not signed for.
func TestReplayIntoAnotherRegion(t *testing.T) {
	const credential = accessKey + "/20300102/eu-west-1/secretsmanager/aws4_request"
	captured := call("DeleteSecret", `{"SecretId":"victim","ForceDeleteWithoutRecovery":true}`)
	header := captured.sign(t).Header.Get("Authorization")
	replayed := append(forgeries(header, credential), strings.Replace(header, "us-east-1", "eu-west-1", 1))
	for _, forged := range replayed {
		w := verifying(t)
		w.victim("123456789012", "eu-west-1")
		r := captured.sign(t)
		r.Header.Set("Authorization", forged)
		status, got := w.answer(r)
		require.Equal(t, http.StatusBadRequest, status, "%s: %s", forged, got)
		w.untouched("123456789012", "eu-west-1")
	}
}

// TestDenyPolicyLetsNobodyIn: where signatures are verified, no resource policy
// gives a key of another account access, for policies are not evaluated.
func TestDenyPolicyLetsNobodyIn(t *testing.T) {
	const other = "999999999999"
	for _, effect := range []string{"Deny", "Allow"} {
		w := verifying(t)
		arn := w.victim(other, "us-east-1")
		owner, err := w.m.In(other, "us-east-1")
		require.NoError(t, err)
		_, err = owner.PutResourcePolicy(t.Context(), secretlife.PutResourcePolicyInput{
			SecretID: arn,
			ResourcePolicy: `{"Version":"2012-10-17","Statement":{"Effect":"` + effect +
				`","Principal":"*","Action":"secretsmanager:*","Resource":"*"}}`,
		})
		require.NoError(t, err)
		before := w.fingerprint()
		for _, id := range []string{arn, arn[:len(arn)-7], "arn:aws:secretsmanager:us-east-1:" + other +
			":secret:unknown-abcdef"} {
			for _, op := range secretlife.Operations() {
				body, ok := onSecret[op]
				if !ok {
					continue
				}
				status, got := w.answer(call(op.String(), fmt.Sprintf(body, id)).sign(t))
				if op == secretlife.OpBatchGetSecretValue {
					require.Contains(t, got, `"ErrorCode":"AccessDeniedException"`)
					require.NotContains(t, got, "SecretString")
					continue
				}
				require.Equal(t, http.StatusBadRequest, status, got)
				require.Equal(t, `{"__type":"AccessDeniedException",`+
					`"Message":"User: arn:aws:iam::123456789012:root is not authorized to perform: secretsmanager:`+op.String()+
					` on resource: `+id+` because no resource-based policy allows the secretsmanager:`+op.String()+` action"}`, got)
			}
		}
		require.Equal(t, before, w.fingerprint())
		w.untouched(other, "us-east-1")
	}
}

// TestPoliciesOpenSecretsWhereNothingIsVerified: without keys, code for several
// accounts can be tested.
func TestPoliciesOpenSecretsWhereNothingIsVerified(t *testing.T) {
	w := newWorld(t)
	arn := w.create("a")
	w.ok("PutResourcePolicy", fmt.Sprintf(onSecret[secretlife.OpPutResourcePolicy], "a"))
	w.signed = sign("999999999999", "us-east-1")
	require.Contains(t, w.ok("DescribeSecret", `{"SecretId":"`+arn+`"}`), arn)
}

// onSecret are requests for a secret, for all operations that take one.
var onSecret = map[secretlife.Operation]string{
	secretlife.OpBatchGetSecretValue:          `{"SecretIdList":[%q]}`,
	secretlife.OpCancelRotateSecret:           `{"SecretId":%q}`,
	secretlife.OpDeleteResourcePolicy:         `{"SecretId":%q}`,
	secretlife.OpDeleteSecret:                 `{"SecretId":%q,"ForceDeleteWithoutRecovery":true}`,
	secretlife.OpDescribeSecret:               `{"SecretId":%q}`,
	secretlife.OpGetResourcePolicy:            `{"SecretId":%q}`,
	secretlife.OpGetSecretValue:               `{"SecretId":%q}`,
	secretlife.OpListSecretVersionIds:         `{"SecretId":%q}`,
	secretlife.OpPutResourcePolicy:            `{"SecretId":%q,"ResourcePolicy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"123456789012\"},\"Action\":\"secretsmanager:*\",\"Resource\":\"*\"}}"}`,
	secretlife.OpPutSecretValue:               `{"SecretId":%q,"SecretString":"x","ClientRequestToken":"` + tokenB + `"}`,
	secretlife.OpRemoveRegionsFromReplication: `{"SecretId":%q,"RemoveReplicaRegions":["eu-west-1"]}`,
	secretlife.OpReplicateSecretToRegions:     `{"SecretId":%q,"AddReplicaRegions":[{"Region":"eu-west-1"}]}`,
	secretlife.OpRestoreSecret:                `{"SecretId":%q}`,
	secretlife.OpStopReplicationToReplica:     `{"SecretId":%q}`,
	secretlife.OpTagResource:                  `{"SecretId":%q,"Tags":[{"Key":"k","Value":"v"}]}`,
	secretlife.OpUntagResource:                `{"SecretId":%q,"TagKeys":["k"]}`,
	secretlife.OpUpdateSecret:                 `{"SecretId":%q,"Description":"x"}`,
	secretlife.OpUpdateSecretVersionStage:     `{"SecretId":%q,"VersionStage":"X","MoveToVersionId":"` + tokenA + `"}`,
	secretlife.OpValidateResourcePolicy:       `{"SecretId":%q,"ResourcePolicy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}}"}`,
}

const usedBefore = `{"__type":"InvalidSignatureException",` +
	`"message":"Signature already used: a signed request that changes something is carried out once. Sign it again to ` +
	`repeat it."}`

// TestReplayedForceDelete: a forced deletion that is sent again does not hit the
// secret that was created under the name since.
func TestReplayedForceDelete(t *testing.T) {
	w := verifying(t)
	create := func(token string) {
		t.Helper()
		status, got := w.answer(call("CreateSecret",
			`{"Name":"a","ClientRequestToken":"`+token+`","SecretString":"value"}`).sign(t))
		require.Equal(t, http.StatusOK, status, got)
	}
	create(tokenA)
	deletion := call("DeleteSecret", `{"SecretId":"a","ForceDeleteWithoutRecovery":true}`)
	status, got := w.answer(deletion.sign(t))
	require.Equal(t, http.StatusOK, status, got)
	create(tokenB)
	before := w.fingerprint()
	for range 3 {
		status, got = w.answer(deletion.sign(t))
		require.Equal(t, http.StatusBadRequest, status)
		require.Equal(t, usedBefore, got)
	}
	require.Equal(t, before, w.fingerprint())
	require.Contains(t, w.log.String(), "the signature was used before")

	deletion.headers = append([][2]string{{"amz-sdk-invocation-id", "1"}}, deletion.headers...)
	status, got = w.answer(deletion.sign(t))
	require.Equal(t, http.StatusOK, status, "another attempt of an SDK, in the same second: %s", got)
}

// TestReplayWithAnIDMadeUp: of a client that does not sign the ids of its calls,
// a replay with another id is let in for two seconds, and refused afterwards.
func TestReplayWithAnIDMadeUp(t *testing.T) {
	now := wall
	w := verifying(t, func(o *awsapi.Options) { o.Wall = func() time.Time { return now } })
	send := func(id string) string {
		r := call("DeleteSecret", `{"SecretId":"a","ForceDeleteWithoutRecovery":true}`).sign(t)
		r.Header.Set("Amz-Sdk-Invocation-Id", id)
		_, got := w.answer(r)
		return got
	}
	require.Contains(t, send("one"), "DeletionDate")
	require.Equal(t, usedBefore, send("one"))
	require.Contains(t, send("two"), "DeletionDate")
	now = wall.Add(2*time.Second + 1)
	require.Equal(t, usedBefore, send("three"))
}

func TestReplaysCanBeAllowed(t *testing.T) {
	w := verifying(t, func(o *awsapi.Options) { o.AllowReplay = true })
	for range 2 {
		status, got := w.answer(call("DeleteSecret", `{"SecretId":"a","ForceDeleteWithoutRecovery":true}`).sign(t))
		require.Equal(t, http.StatusOK, status, got)
	}
}

// TestReadsAreNotRemembered: the same bytes may read twice.
func TestReadsAreNotRemembered(t *testing.T) {
	w := verifying(t)
	for _, op := range secretlife.Operations() {
		body := "{}"
		if on, ok := onSecret[op]; ok {
			body = fmt.Sprintf(on, "a")
		}
		_, first := w.answer(call(op.String(), body).sign(t))
		require.NotEqual(t, usedBefore, first)
		_, second := w.answer(call(op.String(), body).sign(t))
		require.Equal(t, op.ReadOnly(), second != usedBefore, "%s: %s", op, second)
	}
}

// slowBody lets time pass while it is read.
type slowBody struct {
	io.Reader
	wait func()
}

func (s *slowBody) Read(b []byte) (int, error) {
	s.wait()
	return s.Reader.Read(b)
}

// TestSlowReplay: a signature that was valid when its request began and is not
// when its body has come, and so may have been forgotten, changes nothing.
func TestSlowReplay(t *testing.T) {
	now := wall
	w := verifying(t, func(o *awsapi.Options) { o.Wall = func() time.Time { return now } })
	deletion := call("DeleteSecret", `{"SecretId":"a","ForceDeleteWithoutRecovery":true}`)
	status, got := w.answer(deletion.sign(t))
	require.Equal(t, http.StatusOK, status, got)
	now = wall.Add(5 * time.Minute)
	r := deletion.sign(t)
	r.Body = io.NopCloser(&slowBody{r.Body, func() {
		now = wall.Add(10 * time.Minute)
		_, _ = w.answer(request{id: accessKey, secret: secretKey, region: "us-east-1", service: "secretsmanager",
			terminator: "aws4_request", at: now, body: `{"SecretId":"b","ForceDeleteWithoutRecovery":true}`,
			headers: deletion.headers}.sign(t))
	}})
	status, got = w.answer(r)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, got, "Signature expired")
}
