package awsfake_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

func put(
	ctx context.Context, c *secretsmanager.Client, id, value string,
) (*secretsmanager.PutSecretValueOutput, error) {
	return c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &id, SecretString: &value})
}

func TestFailures(t *testing.T) {
	t.Run("the second read is throttled", func(t *testing.T) {
		fake := awsfake.New(t)
		create(t, fake.Client, "a")
		fake.Fail(awsfake.Failure{
			Operation: secretlife.OpGetSecretValue, Skip: 1, Times: 1, Effect: awsfake.Throttling(),
		})
		_, err := read(t, fake.Client, "a")
		require.NoError(t, err)
		_, err = read(t, fake.Client, "a")
		var throttled smithy.APIError
		require.ErrorAs(t, err, &throttled)
		require.Equal(t, "ThrottlingException", throttled.ErrorCode())
		_, err = read(t, fake.Client, "a")
		require.NoError(t, err)
	})

	t.Run("exceptions are those of the SDK", func(t *testing.T) {
		fake := awsfake.New(t)
		fake.Fail(awsfake.Failure{Effect: awsfake.Exception("DecryptionFailure", "The key is gone.")})
		_, err := read(t, fake.Client, "a")
		var failed *types.DecryptionFailure
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "The key is gone.", *failed.Message)
	})

	t.Run("one secret, until told otherwise", func(t *testing.T) {
		fake := awsfake.New(t)
		create(t, fake.Client, "a")
		create(t, fake.Client, "b")
		end := fake.Fail(awsfake.Failure{SecretID: "a", Effect: awsfake.Status(503)})
		_, err := read(t, fake.Client, "a")
		var response *awshttp.ResponseError
		require.ErrorAs(t, err, &response)
		require.Equal(t, 503, response.HTTPStatusCode())
		_, err = read(t, fake.Client, "b")
		require.NoError(t, err)
		end()
		_, err = read(t, fake.Client, "a")
		require.NoError(t, err)
	})

	t.Run("a Region is down", func(t *testing.T) {
		fake := awsfake.New(t)
		fake.Fail(awsfake.Failure{Region: "eu-west-1", Effect: awsfake.Cut()})
		create(t, fake.Client, "a")
		_, err := read(t, fake.In("123456789012", "eu-west-1"), "a")
		require.ErrorIs(t, err, syscall.ECONNRESET)
	})

	t.Run("an answer is lost, and the SDK repeats the call with its token", func(t *testing.T) {
		fake := awsfake.New(t, func(o *awsfake.Options) { o.Attempts = 3 })
		create(t, fake.Client, "a")
		fake.Fail(awsfake.Failure{Operation: secretlife.OpPutSecretValue, Times: 1, Effect: awsfake.AnswerLost()})
		_, err := put(t.Context(), fake.Client, "a", "new")
		require.NoError(t, err)
		versions, err := fake.Client.ListSecretVersionIds(t.Context(), &secretsmanager.ListSecretVersionIdsInput{
			SecretId: aws.String("a"), IncludeDeprecated: aws.Bool(true),
		})
		require.NoError(t, err)
		require.Len(t, versions.Versions, 2, "the second attempt made no version")
	})

	t.Run("a timeout honours the caller's context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := awsfake.New(t)
			fake.Fail(awsfake.Failure{Effect: awsfake.Timeout()})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			begin := time.Now()
			_, err := put(ctx, fake.Client, "a", "new")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, 5*time.Second, time.Since(begin))
		})
	})
	t.Run("a timeout without a deadline is one at once", func(t *testing.T) {
		fake := awsfake.New(t)
		fake.Fail(awsfake.Failure{Effect: awsfake.Timeout()})
		_, err := read(t, fake.Client, "a")
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout())
	})

	t.Run("a latency passes on the fake's clock", func(t *testing.T) {
		fake := awsfake.New(t)
		begin := fake.Clock.Now()
		fake.Fail(awsfake.Failure{Latency: time.Minute})
		create(t, fake.Client, "a")
		require.Equal(t, begin.Add(time.Minute), fake.Clock.Now())
	})
	t.Run("a latency in real time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := awsfake.New(t)
			fake.Fail(awsfake.Failure{RealLatency: time.Minute})
			begin := time.Now()
			create(t, fake.Client, "a")
			require.Equal(t, time.Minute, time.Since(begin))
		})
	})

	t.Run("refusals are on record, and calls that never came are not", func(t *testing.T) {
		fake := awsfake.New(t)
		create(t, fake.Client, "a")
		for _, effect := range []awsfake.Effect{
			awsfake.Throttling(), awsfake.Status(500), awsfake.Cut(), awsfake.Timeout(), awsfake.AnswerLost(),
		} {
			fake.Fail(awsfake.Failure{Operation: secretlife.OpDeleteSecret, Times: 1, Effect: effect})
			_, err := fake.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("a")})
			require.Error(t, err)
		}
		var told []string
		for _, e := range fake.Records()[1:] {
			code, _, _ := e.Refusal()
			told = append(told, e.Name()+" "+e.SecretID()+" "+code)
		}
		require.Equal(t, []string{
			"DeleteSecret a ThrottlingException", "DeleteSecret a InternalServerError", "DeleteSecret a ",
		}, told[:3])
	})
}

// A rotation function whose calls take time moves the clock while Advance does. Advance must
// not set it back.
func TestLatencyOfARotation(t *testing.T) {
	var fake *awsfake.Fake
	fake = awsfake.New(t, func(o *awsfake.Options) {
		o.Rotator = func(ctx context.Context, r secretlife.RotationRequest) error {
			_, err := put(ctx, fake.Client, r.SecretID, "new")
			return errors.Join(err, errors.New("the rotation fails"))
		}
	})
	create(t, fake.Client, "a")
	_, err := fake.Client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{
		SecretId: aws.String("a"), RotateImmediately: aws.Bool(false),
		RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:rotate"),
		RotationRules:     &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(10)},
	})
	require.NoError(t, err)
	fake.Fail(awsfake.Failure{Operation: secretlife.OpPutSecretValue, Times: 1, Latency: 30 * day})
	begin := fake.Clock.Now()
	_, _ = fake.Purger.Advance(t.Context(), 11*day)
	require.False(t, fake.Clock.Now().Before(begin.Add(40*day)), fake.Clock.Now())
}
