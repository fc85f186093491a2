package integration

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	marked   = "You can't perform this operation on the secret because it was marked for deletion."
	notFound = "Secrets Manager can't find the specified secret."
)

// cli is the AWS CLI against a server.
type cli struct {
	*server
	t    *testing.T
	path string
	env  []string // more of it
}

func newCLI(t *testing.T) *cli {
	path, err := exec.LookPath("aws")
	if err != nil {
		notRun(t, "awscli", "Debian: apt-get install awscli")
	}
	return &cli{t: t, path: path}
}

// sm runs aws secretsmanager with arguments.
func (c *cli) sm(args ...string) (stdout, stderr string, err error) {
	all := append([]string{"--endpoint-url", c.url, "--output", "json", "secretsmanager"}, args...)
	cmd := exec.CommandContext(c.t.Context(), c.path, all...)
	cmd.Env = append(environment(), c.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	// Some say so even where no retries were asked for.
	return out.String(), strings.ReplaceAll(errs.String(), " (reached max retries: 0)", ""), err
}

func (c *cli) ok(args ...string) map[string]any {
	c.t.Helper()
	out, errs, err := c.sm(args...)
	require.NoError(c.t, err, "aws secretsmanager %s: %s", strings.Join(args, " "), errs)
	if strings.TrimSpace(out) == "" {
		return nil
	}
	var got map[string]any
	require.NoError(c.t, json.Unmarshal([]byte(out), &got), out)
	return got
}

// knows reports whether this CLI has an option, and says so if not. Debian 12 has
// one of 2022.
func (c *cli) knows(command, option string) bool {
	_, errs, err := c.sm(command, option)
	if err != nil && strings.Contains(errs, "Unknown options: "+option) {
		c.t.Logf("NOT TESTED: this AWS CLI has no %s of %s", option, command)
		return false
	}
	return true
}

func (c *cli) refused(code, operation, text string, args ...string) {
	c.t.Helper()
	_, errs, err := c.sm(args...)
	require.Error(c.t, err, strings.Join(args, " "))
	require.Contains(c.t, errs, "An error occurred ("+code+") when calling the "+operation+" operation: "+text)
}

// TestAWSCLIWalksAWholeLife is a secret's life as the AWS CLI sees it.
func TestAWSCLIWalksAWholeLife(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.server = start(t)
	created := c.ok("create-secret", "--name", "prod/db", "--secret-string", "hunter2", "--tags", "Key=team,Value=core",
		"--description", "the database")
	arn, _ := created["ARN"].(string)
	require.Regexp(t, `^arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-[A-Za-z0-9]{6}$`, arn)
	require.Equal(t, "hunter2", c.ok("get-secret-value", "--secret-id", "prod/db")["SecretString"])

	second := c.ok("put-secret-value", "--secret-id", arn, "--secret-string", "hunter3")
	require.Equal(t, []any{"AWSCURRENT"}, second["VersionStages"])
	require.Equal(t, "hunter2", c.ok("get-secret-value", "--secret-id", "prod/db", "--version-stage",
		"AWSPREVIOUS")["SecretString"])

	c.refused("InvalidParameterException", "DeleteSecret",
		"The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
		"delete-secret", "--secret-id", "prod/db", "--recovery-window-in-days", "6")
	c.refused("InvalidParameterException", "DeleteSecret",
		"You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
		"delete-secret", "--secret-id", "prod/db", "--recovery-window-in-days", "7", "--force-delete-without-recovery")
	deleted := c.ok("delete-secret", "--secret-id", "prod/db", "--recovery-window-in-days", "7")
	require.Equal(t, arn, deleted["ARN"])
	// The CLI of version 1 shows the number, that of version 2 a date.
	require.Contains(t, []any{1893456000.0 + 7*86400, "2030-01-08T00:00:00+00:00"}, deleted["DeletionDate"])

	c.refused("InvalidRequestException", "GetSecretValue", marked, "get-secret-value", "--secret-id", "prod/db")
	c.refused("InvalidRequestException", "PutSecretValue", marked, "put-secret-value", "--secret-id", "prod/db",
		"--secret-string", "x")
	c.refused("InvalidRequestException", "TagResource", marked, "tag-resource", "--secret-id", "prod/db", "--tags",
		"Key=a,Value=b")
	c.refused("InvalidRequestException", "CreateSecret",
		"You can't create this secret because a secret with this name is already scheduled for deletion.",
		"create-secret", "--name", "prod/db", "--secret-string", "x")
	require.NotNil(t, c.ok("describe-secret", "--secret-id", "prod/db")["DeletedDate"])
	require.Empty(t, c.ok("list-secrets")["SecretList"])
	if c.knows("list-secrets", "--include-planned-deletion") {
		require.Len(t, c.ok("list-secrets", "--include-planned-deletion")["SecretList"], 1)
	}

	require.Equal(t, map[string]any{"ARN": arn, "Name": "prod/db"}, c.ok("restore-secret", "--secret-id", "prod/db"))
	restored := c.ok("describe-secret", "--secret-id", "prod/db")
	require.Nil(t, restored["DeletedDate"])
	require.Equal(t, []any{map[string]any{"Key": "team", "Value": "core"}}, restored["Tags"])
	require.Equal(t, "hunter3", c.ok("get-secret-value", "--secret-id", "prod/db")["SecretString"])

	c.ok("delete-secret", "--secret-id", "prod/db")
	purged := c.advance("744h")
	require.Equal(t, []any{arn}, purged)
	c.refused("ResourceNotFoundException", "DescribeSecret", notFound, "describe-secret", "--secret-id", "prod/db")
	c.refused("ResourceNotFoundException", "RestoreSecret", notFound, "restore-secret", "--secret-id", "prod/db")
	again := c.ok("create-secret", "--name", "prod/db", "--secret-string", "next")
	require.NotEqual(t, arn, again["ARN"], "the name is free, the suffix new")

	c.ok("delete-secret", "--secret-id", "never/was", "--force-delete-without-recovery")
	c.ok("delete-secret", "--secret-id", "prod/db", "--force-delete-without-recovery")
	c.refused("ResourceNotFoundException", "GetSecretValue", notFound, "get-secret-value", "--secret-id", "prod/db")
	c.refused("ValidationException", "DescribeSecret",
		"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
		"describe-secret", "--secret-id", "a b")
}
