package pack

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestID checks that ids come back as they were, and that those in the form of UUID take
// less room.
func TestID(t *testing.T) {
	for id, short := range map[string]bool{
		"0123abcd-4567-89ef-a0b1-c2d3e4f56789":  true,
		"0123ABCD-4567-89ef-a0b1-c2d3e4f56789":  false,
		"0123abcd-4567-89ef-a0b1-c2d3e4f5678g":  false,
		"0123abcd04567-89ef-a0b1-c2d3e4f56789":  false,
		"0123abcd-4567089ef-a0b1-c2d3e4f56789":  false,
		"0123abcd-4567-89ef0a0b1-c2d3e4f56789":  false,
		"0123abcd-4567-89ef-a0b10c2d3e4f56789":  false,
		"0123abcd-4567-89ef-a0b1-c2d3e4f567891": false,
		"0123abcd4567-89ef-a0b1-c2d3e4f56789":   false,
		"a-token-that-a-client-made-up-itself":  false,
		"":                                      false,
	} {
		w := NewWriter(0)
		w.ID(id)
		require.Equal(t, short, len(w.Bytes()) == 17, id)
		r := NewReader(w.Bytes())
		require.Equal(t, id, r.ID())
		require.NoError(t, r.End())
	}
}
