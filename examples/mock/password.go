// Package mock shows mocks of one's own for code that uses three methods of the SDK: over
// the library, and over awsfake.
package mock

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// Secrets is what this package needs of a *secretsmanager.Client.
type Secrets interface {
	CreateSecret(ctx context.Context, in *secretsmanager.CreateSecretInput, opts ...func(*secretsmanager.Options)) (
		*secretsmanager.CreateSecretOutput, error)
	GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, opts ...func(*secretsmanager.Options)) (
		*secretsmanager.GetSecretValueOutput, error)
	DeleteSecret(ctx context.Context, in *secretsmanager.DeleteSecretInput, opts ...func(*secretsmanager.Options)) (
		*secretsmanager.DeleteSecretOutput, error)
}

// Password returns a password. If the name has no secret, it is first.
func Password(ctx context.Context, s Secrets, name, first string) (string, error) {
	out, err := s.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	if errors.As(err, new(*types.ResourceNotFoundException)) {
		_, err = s.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &first})
		return first, err
	}
	if err != nil {
		return "", err
	}
	return *out.SecretString, nil
}

// Forget deletes a password for good, with a week to think it over.
func Forget(ctx context.Context, s Secrets, name string) error {
	_, err := s.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: &name, RecoveryWindowInDays: aws.Int64(7)})
	return err
}
