package awsfake_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

func describe(t *testing.T, c *secretsmanager.Client, id string) *secretsmanager.DescribeSecretOutput {
	t.Helper()
	out, err := c.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &id})
	require.NoError(t, err)
	return out
}

func TestSeed(t *testing.T) {
	t.Run("from a file", func(t *testing.T) {
		fake := awsfake.New(t, awsfake.SeedFile("testdata/secrets.json"))
		value, err := read(t, fake.Client, "prod/db")
		require.NoError(t, err)
		require.Equal(t, "hunter2", value)
		require.Equal(t, fake.Clock.Now(), describe(t, fake.Client, "prod/db").CreatedDate.UTC())
		require.Equal(t, fake.Clock.Now().Add(-25*day), describe(t, fake.Client, "old").DeletedDate.UTC())
		require.Len(t, fake.Advance(5*day), 1)
	})
	t.Run("from values", func(t *testing.T) {
		fake := awsfake.New(t, awsfake.Seed(
			awsfake.Secret{Name: "a", Versions: []awsfake.Version{
				{Value: secretlife.SecretString("first")}, {Value: secretlife.SecretString("second")},
			}},
			awsfake.Secret{Name: "b", Deletion: &awsfake.Deletion{RecoveryWindowInDays: 7}},
		))
		require.Empty(t, fake.Calls(), "no client made it")
		value, err := read(t, fake.Client, "a")
		require.NoError(t, err)
		require.Equal(t, "second", value)
		require.Empty(t, fake.Advance(6*day))
		require.Len(t, fake.Advance(day), 1)
	})
	t.Run("that is wrong", func(t *testing.T) {
		_, err := awsfake.Start(awsfake.SeedFile("testdata/nothing.json"))
		require.ErrorIs(t, err, os.ErrNotExist)
		_, err = awsfake.Start(awsfake.Seed(awsfake.Secret{}))
		require.ErrorContains(t, err, "needs a Name")
	})
}

func TestSnapshot(t *testing.T) {
	fake := awsfake.New(t)
	create(t, fake.Client, "a")
	before, events := fake.Clock.Now(), len(fake.Events())
	snapshot := fake.Snapshot()
	for range 2 {
		_, err := fake.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("a")})
		require.NoError(t, err)
		require.Len(t, fake.Advance(31*day), 1)
		_, err = read(t, fake.Client, "a")
		require.ErrorAs(t, err, new(*types.ResourceNotFoundException))

		fake.Restore(snapshot)
		require.Len(t, fake.Events(), events)
		value, err := read(t, fake.Client, "a")
		require.NoError(t, err)
		require.Equal(t, "value of a", value)
		require.Equal(t, before, fake.Clock.Now())
	}
	require.Len(t, fake.Calls().Of(secretlife.OpDeleteSecret), 2, "calls stay")
}

func TestHold(t *testing.T) {
	t.Run("a replica is in progress", func(t *testing.T) {
		fake := awsfake.New(t)
		resume := fake.Pause(secretlife.WorkReplicate)
		_, err := fake.Client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("a"),
			AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-1")}}})
		require.NoError(t, err)
		require.Equal(t, types.StatusTypeInProgress, describe(t, fake.Client, "a").ReplicationStatus[0].Status)
		resume()
		require.Equal(t, types.StatusTypeInSync, describe(t, fake.Client, "a").ReplicationStatus[0].Status)
	})
	t.Run("a secret waits for its purge", func(t *testing.T) {
		fake := awsfake.New(t)
		fake.Pause(secretlife.WorkPurge)
		made := create(t, fake.Client, "a")
		_, err := fake.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("a"),
			ForceDeleteWithoutRecovery: aws.Bool(true)})
		require.NoError(t, err)
		_, err = fake.Client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("a")})
		require.ErrorAs(t, err, new(*types.InvalidRequestException), "the name is taken")
		done, did := fake.Step()
		require.True(t, did)
		require.Equal(t, *made.ARN, done.ARN.String())
		create(t, fake.Client, "a")
		_, did = fake.Step()
		require.False(t, did)
	})
	t.Run("a rotation has not begun, and is seen at each step", func(t *testing.T) {
		var fake *awsfake.Fake
		var seen []string
		fake = awsfake.New(t, func(o *awsfake.Options) {
			o.Rotator = func(_ context.Context, r secretlife.RotationRequest) error {
				seen = append(seen, fmt.Sprint(r.Step, " ", len(describe(t, fake.Client, "a").VersionIdsToStages)))
				return nil
			}
		})
		resume := fake.Pause(secretlife.WorkRotate)
		create(t, fake.Client, "a")
		_, err := fake.Client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{
			SecretId: aws.String("a"), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(10)},
			RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:rotate"),
		})
		require.NoError(t, err)
		require.Empty(t, seen)
		resume()
		require.Len(t, seen, 4)
		require.Contains(t, seen[0], "createSecret")
	})
}

// A rotation stands between createSecret and setSecret: the new version is pending.
func TestPauseRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fake *awsfake.Fake
		var steps []secretlife.RotationStep
		fake = awsfake.New(t, func(o *awsfake.Options) {
			o.Rotator = func(ctx context.Context, r secretlife.RotationRequest) error {
				if steps = append(steps, r.Step); r.Step != secretlife.StepCreateSecret {
					return nil
				}
				_, err := fake.Client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &r.SecretID,
					ClientRequestToken: &r.ClientRequestToken, SecretString: aws.String("new"),
					VersionStages: []string{"AWSPENDING"}})
				return err
			}
		})
		create(t, fake.Client, "a")
		reached, resume := fake.PauseRotation(secretlife.StepSetSecret)
		done := make(chan error)
		go func() {
			_, err := fake.Client.RotateSecret(context.WithoutCancel(t.Context()), &secretsmanager.RotateSecretInput{
				SecretId: aws.String("a"), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(10)},
				RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:rotate"),
			})
			done <- err
		}()
		r := <-reached
		require.Equal(t, secretlife.StepSetSecret, r.Step)
		require.Equal(t, []secretlife.RotationStep{secretlife.StepCreateSecret}, steps)
		require.Equal(t, []string{"AWSPENDING"}, describe(t, fake.Client, "a").VersionIdsToStages[r.ClientRequestToken])
		value, err := read(t, fake.Client, "a")
		require.NoError(t, err)
		require.Equal(t, "value of a", value, "the old one is current")
		resume()
		resume()
		require.NoError(t, <-done)
		require.Len(t, steps, 4)
	})
}

// logged is a test whose log can be read.
type logged struct {
	testing.TB
	lines []string
}

func (l *logged) Logf(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func TestRotateWithoutRotator(t *testing.T) {
	log := &logged{TB: t}
	fake := awsfake.New(log)
	create(t, fake.Client, "a")
	_, err := fake.Client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{
		SecretId:          aws.String("a"),
		RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:rotate"),
	})
	require.ErrorContains(t, err, "Secrets Manager cannot invoke the specified Lambda function", "AWS's text")
	require.Contains(t, strings.Join(log.lines, "\n"), "Options.Rotator")
}
