package awsfake_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

// What did the code under test call?
func ExampleFake_Calls() {
	ctx := context.Background()
	fake, err := awsfake.Start() // in a test: awsfake.New(t)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("prod/db")})
	_, _ = fake.Client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("prod/api")})
	_, _ = fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: aws.String("prod/db"), RecoveryWindowInDays: aws.Int64(7),
	})

	calls := fake.Calls()
	fmt.Println(calls)
	fmt.Println("changes of prod/db:", len(calls.On("prod/db").Changes()))
	fmt.Println("deleted with:", calls.Of(secretlife.OpDeleteSecret)[0].Parameters)
	// Output:
	// CreateSecret prod/db
	// GetSecretValue prod/api ResourceNotFoundException
	// DeleteSecret prod/db
	// changes of prod/db: 2
	// deleted with: map[RecoveryWindowInDays:7 SecretId:prod/db]
}
