package awsapi

import (
	"net/http"
	"testing"

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
