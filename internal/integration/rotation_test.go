package integration

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

const (
	function   = "arn:aws:lambda:eu-central-1:123456789012:function:rotate"
	noFunction = "No Lambda rotation function ARN is associated with this secret."
	busy       = "A previous rotation isn't complete. That rotation will be reattempted."
)

// rotation is a rotation function behind a stand-in for Lambda's Invoke call.
// Every new value is the old one with a + behind it.
type rotation struct {
	client atomic.Pointer[secretsmanager.Client]
	broken atomic.Bool
	mu     sync.Mutex
	paths  []string
}

// called are the paths that were called since the last time.
func (r *rotation) called() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	paths := r.paths
	r.paths = nil
	return paths
}

// startRotating starts a server whose rotation functions are all this one.
func startRotating(t *testing.T) (*server, *rotation) {
	r := &rotation{}
	lambda := httptest.NewServer(r)
	t.Cleanup(lambda.Close)
	s := start(t, "--lambda-url", lambda.URL)
	r.client.Store(client(s.url, "123456789012", "eu-central-1"))
	return s, r
}

func (r *rotation) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Header.Get("X-Amz-Invocation-Type") == "DryRun" { // whether the function can be called
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var event struct{ Step, SecretID, ClientRequestToken string }
	r.mu.Lock()
	r.paths = append(r.paths, req.URL.Path)
	r.mu.Unlock()
	err := json.NewDecoder(req.Body).Decode(&event)
	if err == nil {
		err = r.step(req.Context(), event.Step, &event.SecretID, &event.ClientRequestToken)
	}
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_ = json.NewEncoder(w).Encode(map[string]string{"errorType": "Error", "errorMessage": err.Error()})
	}
}

func (r *rotation) step(ctx context.Context, step string, arn, token *string) error {
	c := r.client.Load()
	switch step {
	case "createSecret":
		old, err := c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: arn})
		if err != nil {
			return err
		}
		_, err = c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
			SecretId: arn, ClientRequestToken: token, SecretString: aws.String(*old.SecretString + "+"),
			VersionStages: []string{"AWSPENDING"},
		})
		return err
	case "testSecret":
		if r.broken.Load() {
			return errors.New("the database is down")
		}
	case "finishSecret":
		d, err := c.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: arn})
		if err != nil {
			return err
		}
		for version, stages := range d.VersionIdsToStages {
			if slices.Contains(stages, "AWSCURRENT") {
				_, err = c.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
					SecretId: arn, VersionStage: aws.String("AWSCURRENT"), MoveToVersionId: token, RemoveFromVersionId: &version,
				})
			}
		}
		return err
	}
	return nil
}

// TestGoSDKRotates is rotation as the Go SDK sees it.
func TestGoSDKRotates(t *testing.T) {
	t.Parallel()
	s, f := startRotating(t)
	c, ctx, name := f.client.Load(), t.Context(), aws.String("prod/db")
	value := func(stage string) string {
		out, err := c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name, VersionStage: &stage})
		require.NoError(t, err)
		return *out.SecretString
	}
	refused := func(in *secretsmanager.RotateSecretInput, text string) {
		t.Helper()
		in.SecretId = name
		_, err := c.RotateSecret(ctx, in)
		var request *types.InvalidRequestException
		require.ErrorAs(t, err, &request)
		require.Equal(t, text, *request.Message)
	}
	_, err := c.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("x")})
	require.NoError(t, err)
	refused(&secretsmanager.RotateSecretInput{}, noFunction)
	rules := &types.RotationRulesType{ScheduleExpression: aws.String("cron(30 16 L * ? *)")}
	_, err = c.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name,
		RotationLambdaARN: aws.String(function), RotationRules: rules})
	var parameter *types.InvalidParameterException
	require.ErrorAs(t, err, &parameter)
	require.Contains(t, *parameter.Message, "the minutes of a cron() expression must be 0, not 30")

	rules.ScheduleExpression = aws.String("cron(0 16 L * ? *)")
	begun, err := c.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name,
		RotationLambdaARN: aws.String(function), RotationRules: rules})
	require.NoError(t, err)
	require.Equal(t, slices.Repeat([]string{"/2015-03-31/functions/" + function + "/invocations"}, 4), f.called())
	require.Equal(t, "x+", value("AWSCURRENT"))
	require.Equal(t, "x", value("AWSPREVIOUS"))
	d, err := c.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
	require.NoError(t, err)
	require.Contains(t, d.VersionIdsToStages[*begun.VersionId], "AWSCURRENT")
	require.True(t, *d.RotationEnabled)
	require.Equal(t, time.Date(2030, 1, 31, 23, 59, 59, 0, time.UTC), d.NextRotationDate.UTC())

	s.advance("8760h")
	require.Equal(t, "x"+strings.Repeat("+", 13), value("AWSCURRENT"))

	f.broken.Store(true)
	_, err = c.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name})
	require.NoError(t, err)
	refused(&secretsmanager.RotateSecretInput{}, busy)
	f.broken.Store(false)
	require.Contains(t, s.events(), `"eventName":"RotationFailed"`)
	_, err = c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name})
	require.NoError(t, err)
	refused(&secretsmanager.RotateSecretInput{}, marked)
}

// TestAWSCLIRotates is rotation as the AWS CLI sees it.
func TestAWSCLIRotates(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	s, f := startRotating(t)
	c.server = s
	c.ok("create-secret", "--name", "prod/db", "--secret-string", "x")
	c.refused("InvalidRequestException", "RotateSecret", noFunction, "rotate-secret", "--secret-id", "prod/db")
	c.refused("InvalidParameterException", "RotateSecret", "Invalid ScheduleExpression: ",
		"rotate-secret", "--secret-id", "prod/db", "--rotation-lambda-arn", function, "--rotation-rules",
		"ScheduleExpression=cron(0 * * * ? *)")
	c.ok("rotate-secret", "--secret-id", "prod/db", "--rotation-lambda-arn", function, "--rotation-rules",
		"AutomaticallyAfterDays=30")
	require.Equal(t, "x+", c.ok("get-secret-value", "--secret-id", "prod/db")["SecretString"])
	c.advance("720h")
	require.Equal(t, "x++", c.ok("get-secret-value", "--secret-id", "prod/db")["SecretString"])

	f.broken.Store(true)
	c.ok("rotate-secret", "--secret-id", "prod/db")
	c.refused("InvalidRequestException", "RotateSecret", busy, "rotate-secret", "--secret-id", "prod/db")
	c.ok("cancel-rotate-secret", "--secret-id", "prod/db")
	described := c.ok("describe-secret", "--secret-id", "prod/db")
	require.Equal(t, false, described["RotationEnabled"])
	require.Equal(t, function, described["RotationLambdaARN"])
}
