package integration

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"
)

// startTLS starts a server with a certificate of its own, and returns the file of
// its CA.
func startTLS(t *testing.T) (s *server, ca string) {
	dir := t.TempDir()
	s = start(t, "--tls", "self-signed", "--tls-dir", dir)
	require.True(t, strings.HasPrefix(s.url, "https://"), s.url)
	return s, filepath.Join(dir, "ca.pem")
}

// TestTLSOfTheAWSCLI has the AWS CLI trust the CA that AWS_CA_BUNDLE names.
func TestTLSOfTheAWSCLI(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	s, ca := startTLS(t)
	run := func(url string, env ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), c.path, "--endpoint-url", url,
			"secretsmanager", "create-secret", "--name", "a", "--secret-string", "b")
		cmd.Env = append(environment(), env...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		err := cmd.Run()
		return errs.String(), err
	}
	errs, err := run(s.url)
	require.Error(t, err)
	require.Contains(t, errs, "SSL validation failed")
	errs, err = run(s.url, "AWS_CA_BUNDLE="+ca)
	require.NoError(t, err, errs)
	named := strings.Replace(s.url, "127.0.0.1", "localhost", 1)
	errs, err = run(named, "AWS_CA_BUNDLE="+ca, "NO_PROXY=localhost", "no_proxy=localhost")
	require.Error(t, err)
	require.Contains(t, errs, "ResourceExistsException", "the name is right, too")
}

// TestTLSOfTheGoSDK has the SDK for Go use HTTP/2.
func TestTLSOfTheGoSDK(t *testing.T) {
	t.Parallel()
	s, ca := startTLS(t)
	content, err := os.ReadFile(ca)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(content))
	seen := &protocols{client: awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
	})}
	c := secretsmanager.New(secretsmanager.Options{
		Region:       "eu-west-1",
		BaseEndpoint: aws.String(s.url),
		HTTPClient:   seen,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
	_, err = c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("a"), SecretString: aws.String("b"),
	})
	require.NoError(t, err)
	got, err := c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("a")})
	require.NoError(t, err)
	require.Equal(t, "b", *got.SecretString)
	require.Equal(t, []string{"HTTP/2.0", "HTTP/2.0"}, seen.of)
}

// protocols notes the protocols of responses.
type protocols struct {
	client aws.HTTPClient
	of     []string
}

func (p *protocols) Do(r *http.Request) (*http.Response, error) {
	resp, err := p.client.Do(r)
	if err == nil {
		p.of = append(p.of, resp.Proto)
	}
	return resp, err
}
