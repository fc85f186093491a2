package integration

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

// TestGoSDKIsToldThatAValueIsHuge sends 20 MB. The client's own retries are off, so
// a connection that is reset would show.
func TestGoSDKIsToldThatAValueIsHuge(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	for name, transport := range map[string]secretsmanager.HTTPClient{"plain": http.DefaultClient, "whole": whole{}} {
		c := client(s.url, "111111111111", "eu-west-1", func(o *secretsmanager.Options) { o.HTTPClient = transport })
		for range 3 {
			_, err := c.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
				Name: aws.String("huge"), SecretString: aws.String(strings.Repeat("x", 20_000_000)),
			})
			var refused smithy.APIError
			require.ErrorAs(t, err, &refused, name)
			require.Equal(t, "RequestEntityTooLargeException", refused.ErrorCode(), name)
		}
	}
}
