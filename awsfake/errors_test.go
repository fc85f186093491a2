package awsfake_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

// TestSDKErrors checks that each error of a Manager becomes the one that a client gets.
func TestSDKErrors(t *testing.T) {
	ctx, fake := t.Context(), awsfake.New(t)
	create(t, fake.Client, "a")
	for name, call := range map[string]func() (ours, theirs error){
		"not found": func() (ours, theirs error) {
			_, ours = fake.Manager.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "b"})
			_, theirs = fake.Client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String("b")})
			return ours, theirs
		},
		"exists": func() (ours, theirs error) {
			_, ours = fake.Manager.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
			_, theirs = fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("a")})
			return ours, theirs
		},
		"invalid parameter": func() (ours, theirs error) {
			_, ours = fake.Manager.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a",
				RecoveryWindowInDays: secretlife.Days(3)})
			_, theirs = fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String("a"),
				RecoveryWindowInDays: aws.Int64(3)})
			return ours, theirs
		},
		"validation, which has no type": func() (ours, theirs error) {
			_, ours = fake.Manager.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a b"})
			_, theirs = fake.Client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String("a b")})
			return ours, theirs
		},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := call()
			require.Error(t, ours)
			var got, want smithy.APIError
			require.ErrorAs(t, awsfake.SDKError(ours), &got)
			require.ErrorAs(t, theirs, &want)
			require.IsType(t, want, got)
			require.Equal(t, want.ErrorCode(), got.ErrorCode())
			require.Equal(t, want.ErrorMessage(), got.ErrorMessage())
		})
	}
	require.NoError(t, awsfake.SDKError(nil))
	other := errors.New("other")
	require.Equal(t, other, awsfake.SDKError(other))
}
