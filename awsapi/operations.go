package awsapi

import (
	"context"

	"github.com/secretlife-go/secretlife"
)

// operation reads a request, has the Manager carry it out, and writes the response.
type operation func(context.Context, *secretlife.Manager, *exchange) error

// operations are those served, each with how its request is read, what carries
// it out, and how its answer is written.
var operations = [...]operation{
	secretlife.OpBatchGetSecretValue: row(readBatch, (*secretlife.Manager).BatchGetSecretValue, writeBatch),
	secretlife.OpCancelRotateSecret: row(readCancelRotate, (*secretlife.Manager).CancelRotateSecret,
		writeUpdateSecret),
	secretlife.OpCreateSecret: row(readCreateSecret, (*secretlife.Manager).CreateSecret,
		writeCreateSecret),
	secretlife.OpDeleteResourcePolicy: row(readDeleteResourcePolicy, (*secretlife.Manager).DeleteResourcePolicy,
		writeNamed),
	secretlife.OpDeleteSecret: row(readDeleteSecret, (*secretlife.Manager).DeleteSecret,
		writeDeleteSecret),
	secretlife.OpDescribeSecret: row(readDescribeSecret, (*secretlife.Manager).DescribeSecret,
		writeDescribeSecret),
	secretlife.OpGetRandomPassword: row(readGetRandomPassword, (*secretlife.Manager).GetRandomPassword,
		writeGetRandomPassword),
	secretlife.OpGetResourcePolicy: row(readGetResourcePolicy, (*secretlife.Manager).GetResourcePolicy,
		writeGetResourcePolicy),
	secretlife.OpGetSecretValue: row(readGetSecretValue, (*secretlife.Manager).GetSecretValue,
		writeGetSecretValue),
	secretlife.OpListSecretVersionIds: row(readListSecretVersionIds, (*secretlife.Manager).ListSecretVersionIds,
		writeListSecretVersionIds),
	secretlife.OpListSecrets: row(readListSecrets, (*secretlife.Manager).ListSecrets, writeListSecrets),
	secretlife.OpPutResourcePolicy: row(readPutResourcePolicy, (*secretlife.Manager).PutResourcePolicy,
		writeNamed),
	secretlife.OpPutSecretValue: row(readPutSecretValue, (*secretlife.Manager).PutSecretValue,
		writePutSecretValue),
	secretlife.OpRemoveRegionsFromReplication: row(readRemoveRegions, (*secretlife.Manager).RemoveRegionsFromReplication,
		writeReplication),
	secretlife.OpReplicateSecretToRegions: row(readReplicate, (*secretlife.Manager).ReplicateSecretToRegions,
		writeReplication),
	secretlife.OpRestoreSecret: row(readRestoreSecret, (*secretlife.Manager).RestoreSecret, writeNamed),
	secretlife.OpRotateSecret:  row(readRotateSecret, (*secretlife.Manager).RotateSecret, writeUpdateSecret),
	secretlife.OpStopReplicationToReplica: row(readStopReplication, (*secretlife.Manager).StopReplicationToReplica,
		writeStopReplication),
	secretlife.OpTagResource:   silent(readTagResource, (*secretlife.Manager).TagResource),
	secretlife.OpUntagResource: silent(readUntagResource, (*secretlife.Manager).UntagResource),
	secretlife.OpUpdateSecret:  row(readUpdateSecret, (*secretlife.Manager).UpdateSecret, writeUpdateSecret),
	secretlife.OpUpdateSecretVersionStage: row(readUpdateStage, (*secretlife.Manager).UpdateSecretVersionStage,
		writeNamed),
	secretlife.OpValidateResourcePolicy: row(readValidatePolicy, (*secretlife.Manager).ValidateResourcePolicy,
		writeValidatePolicy),
}

