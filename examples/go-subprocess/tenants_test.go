// Package tenants tests what happens to a tenant's password, against a server in a process of its own: for
// programs that are started by their tests, or that are not in Go. Tests in one process have
// awsfake, which needs no server.
package tenants

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

const name = "tenants/acme"

// brought returns an account with a tenant.
func brought(t *testing.T) (*account, *secretsmanager.Client) {
	a := newAccount(t)
	sm := a.client(func(o *secretsmanager.Options) { o.RetryMaxAttempts = 1 })
	_, err := sm.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String(name), SecretString: aws.String("first"),
	})
	require.NoError(t, err)
	return a, sm
}

func TestATenantComesBackWithinAWeek(t *testing.T) {
	t.Parallel()
	a, sm := brought(t)
	_, err := sm.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: aws.String(name), RecoveryWindowInDays: aws.Int64(7),
	})
	require.NoError(t, err)
	require.Empty(t, a.advance("6d"))
	_, err = sm.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: aws.String(name)})
	require.NoError(t, err)
	value, err := sm.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	require.NoError(t, err)
	require.Equal(t, "first", *value.SecretString)
}

func TestATenantIsGoneAfterAWeek(t *testing.T) {
	t.Parallel()
	a, sm := brought(t)
	deleted, err := sm.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: aws.String(name), RecoveryWindowInDays: aws.Int64(7),
	})
	require.NoError(t, err)
	require.Equal(t, []string{*deleted.ARN}, a.advance("1w"))
	_, err = sm.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: aws.String(name)})
	var gone *types.ResourceNotFoundException
	require.ErrorAs(t, err, &gone)
}

func TestAReaderIsThrottled(t *testing.T) {
	t.Parallel()
	a, sm := brought(t)
	a.fail(map[string]any{"effect": "throttling", "operation": "GetSecretValue", "times": 1})
	_, err := sm.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	var refused interface{ ErrorCode() string }
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "ThrottlingException", refused.ErrorCode())
	_, err = sm.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	require.NoError(t, err)
}
