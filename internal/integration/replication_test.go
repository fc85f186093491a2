package integration

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

const onReplica = "Operation not permitted on a replica secret. Call must be made in primary secret's region."

// TestGoSDKReplicates is a replica from birth to independence as the Go SDK sees
// it.
func TestGoSDKReplicates(t *testing.T) {
	t.Parallel()
	s, ctx, name := start(t), t.Context(), aws.String("prod/db")
	west, north, east := client(s.url, "111111111111", "eu-west-1"), client(s.url, "111111111111", "eu-north-1"),
		client(s.url, "111111111111", "us-east-1")
	read := func(c *secretsmanager.Client) (string, error) {
		out, err := c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
		if err != nil {
			return "", err
		}
		return *out.SecretString, nil
	}
	made, err := west.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("hunter2")})
	require.NoError(t, err)
	begun, err := west.ReplicateSecretToRegions(ctx, &secretsmanager.ReplicateSecretToRegionsInput{
		SecretId: name, AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-north-1")},
			{Region: aws.String("us-east-1")}},
	})
	require.NoError(t, err)
	require.Equal(t, types.StatusTypeInProgress, begun.ReplicationStatus[1].Status)
	s.advance("1m")
	described, err := west.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
	require.NoError(t, err)
	require.Equal(t, types.StatusTypeInSync, described.ReplicationStatus[1].Status)
	for _, c := range []*secretsmanager.Client{north, east} {
		value, err := read(c)
		require.NoError(t, err)
		require.Equal(t, "hunter2", value)
	}

	_, err = north.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("x")})
	var parameter *types.InvalidParameterException
	require.ErrorAs(t, err, &parameter)
	require.Equal(t, onReplica, *parameter.Message)
	_, err = west.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name,
		ForceDeleteWithoutRecovery: aws.Bool(true)})
	require.ErrorAs(t, err, &parameter)
	require.Equal(t, "You can't delete secret "+*made.ARN+" that still has replica regions [eu-north-1, us-east-1].",
		*parameter.Message)

	_, err = west.RemoveRegionsFromReplication(ctx, &secretsmanager.RemoveRegionsFromReplicationInput{SecretId: name,
		RemoveReplicaRegions: []string{"us-east-1"}})
	require.NoError(t, err)
	_, err = read(east)
	var unknown *types.ResourceNotFoundException
	require.ErrorAs(t, err, &unknown)

	promoted, err := north.StopReplicationToReplica(ctx, &secretsmanager.StopReplicationToReplicaInput{SecretId: name})
	require.NoError(t, err)
	require.Equal(t, strings.Replace(*made.ARN, "eu-west-1", "eu-north-1", 1), *promoted.ARN)
	_, err = north.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name,
		SecretString: aws.String("of the north")})
	require.NoError(t, err)
	_, err = west.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name,
		ForceDeleteWithoutRecovery: aws.Bool(true)})
	require.NoError(t, err)
	value, err := read(north)
	require.NoError(t, err)
	require.Equal(t, "of the north", value)
}

// TestAWSCLIReplicates is the same as the AWS CLI sees it.
func TestAWSCLIReplicates(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.server = start(t)
	arn, _ := c.ok("create-secret", "--name", "prod/db", "--secret-string", "hunter2")["ARN"].(string)
	c.ok("replicate-secret-to-regions", "--secret-id", "prod/db", "--add-replica-regions", "Region=eu-north-1",
		"Region=us-east-1")
	c.advance("1m")
	status := c.ok("describe-secret", "--secret-id", "prod/db")["ReplicationStatus"]
	require.Len(t, status, 2)
	require.Contains(t, status, map[string]any{"Region": "us-east-1", "Status": "InSync",
		"StatusMessage": "Replication succeeded", "KmsKeyId": "alias/aws/secretsmanager"})

	c.refused("InvalidParameterException", "DeleteSecret",
		"You can't delete secret "+arn+" that still has replica regions [eu-north-1, us-east-1].",
		"delete-secret", "--secret-id", "prod/db")
	c.refused("InvalidParameterException", "TagResource", onReplica, "tag-resource", "--secret-id", "prod/db", "--tags",
		"Key=a,Value=b", "--region", "us-east-1")
	c.ok("remove-regions-from-replication", "--secret-id", "prod/db", "--remove-replica-regions", "us-east-1")
	c.refused("ResourceNotFoundException", "GetSecretValue", notFound, "get-secret-value", "--secret-id", "prod/db",
		"--region", "us-east-1")
	c.ok("stop-replication-to-replica", "--secret-id", "prod/db", "--region", "eu-north-1")
	c.ok("delete-secret", "--secret-id", "prod/db", "--force-delete-without-recovery")
	require.Equal(t, "hunter2", c.ok("get-secret-value", "--secret-id", "prod/db", "--region",
		"eu-north-1")["SecretString"])
}
