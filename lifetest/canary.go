package lifetest

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// canary is in every value that histories use, so that one search finds a leak
// of any of them.
const canary = "cAnArY-7f3Q9z"

// canaries are the canary in the clear, in hexadecimal, and inside base64 at
// each of the three alignments.
var canaries = func() []string {
	out := []string{canary, fmt.Sprintf("%x", canary)}
	for pad := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("_", pad) + canary + "__"))
		out = append(out, text[4:4+(pad+len(canary))/3*4-4])
	}
	return out
}()

// leaks reports whether a text shows a value.
func leaks(text string) bool {
	for _, c := range canaries {
		if strings.Contains(text, c) {
			return true
		}
	}
	return false
}

// secretValue makes a value that was never used before.
func secretValue(n int, binary bool) secretlife.Value {
	text := fmt.Sprintf("%s-%d", canary, n)
	if binary {
		return secretlife.SecretBinary([]byte("\x00\xff" + text))
	}
	return secretlife.SecretString(text)
}
