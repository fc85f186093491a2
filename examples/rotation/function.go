// Package rotation shows a rotation function as AWS Lambda runs it, and a test in
// which months pass: the password changes, in the secret and in the database.
package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// Event is what Secrets Manager calls a rotation function with.
type Event struct {
	Step               string
	SecretID           string `json:"SecretId"`
	ClientRequestToken string
}

// Database is what the password is for.
type Database interface {
	SetPassword(ctx context.Context, password string) error
	Login(ctx context.Context, password string) error
}

// Function changes the password of a database.
type Function struct {
	Client      *secretsmanager.Client
	Database    Database
	NewPassword func() string
}

// Handle does one step. Each can come again, with the same token.
func (f Function) Handle(ctx context.Context, e Event) error {
	switch e.Step {
	case "createSecret":
		return f.create(ctx, e)
	case "setSecret":
		password, err := f.pending(ctx, e)
		if err != nil {
			return err
		}
		return f.Database.SetPassword(ctx, password)
	case "testSecret":
		password, err := f.pending(ctx, e)
		if err != nil {
			return err
		}
		return f.Database.Login(ctx, password)
	case "finishSecret":
		return f.finish(ctx, e)
	}
	return fmt.Errorf("unknown step %q", e.Step)
}

func (f Function) create(ctx context.Context, e Event) error {
	_, err := f.pending(ctx, e)
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		return err // the value is there already, or something is wrong
	}
	_, err = f.Client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId:           &e.SecretID,
		ClientRequestToken: &e.ClientRequestToken,
		SecretString:       aws.String(f.NewPassword()),
		VersionStages:      []string{"AWSPENDING"},
	})
	return err
}

func (f Function) pending(ctx context.Context, e Event) (string, error) {
	out, err := f.Client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
		SecretId:     &e.SecretID,
		VersionId:    &e.ClientRequestToken,
		VersionStage: aws.String("AWSPENDING"),
	})
	if err != nil {
		return "", err
	}
	return *out.SecretString, nil
}

func (f Function) finish(ctx context.Context, e Event) error {
	secret, err := f.Client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &e.SecretID})
	if err != nil {
		return err
	}
	for version, stages := range secret.VersionIdsToStages {
		if !slices.Contains(stages, "AWSCURRENT") || version == e.ClientRequestToken {
			continue
		}
		_, err = f.Client.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
			SecretId:            &e.SecretID,
			VersionStage:        aws.String("AWSCURRENT"),
			MoveToVersionId:     &e.ClientRequestToken,
			RemoveFromVersionId: &version,
		})
	}
	return err
}
