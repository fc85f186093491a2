package endpoints

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/control"
	"github.com/secretlife-go/secretlife/lifetest/conformance"
)

// conform is the command conformance. Its fields are its flags.
type conform struct {
	Endpoint       string `required:"" placeholder:"URL" help:"Where the Secrets Manager API is, such as http://127.0.0.1:4566."`
	Region         string `default:"us-east-1" placeholder:"REGION" help:"Region of most secrets, by default ${default}."`
	OtherRegion    string `placeholder:"REGION" help:"A second Region, for replicas; without it, facts about them are skipped."`
	OtherAccount   string `placeholder:"ID" help:"Access key id of a second account, with the same secret key; without it, facts about other accounts are skipped."`
	Control        bool   `help:"The endpoint has secretlife's control calls: time is advanced and events are read."`
	Function       string `placeholder:"ARN" help:"A rotation function that can be called and puts a new value; without it, facts about rotation are skipped."`
	BrokenFunction string `placeholder:"ARN" help:"A rotation function that can be called and fails; without it, facts about such rotations are skipped."`
	NoFunctions    bool   `help:"There are no rotation functions that could be called."`
	Nobody         string `placeholder:"ID" help:"Access key id of a user without permissions, with the same secret key; without it, facts about who is denied are skipped."`
	JSON           bool   `name:"json" help:"Print every fact and how it fared, as JSON."`
	control.Flags
	signing
}

// signing are the flags of who makes calls.
type signing struct {
	AccessKeyID     string `name:"access-key-id" env:"AWS_ACCESS_KEY_ID" default:"123456789012" placeholder:"ID" help:"Key id to sign with."`
	SecretAccessKey string `env:"AWS_SECRET_ACCESS_KEY" default:"test" placeholder:"KEY" help:"Key to sign with."`
	SessionToken    string `env:"AWS_SESSION_TOKEN" placeholder:"TOKEN" help:"Session token to sign with, if there is one."`
}

// Help is shown below the flags.
func (conform) Help() string {
	return `Makes some thousands of calls, with secrets of its own that it deletes by force, and prints which facts ` +
		`about AWS Secrets Manager hold: recorded, verified by tests against AWS, documented, reported, or inferred. The ` +
		`exit status is 1 where one of the first three kinds does not hold.

  secretlife serve --clock virtual &
  secretlife conformance --endpoint http://127.0.0.1:4577 --control --other-region eu-west-1 --other-account 210987654321`
}

var errDoesNotConform = errors.New("facts that are recorded, verified or documented do not hold")

// Run checks the endpoint and prints the score.
func (c conform) Run(ctx context.Context, k *kong.Context) error {
	e := conformance.Endpoint{
		URL: c.Endpoint, Region: c.Region, OtherRegion: c.OtherRegion, Function: c.Function,
		BrokenFunction: c.BrokenFunction, NoFunctions: c.NoFunctions,
		Credentials: c.signer(c.AccessKeyID),
	}
	if c.Control {
		token, err := c.Token()
		if err != nil {
			return err
		}
		e.Control, e.ControlToken = c.Endpoint, token
	}
	if c.OtherAccount != "" {
		e.OtherAccount = c.signer(c.OtherAccount)
	}
	if c.Nobody != "" {
		e.Nobody = c.signer(c.Nobody)
	}
	report, err := conformance.Score(ctx, e)
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(k.Stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.Write(k.Stdout)
	}
	if err == nil && !report.Conforms() {
		err = errDoesNotConform
	}
	return err
}

func (c signing) signer(id string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, nil
	})
}
