package awsapi_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

var suffixes = regexp.MustCompile(`(:secret:[^"]+)-[A-Za-z0-9]{6}"`)

// TestAnswers holds the exact body of every answer. ARN suffixes are replaced.
func TestAnswers(t *testing.T) {
	const arn = `"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:a-SUFFIX","Name":"a"`
	w := newWorld(t)
	for _, step := range []struct{ operation, body, want string }{
		{"ListSecrets", ``, `{"SecretList":[]}`},
		{"CreateSecret", `{"Name":"a","ClientRequestToken":"` + tokenA +
			`","SecretString":"<one & \"two\">","Description":"what","Tags":[{"Key":"k","Value":"v"}],` +
			`"KmsKeyId":"alias/mine","Type":"kind"}`, `{` + arn + `,"VersionId":"` + tokenA + `"}`},
		{"GetSecretValue", `{"SecretId":"a"}`,
			`{` + arn + `,"VersionId":"` + tokenA +
				`","SecretString":"<one & \"two\">","VersionStages":["AWSCURRENT"],"CreatedDate":1522777862.095}`},
		{"DescribeSecret", `{"SecretId":"a"}`,
			`{` + arn + `,"Description":"what","KmsKeyId":"alias/mine","Type":"kind","CreatedDate":1522777862.095,` +
				`"LastChangedDate":1522777862.095,"LastAccessedDate":1522713600,"Tags":[{"Key":"k","Value":"v"}],` +
				`"VersionIdsToStages":{"` + tokenA + `":["AWSCURRENT"]}}`},
		{"PutSecretValue", `{"SecretId":"a","ClientRequestToken":"` + tokenB +
			`","SecretBinary":"AAH/","VersionStages":["AWSCURRENT","X"]}`,
			`{` + arn + `,"VersionId":"` + tokenB + `","VersionStages":["AWSCURRENT","X"]}`},
		{"GetSecretValue", `{"SecretId":"a","VersionStage":"X"}`,
			`{` + arn + `,"VersionId":"` + tokenB +
				`","SecretBinary":"AAH/","VersionStages":["AWSCURRENT","X"],"CreatedDate":1522777862.095}`},
		{"UpdateSecretVersionStage", `{"SecretId":"a","VersionStage":"X","RemoveFromVersionId":"` + tokenB + `"}`,
			`{` + arn + `}`},
		{"ListSecretVersionIds", `{"SecretId":"a"}`, `{` + arn + `,"Versions":[{"VersionId":"` + tokenA +
			`","VersionStages":["AWSPREVIOUS"],"CreatedDate":1522777862.095,"LastAccessedDate":1522713600,` +
			`"KmsKeyIds":["alias/mine"]},{"VersionId":"` + tokenB +
			`","VersionStages":["AWSCURRENT"],"CreatedDate":1522777862.095,"LastAccessedDate":1522713600,` +
			`"KmsKeyIds":["alias/mine"]}]}`},
		{"UpdateSecretVersionStage", `{"SecretId":"a","VersionStage":"AWSPREVIOUS","RemoveFromVersionId":"` + tokenA + `"}`,
			`{` + arn + `}`},
		{"ListSecretVersionIds", `{"SecretId":"a","IncludeDeprecated":true,"MaxResults":1}`,
			`{` + arn + `,"Versions":[{"VersionId":"` + tokenA +
				`","CreatedDate":1522777862.095,"LastAccessedDate":1522713600,"KmsKeyIds":["alias/mine"]}],"NextToken":"*"}`},
		{"UpdateSecret", `{"SecretId":"a","Description":"","KmsKeyId":"","Type":""}`, `{` + arn + `}`},
		{"UpdateSecret", `{"SecretId":"a","ClientRequestToken":"` + tokenA + `","SecretString":"<one & \"two\">"}`,
			`{` + arn + `,"VersionId":"` + tokenA + `"}`},
		{"TagResource", `{"SecretId":"a","Tags":[{"Key":"l"}]}`, ``},
		{"UntagResource", `{"SecretId":"a","TagKeys":["k","l"]}`, ``},
		{"GetResourcePolicy", `{"SecretId":"a"}`, `{` + arn + `}`},
		{"PutResourcePolicy", `{"SecretId":"a","ResourcePolicy":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"210987654321\"},\"Action\":\"secretsmanager:*\",\"Resource\":\"*\"}}"}`, `{` + arn + `}`},
		{"GetResourcePolicy", `{"SecretId":"a"}`,
			`{` + arn + `,"ResourcePolicy":"{\n  \"Statement\" : {\n    \"Effect\" : \"Allow\",\n    \"Principal\" : {\n` +
				`      \"AWS\" : \"210987654321\"\n    },\n    \"Action\" : \"secretsmanager:*\",\n    \"Resource\" : \"*\"\n  ` +
				`}\n}"}`},
		{"DeleteResourcePolicy", `{"SecretId":"a"}`, `{` + arn + `}`},
		{"ReplicateSecretToRegions", `{"SecretId":"a","AddReplicaRegions":[{"Region":"eu-west-1","KmsKeyId":"k"}]}`,
			`{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:a-SUFFIX",` +
				`"ReplicationStatus":[{"Region":"eu-west-1","KmsKeyId":"k","Status":"InProgress"}]}`},
		{"DescribeSecret", `{"SecretId":"a"}`,
			`{` + arn + `,"CreatedDate":1522777862.095,"LastChangedDate":1522777862.104,"LastAccessedDate":1522713600,` +
				`"Tags":[],"VersionIdsToStages":{"` + tokenB +
				`":["AWSCURRENT"]},"PrimaryRegion":"us-east-1","ReplicationStatus":[{"Region":"eu-west-1","KmsKeyId":"k",` +
				`"Status":"InSync","StatusMessage":"Replication succeeded"}]}`},
		{"RemoveRegionsFromReplication", `{"SecretId":"a","RemoveReplicaRegions":["eu-west-1"]}`,
			`{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:a-SUFFIX","ReplicationStatus":[]}`},
		{"DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7,"ForceDeleteWithoutRecovery":false}`,
			`{` + arn + `,"DeletionDate":1523382662.095}`},
		{"ListSecrets", `{}`, `{"SecretList":[]}`},
		{"ListSecrets", `{"IncludePlannedDeletion":true,"Filters":[{"Key":"name","Values":["a"]}],"SortOrder":"desc",` +
			`"SortBy":"name"}`, `{"SecretList":[{` + arn +
			`,"CreatedDate":1522777862.095,"LastChangedDate":1522777862.106,"LastAccessedDate":1522713600,` +
			`"DeletedDate":1522777862.095,"Tags":[],"SecretVersionsToStages":{"` + tokenB + `":["AWSCURRENT"]}}]}`},
		{"RestoreSecret", `{"SecretId":"a"}`, `{` + arn + `}`},
		{"DeleteSecret", `{"SecretId":"a","ForceDeleteWithoutRecovery":true}`, `{` + arn + `,"DeletionDate":1522777862.095}`},
		{"CreateSecret", `{"Name":"a","ClientRequestToken":"` + tokenA + `"}`, `{` + arn + `}`},
	} {
		got := suffixes.ReplaceAllString(w.ok(step.operation, step.body), `$1-SUFFIX"`)
		got = regexp.MustCompile(`"NextToken":"[^"]+"`).ReplaceAllString(got, `"NextToken":"*"`)
		require.Equal(t, step.want, got, "%s %s", step.operation, step.body)
	}
}

