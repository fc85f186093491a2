package integration

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// walk makes calls that together get every member of every response.
func (s *snapped) walk() {
	name := aws.String("a")
	s.create(name)
	s.read(name)
	s.label(name)
	s.policy(name)
	s.rotate(name)
	s.replicate(name)
	s.delete(name)
}

func (s *snapped) create(name *string) {
	ctx := s.t.Context()
	out, err := s.here.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("v"),
		Description: aws.String("d"), KmsKeyId: aws.String("alias/mine"), Type: aws.String("partner"),
		Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		AddReplicaRegions: []types.ReplicaRegionType{
			{Region: aws.String("eu-west-1"), KmsKeyId: aws.String("alias/theirs")},
		}})
	understood(s, out, err)
	second, err := s.here.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("rds!b"),
		SecretBinary: []byte{0, 255}})
	understood(s, second, err)
	put, err := s.here.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name,
		SecretString: aws.String("2")})
	understood(s, put, err)
	updated, err := s.here.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: name,
		SecretString: aws.String("3")})
	understood(s, updated, err)
	tagged, err := s.here.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: name,
		Tags: []types.Tag{{Key: aws.String("l"), Value: aws.String("w")}}})
	understood(s, tagged, err)
	untagged, err := s.here.UntagResource(ctx, &secretsmanager.UntagResourceInput{SecretId: name, TagKeys: []string{"l"}})
	understood(s, untagged, err)
}

func (s *snapped) read(name *string) {
	ctx := s.t.Context()
	text, err := s.here.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
	understood(s, text, err)
	replica, err := s.there.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
	understood(s, replica, err)
	binary, err := s.here.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("rds!b")})
	understood(s, binary, err)
	batch, err := s.here.BatchGetSecretValue(ctx, &secretsmanager.BatchGetSecretValueInput{
		SecretIdList: []string{"a", "rds!b", "nobody"}})
	understood(s, batch, err)
	page, err := s.here.BatchGetSecretValue(ctx, &secretsmanager.BatchGetSecretValueInput{MaxResults: aws.Int32(1),
		Filters: []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{"a", "rds"}}}})
	understood(s, page, err)
	password, err := s.here.GetRandomPassword(ctx, &secretsmanager.GetRandomPasswordInput{})
	understood(s, password, err)
}

func (s *snapped) label(name *string) {
	ctx := s.t.Context()
	versions, err := s.here.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{SecretId: name,
		IncludeDeprecated: aws.Bool(true)})
	out := understood(s, versions, err)
	page, err := s.here.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{SecretId: name,
		MaxResults: aws.Int32(1), IncludeDeprecated: aws.Bool(true)})
	understood(s, page, err)
	moved, err := s.here.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: name,
		VersionStage: aws.String("mine"), MoveToVersionId: out.Versions[0].VersionId})
	understood(s, moved, err)
}

func (s *snapped) policy(name *string) {
	ctx := s.t.Context()
	document := aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",` +
		`"Action":"secretsmanager:*","Resource":"*"}]}`)
	valid, err := s.here.ValidateResourcePolicy(ctx,
		&secretsmanager.ValidateResourcePolicyInput{ResourcePolicy: document})
	understood(s, valid, err)
	put, err := s.here.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{SecretId: name,
		ResourcePolicy: document})
	understood(s, put, err)
	got, err := s.here.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: name})
	understood(s, got, err)
	deleted, err := s.here.DeleteResourcePolicy(ctx, &secretsmanager.DeleteResourcePolicyInput{SecretId: name})
	understood(s, deleted, err)
}

func (s *snapped) rotate(name *string) {
	ctx := s.t.Context()
	rotated, err := s.here.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name,
		RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:f"),
		RotationRules: &types.RotationRulesType{
			ScheduleExpression: aws.String("rate(3 days)"), Duration: aws.String("2h"),
		},
		ExternalSecretRotationRoleArn: aws.String("arn:aws:iam::123456789012:role/partner"),
		ExternalSecretRotationMetadata: []types.ExternalSecretRotationMetadataItem{
			{Key: aws.String("k"), Value: aws.String("v")},
		}})
	understood(s, rotated, err)
	s.describe(name)
}

func (s *snapped) describe(name *string) {
	ctx := s.t.Context()
	out, err := s.here.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
	understood(s, out, err)
	list, err := s.here.ListSecrets(ctx, &secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)})
	understood(s, list, err)
}

func (s *snapped) replicate(name *string) {
	ctx := s.t.Context()
	s.describe(aws.String("rds!b"))
	page, err := s.here.ListSecrets(ctx, &secretsmanager.ListSecretsInput{MaxResults: aws.Int32(1)})
	understood(s, page, err)
	added, err := s.here.ReplicateSecretToRegions(ctx, &secretsmanager.ReplicateSecretToRegionsInput{SecretId: name,
		AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-2")}, {Region: aws.String("eu-west-3")}}})
	understood(s, added, err)
	removed, err := s.here.RemoveRegionsFromReplication(ctx, &secretsmanager.RemoveRegionsFromReplicationInput{
		SecretId: name, RemoveReplicaRegions: []string{"eu-west-2"}})
	understood(s, removed, err)
	promoted, err := s.there.StopReplicationToReplica(ctx, &secretsmanager.StopReplicationToReplicaInput{SecretId: name})
	understood(s, promoted, err)
	last, err := s.here.RemoveRegionsFromReplication(ctx, &secretsmanager.RemoveRegionsFromReplicationInput{
		SecretId: name, RemoveReplicaRegions: []string{"eu-west-3"}})
	understood(s, last, err)
}

func (s *snapped) delete(name *string) {
	ctx := s.t.Context()
	unfinished, err := s.here.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name,
		RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:broken")})
	understood(s, unfinished, err)
	cancelled, err := s.here.CancelRotateSecret(ctx, &secretsmanager.CancelRotateSecretInput{SecretId: name})
	understood(s, cancelled, err)
	deleted, err := s.here.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name})
	understood(s, deleted, err)
	s.describe(name)
	restored, err := s.here.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: name})
	understood(s, restored, err)
}
