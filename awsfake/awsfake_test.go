package awsfake_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const day = 24 * time.Hour

func create(t *testing.T, c *secretsmanager.Client, name string) *secretsmanager.CreateSecretOutput {
	t.Helper()
	out, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name,
		SecretString: aws.String("value of " + name)})
	require.NoError(t, err)
	return out
}

func read(t *testing.T, c *secretsmanager.Client, id string) (string, error) {
	t.Helper()
	out, err := c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		return "", err
	}
	return *out.SecretString, nil
}

func TestAWholeLife(t *testing.T) {
	ctx, fake := t.Context(), awsfake.New(t)
	made := create(t, fake.Client, "prod/db")
	out, err := fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: made.ARN,
		RecoveryWindowInDays: aws.Int64(7)})
	require.NoError(t, err)
	require.Equal(t, fake.Clock.Now().Add(7*day), out.DeletionDate.UTC())

	_, err = read(t, fake.Client, "prod/db")
	var marked *types.InvalidRequestException
	require.ErrorAs(t, err, &marked)
	require.Equal(t, "You can't perform this operation on the secret because it was marked for deletion.", *marked.Message)

	_, err = fake.Client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: aws.String("prod/db")})
	require.NoError(t, err)
	value, err := read(t, fake.Client, "prod/db")
	require.NoError(t, err)
	require.Equal(t, "value of prod/db", value)

	_, err = fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: made.ARN})
	require.NoError(t, err)
	require.Empty(t, fake.Advance(30*day-time.Millisecond))
	require.Equal(t, []string{*made.ARN}, fake.Advance(time.Millisecond))
	_, err = read(t, fake.Client, "prod/db")
	var gone *types.ResourceNotFoundException
	require.ErrorAs(t, err, &gone)
}

func TestTypedErrors(t *testing.T) {
	ctx, fake := t.Context(), awsfake.New(t)
	create(t, fake.Client, "a")
	_, err := fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("a"),
		SecretString: aws.String("x")})
	require.ErrorAs(t, err, new(*types.ResourceExistsException))
	_, err = fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String("a"),
		RecoveryWindowInDays: aws.Int64(31)})
	require.ErrorAs(t, err, new(*types.InvalidParameterException))
	_, err = fake.Client.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{SecretId: aws.String("a"),
		ResourcePolicy: aws.String("{")})
	require.ErrorAs(t, err, new(*types.MalformedPolicyDocumentException))
	_, err = fake.Client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{NextToken: aws.String("x")})
	require.ErrorAs(t, err, new(*types.InvalidNextTokenException))
	_, err = fake.Client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String("a b")})
	var generic smithy.APIError
	require.ErrorAs(t, err, &generic)
	require.Equal(t, "ValidationException", generic.ErrorCode())
}

// TestErrorsAreNotRetried counts the calls behind an error.
func TestErrorsAreNotRetried(t *testing.T) {
	refused := 0
	fake := awsfake.New(t, func(o *awsfake.Options) {
		o.Observer = secretlife.EventObserver(func(_ context.Context, e secretlife.Event) {
			if _, _, is := e.Refusal(); is {
				refused++
			}
		})
	})
	_, err := read(t, fake.Client, "unknown")
	require.Error(t, err)
	require.Equal(t, 1, refused)
}

func TestForcedIsGoneAndReplicasAreThere(t *testing.T) {
	ctx, fake := t.Context(), awsfake.New(t)
	create(t, fake.Client, "a")
	_, err := fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String("a"),
		ForceDeleteWithoutRecovery: aws.Bool(true)})
	require.NoError(t, err)
	create(t, fake.Client, "a")
	_, err = fake.Client.ReplicateSecretToRegions(ctx, &secretsmanager.ReplicateSecretToRegionsInput{
		SecretId: aws.String("a"), AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-1")}}})
	require.NoError(t, err)
	value, err := read(t, fake.In("123456789012", "eu-west-1"), "a")
	require.NoError(t, err)
	require.Equal(t, "value of a", value)
}

// TestWithAPurgeDelayForcedTakesTime is what AWS users have to retry for.
func TestWithAPurgeDelayForcedTakesTime(t *testing.T) {
	ctx := t.Context()
	fake := awsfake.New(t, func(o *awsfake.Options) { o.Emulate.PurgeDelay = secretlife.FixedDelay(5 * time.Second) })
	create(t, fake.Client, "a")
	_, err := fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String("a"),
		ForceDeleteWithoutRecovery: aws.Bool(true)})
	require.NoError(t, err)
	_, err = fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("a"),
		SecretString: aws.String("x")})
	require.ErrorAs(t, err, new(*types.InvalidRequestException))
	require.Len(t, fake.Advance(5*time.Second), 1)
	create(t, fake.Client, "a")
}

// TestQuotasAndLag is what else AWS users have to retry for.
func TestQuotasAndLag(t *testing.T) {
	ctx := t.Context()
	fake := awsfake.New(t, func(o *awsfake.Options) {
		o.Client = append(o.Client, func(c *secretsmanager.Options) { c.Retryer = aws.NopRetryer{} })
		o.Manager = append(o.Manager, func(m *secretlife.Options) {
			m.Emulate.Quotas = secretlife.Quotas{Secrets: 1,
				Rates: []secretlife.Rate{{Operations: []secretlife.Operation{secretlife.OpCreateSecret}, PerSecond: 2}}}
			m.Emulate.ListLag = secretlife.FixedDelay(time.Minute)
		})
	})
	create(t, fake.Client, "a")
	_, err := fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("b")})
	require.ErrorAs(t, err, new(*types.LimitExceededException))
	_, err = fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("b")})
	var throttled smithy.APIError
	require.ErrorAs(t, err, &throttled)
	require.Equal(t, "ThrottlingException", throttled.ErrorCode())
	require.Equal(t, "Rate exceeded", throttled.ErrorMessage())

	list, err := fake.Client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
	require.NoError(t, err)
	require.Empty(t, list.SecretList)
	fake.Advance(time.Minute)
	list, err = fake.Client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
	require.NoError(t, err)
	require.Len(t, list.SecretList, 1)
}

