package awsfake_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/secretlife-go/secretlife/awsfake"
)

// TestExampleSynctest sleeps for a month, which takes no time.
func TestExampleSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := awsfake.New(t, func(o *awsfake.Options) { o.FollowTime = true })
		ctx, id := t.Context(), aws.String("prod/db")
		_, err := fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: id})
		if err != nil {
			t.Fatal(err)
		}
		_, err = fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: id})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(31 * 24 * time.Hour)
		_, err = fake.Client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: id})
		if gone := new(types.ResourceNotFoundException); !errors.As(err, &gone) {
			t.Fatalf("after 31 days: %v", err)
		}
	})
}
