// Release tags every public module of this repository at one version.
//
//	go run ./internal/release --dry-run v0.1.0   # everything but the tags
//	go run ./internal/release v0.1.0
//	git push origin v0.1.0 awscron/v0.1.0 …      # as it prints
//
// It works in a clone of the last commit. There it sets each module's requirements on the other
// modules to the version, drops their replace lines, and has go mod tidy write go.sum. Each
// module is then built and vetted outside the workspace with an empty module cache, published
// into a folder that serves as a module proxy, and used by a new module that knows nothing of
// this repository: it gets all modules, installs the command, runs the examples, and starts the command.
// The tags are set in this repository only if all of that succeeds. They are on one commit, which
// is not on the branch: the branch keeps its replace lines.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// semver is a version that Go accepts as a tag.
var semver = regexp.MustCompile(`^v(0|1)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	dry := flags.Bool("dry-run", false, "set no tags in this repository")
	proxy := flags.String("proxy", "", "keep the published modules in this `folder`, to be used as GOPROXY=file://FOLDER")
	if err := flags.Parse(args); err != nil {
		return err
	}
	version := flags.Arg(0)
	if flags.NArg() != 1 || !semver.MatchString(version) {
		return errors.New("it takes one version, such as v0.1.0 (v2 needs other module paths)")
	}
	w, err := newWorkshop(ctx, version, *proxy)
	if err != nil {
		return err
	}
	defer w.remove()
	for _, step := range []struct {
		title string
		do    func(context.Context) error
	}{
		{"set the versions", w.prepare},
		{"build each module by itself", w.check},
		{"publish into a folder", w.publish},
		{"use it from outside", w.try},
	} {
		fmt.Println("==", step.title)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.title, err)
		}
	}
	if *dry {
		fmt.Println("dry run: no tags were set. They would be:", w.tags())
		return nil
	}
	if err := w.handOver(ctx); err != nil {
		return err
	}
	fmt.Println("tagged. Publish with: git push origin", w.tags())
	return nil
}
