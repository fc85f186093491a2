package integration

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

var signatures = flag.Int("signatures", 10_000, "how many random requests the SDK's signer signs")

// TestRequestsThatTheSDKSigns has the signer of aws-sdk-go-v2 sign random
// requests: of any key, with and without a session token, for any Region, with
// any name in the body, with further headers, and dated up to five minutes off.
// Each is accepted, in the account of the key and the Region it is signed for;
// and refused with one bit of its body changed.
func TestRequestsThatTheSDKSigns(t *testing.T) {
	t.Parallel()
	keys := map[string]awsapi.Credential{}
	var ids []string
	for i := range 50 {
		id := fmt.Sprintf("AKID%d", i)
		c := awsapi.Credential{SecretAccessKey: fmt.Sprintf("s/+=%d", i*i), Account: fmt.Sprintf("%012d", i+1)}
		if i%3 == 0 {
			c.SessionToken = fmt.Sprintf("token/+=%d", i)
		}
		ids, keys[id] = append(ids, id), c
	}
	now := time.Date(2030, 1, 2, 3, 4, 5, 678, time.UTC)
	m, err := secretlife.New(memstore.New())
	require.NoError(t, err)
	api, err := awsapi.New(m, func(o *awsapi.Options) {
		o.Wall, o.Hosts = func() time.Time { return now }, []string{"secrets.example"}
		o.Credentials = func(id string) (awsapi.Credential, bool) { c, ok := keys[id]; return c, ok }
	})
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2)) // the same requests each time
	signer := v4.NewSigner()
	for i := range *signatures {
		now = now.Add(time.Duration(random.IntN(1000)) * time.Millisecond)
		id := ids[random.IntN(len(ids))]
		region := someRegions[random.IntN(len(someRegions))]
		name := randomName(random)
		body := fmt.Sprintf(`{"SecretId":%q,"ForceDeleteWithoutRecovery":true}`, name)
		r := randomRequest(t, random, body)
		c := keys[id]
		hash := sha256.Sum256([]byte(body))
		date := now.Add(time.Duration(random.IntN(599)-299) * time.Second)
		require.NoError(t, signer.SignHTTP(t.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: c.SecretAccessKey,
			SessionToken: c.SessionToken},
			r, hex.EncodeToString(hash[:]), "secretsmanager", region, date))
		var raw bytes.Buffer
		require.NoError(t, r.Write(&raw))
		if i%100 == 0 { // before the signature is used up
			changed := bytes.Clone(raw.Bytes())
			changed[len(changed)-1-random.IntN(len(body))] ^= 1 << random.IntN(8)
			require.Contains(t, receive(t, api, changed, i), "SignatureException", "%s", changed)
		}
		answer := receive(t, api, raw.Bytes(), i)
		require.Contains(t, answer, `"ARN":"arn:aws:secretsmanager:`+region+":"+c.Account+":secret:"+name+"-", "%s", &raw)
	}
	t.Logf("%d requests", *signatures)
}

var someRegions = []string{"us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2", "sa-east-1"}

// receive has the API answer a request as it is on the wire.
func receive(t *testing.T, api http.Handler, raw []byte, n int) string {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	require.NoError(t, err)
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", n>>16&255, n>>8&255, n&255)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r.WithContext(t.Context()))
	return w.Body.String()
}

// TestSignaturesOverHTTP2: the parts of a request that HTTP/2 keeps elsewhere are
// what was signed.
func TestSignaturesOverHTTP2(t *testing.T) {
	t.Parallel()
	m, err := secretlife.New(memstore.New())
	require.NoError(t, err)
	api, err := awsapi.New(m, func(o *awsapi.Options) {
		o.Credentials = func(id string) (awsapi.Credential, bool) {
			return awsapi.Credential{SecretAccessKey: "test"}, id == "AKIDCI"
		}
	})
	require.NoError(t, err)
	s := httptest.NewUnstartedServer(api)
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	var protocols []string
	for key, want := range map[string]string{"AKIDCI": "", "AKIDOTHER": "UnrecognizedClientException"} {
		c := client(s.URL, key, "eu-west-1", func(o *secretsmanager.Options) {
			o.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
				resp, err := s.Client().Do(r)
				if err == nil {
					protocols = append(protocols, resp.Proto)
				}
				return resp, err
			})
		})
		_, err = c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("a"),
			SecretString: aws.String("ü")})
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
	require.Equal(t, []string{"HTTP/2.0", "HTTP/2.0"}, protocols)
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// randomName returns a name of the characters that a secret may have.
func randomName(random *rand.Rand) string {
	const characters = "abcXYZ019-/_+=.@!"
	name := make([]byte, 1+random.IntN(40))
	for i := range name {
		name[i] = characters[random.IntN(len(characters))]
	}
	return string(name)
}

// randomRequest returns a request with some of the headers that clients and
// proxies add.
func randomRequest(t *testing.T, random *rand.Rand, body string) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+[]string{"127.0.0.1:4577", "localhost",
		"[::1]:8080", "secrets.example"}[random.IntN(4)]+"/", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "secretsmanager.DeleteSecret")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("Amz-Sdk-Invocation-Id", fmt.Sprint(random.Uint64()))
	for _, h := range [][2]string{
		{"Amz-Sdk-Request", "attempt=1; max=3"}, {"User-Agent", "sdk/1"}, {"X-Amz-User-Agent", "a   b  c"},
		{"Accept-Encoding", "identity"},
		{"X-Amzn-Trace-Id", "Root=1"}, {"X-Custom", "  padded "}, {"X-Custom", "twice"}, {"Cache-Control", ""},
		{"Date", "yesterday"}, {"Cookie", "ü=ö"},
	} {
		if random.IntN(3) == 0 {
			r.Header.Add(h[0], h[1])
		}
	}
	return r
}
