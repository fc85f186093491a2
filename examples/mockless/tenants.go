// Package mockless shows a test without a hand-written mock: code that uses AWS
// Secrets Manager, and a test that runs it against the real client, in process
// and in virtual time.
package mockless

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// Retire deletes a tenant's secret with 30 days to change one's mind. It is no
// error if it is gone already.
func Retire(ctx context.Context, client *secretsmanager.Client, tenant string) error {
	_, err := client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId:             aws.String("tenants/" + tenant),
		RecoveryWindowInDays: aws.Int64(30),
	})
	var gone *types.ResourceNotFoundException
	if errors.As(err, &gone) {
		return nil
	}
	return err
}

// Bring gives a tenant its secret: a retired one is restored, and a tenant
// without one gets a new one.
func Bring(ctx context.Context, client *secretsmanager.Client, tenant, value string) error {
	name := aws.String("tenants/" + tenant)
	_, err := client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: name})
	var gone *types.ResourceNotFoundException
	if errors.As(err, &gone) {
		_, err = client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String(value)})
	}
	if err != nil {
		return fmt.Errorf("tenant %s: %w", tenant, err)
	}
	return nil
}
