package awsplan

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/benbjohnson/clock"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/plan"
)

type options = func(*secretsmanager.Options)

// Client is what this package calls of a [*secretsmanager.Client], which is one.
type Client interface {
	ListSecrets(context.Context, *secretsmanager.ListSecretsInput, ...options) (*secretsmanager.ListSecretsOutput, error)
	DescribeSecret(
		context.Context, *secretsmanager.DescribeSecretInput, ...options,
	) (*secretsmanager.DescribeSecretOutput, error)
	GetResourcePolicy(
		context.Context, *secretsmanager.GetResourcePolicyInput, ...options,
	) (*secretsmanager.GetResourcePolicyOutput, error)
	CreateSecret(
		context.Context, *secretsmanager.CreateSecretInput, ...options,
	) (*secretsmanager.CreateSecretOutput, error)
	UpdateSecret(
		context.Context, *secretsmanager.UpdateSecretInput, ...options,
	) (*secretsmanager.UpdateSecretOutput, error)
	TagResource(
		context.Context, *secretsmanager.TagResourceInput, ...options,
	) (*secretsmanager.TagResourceOutput, error)
	DeleteSecret(
		context.Context, *secretsmanager.DeleteSecretInput, ...options,
	) (*secretsmanager.DeleteSecretOutput, error)
	RestoreSecret(
		context.Context, *secretsmanager.RestoreSecretInput, ...options,
	) (*secretsmanager.RestoreSecretOutput, error)
	RemoveRegionsFromReplication(
		context.Context, *secretsmanager.RemoveRegionsFromReplicationInput, ...options,
	) (*secretsmanager.RemoveRegionsFromReplicationOutput, error)
}

var _ Client = (*secretsmanager.Client)(nil)

// New returns the service that a client calls, for the functions of the package plan. Its errors
// wrap those of the SDK, and those of the package secretlife where AWS refuses a call.
func New(client Client, edits ...func(*Options)) plan.Service {
	o := optionsOf(edits)
	s := service{client: client, clock: o.Clock, account: o.Account}
	if s.account == nil {
		s.account = s.credentialsAccount
	}
	return s
}

type service struct {
	client  Client
	clock   secretlife.Clock
	account func(context.Context) (string, error)
}

// options returns the options of a client that shows them, as the SDK's does.
func (s service) options() secretsmanager.Options {
	if c, ok := s.client.(interface {
		Options() secretsmanager.Options
	}); ok {
		return c.Options()
	}
	return secretsmanager.Options{}
}

// Scope returns the account and the Region of the client, "" if they are not known.
func (s service) Scope(ctx context.Context) (account, region string, err error) {
	account, err = s.account(ctx)
	return account, s.options().Region, err
}

// credentialsAccount returns the account of the credentials. That which they name is AWS's, which says
// nothing about another endpoint.
func (s service) credentialsAccount(ctx context.Context) (string, error) {
	o := s.options()
	if o.Credentials == nil {
		return "", nil
	}
	c, err := o.Credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	if account, err := secretlife.ParseAccount(c.AccessKeyID); err == nil {
		return account.String(), nil
	}
	if o.BaseEndpoint != nil {
		return "", nil
	}
	return c.AccountID, nil
}

func systemClock() secretlife.Clock { return clock.New() }

func (s service) Clock() secretlife.Clock { return s.clock }

func (s service) ListSecrets(
	ctx context.Context, in secretlife.ListSecretsInput,
) (out secretlife.ListSecretsOutput, err error) {
	ask := &secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(in.IncludePlannedDeletion)}
	if in.NextToken != "" {
		ask.NextToken = aws.String(in.NextToken)
	}
	for _, f := range in.Filters {
		ask.Filters = append(ask.Filters, types.Filter{Key: types.FilterNameStringType(f.Key), Values: f.Values})
	}
	page, err := s.client.ListSecrets(ctx, ask)
	if err != nil {
		return out, understood(err)
	}
	out.NextToken = aws.ToString(page.NextToken)
	for _, e := range page.SecretList {
		out.SecretList = append(out.SecretList, secretlife.SecretDetails{
			ARN: aws.ToString(e.ARN), Name: aws.ToString(e.Name), Tags: tagsOf(e.Tags),
			CreatedDate: date(e.CreatedDate), DeletedDate: date(e.DeletedDate),
			LastAccessedDate: date(e.LastAccessedDate),
		})
	}
	return out, nil
}

func (s service) DescribeSecret(
	ctx context.Context, in secretlife.SecretInput,
) (out secretlife.SecretDetails, err error) {
	d, err := s.client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(in.SecretID)})
	if err != nil {
		return out, understood(err)
	}
	return described(d), nil
}

func (s service) GetResourcePolicy(
	ctx context.Context, in secretlife.SecretInput,
) (out secretlife.SecretOutput, err error) {
	p, err := s.client.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: aws.String(in.SecretID)})
	if err != nil {
		return out, understood(err)
	}
	return secretlife.SecretOutput{
		ARN: aws.ToString(p.ARN), Name: aws.ToString(p.Name), ResourcePolicy: aws.ToString(p.ResourcePolicy),
	}, nil
}

func (s service) DeleteSecret(
	ctx context.Context, in secretlife.DeleteSecretInput,
) (out secretlife.SecretOutput, err error) {
	ask := &secretsmanager.DeleteSecretInput{
		SecretId: aws.String(in.SecretID), RecoveryWindowInDays: in.RecoveryWindowInDays,
	}
	if in.ForceDeleteWithoutRecovery {
		ask.ForceDeleteWithoutRecovery = aws.Bool(true)
	}
	d, err := s.client.DeleteSecret(ctx, ask)
	if err != nil {
		return out, understood(err)
	}
	out = secretlife.SecretOutput{
		ARN: aws.ToString(d.ARN), Name: aws.ToString(d.Name), DeletionDate: date(d.DeletionDate),
	}
	return out, nil
}

func (s service) RestoreSecret(
	ctx context.Context, in secretlife.SecretInput,
) (out secretlife.SecretOutput, err error) {
	r, err := s.client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: aws.String(in.SecretID)})
	if err != nil {
		return out, understood(err)
	}
	return secretlife.SecretOutput{ARN: aws.ToString(r.ARN), Name: aws.ToString(r.Name)}, nil
}

func (s service) RemoveRegionsFromReplication(
	ctx context.Context, in secretlife.RemoveRegionsFromReplicationInput,
) (out secretlife.SecretOutput, err error) {
	r, err := s.client.RemoveRegionsFromReplication(ctx, &secretsmanager.RemoveRegionsFromReplicationInput{
		SecretId: aws.String(in.SecretID), RemoveReplicaRegions: in.RemoveReplicaRegions,
	})
	if err != nil {
		return out, understood(err)
	}
	return secretlife.SecretOutput{
		ARN: aws.ToString(r.ARN), ReplicationStatus: replication(r.ReplicationStatus),
	}, nil
}
