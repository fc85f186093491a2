package awsplan_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/secretlife-go/secretlife/awsplan"
	"github.com/secretlife-go/secretlife/plan"
)

// client is one that config.LoadDefaultConfig configures, in a program.
var client *secretsmanager.Client

// A deployment needs its secret, whatever became of the one before.
func ExampleEnsure() {
	did, err := awsplan.Ensure(context.Background(), client, &secretsmanager.CreateSecretInput{
		Name: aws.String("prod/db"), SecretString: aws.String("hunter2"),
	})
	if err != nil {
		log.Fatal(err)
	}
	if did.Restored {
		fmt.Println(did.ARN, "was scheduled for deletion")
	}
}

// What was deleted in the last hour is brought back, after a look at the plan.
func ExampleNew() {
	ctx, service := context.Background(), awsplan.New(client)
	p, err := plan.Restore(ctx, service, plan.Selector{ScheduledSince: time.Now().Add(-time.Hour)})
	if err != nil {
		log.Fatal(err)
	}
	if err := p.WriteTable(os.Stdout); err != nil {
		log.Fatal(err)
	}
	err = plan.Apply(ctx, service, p, func(d plan.Done) { fmt.Println(d.Name, d.Step) })
	if err != nil {
		log.Fatal(err) // the same plan can be applied again
	}
}
