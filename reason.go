package secretlife

import (
	"fmt"
)

// Reason is a finer cause than an exception of the API tells. Reasons are
// errors: use errors.Is(err, secretlife.ErrScheduledForDeletion).
type Reason uint8

// The reasons.
const (
	// ErrSecretNotFound: no secret has this id; also from a [Store].
	ErrSecretNotFound Reason = iota + 1
	// ErrVersionNotFound: the secret has no such version, or the staging label
	// is on none.
	ErrVersionNotFound
	// ErrScheduledForDeletion: the secret is marked for deletion.
	ErrScheduledForDeletion
	// ErrRecoveryWindowOver: the DeletionDate has come, so the secret can no
	// longer be restored.
	ErrRecoveryWindowOver
	// ErrNameReserved: the name belongs to a secret that is marked for deletion
	// and not purged yet.
	ErrNameReserved
	// ErrSecretExists: the name belongs to a live secret.
	ErrSecretExists
	// ErrHasReplicas: the secret still has replica Regions.
	ErrHasReplicas
	// ErrReplica: the secret is a replica; call its primary's Region.
	ErrReplica
	// ErrNotReplica: the secret is not a replica.
	ErrNotReplica
	// ErrRecoveryWindow: RecoveryWindowInDays is not within 7 to 30.
	ErrRecoveryWindow
	// ErrWindowWithForce: a recovery window together with force.
	ErrWindowWithForce
	// ErrTokenInUse: the ClientRequestToken made a version with other content.
	ErrTokenInUse
	// ErrTokenMissing: no ClientRequestToken on the wire.
	ErrTokenMissing
	// ErrStageMismatch: the staging label is not on the version asked for.
	ErrStageMismatch
	// ErrStageHeld: the staging label is on another version than the request
	// says.
	ErrStageHeld
	// ErrInvalidName: not a name, or a text that begins as an ARN and is not one.
	ErrInvalidName
	// ErrInvalidParameter: a parameter is out of its range.
	ErrInvalidParameter
	// ErrLimitExceeded: a quota is used up.
	ErrLimitExceeded
	// ErrThrottled: more calls than the quotas allow.
	ErrThrottled
	// ErrMalformedPolicy: the policy is not a JSON policy document.
	ErrMalformedPolicy
	// ErrPublicPolicy: the policy is open to everybody.
	ErrPublicPolicy
	// ErrInvalidNextToken: a NextToken that this list did not give out.
	ErrInvalidNextToken
	// ErrAccessDenied: another account's secret without a resource policy.
	ErrAccessDenied
	// ErrDefaultKeyAcrossAccounts: another account's value under the default key.
	ErrDefaultKeyAcrossAccounts
	// ErrNoRotationFunction: no rotation function is known for the secret.
	ErrNoRotationFunction
	// ErrRotationInProgress: a rotation has begun and not ended.
	ErrRotationInProgress
	// ErrRotationFunctionDenied: the rotation function can't be called, or there
	// is no [Rotator].
	ErrRotationFunctionDenied
	// ErrInternal: the store failed.
	ErrInternal
	// ErrConflict is what a [Store] returns for a change that was decided at another
	// state than the present one. The Manager decides again.
	ErrConflict
	// ErrNotDue: the time for a background step has not come.
	ErrNotDue
	// ErrClockOfStore: a virtual clock is used with a store that has counted real
	// time, or the reverse. Nothing is deleted, restored or purged.
	ErrClockOfStore
	// ErrClockNotVirtual: the clock can't be set, so time can't be advanced.
	ErrClockNotVirtual
)

var reasonTexts = [...]string{
	ErrSecretNotFound:           "no such secret",
	ErrVersionNotFound:          "no such version",
	ErrScheduledForDeletion:     "secret is marked for deletion",
	ErrRecoveryWindowOver:       "the recovery window is over",
	ErrNameReserved:             "name is reserved by a secret that is marked for deletion",
	ErrSecretExists:             "secret exists",
	ErrHasReplicas:              "secret has replicas",
	ErrReplica:                  "secret is a replica",
	ErrNotReplica:               "secret is no replica",
	ErrRecoveryWindow:           "recovery window is not within 7 to 30 days",
	ErrWindowWithForce:          "recovery window together with force",
	ErrTokenInUse:               "client request token is in use with other content",
	ErrTokenMissing:             "client request token is missing",
	ErrStageMismatch:            "staging label is not on this version",
	ErrStageHeld:                "staging label is on another version",
	ErrInvalidName:              "invalid name",
	ErrInvalidParameter:         "invalid parameter",
	ErrLimitExceeded:            "limit exceeded",
	ErrThrottled:                "too many calls",
	ErrMalformedPolicy:          "malformed policy document",
	ErrPublicPolicy:             "policy is public",
	ErrInvalidNextToken:         "invalid next token",
	ErrAccessDenied:             "access denied",
	ErrDefaultKeyAcrossAccounts: "default key can't be used across accounts",
	ErrNoRotationFunction:       "no rotation function",
	ErrRotationInProgress:       "a rotation is in progress",
	ErrRotationFunctionDenied:   "rotation function can't be called",
	ErrInternal:                 "internal failure",
	ErrConflict:                 "the secret was changed meanwhile",
	ErrNotDue:                   "not due yet",
	ErrClockOfStore:             "the store counts with another kind of clock",
	ErrClockNotVirtual:          "the clock can't be set",
}

// Error returns what the reason means, in a few words.
func (r Reason) Error() string {
	if r == 0 || int(r) >= len(reasonTexts) {
		return fmt.Sprintf("Reason(%d)", uint8(r))
	}
	return "secretlife: " + reasonTexts[r]
}

// The texts of AWS. docs/errors.md says of each how it is known.
const (
	textNotFound     = "Secrets Manager can't find the specified secret."
	textMarked       = "You can't perform this operation on the secret because it was marked for deletion."
	textNameReserved = "You can't create this secret because a secret with this name is already scheduled for deletion."
	textNoToken      = "You must provide a ClientRequestToken value. We recommend a UUID-type value."
	textName         = "Invalid name. Must be a valid name containing alphanumeric characters, " +
		"or any of the following: -/_+=.@!"
	textWindow    = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
	textBoth      = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
	textReplica   = "Operation not permitted on a replica secret. Call must be made in primary secret's region."
	textMismatch  = "You provided a VersionStage that is not associated to the provided VersionId."
	textAcrossKMS = "You can't access a secret from a different AWS account " +
		"if you encrypt the secret with the default KMS service key."
	// No text of AWS is known for these.
	textNotReplica = "Operation not permitted on a secret that is not a replica."
	textBothValues = "You can't specify both a binary secret value and a string secret value in the same secret."
	textNoValue    = "You must provide either SecretString or SecretBinary."
	textNextToken  = "Invalid NextToken."
	textInternal   = "An error occurred on the server side."
)
