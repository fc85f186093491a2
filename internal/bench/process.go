package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that was started to be measured.
type process struct {
	cmd  *exec.Cmd
	addr string
}

// startProcess starts a server whose first line says that it is "listening on http://HOST:PORT".
func startProcess(ctx context.Context, name string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s said nothing: %w", name, err), p.stop())
	}
	_, p.addr, _ = strings.Cut(strings.TrimSpace(said), "http://")
	return p, nil
}

// stop ends the process and waits for it.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	err := p.cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil // it was told to
	}
	return err
}

// cpu returns the processor time that the threads of the process took so far. Go ends no thread.
func (p *process) cpu() (all time.Duration, err error) {
	threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "task", "*", "schedstat"))
	if err == nil && len(threads) == 0 {
		err = errors.New("the system does not tell processor times: /proc/PID/task/TID/schedstat")
	}
	for _, path := range threads {
		stat, failed := os.ReadFile(path)
		if failed != nil {
			return 0, failed
		}
		running, _, _ := strings.Cut(string(stat), " ")
		ns, failed := strconv.ParseInt(running, 10, 64)
		if failed != nil {
			return 0, failed
		}
		all += time.Duration(ns)
	}
	return all, err
}

// builtServer builds the command into a folder, and returns its path.
func builtServer(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "secretlife")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/secretlife")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
}
