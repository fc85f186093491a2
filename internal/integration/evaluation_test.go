package integration

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"
)

// evaluation is a server that was started as docs/evaluation-suite.md says.
type evaluation struct {
	dir string
	url string // with the port that it got
	env map[string]string
}

// startForEvaluation follows the page: the credentials, the command, and the variables
// are the page's own. The server gets another port.
func startForEvaluation(t *testing.T) evaluation {
	t.Helper()
	page, err := os.ReadFile("../../docs/evaluation-suite.md")
	require.NoError(t, err)
	e := evaluation{dir: t.TempDir(), env: map[string]string{}}
	file := regexp.MustCompile(`(?s)    cat > (\S+) <<END\n(.*?)    END\n`).FindSubmatch(page)
	require.NotNil(t, file)
	require.NoError(t, os.Mkdir(filepath.Join(e.dir, "suite"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(e.dir, string(file[1])),
		bytes.ReplaceAll(file[2], []byte("    "), nil), 0o600))
	for _, line := range regexp.MustCompile(`(?m)^    export (\w+)=(.*)$`).FindAllSubmatch(page, -1) {
		e.env[string(line[1])] = string(line[2])
	}
	command := regexp.MustCompile(`(?m)^    secretlife (serve .*)$`).FindSubmatch(page)
	require.NotNil(t, command)
	args := strings.Fields(strings.Replace(string(command[1]), ":4577", ":0", 1))
	cmd := exec.Command(binary(t), args...) //nolint:noctx // it is ended by the cleanup, with SIGTERM
	cmd.Dir = e.dir
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait())
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	_, port, ok := strings.Cut(strings.TrimSpace(line), "listening on https://127.0.0.1:")
	require.True(t, ok, line)
	e.url = strings.Replace(e.env["AWS_ENDPOINT_URL_SECRETS_MANAGER"], "4577", port, 1)
	return e
}

// TestStartForTheEvaluationSuite checks the start that docs/evaluation-suite.md promises,
// and nothing of the suite.
func TestStartForTheEvaluationSuite(t *testing.T) {
	t.Parallel()
	e := startForEvaluation(t)
	t.Run("SDK for Go", func(t *testing.T) {
		ca, err := os.ReadFile(filepath.Join(e.dir, e.env["AWS_CA_BUNDLE"]))
		require.NoError(t, err)
		pool := x509.NewCertPool()
		require.True(t, pool.AppendCertsFromPEM(ca))
		c := secretsmanager.New(secretsmanager.Options{
			Region:       e.env["AWS_REGION"],
			BaseEndpoint: aws.String(e.url),
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				id, key := e.env["AWS_ACCESS_KEY_ID"], e.env["AWS_SECRET_ACCESS_KEY"]
				return aws.Credentials{AccessKeyID: id, SecretAccessKey: key}, nil
			}),
			HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
				tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
			}),
		})
		made, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("a")})
		require.NoError(t, err)
		require.Regexp(t, "^arn:aws:secretsmanager:us-west-2:123456789012:secret:a-", *made.ARN)
	})
	t.Run("AWS CLI", func(t *testing.T) {
		c := newCLI(t)
		// An AWS CLI that is older than the variable for one service takes the flag.
		cmd := exec.CommandContext(t.Context(), c.path, "--endpoint-url", e.url, "secretsmanager", "create-secret",
			"--name", "b", "--secret-string", "v", "--query", "ARN", "--output", "text")
		cmd.Dir = e.dir
		cmd.Env = append(environment(), "NO_PROXY=localhost", "no_proxy=localhost")
		for name, value := range e.env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Regexp(t, "^arn:aws:secretsmanager:us-west-2:123456789012:secret:b-", string(out))
	})
}
