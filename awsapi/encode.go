package awsapi

import (
	"encoding/base64"
	"maps"
	"slices"

	"github.com/secretlife-go/secretlife"
)

// The answers on the wire: AWS's member names, with members that are unset left
// out.

func writeNamed(e *encoder, o secretlife.SecretOutput) {
	e.text("ARN", o.ARN)
	e.text("Name", o.Name)
}

func writeStatus(e *encoder, s secretlife.Replica) {
	e.text("Region", s.Region.String())
	e.optional("KmsKeyId", s.KMSKeyID)
	e.text("Status", s.Status)
	e.optional("StatusMessage", s.StatusMessage)
	e.optionalDate("LastAccessedDate", s.LastAccessedDate)
}

// writeReplicas leaves an empty list out.
func writeReplicas(e *encoder, list []secretlife.Replica) {
	if len(list) > 0 {
		objects(e, "ReplicationStatus", list, writeStatus)
	}
}

func writeCreateSecret(e *encoder, o secretlife.SecretOutput) {
	writeUpdateSecret(e, o)
	writeReplicas(e, o.ReplicationStatus)
}

func writeUpdateSecret(e *encoder, o secretlife.SecretOutput) {
	writeNamed(e, o)
	e.optional("VersionId", o.VersionID)
}

func writeDeleteSecret(e *encoder, o secretlife.SecretOutput) {
	writeNamed(e, o)
	e.date("DeletionDate", o.DeletionDate)
}

func writeGetSecretValue(e *encoder, o secretlife.GetSecretValueOutput) {
	e.text("ARN", o.ARN)
	e.text("Name", o.Name)
	e.text("VersionId", o.VersionID)
	if o.Value.IsBinary() {
		e.optional("SecretBinary", base64.StdEncoding.EncodeToString([]byte(o.Value.Reveal())))
	} else {
		e.text("SecretString", o.Value.Reveal())
	}
	writeStages(e, o.VersionStages)
	e.date("CreatedDate", o.CreatedDate)
}

// writeStages leaves the list out for a deprecated version.
func writeStages(e *encoder, list []secretlife.Stage) {
	if len(list) > 0 {
		texts(e, "VersionStages", list)
	}
}

func writeBatch(e *encoder, o secretlife.BatchGetSecretValueOutput) {
	objects(e, "SecretValues", o.SecretValues, writeGetSecretValue)
	objects(e, "Errors", o.Errors, func(e *encoder, x secretlife.APIErrorType) {
		e.text("SecretId", x.SecretID)
		e.text("ErrorCode", x.ErrorCode)
		e.text("Message", x.Message)
	})
	e.optional("NextToken", o.NextToken)
}

func writePutSecretValue(e *encoder, o secretlife.SecretOutput) {
	writeNamed(e, o)
	e.text("VersionId", o.VersionID)
	writeStages(e, o.VersionStages)
}

func writeGetRandomPassword(e *encoder, password secretlife.Value) {
	e.text("RandomPassword", password.Reveal())
}

// writeValidatePolicy shows [] where nothing is wrong, as AWS's example does.
func writeValidatePolicy(e *encoder, o secretlife.ValidateResourcePolicyOutput) {
	e.flag("PolicyValidationPassed", o.PolicyValidationPassed)
	objects(e, "ValidationErrors", o.ValidationErrors, func(e *encoder, x secretlife.ValidationErrorsEntry) {
		e.text("CheckName", x.CheckName)
		e.text("ErrorMessage", x.ErrorMessage)
	})
}

func writeGetResourcePolicy(e *encoder, o secretlife.SecretOutput) {
	e.text("ARN", o.ARN)
	e.text("Name", o.Name)
	e.optional("ResourcePolicy", o.ResourcePolicy)
}

// writeReplication is of ReplicateSecretToRegions and RemoveRegionsFromReplication.
func writeReplication(e *encoder, o secretlife.SecretOutput) {
	e.text("ARN", o.ARN)
	objects(e, "ReplicationStatus", o.ReplicationStatus, writeStatus)
}

func writeStopReplication(e *encoder, o secretlife.SecretOutput) { e.text("ARN", o.ARN) }

// writeDescribeSecret and writeListEntry differ in the name of one member and in ReplicationStatus.
func writeDescribeSecret(e *encoder, o secretlife.SecretDetails) {
	writeSecret(e, &o, "VersionIdsToStages")
}

func writeListEntry(e *encoder, o secretlife.SecretDetails) {
	writeSecret(e, &o, "SecretVersionsToStages")
}

// writeSecret shows [] for the tags of a secret that lost them, and nothing for one that never had
// any, as AWS does.
func writeSecret(e *encoder, o *secretlife.SecretDetails, stages string) {
	e.text("ARN", o.ARN)
	e.text("Name", o.Name)
	e.optional("Description", o.Description)
	e.optional("KmsKeyId", o.KMSKeyID)
	e.optional("Type", o.Type)
	e.date("CreatedDate", o.CreatedDate)
	e.date("LastChangedDate", o.LastChangedDate)
	e.optionalDate("LastAccessedDate", o.LastAccessedDate)
	e.optionalDate("DeletedDate", o.DeletedDate)
	if o.Tags != nil {
		objects(e, "Tags", o.Tags, func(e *encoder, t secretlife.Tag) {
			e.text("Key", t.Key)
			e.text("Value", t.Value)
		})
	}
	if len(o.VersionIDsToStages) > 0 {
		e.object(stages, func() { writeVersionStages(e, o.VersionIDsToStages) })
	}
	e.optional("PrimaryRegion", o.PrimaryRegion)
	e.optional("OwningService", o.OwningService)
	writeReplicas(e, o.ReplicationStatus)
	writeRotation(e, &o.RotationDetails)
}

// writeVersionStages writes the ids in order, so that the same state gives the same bytes.
func writeVersionStages(e *encoder, stages map[string][]secretlife.Stage) {
	var few [4]string
	ids := slices.AppendSeq(few[:0], maps.Keys(stages))
	slices.Sort(ids)
	for _, id := range ids {
		textsOf(e, id, stages[id])
	}
}

func writeListSecrets(e *encoder, o secretlife.ListSecretsOutput) {
	objects(e, "SecretList", o.SecretList, writeListEntry)
	e.optional("NextToken", o.NextToken)
}

func writeListSecretVersionIds(e *encoder, o secretlife.ListSecretVersionIdsOutput) {
	e.text("ARN", o.ARN)
	e.text("Name", o.Name)
	objects(e, "Versions", o.Versions, func(e *encoder, v secretlife.SecretVersionsListEntry) {
		e.text("VersionId", v.VersionID)
		writeStages(e, v.VersionStages)
		e.date("CreatedDate", v.CreatedDate)
		e.optionalDate("LastAccessedDate", v.LastAccessedDate)
		texts(e, "KmsKeyIds", v.KMSKeyIDs)
	})
	e.optional("NextToken", o.NextToken)
}
