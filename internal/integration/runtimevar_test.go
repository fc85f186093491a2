package integration

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"
	"gocloud.dev/gcerrors"
	"gocloud.dev/runtimevar"
	"gocloud.dev/runtimevar/awssecretsmanager"
)

// TestRuntimeVariable follows a secret as the Go CDK's runtimevar does: it looks again and again, and
// a program that watches the variable sees each change of the secret's life.
func TestRuntimeVariable(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, c := t.Context(), client(s.url, "111122223333", "eu-west-1")
	_, err := c.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: aws.String("prod/db"), SecretString: aws.String("hunter2"),
	})
	require.NoError(t, err)
	v, err := awssecretsmanager.OpenVariable(c, "prod/db", runtimevar.StringDecoder,
		&awssecretsmanager.Options{WaitDuration: time.Millisecond})
	require.NoError(t, err)
	defer func() { require.NoError(t, v.Close()) }()
	next := func() (any, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		got, err := v.Watch(ctx)
		return got.Value, err
	}
	is := func(value string) {
		t.Helper()
		got, err := next()
		require.NoError(t, err)
		require.Equal(t, value, got)
	}
	is("hunter2")
	_, err = c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: aws.String("prod/db"), SecretString: aws.String("hunter3"),
	})
	require.NoError(t, err)
	is("hunter3")

	_, err = c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String("prod/db")})
	require.NoError(t, err)
	_, err = next()
	require.Equal(t, gcerrors.InvalidArgument, gcerrors.Code(err), err)
	require.ErrorContains(t, err, marked)
	latest, err := v.Latest(ctx)
	require.NoError(t, err, "a program keeps the last good value while the secret is scheduled")
	require.Equal(t, "hunter3", latest.Value)

	_, err = c.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: aws.String("prod/db")})
	require.NoError(t, err)
	is("hunter3")

	_, err = c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String("prod/db")})
	require.NoError(t, err)
	_, err = next()
	require.ErrorContains(t, err, marked)
	require.Len(t, s.advance("744h"), 1)
	_, err = next()
	require.Equal(t, gcerrors.NotFound, gcerrors.Code(err), err)
}
