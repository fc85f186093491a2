package command

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

func TestKMSKeysFile(t *testing.T) {
	const key, alias = "arn:aws:kms:us-east-1:123456789012:key/a", "arn:aws:kms:us-east-1:123456789012:alias/a"
	path := filepath.Join(t.TempDir(), "keys.json")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }

	for text, wrong := range map[string]string{
		``: "JSON object", `[]`: "JSON object", `{"` + key + `":1}`: "JSON object", `{} {}`: "JSON object",
		`{"alias/a":"Enabled"}`:                      "not the ARN of a KMS key",
		`{"arn:aws:s3:::bucket":"Enabled"}`:          "not the ARN of a KMS key",
		`{"` + key + `":"Off"}`:                      `not "Off"`,
		`{"` + key + `":"Enabled","a":"Disabled"}`:   "not the ARN of a KMS key",
		`{"arn:aws:kms:us-east-1:1:a/b":"Disabled"}`: "not the ARN of a KMS key",
	} {
		write(text)
		_, err := kmsFlags{path}.checkKMSKey()
		require.ErrorContains(t, err, wrong, text)
		require.ErrorContains(t, err, "--kms-keys", text)
	}
	_, err := kmsFlags{path + "x"}.checkKMSKey()
	require.ErrorIs(t, err, os.ErrNotExist)

	write(`{"` + key + `": "Enabled", "` + alias + `": "Disabled"}`)
	check, err := kmsFlags{path}.checkKMSKey()
	require.NoError(t, err)
	require.NoError(t, check(t.Context(), key))
	require.ErrorIs(t, check(t.Context(), alias), secretlife.ErrKMSKeyDisabled)
	require.ErrorIs(t, check(t.Context(), key+"b"), secretlife.ErrKMSKeyNotFound)

	// The file is read each time, so that a test can disable a key.
	write(`{"` + key + `": "PendingDeletion", "` + alias + `": "AccessDenied"}`)
	require.ErrorIs(t, check(t.Context(), key), secretlife.ErrKMSKeyPendingDeletion)
	require.ErrorIs(t, check(t.Context(), alias), secretlife.ErrKMSAccessDenied)
	write(`{`)
	require.ErrorContains(t, check(t.Context(), key), "JSON object")

	check, err = kmsFlags{}.checkKMSKey()
	require.NoError(t, err)
	require.Nil(t, check)
}
