package awsfake_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

// The response to the first PutSecretValue is lost. Nobody but the service knows that it was
// carried out; what a client must do is to repeat it with the same ClientRequestToken, which
// makes no second version.
func ExampleFake_Fail() {
	ctx := context.Background()
	fake, err := awsfake.Start() // in a test: awsfake.New(t)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("prod/db")})
	fmt.Println("create:", err)

	fake.Fail(awsfake.Failure{
		Operation: secretlife.OpPutSecretValue, SecretID: "prod/db", Times: 1, Effect: awsfake.AnswerLost(),
	})
	put := &secretsmanager.PutSecretValueInput{
		SecretId: aws.String("prod/db"), SecretString: aws.String("hunter2"),
		ClientRequestToken: aws.String("5f4d2d2e-8c1b-4c0a-9b0e-3d1f6a7b8c9d"),
	}
	_, err = fake.Client.PutSecretValue(ctx, put)
	fmt.Println("first put, connection reset:", errors.Is(err, syscall.ECONNRESET))
	_, err = fake.Client.PutSecretValue(ctx, put)
	fmt.Println("second put:", err)

	list, err := fake.Client.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{
		SecretId: aws.String("prod/db"), IncludeDeprecated: aws.Bool(true),
	})
	fmt.Println("versions:", len(list.Versions), err)
	// Output:
	// create: <nil>
	// first put, connection reset: true
	// second put: <nil>
	// versions: 1 <nil>
}
