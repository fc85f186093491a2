package command

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPuttingBackABackup holds what docs/operating.md says of it.
func TestPuttingBackABackup(t *testing.T) {
	w := sqliteWorld(t)
	w.populate()
	backup := w.before(t)
	w.ok("purge", "--once")
	later := w.ok("export", "--out", "-")
	now := w.before(t)
	put := func(files ...map[string][]byte) {
		t.Helper()
		for i, name := range []string{w.path(), w.path() + ".keys"} {
			require.NoError(t, os.WriteFile(name, files[i][name], 0o600))
		}
	}

	// Only the database: it is seen, what was purged has no value, and is purged
	// again.
	put(backup, now)
	code, _, errs := w.run("ls")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "--restored")
	require.Equal(t, 1, strings.Count(errs, "\n"), errs)
	code, out, errs := w.run("ls", "--restored")
	require.Zero(t, code, errs)
	require.Contains(t, out, "test/due")
	file := w.path() + ".export"
	code, _, errs = w.run("export", "--restored", "--out", file, "--with-values")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "the data key of the secret is lost")
	require.NoFileExists(t, file)

	// Both, of one time: the anchor has seen more, until it is confirmed once.
	put(now, now)
	w.ok("ls")
	put(backup, backup)
	for _, command := range [][]string{{"ls"}, {"purge", "--once"}, {"export", "--out", "-"}} {
		code, out, errs = w.run(command[0], command[1:]...)
		require.Equal(t, 1, code)
		require.Empty(t, out)
		require.Contains(t, errs, "its anchor saw event")
		require.Contains(t, errs, "--restored")
		require.Equal(t, 1, strings.Count(errs, "\n"), errs)
	}
	code, out, errs = w.run("ls", "--restored")
	require.Zero(t, code, errs)
	require.Contains(t, out, "test/due")
	code, _, _ = w.run("ls")
	require.Equal(t, 1, code, "to look confirms nothing")
	code, older, errs := w.run("export", "--restored", "--out", "-")
	require.Zero(t, code, errs)
	require.Less(t, strings.Count(older, `"event":`), strings.Count(later, `"event":`))
	code, out, _ = w.run("verify-purged", "test/due")
	require.Equal(t, 1, code)
	require.Contains(t, out, "NOT PURGED test/due")
	code, out, errs = w.run("purge", "--once", "--restored")
	require.Zero(t, code, errs)
	require.Contains(t, out, "2 secrets were purged")
	w.ok("ls")
	w.ok("verify-purged", "--all")
}
