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

// tick is the unit of the times in /proc/PID/stat, which is the same on every Linux.
const tick = 10 * time.Millisecond

// cpu returns the processor time that the process took so far.
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "stat"))
	if err != nil {
		return 0, err
	}
	// The name of the program, in parentheses, may have spaces.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const user, system = 11, 12 // fields 14 and 15 of proc(5), from the third on
	if len(fields) <= system {
		return 0, fmt.Errorf("unexpected: %s", stat)
	}
	u, err := strconv.Atoi(fields[user])
	if err != nil {
		return 0, err
	}
	s, err := strconv.Atoi(fields[system])
	return time.Duration(u+s) * tick, err
}

// builtServer builds the command into a folder, and returns its path.
func builtServer(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "secretlife")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/secretlife")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
}
