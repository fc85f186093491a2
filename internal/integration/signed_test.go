package integration

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

// TestSignaturesOfTheGoSDK has the SDK sign with right and wrong keys.
func TestSignaturesOfTheGoSDK(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte("[ci]\naws_access_key_id = AKIDCI\naws_secret_access_key = right/+=\naws_account_id = 111122223333\n"+
		"[session]\naws_access_key_id = ASIASESSION\naws_secret_access_key = right\naws_session_token = token\n"), 0o600))
	s := start(t, "--credentials", file)
	for _, c := range []struct{ id, secret, token, want string }{
		{"AKIDCI", "right/+=", "", ""},
		{"ASIASESSION", "right", "token", ""},
		{"AKIDCI", "wrong", "", "InvalidSignatureException"},
		{"ASIASESSION", "right", "", "UnrecognizedClientException"},
		{"ASIASESSION", "right", "other", "UnrecognizedClientException"},
		{"AKIDOTHER", "right", "", "UnrecognizedClientException"},
	} {
		client := secretsmanager.New(secretsmanager.Options{
			Region:       "eu-west-1",
			BaseEndpoint: aws.String(s.url),
			Retryer:      aws.NopRetryer{},
			HTTPClient:   whole{},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: c.id, SecretAccessKey: c.secret, SessionToken: c.token}, nil
			}),
		})
		// A name and a value that would not survive a wrong way of writing them.
		out, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("a/b+c=" + c.id), SecretString: aws.String("ü \x00 +/=")})
		if c.want == "" {
			require.NoError(t, err, "%+v", c)
			if c.id == "AKIDCI" {
				require.Contains(t, *out.ARN, ":eu-west-1:111122223333:secret:")
			}
			continue
		}
		var e smithy.APIError
		require.ErrorAs(t, err, &e)
		require.Equal(t, c.want, e.ErrorCode(), e.ErrorMessage())
	}
}
