package command

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/internal/pgserver"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// world is a durable store of a test, as flags name it.
type world struct {
	t     *testing.T
	store string   // for --store
	keys  []string // the flags that go with it
	host  *hosttest.Host
}

func sqliteWorld(t *testing.T) *world {
	return &world{t: t, store: "sqlite:" + filepath.Join(t.TempDir(), "secrets.db")}
}

func (w *world) path() string { return w.store[len("sqlite:"):] }

func postgresWorld(t *testing.T, server *pgserver.Server, name string) *world {
	dir := t.TempDir()
	return &world{t: t, store: server.Database(name), keys: []string{"--key-file", filepath.Join(dir, "master"),
		"--keyring", filepath.Join(dir, "ring")}}
}

// eachKind runs a test over SQLite, and over PostgreSQL where it is.
func eachKind(t *testing.T, test func(t *testing.T, w, other *world)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteWorld(t), sqliteWorld(t)) })
	t.Run("postgres", func(t *testing.T) {
		server := pgserver.Start(t)
		test(t, postgresWorld(t, server, "a"), postgresWorld(t, server, "b"))
	})
}

// withoutClock is a store whose server has no clock: that of a real one would say
// that no ten days have passed.
type withoutClock struct{ secretlife.Store }

func (s withoutClock) Note(ctx context.Context, name string) (secretlife.Note, error) {
	note, err := s.Store.Note(ctx, name)
	note.Now = time.Time{}
	return note, err
}

// use opens the store for a while, in the past: ten days ago.
func (w *world) use(do func(m *secretlife.Manager, s *sqlstore.Store)) {
	w.t.Helper()
	if w.host == nil {
		w.host = hosttest.New("a", time.Now().Add(-10*day))
	}
	w.useWith(w.host, do)
}

// useWith opens the store for a while, with a clock.
func (w *world) useWith(clock secretlife.Clock, do func(m *secretlife.Manager, s *sqlstore.Store),
	edits ...func(*secretlife.Options)) {
	w.t.Helper()
	var k keyFlags
	if w.keys != nil {
		k.KeyFile, k.Keyring = w.keys[1], w.keys[3]
	}
	opened, err := k.at(w.store, "--store").durable(w.t.Context(),
		process{out: io.Discard, log: io.Discard, databases: full.Databases})
	require.NoError(w.t, err)
	edits = append(edits, func(o *secretlife.Options) { o.Clock = clock })
	m, err := secretlife.New(withoutClock{opened.Store}, edits...)
	require.NoError(w.t, err)
	do(m, opened.durable)
	require.NoError(w.t, opened.close())
}

// wait lets the time until now pass on the machine, and counts it.
func (w *world) wait() {
	w.beat()
	w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
		w.host.Pass(time.Since(w.host.Now()))
		_, err := m.At(w.t.Context())
		require.NoError(w.t, err)
	})
}

// beat counts three minutes, so that what was scheduled is part of what is counted.
func (w *world) beat() {
	w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
		for range 3 {
			w.host.Pass(time.Minute)
			_, err := m.At(w.t.Context())
			require.NoError(w.t, err)
		}
	})
}

// populate makes secrets: prod/a is there, prod/b is scheduled for another 20
// days, test/due and test/forced await their purge, and one is in another Region.
func (w *world) populate() {
	w.fill()
	w.wait()
}

func (w *world) fill() {
	w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
		there, err := m.In("210987654321", "eu-west-1")
		require.NoError(w.t, err)
		for _, name := range []string{"prod/a", "prod/b", "test/due", "test/forced"} {
			w.create(m, name, secretlife.SecretString("hunter2 of "+name))
		}
		w.create(there, "prod/binary", secretlife.SecretBinary([]byte("hunter2\x00\xff of prod/binary")))
		_, err = m.PutSecretValue(w.t.Context(), secretlife.PutSecretValueInput{SecretID: "prod/a",
			Value: secretlife.SecretString("hunter3 of prod/a")})
		require.NoError(w.t, err)
		w.delete(m, "prod/b", 30)
		w.delete(m, "test/due", 7)
		w.delete(m, "test/forced", 0)
	})
}

func (w *world) create(m *secretlife.Manager, name string, value secretlife.Value) {
	w.t.Helper()
	_, err := m.CreateSecret(w.t.Context(), secretlife.CreateSecretInput{Name: name, Value: value,
		Tags: []secretlife.Tag{{Key: "k", Value: "v"}}})
	require.NoError(w.t, err)
}

func (w *world) delete(m *secretlife.Manager, name string, days int64) {
	w.t.Helper()
	in := secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: days == 0}
	if days > 0 {
		in.RecoveryWindowInDays = &days
	}
	_, err := m.DeleteSecret(w.t.Context(), in)
	require.NoError(w.t, err)
}

// run runs a command on the store.
func (w *world) run(command string, args ...string) (code int, out, errs string) {
	w.t.Helper()
	return runCommand(w.t, append(append([]string{command, "--store", w.store}, w.keys...), args...)...)
}

// ok runs a command that succeeds and says nothing on standard error.
func (w *world) ok(command string, args ...string) string {
	w.t.Helper()
	code, out, errs := w.run(command, args...)
	require.Zero(w.t, code, errs)
	require.Empty(w.t, errs)
	return out
}

func runCommand(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &o, &e)
	require.NotContains(t, o.String()+e.String(), "hunter", "a value, or a password")
	require.NotContains(t, e.String(), "goroutine ")
	return code, o.String(), e.String()
}

// sqlite opens a database of SQLite as it is.
func openRaw(t *testing.T, path string) *sql.DB {
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func nothingToDo(*secretlife.Manager, *sqlstore.Store) {}

// TestHelpHasExamples checks that every command says how it is used.
func TestHelpHasExamples(t *testing.T) {
	for _, command := range []string{"ls", "whatif", "purge", "clock", "copy", "export", "import", "verify-purged"} {
		code, out, _ := runCommand(t, command, "--help")
		require.Zero(t, code)
		require.Contains(t, out, "secretlife "+command+" --")
		require.Contains(t, out, "sqlite:PATH")
	}
}

// TestAnInterruptedCommandFails checks that what was cut off is not called done.
func TestAnInterruptedCommandFails(t *testing.T) {
	w := sqliteWorld(t)
	w.populate()
	for _, args := range [][]string{{"ls"}, {"purge", "--once"}, {"verify-purged", "--all"}, {"export", "--out", "-"}} {
		code, _, errs := call(t, append(args, "--store", w.store)...)
		require.Equal(t, 1, code, args)
		require.Contains(t, errs, "context canceled")
	}
	require.Len(t, names(t, w.ok("ls", "--json")), 5)
}
