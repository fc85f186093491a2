package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// whileGoRuns returns a context that also ends when the parent process does, if that is "go run":
// go run passes no SIGTERM on, and would leave a server behind that nobody sees.
func whileGoRuns(ctx context.Context) context.Context {
	path, err := os.Executable()
	if err != nil || !builtByGoRun(path) {
		return ctx
	}
	ctx, stop := context.WithCancel(ctx)
	parent, ticks := os.Getppid(), time.NewTicker(100*time.Millisecond)
	go func() {
		defer ticks.Stop()
		for os.Getppid() == parent {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
		}
		stop()
	}()
	return ctx
}

// cached is the folder of an executable in the build cache.
var cached = regexp.MustCompile(`^[0-9a-f]{64}-d$`)

// builtByGoRun reports whether an executable is where go run puts it: in a temporary folder, or in
// the build cache.
func builtByGoRun(executable string) bool {
	dir := filepath.ToSlash(filepath.Dir(executable))
	return strings.Contains(dir, "/go-build") && strings.HasSuffix(dir, "/exe") || cached.MatchString(filepath.Base(dir))
}
