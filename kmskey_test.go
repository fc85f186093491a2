package secretlife_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestKeysOfVersions: UpdateSecret with another key changes that of the versions
// AWSCURRENT, AWSPENDING and AWSPREVIOUS; the others keep theirs.
func TestKeysOfVersions(t *testing.T) {
	w := newWorld(t)
	w.create("s")
	tokens := []string{tokenA}
	write := func(stages ...secretlife.Stage) {
		out, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v"), VersionStages: stages})
		require.NoError(t, err)
		tokens = append(tokens, out.VersionID)
	}
	setKey := func(key string) {
		_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", KmsKeyID: &key})
		require.NoError(t, err)
	}
	keys := func() (out []string) {
		list, err := w.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "s", IncludeDeprecated: true})
		require.NoError(t, err)
		for i, v := range list.Versions {
			require.Equal(t, tokens[i], v.VersionID)
			require.Len(t, v.KmsKeyIDs, 1)
			out = append(out, v.KmsKeyIDs[0])
		}
		return out
	}
	write()             // 1: the first is AWSPREVIOUS
	write()             // 2: the first is deprecated
	write("AWSPENDING") // 3
	write("mine")       // 4
	require.Equal(t, []string{"DefaultEncryptionKey", "DefaultEncryptionKey", "DefaultEncryptionKey", "DefaultEncryptionKey", "DefaultEncryptionKey"}, keys())

	setKey("k1")
	require.Equal(t, []string{"DefaultEncryptionKey", "k1", "k1", "k1", "DefaultEncryptionKey"}, keys())
	write("more")
	require.Equal(t, "k1", keys()[5], "a new version has the secret's key")
	setKey("k2")
	require.Equal(t, []string{"DefaultEncryptionKey", "k2", "k2", "k2", "DefaultEncryptionKey", "k1"}, keys())
	setKey("k1")
	require.Equal(t, []string{"DefaultEncryptionKey", "k1", "k1", "k1", "DefaultEncryptionKey", "k1"}, keys())
	setKey("alias/aws/secretsmanager")
	require.Equal(t, []string{"DefaultEncryptionKey", "DefaultEncryptionKey", "DefaultEncryptionKey", "DefaultEncryptionKey", "DefaultEncryptionKey", "k1"}, keys())

	s := w.load("s")
	back, err := secretlife.FromState(s.State())
	require.NoError(t, err)
	require.Equal(t, s, back)
	d, err := w.DescribeSecret(ctx, secretlife.DescribeSecretInput{SecretID: "s"})
	require.NoError(t, err)
	require.Empty(t, d.KmsKeyID)
}

// TestTheSameKeyAgain: UpdateSecret with the key the secret has changes that of a
// version that had kept another and has AWSCURRENT now.
func TestTheSameKeyAgain(t *testing.T) {
	w := newWorld(t)
	w.create("s", func(in *secretlife.CreateSecretInput) { in.KmsKeyID = "k1" })
	for _, token := range []string{tokenB, tokenC} {
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", ClientRequestToken: token, Value: secretlife.SecretString("v")})
		require.NoError(t, err)
	}
	key := "k2"
	setKey := func() {
		_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", KmsKeyID: &key})
		require.NoError(t, err)
	}
	first := func() []string {
		list, err := w.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "s", IncludeDeprecated: true})
		require.NoError(t, err)
		return list.Versions[0].KmsKeyIDs
	}
	setKey()
	_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{
		SecretID: "s", VersionStage: secretlife.StageCurrent, RemoveFromVersionID: tokenC, MoveToVersionID: tokenA,
	})
	require.NoError(t, err)
	require.Equal(t, []string{"k1"}, first(), "it was deprecated when the key changed")
	setKey()
	require.Equal(t, []string{"k2"}, first())
}

// TestKeysOfVersionsThatGo: nothing is kept for versions that aged.
func TestKeysOfVersionsThatGo(t *testing.T) {
	w := newWorld(t)
	w.create("s")
	for range 3 {
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v")})
		require.NoError(t, err)
	}
	key := "k"
	_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", KmsKeyID: &key})
	require.NoError(t, err)
	for i := range 100 {
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString(fmt.Sprint(i))})
		require.NoError(t, err)
	}
	w.advance(3 * aDay)
	for _, v := range w.load("s").State().Versions {
		require.Nil(t, v.KmsKeyID)
	}
}

// TestKeysOfVersionsOnReplicas: a replica has a key of its own, and its versions
// keep theirs.
func TestKeysOfVersionsOnReplicas(t *testing.T) {
	w := newWorld(t)
	w.create("s", func(in *secretlife.CreateSecretInput) {
		in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1", KmsKeyID: "k1"}}
	})
	write := func() {
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v")})
		require.NoError(t, err)
		w.advance(1)
	}
	write()
	write()
	eu, key := w.in("123456789012", "eu-west-1"), "k2"
	_, err := eu.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", KmsKeyID: &key})
	require.NoError(t, err)
	write()
	list, err := eu.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "s", IncludeDeprecated: true})
	require.NoError(t, err)
	var keys []string
	for _, v := range list.Versions {
		keys = append(keys, v.KmsKeyIDs...)
	}
	require.Equal(t, []string{"k1", "k2", "k2", "k2"}, keys)
}
