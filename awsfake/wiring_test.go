package awsfake_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsfake"
)

func TestConfig(t *testing.T) {
	t.Run("for code that makes its client itself", func(t *testing.T) {
		fake := awsfake.New(t)
		client := secretsmanager.NewFromConfig(fake.Config())
		made := create(t, client, "a")
		require.Contains(t, *made.ARN, "us-east-1:123456789012:secret:a-")
		value, err := read(t, fake.Client, "a")
		require.NoError(t, err)
		require.Equal(t, "value of a", value)
	})
	t.Run("draws the same version ids as Client", func(t *testing.T) {
		one, two := awsfake.New(t), awsfake.New(t)
		require.Equal(t, create(t, one.Client, "a").VersionId,
			create(t, secretsmanager.NewFromConfig(two.Config()), "a").VersionId)
	})
	t.Run("in another Region", func(t *testing.T) {
		cfg := awsfake.New(t).Config()
		cfg.Region = "eu-west-1"
		require.Contains(t, *create(t, secretsmanager.NewFromConfig(cfg), "a").ARN, ":eu-west-1:")
	})
}

// send makes a request as a client in another process does.
func send(t *testing.T, url, operation, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager."+operation)
	r.Close = true
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func TestURL(t *testing.T) {
	t.Run("serves the same secrets over a socket", func(t *testing.T) {
		fake := awsfake.New(t)
		create(t, fake.Client, "a")
		status, text := send(t, fake.URL(), "GetSecretValue", `{"SecretId":"a"}`)
		require.Equal(t, http.StatusOK, status, text)
		require.Contains(t, text, `"SecretString":"value of a"`)
		require.Equal(t, []string{"CreateSecret a", "GetSecretValue a"}, fake.Calls().Strings())
		url := fake.URL()
		require.Equal(t, url, fake.URL(), "there is one endpoint")
	})
	t.Run("sets nothing, and Setenv does", func(t *testing.T) {
		fake := awsfake.New(t)
		t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "")
		url := fake.URL()
		require.Empty(t, os.Getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER"))
		t.Run("until the test ends", func(t *testing.T) {
			fake.Setenv(t)
			require.Equal(t, url, os.Getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER"))
			require.Equal(t, "123456789012", os.Getenv("AWS_ACCESS_KEY_ID"))
			require.Equal(t, "us-east-1", os.Getenv("AWS_REGION"))
		})
		require.Empty(t, os.Getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER"))
	})
	t.Run("ends with Close", func(t *testing.T) {
		fake, err := awsfake.Start()
		require.NoError(t, err)
		url := fake.URL()
		require.NoError(t, fake.Close())
		require.NoError(t, fake.Close())
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		require.Error(t, err)
	})
}

// Each fake is a world of its own: tests with one are parallel as they are.
func TestParallel(t *testing.T) {
	for _, name := range []string{"monday", "tuesday", "wednesday"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := awsfake.New(t)
			client := secretsmanager.NewFromConfig(fake.Config())
			create(t, client, "report")
			_, err := client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("report")})
			require.NoError(t, err)
			require.Len(t, fake.Advance(31*day), 1)
			require.Equal(t, []string{"CreateSecret report", "DeleteSecret report"}, fake.Calls().Strings())
		})
	}
}

func TestStart(t *testing.T) {
	_, err := awsfake.Start(func(o *awsfake.Options) { o.Region = "Mars 1" })
	require.Error(t, err)
	fake, err := awsfake.Start()
	require.NoError(t, err)
	create(t, fake.Client, "a")
	require.Empty(t, fake.Advance(day))
	require.Len(t, fake.Events(), 1)
	require.Panics(t, func() { fake.Fail(awsfake.Failure{}) })
}
