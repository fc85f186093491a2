// Package service is the API as an interface, with an adapter for clients of the AWS
// SDK.
package service

import (
	"context"
	"errors"
	"reflect"

	"github.com/secretlife-go/secretlife"
)

// Service is one account and Region of an implementation: the operations of the API.
// *[secretlife.Manager] implements it. An operation that is refused returns a
// [secretlife.Error]: one of the library's, or a [*RefusedError].
type Service interface {
	BatchGetSecretValue(
		context.Context,
		secretlife.BatchGetSecretValueInput,
	) (secretlife.BatchGetSecretValueOutput, error)
	CancelRotateSecret(
		context.Context,
		secretlife.SecretInput,
	) (secretlife.SecretOutput, error)
	CreateSecret(context.Context, secretlife.CreateSecretInput) (secretlife.SecretOutput, error)
	DeleteResourcePolicy(context.Context, secretlife.SecretInput) (secretlife.SecretOutput, error)
	DeleteSecret(context.Context, secretlife.DeleteSecretInput) (secretlife.SecretOutput, error)
	DescribeSecret(context.Context, secretlife.SecretInput) (secretlife.SecretDetails, error)
	GetRandomPassword(context.Context, secretlife.GetRandomPasswordInput) (secretlife.Value, error)
	GetResourcePolicy(context.Context, secretlife.SecretInput) (secretlife.SecretOutput, error)
	GetSecretValue(context.Context, secretlife.GetSecretValueInput) (secretlife.GetSecretValueOutput, error)
	ListSecretVersionIds(
		context.Context,
		secretlife.ListSecretVersionIdsInput,
	) (secretlife.ListSecretVersionIdsOutput, error)
	ListSecrets(context.Context, secretlife.ListSecretsInput) (secretlife.ListSecretsOutput, error)
	PutResourcePolicy(context.Context, secretlife.PutResourcePolicyInput) (secretlife.SecretOutput, error)
	PutSecretValue(context.Context, secretlife.PutSecretValueInput) (secretlife.SecretOutput, error)
	RemoveRegionsFromReplication(
		context.Context,
		secretlife.RemoveRegionsFromReplicationInput,
	) (secretlife.SecretOutput, error)
	ReplicateSecretToRegions(
		context.Context,
		secretlife.ReplicateSecretToRegionsInput,
	) (secretlife.SecretOutput, error)
	RestoreSecret(context.Context, secretlife.SecretInput) (secretlife.SecretOutput, error)
	RotateSecret(context.Context, secretlife.RotateSecretInput) (secretlife.SecretOutput, error)
	StopReplicationToReplica(
		context.Context,
		secretlife.SecretInput,
	) (secretlife.SecretOutput, error)
	TagResource(context.Context, secretlife.TagResourceInput) error
	UntagResource(context.Context, secretlife.UntagResourceInput) error
	UpdateSecret(context.Context, secretlife.UpdateSecretInput) (secretlife.SecretOutput, error)
	UpdateSecretVersionStage(
		context.Context,
		secretlife.UpdateSecretVersionStageInput,
	) (secretlife.SecretOutput, error)
	ValidateResourcePolicy(
		context.Context,
		secretlife.ValidateResourcePolicyInput,
	) (secretlife.ValidateResourcePolicyOutput, error)
}

// ErrNotServed is what an operation returns that an implementation does not have.
// Histories leave it out.
var ErrNotServed = errors.New("lifetest: the operation is not served")

// RefusedError is an exception of the API, with its name and text only.
type RefusedError struct {
	Code, Message string

	secretlife.ErrorDetails // makes it a [secretlife.Error]
}

// ErrorCode returns the name of the exception.
func (r *RefusedError) ErrorCode() string { return r.Code }

// ErrorMessage returns its text.
func (r *RefusedError) ErrorMessage() string { return r.Message }

// Details returns the text.
func (r *RefusedError) Details() secretlife.ErrorDetails {
	return secretlife.ErrorDetails{Message: r.Message}
}

// Error returns both.
func (r *RefusedError) Error() string { return r.Code + ": " + r.Message }

// NotServed serves no operation. Embed it in a struct that has methods for some.
type NotServed struct{}

var (
	_ Service          = NotServed{}
	_ Service          = (*secretlife.Manager)(nil)
	_ secretlife.Error = (*RefusedError)(nil)
)

// BatchGetSecretValue returns [ErrNotServed].
func (NotServed) BatchGetSecretValue(
	context.Context,
	secretlife.BatchGetSecretValueInput,
) (secretlife.BatchGetSecretValueOutput, error) {
	return secretlife.BatchGetSecretValueOutput{}, ErrNotServed
}

