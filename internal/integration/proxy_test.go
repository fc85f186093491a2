package integration

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"
)

// proxy puts a reverse proxy before a server, as docs/operating.md tells to.
func proxy(t *testing.T, s *server) (address string) {
	to, err := url.Parse(s.url)
	require.NoError(t, err)
	p := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}})
	t.Cleanup(p.Close)
	return p.URL
}

// status makes a GET request.
func status(t *testing.T, address string, headers ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// TestBehindAProxy checks that signed requests come through a proxy, and that
// control calls need a token there.
func TestBehindAProxy(t *testing.T) {
	t.Parallel()
	credentials, tokens := filepath.Join(t.TempDir(), "credentials"), filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(credentials, []byte("[ci]\n"+
		"aws_access_key_id = 111122223333\naws_secret_access_key = test\n"), 0o600))
	s := start(t, "--credentials", credentials, "--control-token-file", tokens)
	address := proxy(t, s)
	c := client(address, "111122223333", "eu-west-1")
	_, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("a"), SecretString: aws.String("b"),
	})
	require.NoError(t, err)

	for _, call := range []string{"events", "clock"} {
		require.Equal(t, http.StatusUnauthorized, status(t, address+"/_secretlife/"+call))
		require.Equal(t, http.StatusUnauthorized, status(t, s.url+"/_secretlife/"+call))
	}
	require.Equal(t, http.StatusOK, status(t, address+"/_secretlife/ready"))
	text, err := os.ReadFile(tokens)
	require.NoError(t, err)
	bearer := "Bearer " + strings.Fields(string(text))[0]
	require.Equal(t, http.StatusOK, status(t, address+"/_secretlife/events", "Authorization", bearer))
}

// TestAProxyBeforeAnOpenServer checks that its clients are not taken for this
// machine's.
func TestAProxyBeforeAnOpenServer(t *testing.T) {
	t.Parallel()
	s := start(t)
	address := proxy(t, s)
	require.Equal(t, http.StatusOK, status(t, s.url+"/_secretlife/events"))
	require.Equal(t, http.StatusForbidden, status(t, address+"/_secretlife/events"))
	_, err := client(address, "111122223333", "eu-west-1").ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	require.Error(t, err)
}