func TestStopReplication(t *testing.T) {
	w := newWorld(t)
	w.ok("CreateSecret", `{"Name":"a","ClientRequestToken":"`+tokenA+`","AddReplicaRegions":[{"Region":"eu-west-1"}]}`)
	w.signed = sign("test", "eu-west-1")
	w.refused("DeleteSecret", `{"SecretId":"a"}`,
		`{"__type":"InvalidParameterException",`+
			`"Message":"Operation not permitted on a replica secret. Call must be made in primary secret's region."}`)
	got := w.ok("StopReplicationToReplica", `{"SecretId":"a"}`)
	require.Regexp(t, `^{"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-[A-Za-z0-9]{6}"}$`, got)
	w.ok("DeleteSecret", `{"SecretId":"a"}`)
}

func TestAWholeLife(t *testing.T) {
	w := newWorld(t)
	arn := w.create("prod/db")
	w.ok("DeleteSecret", `{"SecretId":"prod/db","RecoveryWindowInDays":7}`)
	w.refused("GetSecretValue", `{"SecretId":"prod/db"}`, marked)
	w.ok("RestoreSecret", `{"SecretId":"`+arn+`"}`)
	require.Contains(t, w.ok("GetSecretValue", `{"SecretId":"prod/db"}`), `"SecretString":"value"`)
	w.ok("DeleteSecret", `{"SecretId":"prod/db"}`)
	status, body := w.control(http.MethodPost, "/_secretlife/clock/advance", `{"duration":"744h"}`)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"now":"2018-05-04T17:51:02.095Z","purged":["`+arn+`"]}`, body)
	w.refused("DescribeSecret", `{"SecretId":"prod/db"}`, gone)
	require.NotEqual(t, arn, w.create("prod/db"))
}

func TestAccountsAndRegions(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ signed, owner string }{
		{"", "us-east-1:123456789012"},
		{sign("AKIDEXAMPLE", "us-east-1"), "us-east-1:123456789012"},
		{sign("AKIDEXAMPLE", "eu-west-1"), "eu-west-1:123456789012"},
		{sign("111111111111", "eu-west-1"), "eu-west-1:111111111111"},
		{sign("a+b", "ap-south-1"), "ap-south-1:123456789012"},
	} {
		w.signed = c.signed
		require.Contains(t, w.ok("DeleteSecret", `{"SecretId":"x","ForceDeleteWithoutRecovery":true}`),
			":"+c.owner+":secret:x-")
	}
	other := strings.Replace(sign("111111111111", "us-east-1"), "secretsmanager", "s3", 1)
	for _, c := range []struct{ signed, want string }{
		{sign("test", "nowhere"), `InvalidSignatureException","message":"Credential should be scoped to a valid region.`},
		{sign("test", ""), `InvalidSignatureException","message":"Credential should be scoped to a valid region.`},
		{sign("a/b", "us-east-1"),
			`IncompleteSignatureException",` +
				`"message":"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.`},
		{sign("", "us-east-1"), `IncompleteSignatureException",` +
			`"message":"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.`},
		{other, `InvalidSignatureException","message":"Credential should be scoped to correct service: 'secretsmanager'.`},
		{"Bearer x", `IncompleteSignatureException","message":"Unsupported AWS 'algorithm': 'Bearer'.`},
		{sign("test", "us-east-1") + ", Credential=111111111111/20180403/us-east-1/secretsmanager/aws4_request",
			`IncompleteSignatureException",` +
				`"message":"Authorization header must have 'Credential', 'SignedHeaders' and 'Signature' once each, and ` +
				`nothing else.`},
	} {
		w.signed = c.signed
		w.refused("ListSecrets", "{}", `{"__type":"`+c.want+`"}`)
	}
}

