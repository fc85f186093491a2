package secretlife_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestLengthsAreInCharacters holds that the API model's lengths count
// characters, of which many have more than one byte.
func TestLengthsAreInCharacters(t *testing.T) {
	w := newWorld(t)
	text := func(n int) string { return strings.Repeat("é", n) }
	in := secretlife.CreateSecretInput{
		Name: "a", ClientRequestToken: text(64), Value: secretlife.SecretString("v"), Description: text(2048),
		Tags: []secretlife.Tag{{Key: text(128), Value: text(256)}},
	}
	out, err := w.CreateSecret(ctx, in)
	require.NoError(t, err)
	require.Equal(t, text(64), out.VersionID)
	_, err = w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "a", VersionStage: secretlife.Stage(text(256)), MoveToVersionID: text(64)})
	require.NoError(t, err)

	in = secretlife.CreateSecretInput{Name: "b", ClientRequestToken: text(65), Description: text(2049), Tags: []secretlife.Tag{{Key: text(129), Value: text(257)}}}
	_, err = w.CreateSecret(ctx, in)
	require.Len(t, validation(t, err).Violations, 4)
	_, err = w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "a", VersionStage: secretlife.Stage(text(257)), MoveToVersionID: text(31)})
	require.Len(t, validation(t, err).Violations, 2)
}