func row[In, Out any](read func(*members) In, do func(*secretlife.Manager, context.Context, In) (Out, error),
	write func(*encoder, Out)) operation {
	return func(ctx context.Context, m *secretlife.Manager, x *exchange) error {
		in := read(&x.members)
		if err := x.members.err(); err != nil {
			return unread{err}
		}
		out, err := do(m, ctx, in)
		if err != nil || write == nil {
			return err
		}
		x.encoder.begin()
		write(&x.encoder, out)
		x.encoder.end()
		return nil
	}
}

// silent is a row of an operation without output: the body of its response is empty.
func silent[In any](read func(*members) In, do func(*secretlife.Manager, context.Context, In) error) operation {
	return row(read, func(m *secretlife.Manager, ctx context.Context, in In) (struct{}, error) {
		return struct{}{}, do(m, ctx, in)
	}, nil)
}

func readBatch(m *members) secretlife.BatchGetSecretValueInput {
	m.notEmpty("SecretIdList")
	return secretlife.BatchGetSecretValueInput{
		SecretIDList: m.strings("SecretIdList"),
		Filters:      m.filters(),
		MaxResults:   m.pageOf(20),
		NextToken:    m.nextToken(),
	}
}

func readCreateSecret(m *members) secretlife.CreateSecretInput {
	return secretlife.CreateSecretInput{
		Name:                        m.requiredString("Name"),
		ClientRequestToken:          m.clientToken(),
		Value:                       m.secretValue(),
		Description:                 m.string("Description"),
		KMSKeyID:                    m.string("KmsKeyId"),
		Type:                        m.string("Type"),
		Tags:                        m.tags(),
		AddReplicaRegions:           m.regions(),
		ForceOverwriteReplicaSecret: m.flag("ForceOverwriteReplicaSecret"),
	}
}

func readDeleteResourcePolicy(m *members) secretlife.SecretInput {
	return secretlife.SecretInput{SecretID: m.requiredString("SecretId")}
}

func readDeleteSecret(m *members) secretlife.DeleteSecretInput {
	return secretlife.DeleteSecretInput{
		SecretID:                   m.requiredString("SecretId"),
		RecoveryWindowInDays:       m.optionalLong("RecoveryWindowInDays"),
		ForceDeleteWithoutRecovery: m.flag("ForceDeleteWithoutRecovery"),
	}
}

func readDescribeSecret(m *members) secretlife.SecretInput {
	return secretlife.SecretInput{SecretID: m.requiredString("SecretId")}
}

func readGetRandomPassword(m *members) secretlife.GetRandomPasswordInput {
	in := secretlife.GetRandomPasswordInput{
		ExcludeCharacters:       m.string("ExcludeCharacters"),
		ExcludeNumbers:          m.flag("ExcludeNumbers"),
		ExcludePunctuation:      m.flag("ExcludePunctuation"),
		ExcludeUppercase:        m.flag("ExcludeUppercase"),
		ExcludeLowercase:        m.flag("ExcludeLowercase"),
		IncludeSpace:            m.flag("IncludeSpace"),
		RequireEachIncludedType: m.optionalFlag("RequireEachIncludedType"),
	}
	if n := m.optionalLong("PasswordLength"); n != nil {
		in.PasswordLength = *n
		if *n == 0 { // for the Manager that is the default
			m.violation(*n, "passwordLength", "Member must have value greater than or equal to 1")
		}
	}
	return in
}

func readGetResourcePolicy(m *members) secretlife.SecretInput {
	return secretlife.SecretInput{SecretID: m.requiredString("SecretId")}
}

func readGetSecretValue(m *members) secretlife.GetSecretValueInput {
	return secretlife.GetSecretValueInput{
		SecretID:     m.requiredString("SecretId"),
		VersionID:    m.nonEmptyString("VersionId", 32),
		VersionStage: secretlife.Stage(m.nonEmptyString("VersionStage", 1)),
	}
}

func readListSecretVersionIds(m *members) secretlife.ListSecretVersionIdsInput {
	return secretlife.ListSecretVersionIdsInput{
		SecretID:          m.requiredString("SecretId"),
		IncludeDeprecated: m.flag("IncludeDeprecated"),
		MaxResults:        m.pageSize(),
		NextToken:         m.nextToken(),
	}
}

