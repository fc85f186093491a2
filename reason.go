package secretlife

import "fmt"

// Reason is a finer cause than an exception of the API tells. Reasons are
// errors: use errors.Is(err, secretlife.ErrScheduledForDeletion). Some are a kind of
// another, and errors.Is finds both: an [ErrRecoveryWindowOver] is an
// [ErrSecretNotFound], too.
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
	// is no [Options].Rotator.
	ErrRotationFunctionDenied
	// ErrKMSKeyNotFound: there is no such KMS key; from [Emulate].CheckKMSKey.
	ErrKMSKeyNotFound
	// ErrKMSKeyDisabled: the KMS key is disabled; from [Emulate].CheckKMSKey.
	ErrKMSKeyDisabled
	// ErrKMSKeyPendingDeletion: the KMS key is to be deleted; from [Emulate].CheckKMSKey.
	ErrKMSKeyPendingDeletion
	// ErrKMSAccessDenied: the caller must not use the KMS key; from [Emulate].CheckKMSKey.
	ErrKMSAccessDenied
	// ErrSystemTag: the key of a tag begins with "aws:".
	ErrSystemTag
	// ErrOwnedByService: an AWS service owns the secret.
	ErrOwnedByService
	// ErrHeld: a hold keeps the secret's value.
	ErrHeld
	// ErrHoldNotFound: the secret has no hold of this name.
	ErrHoldNotFound
	// ErrHoldExists: the secret has another hold of this name.
	ErrHoldExists
	// ErrSamePrincipal: the principal who placed a hold must not release it, or it is not
	// known who one of them is; from [Options].ReleaseByAnother.
	ErrSamePrincipal
	// ErrProtected: the secret is protected against being deleted so, or its protection
	// against being lowered.
	ErrProtected
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
	ErrKMSKeyNotFound:           "no such KMS key",
	ErrKMSKeyDisabled:           "KMS key is disabled",
	ErrKMSKeyPendingDeletion:    "KMS key is pending deletion",
	ErrKMSAccessDenied:          "access to KMS is denied",
	ErrSystemTag:                "system tags can't be modified",
	ErrOwnedByService:           "secret is owned by an AWS service",
	ErrHeld:                     "a hold keeps the secret's value",
	ErrHoldNotFound:             "no such hold",
	ErrHoldExists:               "hold exists",
	ErrSamePrincipal:            "a hold is released by another principal than placed it",
	ErrProtected:                "secret is protected",
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

// reasonKinds are the reasons that are a kind of another one.
var reasonKinds = map[Reason]Reason{
	ErrRecoveryWindowOver:       ErrSecretNotFound,
	ErrNameReserved:             ErrScheduledForDeletion,
	ErrRecoveryWindow:           ErrInvalidParameter,
	ErrWindowWithForce:          ErrInvalidParameter,
	ErrTokenMissing:             ErrInvalidParameter,
	ErrInvalidName:              ErrInvalidParameter,
	ErrStageHeld:                ErrInvalidParameter,
	ErrSystemTag:                ErrInvalidParameter,
	ErrDefaultKeyAcrossAccounts: ErrAccessDenied,
	ErrRotationFunctionDenied:   ErrAccessDenied,
	ErrKMSAccessDenied:          ErrAccessDenied,
	ErrSamePrincipal:            ErrAccessDenied,
}

// Is reports whether the reason is a kind of target.
func (r Reason) Is(target error) bool {
	kind, ok := reasonKinds[r]
	return ok && target == error(kind)
}

// MarshalText implements [encoding.TextMarshaler]: it returns what Error does, nothing for
// the zero Reason.
func (r Reason) MarshalText() ([]byte, error) {
	if r == 0 {
		return nil, nil
	}
	return []byte(r.Error()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses what is not the text of a
// reason with [ErrInvalidParameter], and takes an empty text for the zero Reason.
func (r *Reason) UnmarshalText(text []byte) error {
	return unmarshalText(r, text, func(s string) (Reason, error) {
		for known := range reasonTexts {
			if known > 0 && Reason(known).Error() == s {
				return Reason(known), nil
			}
		}
		return 0, illegal("%q is not a reason", s)
	})
}

// illegal is the error of a decision that is asked for what can't be. A [Manager]
// parses its requests before, and never asks so.
func illegal(format string, args ...any) error {
	return fmt.Errorf("secretlife: %s: %w", fmt.Sprintf(format, args...), ErrInvalidParameter)
}
