package endpoints

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsplan"
	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/control"
	"github.com/secretlife-go/secretlife/plan"
)

// target are the flags of what a plan is made for.
type target struct {
	Endpoint string `required:"" placeholder:"URL|aws" help:"Where the Secrets Manager API is, such as http://127.0.0.1:4577, or aws for AWS itself."`
	Region   string `placeholder:"REGION" help:"The Region; by default that of the AWS configuration, and us-east-1 for a URL without one."`
	Control  bool   `help:"The endpoint has secretlife's control calls: plans are dated by its clock, which can be virtual, and know the holds, the protection and the readers of secrets."`
	control.Flags
}

func (t target) onAWS() bool { return t.Endpoint == "aws" }

// service returns the service that the flags name, with the ordinary configuration of AWS's tools.
func (t target) service(ctx context.Context) (plan.Service, error) {
	onAWS := t.onAWS()
	if !onAWS {
		if u, err := url.Parse(t.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("--endpoint %q: it must be a URL such as http://127.0.0.1:4577, or aws", t.Endpoint)
		}
	}
	if onAWS && t.Control {
		return nil, errors.New("--control: AWS has no control calls")
	}
	cfg, err := t.configuration(ctx, onAWS)
	if err != nil {
		return nil, fmt.Errorf("the AWS configuration: %w", err)
	}
	clock := secretlife.Clock(offsetClock{})
	var calls control.Client
	if t.Control {
		if calls, err = t.Client(t.Endpoint); err != nil {
			return nil, err
		}
		if clock, err = clockOf(ctx, calls); err != nil {
			return nil, fmt.Errorf("--control: %s does not say its time: %w", t.Endpoint, err)
		}
	}
	client := secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) {
		if !onAWS {
			o.BaseEndpoint = aws.String(t.Endpoint)
		}
	})
	service := awsplan.New(client, func(o *awsplan.Options) {
		o.Clock = clock
		if onAWS {
			o.Account = func(ctx context.Context) (string, error) { return accountOf(ctx, cfg) }
		}
	})
	if t.Control {
		service = guarded{service, calls}
	}
	return service, nil
}

// accountOf returns the account of AWS that a configuration is for.
func accountOf(ctx context.Context, cfg aws.Config) (string, error) {
	c, err := cfg.Credentials.Retrieve(ctx)
	if err != nil || c.AccountID != "" {
		return c.AccountID, err
	}
	if account, err := secretlife.ParseAccount(c.AccessKeyID); err == nil {
		return account.String(), nil // of an emulator
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("STS does not say it: %w", err)
	}
	return aws.ToString(out.Account), nil
}

func (t target) configuration(ctx context.Context, onAWS bool) (aws.Config, error) {
	var edits []func(*config.LoadOptions) error
	if t.Region != "" {
		edits = append(edits, config.WithRegion(t.Region))
	}
	if !onAWS {
		edits = append(edits, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	cfg, err := config.LoadDefaultConfig(ctx, edits...)
	switch {
	case err != nil:
		return cfg, err
	case onAWS && cfg.Region == "":
		return cfg, errors.New("it has no Region: give --region, or set AWS_REGION")
	case onAWS:
		return cfg, nil
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		if ctx.Err() != nil {
			return cfg, ctx.Err()
		}
		cfg.Credentials = credentials.NewStaticCredentialsProvider("123456789012", "test", "") // as conformance has
	}
	return cfg, nil
}

// offsetClock is the system clock, set forward or back.
type offsetClock struct{ by time.Duration }

func (c offsetClock) Now() time.Time { return time.Now().Add(c.by) }

func (offsetClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// clockOf returns the clock of a server, as it was when it was asked.
func clockOf(ctx context.Context, calls control.Client) (secretlife.Clock, error) {
	var said struct{ Now time.Time }
	if err := calls.Call(ctx, http.MethodGet, "clock", nil, &said); err != nil {
		return nil, err
	}
	if said.Now.IsZero() {
		return nil, errors.New("it is no time")
	}
	return offsetClock{time.Until(said.Now)}, nil
}