func readListSecrets(m *members) secretlife.ListSecretsInput {
	in := secretlife.ListSecretsInput{
		IncludePlannedDeletion: m.flag("IncludePlannedDeletion"),
		MaxResults:             m.pageSize(),
		NextToken:              m.nextToken(),
		SortBy:                 m.string("SortBy"),
		SortOrder:              m.string("SortOrder"),
		Filters:                m.filters(),
	}
	return in
}

func readPutResourcePolicy(m *members) secretlife.PutResourcePolicyInput {
	return secretlife.PutResourcePolicyInput{
		SecretID:          m.requiredString("SecretId"),
		ResourcePolicy:    m.requiredString("ResourcePolicy"),
		BlockPublicPolicy: m.flag("BlockPublicPolicy"),
	}
}

func readPutSecretValue(m *members) secretlife.PutSecretValueInput {
	in := secretlife.PutSecretValueInput{
		SecretID:           m.requiredString("SecretId"),
		ClientRequestToken: m.clientToken(),
		Value:              m.secretValue(),
		RotationToken:      m.string("RotationToken"),
	}
	m.notEmpty("VersionStages")
	for _, s := range m.strings("VersionStages") {
		in.VersionStages = append(in.VersionStages, secretlife.Stage(s))
	}
	return in
}

func readRemoveRegions(m *members) secretlife.RemoveRegionsFromReplicationInput {
	in := secretlife.RemoveRegionsFromReplicationInput{SecretID: m.requiredString("SecretId"),
		RemoveReplicaRegions: m.strings("RemoveReplicaRegions")}
	m.required("RemoveReplicaRegions")
	return in
}

func readReplicate(m *members) secretlife.ReplicateSecretToRegionsInput {
	in := secretlife.ReplicateSecretToRegionsInput{
		SecretID:                    m.requiredString("SecretId"),
		AddReplicaRegions:           m.regions(),
		ForceOverwriteReplicaSecret: m.flag("ForceOverwriteReplicaSecret"),
	}
	m.required("AddReplicaRegions")
	return in
}

func readRestoreSecret(m *members) secretlife.SecretInput {
	return secretlife.SecretInput{SecretID: m.requiredString("SecretId")}
}

func readStopReplication(m *members) secretlife.SecretInput {
	return secretlife.SecretInput{SecretID: m.requiredString("SecretId")}
}

func readTagResource(m *members) secretlife.TagResourceInput {
	in := secretlife.TagResourceInput{SecretID: m.requiredString("SecretId"), Tags: m.tags()}
	m.required("Tags")
	return in
}

func readUntagResource(m *members) secretlife.UntagResourceInput {
	in := secretlife.UntagResourceInput{SecretID: m.requiredString("SecretId"), TagKeys: m.strings("TagKeys")}
	m.required("TagKeys")
	return in
}

func readUpdateSecret(m *members) secretlife.UpdateSecretInput {
	return secretlife.UpdateSecretInput{
		SecretID:           m.requiredString("SecretId"),
		ClientRequestToken: m.clientToken(),
		Value:              m.secretValue(),
		Description:        m.optionalString("Description"),
		KMSKeyID:           m.optionalString("KmsKeyId"),
		Type:               m.optionalString("Type"),
	}
}

func readUpdateStage(m *members) secretlife.UpdateSecretVersionStageInput {
	return secretlife.UpdateSecretVersionStageInput{
		SecretID:            m.requiredString("SecretId"),
		VersionStage:        secretlife.Stage(m.requiredString("VersionStage")),
		RemoveFromVersionID: m.nonEmptyString("RemoveFromVersionId", 32),
		MoveToVersionID:     m.nonEmptyString("MoveToVersionId", 32),
	}
}

func readValidatePolicy(m *members) secretlife.ValidateResourcePolicyInput {
	return secretlife.ValidateResourcePolicyInput{SecretID: m.optionalString("SecretId"),
		ResourcePolicy: m.requiredString("ResourcePolicy")}
}
