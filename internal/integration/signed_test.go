package integration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

// signing starts a server that verifies signatures of one key, whose id is
// AKIDCI and whose secret is "test".
func signing(t testing.TB, flags ...string) *server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte("[ci]\naws_access_key_id = AKIDCI\naws_secret_access_key = test\n"),
		0o600))
	return start(t, append(flags, "--credentials", file)...)
}

// TestTheSameCallTwiceInASecond: the Go SDK signs an id with each call, so that
// the same calls in the same second are not taken for replays.
func TestTheSameCallTwiceInASecond(t *testing.T) {
	t.Parallel()
	s, name := signing(t), aws.String("a")
	c := client(s.url, "AKIDCI", "eu-west-1",
		func(o *secretsmanager.Options) { o.HTTPSignerV4 = sameSecond{v4.NewSigner(), time.Now()} })
	_, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: name})
	require.NoError(t, err)
	for range 5 {
		_, err = c.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: name})
		require.NoError(t, err)
		_, err = c.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: name})
		require.NoError(t, err)
	}
}

// sameSecond signs with the same date each time.
type sameSecond struct {
	*v4.Signer
	at time.Time
}

func (s sameSecond) SignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string,
	_ time.Time, edits ...func(*v4.SignerOptions)) error {
	return s.Signer.SignHTTP(ctx, c, r, hash, service, region, s.at, edits...)
}

// TestTheSameCallTwiceInASecondWithTheCLI runs the same calls at the same time,
// each by a process.
func TestTheSameCallTwiceInASecondWithTheCLI(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.server = signing(t)
	c.env = []string{"AWS_ACCESS_KEY_ID=AKIDCI"}
	c.ok("create-secret", "--name", "a", "--secret-string", "x")
	failed := make(chan string)
	for range 4 {
		go func() {
			_, errs, _ := c.sm("tag-resource", "--secret-id", "a", "--tags", "Key=k,Value=v")
			failed <- errs
		}()
	}
	for range 4 {
		require.Empty(t, <-failed)
	}
	c.ok("delete-secret", "--secret-id", "a")
	c.ok("restore-secret", "--secret-id", "a")
	c.ok("delete-secret", "--secret-id", "a")
}

// TestTheSameBytesTwice sends what curl would: the very same bytes.
func TestTheSameBytesTwice(t *testing.T) {
	t.Parallel()
	for allowed, s := range map[bool]*server{false: signing(t), true: signing(t, "--allow-replay")} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/", strings.NewReader(deletion))
		require.NoError(t, err)
		r.Header.Set("X-Amz-Target", "secretsmanager.DeleteSecret")
		hash := sha256.Sum256([]byte(deletion))
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKIDCI",
			SecretAccessKey: "test"}, r,
			hex.EncodeToString(hash[:]), "secretsmanager", "eu-west-1", time.Now()))
		for i := range 2 {
			r.Body = io.NopCloser(strings.NewReader(deletion))
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			answer, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			if i == 0 || allowed {
				require.Equal(t, http.StatusOK, resp.StatusCode, "%s", answer)
			} else {
				require.Contains(t, string(answer), "Signature already used")
			}
		}
	}
}

const deletion = `{"SecretId":"a","ForceDeleteWithoutRecovery":true}`

// TestSignaturesOfTheGoSDK has the SDK sign with right and wrong keys.
func TestSignaturesOfTheGoSDK(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file,
		[]byte("[ci]\naws_access_key_id = AKIDCI\naws_secret_access_key = right/+=\naws_account_id = 111122223333\n"+
			"[session]\naws_access_key_id = ASIASESSION\naws_secret_access_key = right\naws_session_token = token\n"), 0o600))
	s := start(t, "--credentials", file)
	for _, c := range []struct{ id, secret, token, want string }{
		{"AKIDCI", "right/+=", "", ""},
		{"ASIASESSION", "right", "token", ""},
		{"AKIDCI", "wrong", "", "InvalidSignatureException"},
		{"ASIASESSION", "right", "", "UnrecognizedClientException"},
		{"ASIASESSION", "right", "other", "UnrecognizedClientException"},
		{"AKIDOTHER", "right", "", "UnrecognizedClientException"},
	} {
		client := secretsmanager.New(secretsmanager.Options{
			Region:       "eu-west-1",
			BaseEndpoint: aws.String(s.url),
			Retryer:      aws.NopRetryer{},
			HTTPClient:   whole{},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: c.id, SecretAccessKey: c.secret, SessionToken: c.token}, nil
			}),
		})
		// A name and a value that would not survive a wrong way of writing them.
		out, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("a/b+c=" + c.id),
			SecretString: aws.String("ü \x00 +/=")})
		if c.want == "" {
			require.NoError(t, err, "%+v", c)
			if c.id == "AKIDCI" {
				require.Contains(t, *out.ARN, ":eu-west-1:111122223333:secret:")
			}
			continue
		}
		var e smithy.APIError
		require.ErrorAs(t, err, &e)
		require.Equal(t, c.want, e.ErrorCode(), e.ErrorMessage())
	}
}