func TestAccountsAndRegionsAreApart(t *testing.T) {
	fake := awsfake.New(t, func(o *awsfake.Options) { o.Account, o.Region = "111111111111", "ap-south-1" })
	made := create(t, fake.Client, "a")
	require.Contains(t, *made.ARN, "arn:aws:secretsmanager:ap-south-1:111111111111:secret:a-")
	for _, c := range []*secretsmanager.Client{fake.In("222222222222", "ap-south-1"),
		fake.In("111111111111", "us-east-1")} {
		_, err := read(t, c, "a")
		require.ErrorAs(t, err, new(*types.ResourceNotFoundException))
	}
}

func TestTheSameSeedGivesTheSameWorld(t *testing.T) {
	history := func(seed uint64) string {
		fake := awsfake.New(t, func(o *awsfake.Options) { o.Seed = seed })
		made := create(t, fake.Client, "a")
		fake.Advance(time.Hour)
		return fmt.Sprint(*made.ARN, *made.VersionId, fake.Events())
	}
	once, again := history(1), history(1)
	require.Equal(t, once, again)
	require.NotEqual(t, history(1), history(2))
}

func TestEventsOfManyPages(t *testing.T) {
	fake := awsfake.New(t)
	for i := range 1500 {
		_, err := fake.Manager.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: fmt.Sprint("s", i)})
		require.NoError(t, err)
	}
	all := fake.Events()
	require.Len(t, all, 1500)
	require.EqualValues(t, 1500, all[1499].Seq())
}

func TestParallelClients(t *testing.T) {
	fake := awsfake.New(t)
	errs := make(chan error)
	for i := range 8 {
		go func() {
			name := fmt.Sprint("s", i)
			_, err := fake.Client.CreateSecret(context.WithoutCancel(t.Context()),
				&secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String("x")})
			errs <- err
		}()
	}
	var all error
	for range 8 {
		all = errors.Join(all, <-errs)
	}
	require.NoError(t, all)
	require.Len(t, fake.Events(), 8)
}

// TestRotationOnACronSchedule has a rotation function that uses the fake's own
// client.
func TestRotationOnACronSchedule(t *testing.T) {
	ctx, id := t.Context(), aws.String("db")
	var fake *awsfake.Fake
	rotate := func(ctx context.Context, r secretlife.RotationRequest) error {
		switch r.Step {
		case secretlife.StepCreateSecret:
			_, err := fake.Client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
				SecretId: &r.SecretID, ClientRequestToken: &r.ClientRequestToken,
				SecretString: aws.String(fake.Clock.Now().Format(time.DateTime)), VersionStages: []string{"AWSPENDING"},
			})
			return err
		case secretlife.StepFinishSecret:
			old, err := fake.Client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &r.SecretID})
			if err != nil {
				return err
			}
			_, err = fake.Client.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
				SecretId: &r.SecretID, VersionStage: aws.String("AWSCURRENT"), MoveToVersionId: &r.ClientRequestToken,
				RemoveFromVersionId: old.VersionId,
			})
			return err
		}
		return nil
	}
	fake = awsfake.New(t, func(o *awsfake.Options) { o.Rotator = rotate })
	_, err := fake.Client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: id, SecretString: aws.String("first")})
	require.NoError(t, err)
	schedule := func(expression string) error {
		_, err := fake.Client.RotateSecret(ctx, &secretsmanager.RotateSecretInput{
			SecretId: id, RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:rotate"),
			RotationRules: &types.RotationRulesType{ScheduleExpression: &expression},
		})
		return err
	}
	var wrong *types.InvalidParameterException
	require.ErrorAs(t, schedule("cron(0 16 1 1 MON *)"), &wrong)
	require.Equal(t, "Invalid ScheduleExpression: a cron() expression can't have a day of month and a day of week: "+
		"one of them must be ?", *wrong.Message)
	require.NoError(t, schedule("cron(0 16 L * ? *)"))
	for _, want := range []string{"2030-01-01 00:00:00", "2030-01-31 16:00:00", "2030-02-28 16:00:00",
		"2030-03-31 16:00:00"} {
		now, err := fake.Client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: id})
		require.NoError(t, err)
		require.Equal(t, want, *now.SecretString)
		fake.Advance(31 * day)
	}
}

// TestRecords shows who still reads a secret, and what was refused, as CloudTrail would.
func TestRecords(t *testing.T) {
	fake := awsfake.New(t)
	name := aws.String("a")
	_, err := fake.Client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: name,
		SecretString: aws.String("v")})
	require.NoError(t, err)
	_, err = fake.Client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: name})
	require.NoError(t, err)
	_, err = fake.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: name})
	require.NoError(t, err)
	_, err = read(t, fake.Client, "a")
	require.Error(t, err)

	var told []string
	for _, e := range fake.Records() {
		code, _, _ := e.Refusal()
		told = append(told, strings.TrimSpace(e.Name()+" "+code))
		if op, ok := e.Operation(); ok {
			require.Equal(t, "123456789012", e.Caller().AccessKeyID, op)
		}
	}
	require.Equal(t, []string{"CreateSecret", "DescribeSecret", "DeleteSecret", "StartSecretVersionDelete",
		"GetSecretValue InvalidRequestException"}, told)
	require.Len(t, fake.Events(), 3)
}
