package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

func client(url, account, region string, edits ...func(*secretsmanager.Options)) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region:       region,
		BaseEndpoint: aws.String(url),
		Retryer:      aws.NopRetryer{},
		HTTPClient:   whole{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: account, SecretAccessKey: "test"}, nil
		}),
	}, edits...)
}

// whole answers when it has the whole answer. The SDK (smithy-go 1.28) takes the
// request's body away as soon as an answer begins. Where the transport then was
// not yet back from writing that body, which takes a fast server, it sees an error
// and closes the connection below the rest of a long answer. The SDK's own retries
// hide that, but they would hide our faults, too.
type whole struct{}

func (whole) Do(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, err
}

// TestGoSDKWalksAWholeLife is a secret's life as the Go SDK sees it, over a
// socket.
func TestGoSDKWalksAWholeLife(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := client(s.url, "111111111111", "eu-west-1")
	name := aws.String("prod/db")

	made, err := c.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: name, SecretBinary: []byte{0, 1, 255},
		AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-north-1")}},
	})
	require.NoError(t, err)
	require.Contains(t, *made.ARN, ":eu-west-1:111111111111:")
	require.Equal(t, types.StatusTypeInProgress, made.ReplicationStatus[0].Status)

	north := client(s.url, "111111111111", "eu-north-1")
	read, err := north.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
	require.NoError(t, err)
	require.Equal(t, []byte{0, 1, 255}, read.SecretBinary)
	_, err = north.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name})
	var parameter *types.InvalidParameterException
	require.ErrorAs(t, err, &parameter)
	_, err = c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name})
	require.ErrorAs(t, err, &parameter)
	require.Equal(t, "You can't delete secret "+*made.ARN+" that still has replica regions [eu-north-1].",
		*parameter.Message)
	_, err = c.RemoveRegionsFromReplication(ctx, &secretsmanager.RemoveRegionsFromReplicationInput{SecretId: name,
		RemoveReplicaRegions: []string{"eu-north-1"}})
	require.NoError(t, err)

	gone, err := c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name,
		RecoveryWindowInDays: aws.Int64(30)})
	require.NoError(t, err)
	require.Equal(t, time.Date(2030, 1, 31, 0, 0, 0, 0, time.UTC), gone.DeletionDate.UTC())
	var marked *types.InvalidRequestException
	_, err = c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
	require.ErrorAs(t, err, &marked)

	s.advance("719h59m59.999s")
	_, err = c.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: name})
	require.NoError(t, err, "a millisecond before the date")
	back, err := c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: made.ARN})
	require.NoError(t, err)
	require.Equal(t, []byte{0, 1, 255}, back.SecretBinary)
	require.Equal(t, *made.VersionId, *back.VersionId)

	_, err = c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(7)})
	require.NoError(t, err)
	purged := s.advance("168h")
	require.Equal(t, []any{*made.ARN}, purged)
	var unknown *types.ResourceNotFoundException
	_, err = c.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
	require.ErrorAs(t, err, &unknown)
	_, err = client(s.url, "222222222222", "eu-west-1").DescribeSecret(ctx,
		&secretsmanager.DescribeSecretInput{SecretId: name})
	require.ErrorAs(t, err, &unknown)

	require.Contains(t, s.events(), `"eventName":"EndSecretVersionDelete"`)
}

// events reads the whole event log, and checks that each line is a record.
func (s *server) events() string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/_secretlife/events?after=0", nil)
	require.NoError(s.t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	for line := range strings.Lines(string(data)) {
		require.True(s.t, json.Valid([]byte(line)), line)
	}
	return string(data)
}
