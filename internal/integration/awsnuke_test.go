package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

// nuke runs aws-nuke over the secrets of an account in a Region. Where a Region has endpoints of its
// own, it asks neither STS nor IAM, and makes up the account's name.
func nuke(t *testing.T, s *server, account, region string) (out string, err error) {
	t.Helper()
	path, err := exec.LookPath("aws-nuke")
	if err != nil {
		notRun(t, "aws-nuke", "Debian: apt-get install aws-nuke")
	}
	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
regions: [%[1]s]
account-blocklist: ["999999999999"]
accounts: {account-id-of-custom-region-%[1]s: {}}
resource-types: {targets: [SecretsManagerSecret]}
endpoints:
- region: %[1]s
  services:
  - {service: secretsmanager, url: "%[2]s"}
  - {service: "", url: "%[2]s"}
`, region, s.url), 0o600))
	return output(t, ".", path, "--config", config, "--default-region", region, "--no-dry-run", "--force",
		"--force-sleep", "3", "--access-key-id", account, "--secret-access-key", "test")
}

// TestAWSNukeEmptiesAnAccount has aws-nuke find all secrets, delete them by force, and wait until
// none is listed.
func TestAWSNukeEmptiesAnAccount(t *testing.T) {
	t.Parallel()
	s := start(t)
	const account, region = "111122223333", "eu-west-1"
	c, other := client(s.url, account, region), client(s.url, "444455556666", region)
	create := func(c *secretsmanager.Client, name string) {
		_, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String("x")})
		require.NoError(t, err)
	}
	count := func(c *secretsmanager.Client) int {
		l, err := c.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)})
		require.NoError(t, err)
		return len(l.SecretList)
	}
	for i := range 25 { // more than a page of ListSecrets has by default
		create(c, fmt.Sprint("prod/", i))
	}
	create(other, "prod/other")
	out, err := nuke(t, s, account, region)
	require.NoError(t, err, out)
	require.Contains(t, out, "Nuke complete: 0 failed, 0 skipped, 25 finished.")
	require.Zero(t, count(c))
	require.Equal(t, 1, count(other))
}

// TestAWSNukeAndReplicas has aws-nuke fail on a primary that has a replica, and on the replica, each
// with AWS's text.
func TestAWSNukeAndReplicas(t *testing.T) {
	t.Parallel()
	s := start(t)
	const account = "111122223333"
	c := client(s.url, account, "eu-west-1")
	created, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("prod/db"), SecretString: aws.String("x"),
		AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-central-1")}},
	})
	require.NoError(t, err)
	for region, text := range map[string]string{
		"eu-west-1":    "You can't delete secret " + *created.ARN + " that still has replica regions [eu-central-1].",
		"eu-central-1": "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
	} {
		out, err := nuke(t, s, account, region)
		require.Error(t, err, out)
		require.Contains(t, out, text)
	}
	_, err = c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("prod/db")})
	require.NoError(t, err)
}
