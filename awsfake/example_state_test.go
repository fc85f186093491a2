package awsfake_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

// A fake begins with a secret that somebody deleted 25 days ago. What if it is restored, and
// what if it is not?
func ExampleSeed() {
	const day = 24 * time.Hour
	ctx := context.Background()
	fake, err := awsfake.Start(awsfake.Seed(awsfake.Secret{
		Name: "old", Value: secretlife.SecretString("hunter2"), Age: 90 * day, Deletion: &awsfake.Deletion{Ago: 25 * day},
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	before := fake.Snapshot()
	fmt.Println("purged after 5 days:", len(fake.Advance(5*day)))

	fake.Restore(before)
	_, err = fake.Client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: aws.String("old")})
	fmt.Println("restored:", err == nil, "purged after 5 days:", len(fake.Advance(5*day)))
	// Output:
	// purged after 5 days: 1
	// restored: true purged after 5 days: 0
}
