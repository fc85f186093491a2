package mockless

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsfake"
)

const day = 24 * time.Hour

// A hand-written mock would have to know that a retired secret can't be read,
// comes back with its old value within 30 days, and is gone after 31.
func TestTenantsComeBackWithinAMonth(t *testing.T) {
	ctx, fake := t.Context(), awsfake.New(t)
	read := func() (string, error) {
		out, err := fake.Client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("tenants/acme")})
		if err != nil {
			return "", err
		}
		return *out.SecretString, nil
	}
	require.NoError(t, Bring(ctx, fake.Client, "acme", "first"))
	require.NoError(t, Retire(ctx, fake.Client, "acme"))
	_, err := read()
	var marked *types.InvalidRequestException
	require.ErrorAs(t, err, &marked)

	fake.Advance(29 * day)
	require.NoError(t, Bring(ctx, fake.Client, "acme", "second"))
	value, err := read()
	require.NoError(t, err)
	require.Equal(t, "first", value, "it was restored")

	require.NoError(t, Retire(ctx, fake.Client, "acme"))
	require.Len(t, fake.Advance(31*day), 1)
	require.NoError(t, Retire(ctx, fake.Client, "acme"), "gone is fine")
	require.NoError(t, Bring(ctx, fake.Client, "acme", "second"))
	value, err = read()
	require.NoError(t, err)
	require.Equal(t, "second", value, "it was made anew")
}
