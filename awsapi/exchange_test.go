package awsapi

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// TestExchange checks what is left of an exchange when it has ended.
func TestExchange(t *testing.T) {
	m, err := secretlife.New(memstore.New())
	require.NoError(t, err)
	a, err := New(m)
	require.NoError(t, err)
	end := func(major int, size int) (body, out []byte, left exchange) {
		body, out = make([]byte, size), make([]byte, size)
		copy(body, "secret")
		copy(out, "secret")
		x := &exchange{body: body, encoder: encoder{out}, spare: []member{{name: "a", value: value{text: "secret"}}}}
		x.share.of = a.memory
		require.NoError(t, x.share.take(100))
		a.done(&http.Request{ProtoMajor: major}, x)
		require.Zero(t, a.MemoryUsed())
		return body, out, *x
	}
	empty := make([]byte, 100)

	body, out, left := end(1, 100)
	require.Equal(t, empty, body, "values are overwritten")
	require.Equal(t, empty, out)
	require.Equal(t, exchange{body: body[:0], encoder: encoder{out[:0]}, spare: make([]member, 1)}, left)

	body, out, left = end(2, 100)
	require.Equal(t, empty, body)
	require.Equal(t, "secret", string(out[:6]), "it may not be sent yet")
	require.Nil(t, left.encoder.out)

	_, _, left = end(1, mostKept+1)
	require.Equal(t, exchange{spare: make([]member, 1)}, left, "large buffers are not kept")
}

// discarded is the response of a server that nobody reads.
type discarded struct{ header http.Header }

func (d discarded) Header() http.Header            { return d.header }
func (discarded) Write(b []byte) (int, error)      { return len(b), nil }
func (discarded) WriteHeader(int)                  {}
func (discarded) SetReadDeadline(time.Time) error  { return nil }
func (discarded) SetWriteDeadline(time.Time) error { return nil }

// TestAllocations bounds how often serving an operation allocates memory.
func TestAllocations(t *testing.T) {
	m, err := secretlife.New(memstore.New())
	require.NoError(t, err)
	a, err := New(m, func(o *Options) { o.LocalOnly = true })
	require.NoError(t, err)
	w := discarded{http.Header{}}
	request := func(operation, text string) func() {
		body := strings.NewReader(text)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", body)
		require.NoError(t, err)
		r.RemoteAddr = "127.0.0.1:50000"
		r.Header = http.Header{
			"Content-Type": {contentType}, "X-Amz-Target": {"secretsmanager." + operation},
			"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20300101/us-east-1/secretsmanager/aws4_request, " +
				"SignedHeaders=host;x-amz-date, Signature=00"},
		}
		return func() {
			_, _ = body.Seek(0, io.SeekStart)
			a.ServeHTTP(w, r)
		}
	}
	const token = "00000000-0000-4000-8000-000000000000"
	request("CreateSecret", `{"Name":"a","ClientRequestToken":"`+token+`","SecretString":"x"}`)()
	for _, c := range []struct {
		operation, members string
		most               float64 // one less if the race detector is off
	}{
		{"GetSecretValue", "", 12}, {"DescribeSecret", "", 14}, {"UpdateSecret", `,"Description":"text"`, 22},
	} {
		t.Run(c.operation, func(t *testing.T) {
			call := request(c.operation, `{"SecretId":"a"`+c.members+`}`)
			require.LessOrEqual(t, testing.AllocsPerRun(200, call), c.most)
		})
	}
}
