package command

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// populateMany makes many secrets of all lengths and purges every other one, so
// that rows and pages move.
func (w *world) populateMany(n int) {
	w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
		for i := range n {
			w.create(m, fmt.Sprint("many/", i), secretlife.SecretString("hunter2"+strings.Repeat(fmt.Sprint(i), 1+i*i%9000)))
		}
		for i := 0; i < n; i += 2 {
			w.delete(m, fmt.Sprint("many/", i), 0)
		}
	})
}

func TestVerifyPurged(t *testing.T) {
	eachKind(t, func(t *testing.T, w, _ *world) {
		w.populateMany(150)
		code, out, errs := w.run("verify-purged", "many/0", "nobody")
		require.Equal(t, 1, code)
		require.Contains(t, out, "NOT PURGED many/0: the store's events tell of no purge")
		require.Contains(t, out, "NOT PURGED nobody")
		require.Contains(t, errs, "not everything that was purged is gone")

		w.ok("purge", "--once")
		if w.keys != nil {
			code, out, _ := w.run("verify-purged", "many/0")
			require.Equal(t, 1, code)
			require.Contains(t, out, "was not destroyed yet")
			w.ok("purge", "--once", "--destroy-keys")
		}
		out = w.ok("verify-purged", "--all")
		require.Equal(t, 75, strings.Count(out, "gone arn:"), out)
		require.Contains(t, out, "75 purged secrets were looked for")
		require.Equal(t, 1, strings.Count(w.ok("verify-purged", "many/2"),
			"gone arn:aws:secretsmanager:us-east-1:123456789012:secret:many/2-"))
		require.Contains(t, w.ok("ls"), "many/1")
	})
}

// before is a copy of the files of a store from before its purges.
func (w *world) before(t *testing.T) map[string][]byte {
	files := map[string][]byte{}
	for _, name := range []string{w.path(), w.path() + ".keys"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		files[name] = content
	}
	return files
}

// TestVerifyFindsWhatIsLeft puts back one thing after another.
func TestVerifyFindsWhatIsLeft(t *testing.T) {
	const name = "many/0"
	w := sqliteWorld(t)
	w.populateMany(40)
	before := w.before(t)
	w.ok("purge", "--once")
	now := w.before(t)
	clean := func() {
		for path, content := range now {
			require.NoError(t, os.WriteFile(path, content, 0o600))
		}
		require.NoError(t, os.RemoveAll(w.path()+"-wal"))
	}
	left := func(text string) {
		t.Helper()
		code, out, _ := w.run("verify-purged", name)
		require.Equal(t, 1, code, out)
		require.Contains(t, out, text)
		clean()
		require.Contains(t, w.ok("verify-purged", name), "gone arn:")
	}

	keys := w.path() + ".keys"
	require.NoError(t, os.WriteFile(keys, before[keys], 0o600))
	left("its data key in the key slots (slot ")

	old := filepath.Join(t.TempDir(), "old.db")
	require.NoError(t, os.WriteFile(old, before[w.path()], 0o600))
	for table, columns := range map[string]string{"secrets": "*", "versions": "*"} {
		db := openRaw(t, w.path())
		db.SetMaxOpenConns(1)
		for _, q := range []string{
			"PRAGMA wal_autocheckpoint=0",
			"ATTACH '" + old + "' AS old",
			"INSERT INTO main.secretlife_" + table + " SELECT " + columns + " FROM old.secretlife_" + table +
				" WHERE incarnation = (SELECT incarnation FROM old.secretlife_secrets WHERE name = '" + name + "')",
			"PRAGMA main.wal_checkpoint(TRUNCATE)",
		} {
			_, err := db.ExecContext(t.Context(), q)
			require.NoError(t, err)
		}
		require.NoError(t, db.Close())
		left("1 of its rows in the table secretlife_" + table)
	}

	// The rows of before, where nobody reads them any more.
	file, err := os.OpenFile(w.path(), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.Write(before[w.path()])
	require.NoError(t, err)
	require.NoError(t, file.Close())
	left("bytes of its rows in " + w.path() + " (at ")
	require.NoError(t, os.WriteFile(w.path()+"-wal", before[w.path()], 0o600))
	left("bytes of its rows in " + w.path() + "-wal (at ")

	// What is deleted without being overwritten stays in free pages.
	db := openRaw(t, w.path())
	db.SetMaxOpenConns(1)
	for _, q := range []string{"PRAGMA secure_delete=OFF", "CREATE TABLE big (x)",
		"INSERT INTO big VALUES (zeroblob(100000) || 'x')",
		"INSERT INTO big SELECT hex(randomblob(50000))", "DROP TABLE big", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	left("LEFT in the database: something is in ")
}

// TestVerifyChangesNothing checks that the files are read as they are.
func TestVerifyChangesNothing(t *testing.T) {
	w := sqliteWorld(t)
	w.populateMany(20)
	w.ok("purge", "--once")
	before := w.before(t)
	w.ok("verify-purged", "--all")
	for name, content := range w.before(t) {
		require.True(t, bytes.Equal(before[name], content), name)
	}
	code, _, errs := w.run("verify-purged")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "--all")
}
