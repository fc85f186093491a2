package awsfake_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

func follow(o *awsfake.Options) { o.FollowTime = true }

// In a bubble the code under test may sleep, and the fake's time passes with it.
func TestFollowTime(t *testing.T) {
	t.Run("sleeping for a month purges", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := awsfake.New(t, follow)
			made := create(t, fake.Client, "a")
			_, err := fake.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("a")})
			require.NoError(t, err)

			time.Sleep(30*day - time.Millisecond)
			_, err = read(t, fake.Client, "a")
			require.ErrorAs(t, err, new(*types.InvalidRequestException), "it is still there")
			time.Sleep(time.Millisecond)
			_, err = read(t, fake.Client, "a")
			require.ErrorAs(t, err, new(*types.ResourceNotFoundException))

			events := fake.Events()
			require.Equal(t, *made.ARN, events[len(events)-1].ARN().String())
			require.Equal(t, events[1].Time().Add(30*day), events[len(events)-1].Time(), "at its instant")
		})
	})
	t.Run("the events of a sleep need no call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := awsfake.New(t, follow)
			create(t, fake.Client, "a")
			_, err := fake.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("a")})
			require.NoError(t, err)
			before := len(fake.Events())
			time.Sleep(31 * day)
			require.Greater(t, len(fake.Events()), before)
		})
	})
	t.Run("Advance fires timers, and returns what was purged", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := awsfake.New(t, follow)
			made := create(t, fake.Client, "a")
			_, err := fake.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("a"),
				RecoveryWindowInDays: aws.Int64(7)})
			require.NoError(t, err)
			polled := 0
			go func() {
				for range 8 {
					time.Sleep(day)
					polled++
					_, _ = read(t, fake.Client, "a")
				}
			}()
			begin := time.Now()
			require.Equal(t, []string{*made.ARN}, fake.Advance(8*day+time.Hour))
			require.Equal(t, 8*day+time.Hour, time.Since(begin))
			synctest.Wait()
			require.Equal(t, 8, polled)
		})
	})
	t.Run("a purge is paused over a sleep, and done by Step", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := awsfake.New(t, follow)
			create(t, fake.Client, "a")
			_, err := fake.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("a")})
			require.NoError(t, err)
			fake.Pause(secretlife.WorkPurge)
			time.Sleep(31 * day)
			done, did := fake.Step()
			require.True(t, did)
			require.Equal(t, secretlife.WorkPurge, done.Work)
		})
	})
	t.Run("a latency sleeps", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := awsfake.New(t, follow)
			fake.Fail(awsfake.Failure{Latency: time.Minute})
			begin := time.Now()
			create(t, fake.Client, "a")
			require.Equal(t, time.Minute, time.Since(begin))
		})
	})
	t.Run("a rotation function calls the fake", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var fake *awsfake.Fake
			var at []time.Time
			fake = awsfake.New(t, follow, func(o *awsfake.Options) {
				o.Rotator = func(ctx context.Context, r secretlife.RotationRequest) error {
					if r.Step != secretlife.StepCreateSecret {
						return nil
					}
					at = append(at, fake.Clock.Now())
					_, err := put(ctx, fake.Client, "other", "new")
					return err
				}
			})
			create(t, fake.Client, "a")
			create(t, fake.Client, "other")
			_, err := fake.Client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{
				SecretId: aws.String("a"), RotateImmediately: aws.Bool(false),
				RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:rotate"),
				RotationRules:     &types.RotationRulesType{ScheduleExpression: aws.String("rate(10 days)")},
			})
			require.NoError(t, err)
			begin := time.Now()
			time.Sleep(11 * day)
			require.NotEmpty(t, fake.Events())
			require.NotEmpty(t, at)
			require.WithinDuration(t, begin.Add(10*day), at[0], day)
		})
	})
}