// CancelRotateSecret returns [ErrNotServed].
func (NotServed) CancelRotateSecret(
	context.Context,
	secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// CreateSecret returns [ErrNotServed].
func (NotServed) CreateSecret(context.Context, secretlife.CreateSecretInput) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// DeleteResourcePolicy returns [ErrNotServed].
func (NotServed) DeleteResourcePolicy(
	context.Context,
	secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// DeleteSecret returns [ErrNotServed].
func (NotServed) DeleteSecret(context.Context, secretlife.DeleteSecretInput) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// DescribeSecret returns [ErrNotServed].
func (NotServed) DescribeSecret(
	context.Context,
	secretlife.SecretInput,
) (secretlife.SecretDetails, error) {
	return secretlife.SecretDetails{}, ErrNotServed
}

// GetRandomPassword returns [ErrNotServed].
func (NotServed) GetRandomPassword(
	context.Context,
	secretlife.GetRandomPasswordInput,
) (secretlife.Value, error) {
	return secretlife.Value{}, ErrNotServed
}

// GetResourcePolicy returns [ErrNotServed].
func (NotServed) GetResourcePolicy(
	context.Context,
	secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// GetSecretValue returns [ErrNotServed].
func (NotServed) GetSecretValue(
	context.Context,
	secretlife.GetSecretValueInput,
) (secretlife.GetSecretValueOutput, error) {
	return secretlife.GetSecretValueOutput{}, ErrNotServed
}

// ListSecretVersionIds returns [ErrNotServed].
func (NotServed) ListSecretVersionIds(
	context.Context,
	secretlife.ListSecretVersionIdsInput,
) (secretlife.ListSecretVersionIdsOutput, error) {
	return secretlife.ListSecretVersionIdsOutput{}, ErrNotServed
}

// ListSecrets returns [ErrNotServed].
func (NotServed) ListSecrets(context.Context, secretlife.ListSecretsInput) (secretlife.ListSecretsOutput, error) {
	return secretlife.ListSecretsOutput{}, ErrNotServed
}

// PutResourcePolicy returns [ErrNotServed].
func (NotServed) PutResourcePolicy(
	context.Context,
	secretlife.PutResourcePolicyInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// PutSecretValue returns [ErrNotServed].
func (NotServed) PutSecretValue(
	context.Context,
	secretlife.PutSecretValueInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// RemoveRegionsFromReplication returns [ErrNotServed].
func (NotServed) RemoveRegionsFromReplication(
	context.Context,
	secretlife.RemoveRegionsFromReplicationInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// ReplicateSecretToRegions returns [ErrNotServed].
func (NotServed) ReplicateSecretToRegions(
	context.Context,
	secretlife.ReplicateSecretToRegionsInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// RestoreSecret returns [ErrNotServed].
func (NotServed) RestoreSecret(
	context.Context,
	secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// RotateSecret returns [ErrNotServed].
func (NotServed) RotateSecret(context.Context, secretlife.RotateSecretInput) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// StopReplicationToReplica returns [ErrNotServed].
func (NotServed) StopReplicationToReplica(
	context.Context,
	secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// TagResource returns [ErrNotServed].
func (NotServed) TagResource(context.Context, secretlife.TagResourceInput) error { return ErrNotServed }

// UntagResource returns [ErrNotServed].
func (NotServed) UntagResource(context.Context, secretlife.UntagResourceInput) error {
	return ErrNotServed
}

// UpdateSecret returns [ErrNotServed].
func (NotServed) UpdateSecret(context.Context, secretlife.UpdateSecretInput) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// UpdateSecretVersionStage returns [ErrNotServed].
func (NotServed) UpdateSecretVersionStage(
	context.Context,
	secretlife.UpdateSecretVersionStageInput,
) (secretlife.SecretOutput, error) {
	return secretlife.SecretOutput{}, ErrNotServed
}

// ValidateResourcePolicy returns [ErrNotServed].
func (NotServed) ValidateResourcePolicy(
	context.Context,
	secretlife.ValidateResourcePolicyInput,
) (secretlife.ValidateResourcePolicyOutput, error) {
	return secretlife.ValidateResourcePolicyOutput{}, ErrNotServed
}

// Served lists the operations that a Manager has a method for.
func Served() []secretlife.Operation {
	var out []secretlife.Operation
	for _, op := range secretlife.Operations() {
		if _, ok := reflect.TypeFor[*secretlife.Manager]().MethodByName(op.String()); ok {
			out = append(out, op)
		}
	}
	return out
}
