package secretlife_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

const hidden = "correct-horse-battery-staple"

// holder has a Value where fmt does not ask for its methods.
type holder struct {
	public  secretlife.Value
	private secretlife.Value
	list    []secretlife.Value
	byName  map[string]secretlife.Value
	pointer *secretlife.Value
}

func holderOf(v secretlife.Value) holder {
	return holder{v, v, []secretlife.Value{v}, map[string]secretlife.Value{"a": v}, &v}
}

func TestValueNeverPrintsItself(t *testing.T) {
	for _, v := range []secretlife.Value{secretlife.SecretString(hidden), secretlife.SecretBinary([]byte(hidden))} {
		in := secretlife.CreateSecretInput{Name: "a", Value: v}
		out := secretlife.GetSecretValueOutput{Value: v}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%p", "%c", "% x", "%U", "%b", "%e"} {
			for _, x := range []any{v, &v, holderOf(v), []secretlife.Value{v}, in, &in, out, &out} {
				requireHidden(t, fmt.Sprintf(verb, x), verb)
			}
		}
		requireHidden(t, fmt.Sprint(v), "Sprint")
		requireHidden(t, fmt.Sprintln(holderOf(v)), "Sprintln")
		requireHidden(t, fmt.Errorf("failed with %v", v).Error(), "Errorf")
		requireHidden(t, errors.Join(fmt.Errorf("%+v", in)).Error(), "Join")
	}
}

func TestValueNeverMarshalsItself(t *testing.T) {
	v := secretlife.SecretString(hidden)
	for _, x := range []any{v, &v, map[string]any{"v": v}, secretlife.CreateSecretInput{Value: v}} {
		data, err := json.Marshal(x)
		require.NoError(t, err)
		requireHidden(t, string(data), "json")
		require.Contains(t, string(data), "[REDACTED]")
	}
	text, err := v.MarshalText()
	require.NoError(t, err)
	require.Equal(t, "[REDACTED]", string(text))
	require.Equal(t, "[REDACTED]", v.GoString())
	require.Equal(t, "[REDACTED]", v.String())

	for _, handler := range []func(*bytes.Buffer) slog.Handler{
		func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("value", "v", v, "in", secretlife.CreateSecretInput{Value: v}, "p", &v)
		requireHidden(t, b.String(), "slog")
	}
}

func requireHidden(t *testing.T, shown, how string) {
	t.Helper()
	for _, form := range []string{hidden, fmt.Sprintf("%x", hidden), fmt.Sprintf("%X", hidden), fmt.Sprintf("% x", hidden), fmt.Sprintf("%d", []byte(hidden))} {
		require.NotContains(t, shown, form, how)
	}
}

func TestValueRevealsWhatItWasMadeOf(t *testing.T) {
	bin := []byte{0, 1, 2}
	v := secretlife.SecretBinary(bin)
	bin[0] = 9
	require.Equal(t, "\x00\x01\x02", v.Reveal(), "it keeps a copy")
	require.True(t, v.IsBinary())
	require.Equal(t, 3, v.Len())

	require.Equal(t, hidden, secretlife.SecretString(hidden).Reveal())
	require.False(t, secretlife.SecretString("").IsZero(), "an empty string is a value")
	require.True(t, secretlife.Value{}.IsZero())
	require.Empty(t, secretlife.Value{}.Reveal())
}

func TestValueEqual(t *testing.T) {
	a := secretlife.SecretString("a")
	require.True(t, a.Equal(secretlife.SecretString("a")))
	require.False(t, a.Equal(secretlife.SecretString("b")))
	require.False(t, a.Equal(secretlife.SecretBinary([]byte("a"))), "string and binary differ")
	require.False(t, secretlife.SecretString("").Equal(secretlife.Value{}), "empty and none differ")
}

func TestOneValue(t *testing.T) {
	text := "x"
	v, err := secretlife.OneValue(&text, nil)
	require.NoError(t, err)
	require.Equal(t, "x", v.Reveal())
	v, err = secretlife.OneValue(nil, []byte("y"))
	require.NoError(t, err)
	require.True(t, v.IsBinary())
	v, err = secretlife.OneValue(nil, nil)
	require.NoError(t, err)
	require.True(t, v.IsZero())
	_, err = secretlife.OneValue(&text, []byte("y"))
	var bad *secretlife.InvalidParameterError
	require.ErrorAs(t, err, &bad)
}
