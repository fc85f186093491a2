package canary

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLeaksAreFound(t *testing.T) {
	require.False(t, Leaks("[REDACTED]"))
	for _, text := range []string{
		"say " + Text + "-1", "xY0FuQXJZLTdmM1E5ei0x",
		`{"b":"` + "AP9jQW5BclktN2YzUTl6LTc=" + `"}`,
	} {
		require.True(t, Leaks(text), text)
	}
	for n := range 20 {
		require.True(t, Leaks(NewValue(n, n%2 == 0).Reveal()))
	}
}
