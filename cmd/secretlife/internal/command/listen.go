package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/secretlife-go/secretlife/awsapi"
)

// listen listens on --addr, and on --control-addr where there is one.
func (s serve) listen(
	ctx context.Context, api endpoint, control awsapi.ControlAccess, cert *certificate,
) ([]front, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, err
	}
	fronts := []front{{l, api, cert.config(), s.MaxConnections}}
	if s.ControlAddr == "" {
		return fronts, nil
	}
	var c net.Listener
	path, unix := s.unixSocket()
	if unix {
		c, err = listenUnix(ctx, path)
		cert = nil // it is a file of this machine
	} else {
		c, err = new(net.ListenConfig).Listen(ctx, "tcp", s.ControlAddr)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--control-addr: %w", err), l.Close())
	}
	return append(fronts, front{c, api.ControlHandler(control), cert.config(), s.MaxConnections}), nil
}

// announcement says where the server listens.
func (s serve) announcement(fronts []front, cert *certificate) string {
	text := "listening on " + fronts[0].url() + "\n"
	for _, f := range fronts[1:] {
		text += "control calls on " + f.url() + "\n"
	}
	if cert != nil && cert.ca != "" {
		text += "AWS_CA_BUNDLE=" + cert.ca + "\n"
	}
	return text
}

// url is where a front is.
func (f front) url() string {
	if a := f.Addr(); a.Network() == "unix" {
		return "unix:" + a.String()
	}
	if f.tls != nil {
		return "https://" + f.Addr().String()
	}
	return "http://" + f.Addr().String()
}

// listenUnix listens on a Unix socket that only its owner can connect to, in the
// place of one that a process left behind.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if err := isFree(ctx, path); err != nil {
		return nil, err
	}
	// Made where nobody else can connect to it before it is its owner's alone.
	dir, err := os.MkdirTemp(filepath.Dir(path), ".control-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	l, err := new(net.ListenConfig).Listen(ctx, "unix", made)
	if err != nil {
		return nil, err
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, path)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &unixListener{Listener: l, path: path}, nil
}

// isFree reports why a path can't be that of a new socket: something that is not a
// socket is there, or a socket that another process listens on.
func isFree(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there and is not a socket", path)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		_ = conn.Close()
		return fmt.Errorf("another process listens on %s", path)
	case errors.Is(err, syscall.ECONNREFUSED): // nobody does
		return nil
	}
	return err
}

// unixListener is a listener on a socket that was moved to its path.
type unixListener struct {
	net.Listener
	path string
	once sync.Once
}

// Close closes the listener and removes the socket.
func (l *unixListener) Close() (err error) {
	l.once.Do(func() { err = errors.Join(l.Listener.Close(), os.Remove(l.path)) })
	return err
}

// Addr returns the socket's path.
func (l *unixListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }
