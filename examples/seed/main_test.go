package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDocumentedAnswer(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `ARN: arn:aws:secretsmanager:us-west-2:123456789012:secret:MyTestDatabaseSecret-a1b2c3
DeletionDate: 2018-04-18T21:02:29Z
Name: MyTestDatabaseSecret
InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.
ResourceNotFoundException: Secrets Manager can't find the specified secret.
`, out.String())
}
