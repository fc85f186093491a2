//go:build race

package integration

import "os"

// With the race detector the server is built with it too, and ends with an error
// if it saw a race; at once, and not after a second. Everything takes longer, so
// there are fewer histories.
func init() {
	histories = "12"
	buildFlags = append(buildFlags, "-race")
	if os.Getenv("GORACE") == "" {
		_ = os.Setenv("GORACE", "atexit_sleep_ms=0")
	}
}