func TestRegionsAreApart(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	w.signed = sign("test", "eu-west-1")
	w.refused("GetSecretValue", `{"SecretId":"a"}`, gone)
	there := w.create("a")
	require.Contains(t, there, ":eu-west-1:")
	w.ok("DeleteSecret", `{"SecretId":"a"}`)
	w.refused("GetSecretValue", `{"SecretId":"a"}`, marked)
	w.signed = sign("test", "us-east-1")
	require.Contains(t, w.ok("GetSecretValue", `{"SecretId":"a"}`), `"SecretString":"value"`)
	require.NotContains(t, w.ok("ListSecrets", `{"IncludePlannedDeletion":true}`), there)
}

func TestOptions(t *testing.T) {
	const body = `{"SecretId":"x","ForceDeleteWithoutRecovery":true}`
	zero := func(o *awsapi.Options) { *o = awsapi.Options{} }
	require.Contains(t, newWorld(t, zero).ok("DeleteSecret", body), ":us-east-1:123456789012:")

	w := newWorld(t, func(o *awsapi.Options) { o.Account, o.Region = "222222222222", "cn-north-1" })
	require.Contains(t, w.ok("DeleteSecret", body), "arn:aws-cn:secretsmanager:cn-north-1:222222222222:")
	w.signed = sign("test", "us-east-1")
	require.Contains(t, w.ok("DeleteSecret", body), ":us-east-1:222222222222:")
}

// TestEveryOperationIsKnown checks that every operation of the API is served.
func TestEveryOperationIsKnown(t *testing.T) {
	w := newWorld(t)
	require.Len(t, secretlife.Operations(), 23)
	for _, op := range secretlife.Operations() {
		_, got := w.send(op.String(), `{"Unknown":1}`)
		require.NotContains(t, got, "UnknownOperationException")
	}
}

