// Command faults plants wrong implementations of the rules, one at a time, and
// has the kit look for them: first all short histories, then random ones. It
// prints a table for docs/proof.md, and fails where one was not found.
//
//	go run ./lifetest/faults            # from the root of the repository
//	go run ./lifetest/faults -only tag  # those with "tag" in their names
//
// The wrong implementations are the library's own files with a few characters
// changed, given to the compiler in their place; nothing in the repository is
// touched.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	root := flag.String("root", ".", "the root of the repository")
	only := flag.String("only", "", "plant only faults whose name has this text")
	flag.Parse()
	if err := run(*root, *only); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

func run(root, only string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	h := hunter{root: root, dir: dir}
	fmt.Println("| Planted fault | Found by | Calls | Seconds |\n|---|---|---|---|")
	var missed []string
	n := 0
	for _, f := range planted() {
		if !strings.Contains(f.name, only) {
			continue
		}
		n++
		c, err := h.hunt(f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if c.by == "" {
			missed = append(missed, f.name)
			c.by = "**nothing**"
		}
		fmt.Printf("| %s | %s | %d | %.1f |\n", f.name, c.by, c.calls, c.took.Seconds())
	}
	if len(missed) > 0 {
		return fmt.Errorf("%d of %d were not found: %s", len(missed), n, strings.Join(missed, "; "))
	}
	return nil
}

// hunter builds and runs the kit over a wrong library.
type hunter struct{ root, dir string }

// capture is how a fault was found.
type capture struct {
	by    string // "" for not at all
	calls int    // of the shortest history
	took  time.Duration
}

func (h hunter) hunt(f fault) (capture, error) {
	kit, err := h.build(f)
	if err != nil {
		return capture{}, err
	}
	for _, way := range []struct {
		by    string
		limit time.Duration
		args  []string
		calls *regexp.Regexp
	}{
		{"all short histories", 5 * time.Second, []string{"-test.run=^TestExplore$"}, exploredCall},
		{"random histories", 90 * time.Second, []string{"-test.run=^TestMemstoreKeepsTheRules$", "-rapid.checks=1000000", "-rapid.seed=0", "-rapid.shrinktime=25s"}, randomCall},
	} {
		start := time.Now()
		out, failed := h.test(kit, way.limit, way.args)
		if failed {
			return capture{way.by, len(way.calls.FindAllString(out, -1)), time.Since(start)}, nil
		}
	}
	return capture{}, nil
}

// How the two ways print the calls of the shortest history.
var (
	exploredCall = regexp.MustCompile(`(?m)^\s+(\w+ .*of \w+ in [a-z0-9-]+|time passes .*|the purger does .*)$`)
	randomCall   = regexp.MustCompile(`(?m)machine\.go:\d+: (\d{4}-\d\d-\d\dT\S+, \d{12} in |purger \d+ |the wall |.*clock)`)
)

// build makes the kit's tests over the library with the fault.
func (h hunter) build(f fault) (string, error) {
	replace, err := h.plantAll(f)
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(h.dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	kit := filepath.Join(h.dir, "kit.test")
	c := exec.CommandContext(context.Background(), "go", "test", "-c", "-vet=off", "-overlay", list, "-o", kit, ".")
	c.Dir = filepath.Join(h.root, "lifetest")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return kit, nil
}

// plantAll writes the files that a fault changes, and tells which to put in the
// place of which.
func (h hunter) plantAll(f fault) (map[string]string, error) {
	replace := map[string]string{}
	for _, e := range f.edits() {
		path := filepath.Join(h.root, e.file)
		if replace[path] == "" {
			replace[path] = path
		}
		wrong, err := h.plant(e, replace[path])
		if err != nil {
			return nil, err
		}
		replace[path] = wrong
	}
	return replace, nil
}

// plant writes a file with an edit; from is the file as it is.
func (h hunter) plant(e edit, from string) (string, error) {
	src, err := os.ReadFile(from)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(src), e.old); n != 1 {
		return "", fmt.Errorf("what to change is in %s %d times", e.file, n)
	}
	wrong := filepath.Join(h.dir, e.file)
	return wrong, os.WriteFile(wrong, []byte(strings.Replace(string(src), e.old, e.new, 1)), 0o600)
}

// test runs a test of the kit, and reports whether it failed within the limit.
func (h hunter) test(kit string, limit time.Duration, args []string) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, kit, append([]string{"-test.v", "-test.timeout=0"}, args...)...)
	c.Dir = filepath.Join(h.root, "lifetest")
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	return string(out), ctx.Err() == nil && errors.As(err, &exit)
}
