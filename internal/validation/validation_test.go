package validation_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/validation"
)

type filter struct{ Key string }

func TestPrint(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{"", ""},
		{"text", "text"},
		{int64(-7), "-7"},
		{[]string{}, "[]"},
		{[]string(nil), "[]"},
		{[]string{"secret1", "secret2"}, "[secret1, secret2]"},
		{[]string{""}, "[]"},
		{[]filter{}, "[]"},
		{strings.Repeat("é", 128) + "x", strings.Repeat("é", 128) + "..."},
		{"a" + strings.Repeat("é", 128), "a" + strings.Repeat("é", 127) + "?..."},
	} {
		require.Equal(t, c.want, validation.Print(c.value))
	}
	long := validation.Print(make([]string, 5000))
	require.Len(t, long, 4096+len("..."))
	structures := validation.Print([]filter{{"a"}, {"b"}, {"a"}})
	each := strings.Split(strings.Trim(structures, "[]"), ", ")
	require.Len(t, each, 3)
	require.Regexp(t, `^com\.amazonaws\.secretsmanager\.filter@[0-9a-f]+$`, each[0])
	require.Equal(t, each[0], each[2])
	require.NotEqual(t, each[0], each[1])
}

func TestMessage(t *testing.T) {
	null := validation.NullText("secretId")
	require.Equal(t, "1 validation error detected: Value null at 'secretId' failed to satisfy constraint: "+
		"Member must not be null", validation.Message([]string{null}))
	require.Equal(t, "2 validation errors detected: Value 'x' at 'name' failed to satisfy constraint: short; "+
		"Value at 'secretString' failed to satisfy constraint: long",
		validation.Message([]string{validation.Text("name", "x", "short"), validation.SensitiveText("secretString", "long")}))
}
