// Package pgserver runs a PostgreSQL server of its own for a test: data in a
// temporary folder, on a free port of the loopback address, with fsync on.
package pgserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

// Server is a running PostgreSQL server.
type Server struct {
	t       testing.TB
	bin     string // where its programs are
	data    string
	port    int
	as      *syscall.Credential // nil: the user of the test
	process *exec.Cmd
	log     bytes.Buffer
}

// programs are those of PostgreSQL that are needed here.
var programs = []string{"postgres", "initdb", "createdb", "pg_isready"}

// find returns the folder with PostgreSQL's programs, "" where it is not
// installed. Debian keeps them off the path.
func find() string {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(dirs, func(a, b string) int { return -strings.Compare(a, b) })
	for _, dir := range append(dirs, filepath.SplitList(os.Getenv("PATH"))...) {
		if !slices.ContainsFunc(programs, func(name string) bool {
			_, err := os.Stat(filepath.Join(dir, name))
			return err != nil
		}) {
			return dir
		}
	}
	return ""
}

// missing skips the test. Where SECRETLIFE_REQUIRE_CLIENTS asks for PostgreSQL, as CI
// does after installing it, the test fails.
func missing(t testing.TB) {
	t.Helper()
	if slices.Contains(strings.Fields(os.Getenv("SECRETLIFE_REQUIRE_CLIENTS")), "postgresql") {
		t.Fatal("PostgreSQL is not here, and SECRETLIFE_REQUIRE_CLIENTS asks for it: apt-get install postgresql")
	}
	t.Skip("SKIPPED: PostgreSQL is not installed, so nothing here was tested with it: apt-get install postgresql")
}

// Start initialises and starts a server, which ends with the test. Each setting
// is one of postgresql.conf, such as "max_connections=200". The test is skipped where
// PostgreSQL is not installed.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	bin := find()
	if bin == "" {
		missing(t)
	}
	s := &Server{t: t, bin: bin, as: unprivileged(t), port: freePort(t)}
	dir, err := os.MkdirTemp(root(t), "pg") // short: a socket's path has 107 characters
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.data = filepath.Join(dir, "data")
	require.NoError(t, os.Mkdir(s.data, 0o700))
	s.give(dir)
	s.initialise()
	conf := fmt.Sprintf("listen_addresses='127.0.0.1'\nport=%d\nunix_socket_directories='%s'\nfsync=on\nsynchronous_commit=on\n%s\n", s.port, dir, strings.Join(settings, "\n"))
	file, err := os.OpenFile(filepath.Join(s.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(conf)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	t.Cleanup(s.end)
	s.Run()
	return s
}

// initialised is what initdb writes, once it ran: it takes as long as a short test.
var initialised struct {
	sync.Mutex
	files fstest.MapFS
}

func (s *Server) initialise() {
	s.t.Helper()
	initialised.Lock()
	defer initialised.Unlock()
	if initialised.files != nil {
		require.NoError(s.t, os.CopyFS(s.data, initialised.files))
		s.give(s.data)
		return
	}
	s.run("initdb", "--pgdata", s.data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale",
		"C.UTF-8", "--no-sync")
	files, made := fstest.MapFS{}, os.DirFS(s.data)
	require.NoError(s.t, fs.WalkDir(made, ".", func(path string, entry fs.DirEntry, err error) error {
		f := &fstest.MapFile{Mode: entry.Type()}
		if err == nil && !entry.IsDir() {
			f.Data, err = fs.ReadFile(made, path)
		}
		files[path] = f
		return err
	}))
	initialised.files = files
}

// give gives what is in a folder to whom the server runs as.
func (s *Server) give(dir string) {
	s.t.Helper()
	if s.as == nil {
		return
	}
	require.NoError(s.t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, int(s.as.Uid), int(s.as.Gid)))
	}))
}

// root is where the server's files are: in memory where there is room, so that
// tests don't wait for the disk, unless that is what is measured.
func root(t testing.TB) string {
	const inMemory = "/dev/shm"
	var s syscall.Statfs_t
	_, measured := t.(*testing.B)
	if measured || syscall.Statfs(inMemory, &s) != nil || s.Bavail*uint64(s.Bsize) < 4<<30 {
		return ""
	}
	return inMemory
}

// unprivileged is who the server runs as where the test runs as root, which
// PostgreSQL refuses.
func unprivileged(t testing.TB) *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	require.NoError(t, err)
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	require.NoError(t, err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	require.NoError(t, err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// freePort returns a port that nobody listens on, below those that systems give to
// connections: between this and the server's start, any test could get one of them.
func freePort(t testing.TB) int {
	t.Helper()
	const lowest, ports, tries = 15000, 15000, 100
	for range tries {
		port := lowest + rand.IntN(ports)
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
	t.Fatalf("no port of %d tried is free", tries)
	return 0
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	// Not with the test's context: the server outlives it by its cleanup.
	c := exec.CommandContext(context.Background(), filepath.Join(s.bin, name), args...)
	c.Dir = filepath.Dir(s.data)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	return c
}

func (s *Server) run(name string, args ...string) {
	s.t.Helper()
	out, err := s.command(name, args...).CombinedOutput()
	require.NoError(s.t, err, "%s: %s", name, out)
}

// Run starts the server after Kill or Stop, and waits until it answers.
func (s *Server) Run() {
	s.t.Helper()
	s.process = s.command("postgres", "-D", s.data)
	s.process.Stdout, s.process.Stderr = &s.log, &s.log
	require.NoError(s.t, s.process.Start())
	// pg_isready tries once; it is PostgreSQL's own way to ask.
	ready, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for s.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port)).Run() != nil {
		require.NoError(s.t, ready.Err(), "PostgreSQL does not start: %s", &s.log)
		pause := time.NewTimer(20 * time.Millisecond)
		<-pause.C
	}
}

// Stop ends the server in order: connections are cut, and a checkpoint is made.
func (s *Server) Stop() { s.signal(syscall.SIGINT) }

// Kill ends the server as a crash does.
func (s *Server) Kill() { s.signal(syscall.SIGQUIT) }

func (s *Server) signal(sig syscall.Signal) {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(sig)
	_ = s.process.Wait()
	s.process = nil
}

func (s *Server) end() {
	ran := s.process != nil
	s.signal(syscall.SIGQUIT) // its log is whole, and nobody writes it, once it ended
	if ran && s.t.Failed() {
		s.t.Logf("PostgreSQL's log:\n%s", tail(s.log.String(), 4000))
	}
}

func tail(text string, n int) string { return text[max(0, len(text)-n):] }

// Addr is where the server listens.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Data is the server's folder of data.
func (s *Server) Data() string { return s.data }

// URL is what clients connect with, to a database.
func (s *Server) URL(database string) string {
	return "postgres://postgres@" + s.Addr() + "/" + database + "?sslmode=disable"
}

// Database makes an empty database and returns its URL.
func (s *Server) Database(name string) string {
	s.t.Helper()
	s.run("createdb", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", "postgres", name)
	return s.URL(name)
}
