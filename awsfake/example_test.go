package awsfake_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/secretlife-go/secretlife/awsfake"
)

// TestExample is the test of a service that gives its users a week to change their minds.
func TestExample(t *testing.T) {
	fake := awsfake.New(t)
	ctx := t.Context()
	_, err := fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("prod/db"),
		SecretString: aws.String("hunter2")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String("prod/db"),
		RecoveryWindowInDays: aws.Int64(7)})
	if err != nil {
		t.Fatal(err)
	}
	fake.Advance(8 * 24 * time.Hour)
	_, err = fake.Client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: aws.String("prod/db")})
	if notFound := new(types.ResourceNotFoundException); !errors.As(err, &notFound) {
		t.Fatalf("restored after eight days: %v", err)
	}
}
