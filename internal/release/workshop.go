package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A workshop is the temporary folder in which a release is made.
type workshop struct {
	version string
	from    string // the repository
	base    string // its last commit
	dir     string
	proxy   string // where the modules are published
	cached  string // GOPROXY: the user's own module cache, and then the proxies
	modules []module
}

func newWorkshop(ctx context.Context, version, proxy string) (*workshop, error) {
	w := &workshop{version: version}
	var err error
	if w.from, err = output(ctx, "", "git", "rev-parse", "--show-toplevel"); err != nil {
		return nil, err
	}
	switch changed, err := output(ctx, w.from, "git", "status", "--porcelain"); {
	case err != nil:
		return nil, err
	case changed != "":
		return nil, fmt.Errorf("commit or remove first:\n%s", changed)
	}
	if w.dir, err = os.MkdirTemp("", "release"); err != nil {
		return nil, err
	}
	if w.proxy, err = filepath.Abs(proxy); proxy == "" {
		w.proxy = w.path("proxy")
	} else if err != nil {
		return nil, err
	}
	env, err := output(ctx, w.from, "go", "env", "GOMODCACHE", "GOPROXY")
	if err != nil {
		return nil, err
	}
	downloads, proxies, _ := strings.Cut(env, "\n")
	w.cached = "file://" + filepath.Join(downloads, "cache", "download") + "," + proxies
	if err := w.git(ctx, w.from, "clone", "--quiet", "--no-tags", w.from, w.path("repo")); err != nil {
		return nil, err
	}
	if w.base, err = output(ctx, w.path("repo"), "git", "rev-parse", "HEAD"); err != nil {
		return nil, err
	}
	w.modules, err = w.read(ctx)
	return w, err
}

func (w *workshop) path(elements ...string) string {
	return filepath.Join(append([]string{w.dir}, elements...)...)
}

// remove removes the workshop; the go command writes its module caches read-only.
func (w *workshop) remove() {
	_ = filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o700) //nolint:gosec // it is about to be removed
		}
		return nil
	})
	if err := os.RemoveAll(w.dir); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
	}
}

// read returns the public modules of the workspace, in the order of their requirements.
func (w *workshop) read(ctx context.Context) ([]module, error) {
	var work struct{ Use []struct{ DiskPath string } }
	if err := w.json(ctx, &work, "go", "work", "edit", "-json"); err != nil {
		return nil, err
	}
	var all []module
	for _, use := range work.Use {
		var m module
		if err := w.json(ctx, &m, "go", "mod", "edit", "-json", filepath.Join(use.DiskPath, "go.mod")); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return inOrder(all)
}

// tags returns the names of all tags, as arguments of git push.
func (w *workshop) tags() string {
	var tags []string
	for _, m := range w.modules {
		tags = append(tags, m.tag(w.version))
	}
	return strings.Join(tags, " ")
}

// isolated is the environment of a go command that sees no workspace and fills a module cache
// of its own. GOFLAGS keeps the name of the temporary folder out of what is built, so that the
// build cache serves the next run too.
func (w *workshop) isolated(cache, proxies string) []string {
	return []string{
		"GOWORK=off", "GOFLAGS=-trimpath", "GOMODCACHE=" + w.path(cache), "GOPROXY=" + proxies,
		"GONOSUMDB=" + root, "GOPRIVATE=", "GIT_TERMINAL_PROMPT=0",
	}
}

// fromClone is like isolated, and finds this repository's modules in the clone and its tags.
func (w *workshop) fromClone(cache string) []string {
	return append(w.isolated(cache, w.cached), "GONOPROXY="+root,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://"+w.path("repo")+".insteadOf", "GIT_CONFIG_VALUE_0=https://"+root)
}

func (w *workshop) json(ctx context.Context, into any, args ...string) error {
	out, err := output(ctx, w.path("repo"), args...)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(out), into)
}

func (w *workshop) git(ctx context.Context, dir string, args ...string) error {
	return do(ctx, dir, nil, append([]string{"git"}, args...)...)
}

// do runs a command, and shows what it says on standard error.
func do(ctx context.Context, dir string, env []string, args ...string) error {
	cmd := command(ctx, dir, env, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// output runs a command and returns what it writes.
func output(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := command(ctx, dir, nil, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

func command(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	return cmd
}

// copyFile copies a file into a folder that it makes.
func copyFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // a module proxy is read by anyone
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}
