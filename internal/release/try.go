package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// user is the path of the user's module.
const user = "example.com/user"

// try is a user who has only the version and the proxies: a new module gets all modules, installs
// the command, and runs their examples.
func (w *workshop) try(ctx context.Context) error {
	env := append(w.isolated("tried", "file://"+w.proxy+","+w.cached), "GONOPROXY=", "GOBIN="+w.path("bin"),
		"SECRETLIFE="+w.path("bin", "secretlife")) // for the example that starts the command
	dir := w.path("user")
	if err := w.copyExamples(dir); err != nil {
		return err
	}
	if err := do(ctx, dir, env, "go", "mod", "init", "example.com/user"); err != nil {
		return err
	}
	get, command := []string{"go", "get"}, ""
	for _, m := range w.modules {
		if strings.HasPrefix(m.dir(), "cmd/") {
			command = m.Module.Path + "@" + w.version
			continue
		}
		get = append(get, m.Module.Path+"@"+w.version)
	}
	for _, args := range [][]string{
		get,
		{"go", "mod", "tidy"},
		{"go", "install", command},
		{"go", "test", "./..."},
		{"go", "install", "-tags", "full", command},
	} {
		if err := do(ctx, dir, env, args...); err != nil {
			return err
		}
	}
	return w.start(ctx)
}

// copyExamples copies the examples, as packages of the user's module, and those in the
// documentation of each module.
func (w *workshop) copyExamples(dir string) error {
	examples := w.path("repo", "examples")
	err := filepath.WalkDir(examples, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, strings.TrimPrefix(path, examples))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		return os.WriteFile(to, bytes.ReplaceAll(source, []byte(root+"/examples/"), []byte(user+"/")), 0o600)
	})
	if err != nil {
		return err
	}
	for _, m := range w.modules {
		if strings.HasPrefix(m.dir(), "cmd/") {
			continue
		}
		files, err := filepath.Glob(w.path("repo", m.dir(), "example*_test.go"))
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("%s has no example_test.go", m.Module.Path)
		}
		for _, file := range files {
			if err := copyFile(file, filepath.Join(dir, "of", filepath.FromSlash(m.dir()), filepath.Base(file))); err != nil {
				return err
			}
		}
	}
	return nil
}

// start starts the installed command, calls it, and ends it as an operator does.
func (w *workshop) start(ctx context.Context) (err error) {
	binary := w.path("bin", "secretlife")
	said, err := output(ctx, w.dir, binary, "--version")
	if err != nil {
		return err
	}
	if said != "secretlife "+w.version {
		return fmt.Errorf("the command says that it is %q, not %s", said, w.version)
	}
	cmd := command(ctx, w.dir, nil, binary, "serve", "--addr", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()) }()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return err
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		return fmt.Errorf("the command's first line is %q", line)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_secretlife/health", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	fmt.Println(said, "is at", url, "and its health is", response.Status)
	return response.Body.Close()
}