func TestOtherAccountsIDs(t *testing.T) {
	w := newWorld(t)
	arn := w.create("a")
	before := w.fingerprint()
	w.signed = sign("999999999999", "us-east-1")
	for _, operation := range []string{"GetSecretValue", "DescribeSecret", "DeleteSecret", "RestoreSecret"} {
		w.refused(operation, `{"SecretId":"`+arn+`"}`,
			`{"__type":"AccessDeniedException",`+
				`"Message":"User: arn:aws:iam::999999999999:root is not authorized to perform: secretsmanager:`+operation+
				` on resource: `+arn+` because no resource-based policy allows the secretsmanager:`+operation+` action"}`)
	}
	w.refused("GetSecretValue", `{"SecretId":"a"}`, gone)
	require.Equal(t, before, w.fingerprint())
}

func TestErrorsOnTheWire(t *testing.T) {
	w := newWorld(t)
	arn := w.create("a")
	w.create("marked")
	w.ok("DeleteSecret", `{"SecretId":"marked"}`)
	primary := w.create("primary")
	w.ok("ReplicateSecretToRegions", `{"SecretId":"primary","AddReplicaRegions":[{"Region":"eu-west-1"}]}`)
	long := strings.Repeat("n", 513)
	manyTags := `{"Key":"k0"}`
	for i := 1; i <= 50; i++ {
		manyTags += fmt.Sprintf(`,{"Key":"k%d"}`, i)
	}
	for _, c := range []struct{ operation, body, want string }{
		{"DescribeSecret", `{"SecretId":"unknown"}`, gone},
		{"CreateSecret", `{"Name":"a","ClientRequestToken":"` + tokenB + `"}`,
			`{"__type":"ResourceExistsException","Message":"The operation failed because the secret a already exists."}`},
		{"CreateSecret", `{"Name":"a","ClientRequestToken":"` + tokenA + `","SecretString":"other"}`,
			`{"__type":"ResourceExistsException","Message":"You can't use ClientRequestToken ` + tokenA +
				` because that value is already in use for a version of secret ` + arn + `."}`},
		{"DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":6}`,
			`{"__type":"InvalidParameterException",` +
				`"Message":"The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."}`},
		{"DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":0,"ForceDeleteWithoutRecovery":true}`,
			`{"__type":"InvalidParameterException",` +
				`"Message":"The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."}`},
		{"DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7,"ForceDeleteWithoutRecovery":true}`,
			`{"__type":"InvalidParameterException",` +
				`"Message":"You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."}`},
		{"PutSecretValue", `{"SecretId":"a","SecretString":"x"}`,
			`{"__type":"InvalidRequestException",` +
				`"Message":"You must provide a ClientRequestToken value. We recommend a UUID-type value."}`},
		{"UpdateSecret", `{"SecretId":"unknown","SecretString":"x"}`,
			`{"__type":"InvalidRequestException",` +
				`"Message":"You must provide a ClientRequestToken value. We recommend a UUID-type value."}`},
		{"PutSecretValue", `{"SecretId":"a","ClientRequestToken":"` + tokenB + `"}`,
			`{"__type":"InvalidRequestException","Message":"You must provide either SecretString or SecretBinary."}`},
		{"PutSecretValue", `{"SecretId":"a","ClientRequestToken":"` + tokenB + `","SecretString":"x","SecretBinary":"eA=="}`,
			`{"__type":"InvalidParameterException",` +
				`"Message":"You can't specify both a binary secret value and a string secret value in the same secret."}`},
		{"PutSecretValue", `{"SecretId":"a","ClientRequestToken":"` + tokenB + `","SecretString":""}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must ` +
				`have length greater than or equal to 1"}`},
		{"GetSecretValue", `{"SecretId":"a b"}`,
			`{"__type":"ValidationException",` +
				`"message":"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: ` +
				`-/_+=.@!"}`},
		{"CreateSecret", `{"Name":"` + long + `","ClientRequestToken":"` + tokenB + `"}`,
			`{"__type":"ValidationException","message":"1 validation error detected: Value '` + long[:256] +
				`...' at 'name' failed to satisfy constraint: Member must have length less than or equal to 512"}`},
		{"GetSecretValue", `{}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must ` +
				`not be null"}`},
		{"TagResource", `{"secretid":"a","SecretId":null}`,
			`{"__type":"ValidationException",` +
				`"message":"2 validation errors detected: Value null at 'secretId' failed to satisfy constraint: Member must ` +
				`not be null; Value null at 'tags' failed to satisfy constraint: Member must not be null"}`},
		{"PutResourcePolicy", `{"SecretId":"a","ResourcePolicy":"{"}`,
			`{"__type":"MalformedPolicyDocumentException","Message":"This resource policy contains a syntax error."}`},
		{"ListSecrets", `{"NextToken":"x"}`, `{"__type":"InvalidNextTokenException","Message":"Invalid NextToken."}`},
		{"ListSecrets", `{"MaxResults":0}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must ` +
				`have value greater than or equal to 1"}`},
		{"DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7.5}`,
			`{"__type":"SerializationException","message":"NUMBER_VALUE can not be converted to a Long"}`},
		{"DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":"7"}`,
			`{"__type":"SerializationException","message":"STRING_VALUE can not be converted to a Long"}`},
		{"DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":99999999999999999999}`,
			`{"__type":"SerializationException","message":"NUMBER_VALUE can not be converted to a Long"}`},
		{"DeleteSecret", `{"SecretId":"a","ForceDeleteWithoutRecovery":"true"}`,
			`{"__type":"SerializationException","message":"STRING_VALUE can not be converted to a Boolean"}`},
		{"DeleteSecret", `{"SecretId":["a"]}`,
			`{"__type":"SerializationException","message":"START_ARRAY can not be converted to a String"}`},
		{"TagResource", `{"SecretId":"a","Tags":{}}`,
			`{"__type":"SerializationException","message":"START_OBJECT can not be converted to a List"}`},
		{"TagResource", `{"SecretId":"a","Tags":["x"]}`,
			`{"__type":"SerializationException","message":"STRING_VALUE can not be converted to a Structure"}`},
		{"TagResource", `{"SecretId":"a","Tags":[{"Key":1}]}`,
			`{"__type":"SerializationException","message":"NUMBER_VALUE can not be converted to a String"}`},
		{"UntagResource", `{"SecretId":"a","TagKeys":[null]}`,
			`{"__type":"SerializationException","message":"NULL_VALUE can not be converted to a String"}`},
		{"PutSecretValue", `{"SecretId":"a","SecretBinary":"?"}`,
			`{"__type":"SerializationException","message":"STRING_VALUE can not be converted to a Blob: it is not base64"}`},
		{"PutSecretValue", `{"SecretString":"x","SecretBinary":"eA=="}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must ` +
				`not be null"}`},
		{"PutSecretValue", `{"SecretString":"x","SecretBinary":"eA==","VersionStages":3}`,
			`{"__type":"SerializationException","message":"NUMBER_VALUE can not be converted to a List"}`},
		{"ListSecretVersionIds", `{"MaxResults":-1}`,
			`{"__type":"ValidationException",` +
				`"message":"2 validation errors detected: Value null at 'secretId' failed to satisfy constraint: Member must ` +
				`not be null; Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value greater than or ` +
				`equal to 1"}`},
		{"ListSecrets", `{"MaxResults":99999999999}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '99999999999' at 'maxResults' failed to satisfy constraint: ` +
				`Member must have value less than or equal to 100"}`},
		{"CreateSecret", `{"Name":"marked","ClientRequestToken":"` + tokenB + `"}`,
			`{"__type":"InvalidRequestException",` +
				`"Message":"You can't create this secret because a secret with this name is already scheduled for deletion."}`},
		{"GetSecretValue", `{"SecretId":"marked"}`, marked},
		{"TagResource", `{"SecretId":"a","Tags":[` + manyTags + `]}`,
			`{"__type":"LimitExceededException","Message":"A secret can't have more than 50 tags."}`},
		{"PutResourcePolicy", `{"SecretId":"a","BlockPublicPolicy":true,` +
			`"ResourcePolicy":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}}"}`, `{"__type":"PublicPolicyException","Message":"You can't attach a resource-based policy that allows broad access to the secret."}`},
		{"DeleteSecret", `{"SecretId":"primary"}`,
			`{"__type":"InvalidParameterException","Message":"You can't delete secret ` + primary +
				` that still has replica regions [eu-west-1]."}`},
		{"GetSecretValue", `{"SecretId":"a","VersionId":"` + tokenA + `","VersionStage":"AWSPREVIOUS"}`,
			`{"__type":"InvalidRequestException",` +
				`"Message":"You provided a VersionStage that is not associated to the provided VersionId."}`},
		{"GetSecretValue", `{"SecretId":"a","VersionStage":"X"}`,
			`{"__type":"ResourceNotFoundException",` +
				`"Message":"Secrets Manager can't find the specified secret value for staging label: X"}`},
		{"RotateSecret", `{"SecretId":"a"}`,
			`{"__type":"InvalidParameterException",` +
				`"Message":"You must provide a ClientRequestToken value. We recommend a UUID-type value."}`},
		{"RotateSecret", `{"SecretId":"a","ClientRequestToken":"` + tokenB + `"}`,
			`{"__type":"InvalidRequestException","Message":"No Lambda rotation function ARN is associated with this secret."}`},
		{"RotateSecret", `{"SecretId":"a","ClientRequestToken":"` + tokenB +
			`","RotationRules":{"AutomaticallyAfterDays":0}}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '0' at 'rotationRules.automaticallyAfterDays' failed to satisfy ` +
				`constraint: Member must have value greater than or equal to 1"}`},
		{"RotateSecret", `{"SecretId":"a","ClientRequestToken":"` + tokenB + `","RotationRules":"daily"}`,
			`{"__type":"SerializationException","message":"STRING_VALUE can not be converted to a Structure"}`},
		{"CancelRotateSecret", `{"SecretId":"a"}`,
			`{"__type":"InvalidRequestException","Message":"No Lambda rotation function ARN is associated with this secret."}`},
		{"CreateSecret", `{"Name":"b","ClientRequestToken":""}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'clientRequestToken' failed to satisfy constraint: Member ` +
				`must have length greater than or equal to 32"}`},
		{"CreateSecret", `{"Name":"b","ClientRequestToken":"` + tokenB + `","AddReplicaRegions":[]}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '[]' at 'addReplicaRegions' failed to satisfy constraint: ` +
				`Member must have length greater than or equal to 1"}`},
		{"GetSecretValue", `{"SecretId":"a","VersionId":""}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'versionId' failed to satisfy constraint: Member must ` +
				`have length greater than or equal to 32"}`},
		{"GetSecretValue", `{"SecretId":"a","VersionStage":""}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'versionStage' failed to satisfy constraint: Member must ` +
				`have length greater than or equal to 1"}`},
		{"UpdateSecretVersionStage", `{"SecretId":"a","VersionStage":"x","MoveToVersionId":""}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'moveToVersionId' failed to satisfy constraint: Member ` +
				`must have length greater than or equal to 32"}`},
		{"UpdateSecretVersionStage", `{"SecretId":"a","VersionStage":"x","RemoveFromVersionId":""}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'removeFromVersionId' failed to satisfy constraint: ` +
				`Member must have length greater than or equal to 32"}`},
		{"PutSecretValue", `{"SecretId":"a","SecretString":"x","ClientRequestToken":"` + tokenB + `","VersionStages":[]}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '[]' at 'versionStages' failed to satisfy constraint: Member ` +
				`must have length greater than or equal to 1"}`},
		{"ListSecrets", `{"NextToken":""}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'nextToken' failed to satisfy constraint: Member must ` +
				`have length greater than or equal to 1"}`},
		{"BatchGetSecretValue", `{"SecretIdList":[]}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '[]' at 'secretIdList' failed to satisfy constraint: Member ` +
				`must have length greater than or equal to 1"}`},
		{"BatchGetSecretValue", `{"SecretIdList":["a",""]}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'secretIdList.2.member' failed to satisfy constraint: ` +
				`Member must have length greater than or equal to 1"}`},
		{"RotateSecret", `{"SecretId":"a","ClientRequestToken":"` + tokenB + `","RotationRules":{"ScheduleExpression":""}}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'rotationRules.scheduleExpression' failed to satisfy ` +
				`constraint: Member must have length greater than or equal to 1"}`},
		{"RotateSecret", `{"SecretId":"a","ClientRequestToken":"` + tokenB +
			`","RotationRules":{"AutomaticallyAfterDays":1,"Duration":""}}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'rotationRules.duration' failed to satisfy constraint: ` +
				`Member must have length greater than or equal to 2"}`},
		{"UntagResource", `{"SecretId":"a","TagKeys":["k",""]}`,
			`{"__type":"ValidationException",` +
				`"message":"1 validation error detected: Value '' at 'tagKeys.2.member' failed to satisfy constraint: Member ` +
				`must have length greater than or equal to 1"}`},
		{"DropSecret", `{}`, `{"__type":"UnknownOperationException",` +
			`"message":"The operation in X-Amz-Target is not one of Secrets Manager."}`},
	} {
		before := w.fingerprint()
		w.refused(c.operation, c.body, c.want)
		require.Equal(t, before, w.fingerprint(), "a refusal changes nothing")
	}
}
