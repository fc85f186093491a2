// Package canary makes the values of histories, and finds them in texts.
package canary

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// Text is part of every value of histories, so that one search finds a leak of any of
// them.
const Text = "cAnArY-7f3Q9z"

// canaries are the text in the clear, in hexadecimal, and in base64 at each of the three
// alignments.
var canaries = func() []string {
	out := []string{Text, fmt.Sprintf("%x", Text)}
	for pad := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("_", pad) + Text + "__"))
		out = append(out, text[4:4+(pad+len(Text))/3*4-4])
	}
	return out
}()

// Leaks reports whether a text shows a value.
func Leaks(text string) bool {
	for _, c := range canaries {
		if strings.Contains(text, c) {
			return true
		}
	}
	return false
}

// NewValue returns the value with a number.
func NewValue(n int, binary bool) secretlife.Value {
	text := fmt.Sprintf("%s-%d", Text, n)
	if binary {
		return secretlife.SecretBinary([]byte("\x00\xff" + text))
	}
	return secretlife.SecretString(text)
}

// RotatedValue returns the value that a rotation function gives a version.
func RotatedValue(token string) secretlife.Value {
	return secretlife.SecretString(Text + " of " + token)
}
