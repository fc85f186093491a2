package stores_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	chosen := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { chosen[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": fmt.Sprint(atLeisure(100, 10)), "rapid.steps": "100",
		"rapid.nofailfile": "true"} {
		if !chosen[name] {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	goleak.VerifyTestMain(cleaned{m})
}

var (
	ctx   = context.Background()
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// cleaned is the run of all tests, with what benchmarks left removed.
type cleaned struct{ *testing.M }

func (c cleaned) Run() int {
	defer removeCrowds()
	return c.M.Run()
}

// atLeisure is how much is done: all of it, or less with -short and under the
// race detector, where everything takes much longer.
func atLeisure(all, less int) int {
	if testing.Short() || underRace {
		return less
	}
	return all
}

// files are where a store of a test is.
type files struct{ dir string }

func newFiles(t testing.TB) files {
	t.Helper()
	if _, measured := t.(*testing.B); measured || !roomInMemory() {
		return files{t.TempDir()}
	}
	dir, err := os.MkdirTemp(inMemory, "secretlife-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return files{dir}
}

func (f files) db() string     { return filepath.Join(f.dir, "secrets.db") }
func (f files) keys() string   { return f.db() + ".keys" }
func (f files) master() string { return filepath.Join(f.dir, "master") }

// try opens the store, and closes the database where that fails.
func (f files) try(edits ...func(*sqlstore.Options)) (*sqlstore.SQLite, error) {
	return openSQLite("sqlite", f.db(), f.master(), edits...)
}

func openSQLite(driver, dsn, master string, edits ...func(*sqlstore.Options)) (*sqlstore.SQLite, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	// Tests scrub themselves where it matters.
	edits = append([]func(*sqlstore.Options){func(o *sqlstore.Options) { o.ScrubAfter = time.Hour }}, edits...)
	s, err := sqlstore.OpenSQLite(ctx, db, sqlstore.NewFileKeeper(master), edits...)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

// open opens the store, and closes it at the end unless the test did.
func (f files) open(t testing.TB, edits ...func(*sqlstore.Options)) *sqlstore.SQLite {
	t.Helper()
	s, err := f.try(edits...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// manager makes a Manager over a store in virtual time.
func manager(t testing.TB, s secretlife.Store) *secretlife.Manager {
	t.Helper()
	m, err := secretlife.New(s, func(o *secretlife.Options) { o.Clock = secretlife.NewVirtualClock(start) })
	require.NoError(t, err)
	return m
}

// touch writes something that no test reads, so that a store notices what others wrote.
// It succeeds once.
func touch(s secretlife.Store) error { return s.SwapNote(ctx, "touched", nil, []byte("x")) }
