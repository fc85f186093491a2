package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/pgserver"
)

// commandsOn are all commands that open a durable store, with what else they
// need.
func commandsOn(t *testing.T, export string) map[string]func(store string, keys ...string) []string {
	one := func(command string, more ...string) func(string, ...string) []string {
		return func(store string, keys ...string) []string {
			return append(append([]string{command, "--store", store}, more...), keys...)
		}
	}
	prefixed := func(prefix string, keys []string) (out []string) {
		for _, k := range keys {
			out = append(out, strings.Replace(k, "--", "--"+prefix, 1))
		}
		return out
	}
	other := sqliteWorld(t)
	other.use(nothingToDo)
	return map[string]func(store string, keys ...string) []string{
		"serve":         one("serve", "--addr", "127.0.0.1:0"),
		"ls":            one("ls"),
		"ls scheduled":  one("ls", "--scheduled"),
		"purge":         one("purge", "--once"),
		"purge dry-run": one("purge", "--dry-run"),
		"clock":         one("clock"),
		"clock confirm": func(store string, keys ...string) []string {
			return append([]string{"clock", "confirm", "1", "--store", store}, keys...)
		},
		"export":        one("export", "--out", "-"),
		"import":        one("import", "--in", export),
		"verify-purged": one("verify-purged", "--all"),
		"copy from": func(store string, keys ...string) []string {
			return append([]string{"copy", "--from", store, "--to", "sqlite:" + filepath.Join(t.TempDir(), "to.db")},
				prefixed("from-", keys)...)
		},
		"copy to": func(store string, keys ...string) []string {
			return append([]string{"copy", "--from", other.store, "--to", store}, prefixed("to-", keys)...)
		},
	}
}

// makes are the commands that make a store that does not exist yet.
var makes = map[string]bool{"serve": true, "import": true, "copy to": true}

// folder is the content of all files in a folder but for lock files, and of
// SQLite's index of its log.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		if name := e.Name(); !strings.HasSuffix(name, ".lock") && !strings.HasSuffix(name, "-shm") {
			content, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			if len(content) > 0 || !strings.HasSuffix(name, "-wal") {
				out[name] = string(content)
			}
		}
	}
	return out
}

// refuses checks that a command says in one sentence what is wrong, and changes
// no file in a folder.
func refuses(t *testing.T, dir, text string, args ...string) {
	t.Helper()
	before := folder(t, dir)
	code, out, errs := runCommand(t, args...)
	require.Equal(t, 1, code, errs)
	require.Empty(t, out)
	require.Contains(t, errs, text)
	require.Equal(t, 1, strings.Count(errs, "\n"), errs)
	require.Less(t, len(errs), 600, errs)
	require.NotContains(t, errs, "abab", "a key")
	require.Equal(t, before, folder(t, dir), "files were changed")
}

func TestEveryCommandSaysWhatIsWrongWithAFile(t *testing.T) {
	w := sqliteWorld(t)
	w.populate()
	export := filepath.Join(t.TempDir(), "export")
	code, _, errs := w.run("export", "--with-values", "--out", export)
	require.Zero(t, code, errs)
	good := folder(t, filepath.Dir(w.path()))
	overwrite := func(at int) func(string) string {
		return func(db string) string {
			return db[:at] + strings.Repeat("garbage", 2000) + db[min(len(db), at+14000):]
		}
	}
	for name, c := range map[string]struct {
		text  string
		spoil func(t *testing.T, path string)
	}{
		"text": {"not a database of secretlife",
			rewriteFile("", func(string) string { return "This is no database of any kind, nor a long text." })},
		"cut off":        {"damaged", rewriteFile("", func(s string) string { return s[:5000] })},
		"garbage":        {"damaged", rewriteFile("", overwrite(100))},
		"something else": {"tables of something else", otherTables},
		"wrong key": {"wrong master key",
			rewriteFile(".master", func(string) string { return strings.Repeat("ab", 32) })},
		"no key":      {"there is no key file", removeFile(".master")},
		"key is text": {"64 hexadecimal digits", rewriteFile(".master", func(string) string { return "abab" })},
		"key for all": {"chmod 600", func(t *testing.T, path string) {
			require.NoError(t,
				os.Chmod(path+".master", 0o644))
		}},
		"no slots": {"the file of the key slots is missing", removeFile(".keys")},
		"slots are text": {"does not begin as key slots do",
			rewriteFile(".keys", func(string) string { return strings.Repeat("text", 5000) })},
		"other slots": {"the key slots belong to another database",
			rewriteFile(".keys", func(s string) string { return s[:30] + "\x00\x00" + s[32:] })},
		"a folder": {"secrets.db", func(t *testing.T, path string) {
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Mkdir(path, 0o700))
		}},
		"a newer version": {"schema is of a newer version", newerSchema},
	} {
		t.Run(name, func(t *testing.T) {
			for command, args := range commandsOn(t, export) {
				dir := t.TempDir()
				for file, content := range good {
					require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600))
				}
				path := filepath.Join(dir, "secrets.db")
				c.spoil(t, path)
				if name == "a folder" {
					code, _, errs := runCommand(t, args("sqlite:"+path)...)
					require.Equal(t, 1, code, errs)
					require.Equal(t, 1, strings.Count(errs, "\n"), errs)
					continue
				}
				t.Log(command)
				refuses(t, dir, c.text, args("sqlite:"+path)...)
			}
		})
	}
}

func rewriteFile(suffix string, how func(string) string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		content, err := os.ReadFile(path + suffix)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path+suffix, []byte(how(string(content))), 0o600))
	}
}

func removeFile(suffix string) func(*testing.T, string) {
	return func(t *testing.T, path string) { require.NoError(t, os.Remove(path+suffix)) }
}

func execAll(t *testing.T, path string, queries ...string) {
	db := openRaw(t, path)
	for _, q := range queries {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
}

func otherTables(t *testing.T, path string) {
	require.NoError(t, os.Remove(path))
	execAll(t, path, "CREATE TABLE customers (name TEXT)")
}

func newerSchema(t *testing.T, path string) {
	execAll(t, path, "PRAGMA journal_mode=WAL",
		"UPDATE secretlife_meta SET value = CAST('99' AS BLOB) WHERE name = 'schema'", "PRAGMA wal_checkpoint(TRUNCATE)")
}

// TestEveryCommandSaysThatThereIsNoStore checks that no command but those that are
// to makes one.
func TestEveryCommandSaysThatThereIsNoStore(t *testing.T) {
	for command, args := range commandsOn(t, "") {
		if makes[command] {
			continue
		}
		dir := t.TempDir()
		refuses(t, dir, "there is no store there", args("sqlite:"+filepath.Join(dir, "none.db"))...)
		refuses(t, dir, "postgres://USER@HOST/DATABASE", args("tape")...)
		refuses(t, dir, "in memory", args("memory")...)
		empty := filepath.Join(dir, "empty.db")
		require.NoError(t, os.WriteFile(empty, nil, 0o600))
		refuses(t, dir, "there is no store there", args("sqlite:"+empty)...)
	}
}

// TestEveryCommandSaysThatTheStoreIsInUse checks that none gets in another's way.
func TestEveryCommandSaysThatTheStoreIsInUse(t *testing.T) {
	w := sqliteWorld(t)
	w.populate()
	export := filepath.Join(t.TempDir(), "export")
	code, _, errs := w.run("export", "--with-values", "--out", export)
	require.Zero(t, code, errs)
	p := start(t, "--store", w.store)
	for _, args := range commandsOn(t, export) {
		code, _, errs := runCommand(t, args(w.store)...)
		require.Equal(t, 1, code, errs)
		require.Contains(t, errs, "in use by another store")
	}
	p.end(os.Interrupt)
}

func TestEveryCommandSaysWhatIsWrongWithAServer(t *testing.T) {
	dir := t.TempDir()
	keys := []string{"--key-file", filepath.Join(dir, "master"), "--keyring", filepath.Join(dir, "ring")}
	w := sqliteWorld(t)
	w.populate()
	export := filepath.Join(t.TempDir(), "export")
	code, _, errs := w.run("export", "--with-values", "--out", export)
	require.Zero(t, code, errs)
	for _, args := range commandsOn(t, export) {
		refuses(t, dir, "does not answer", args("postgres://u:hunter2@127.0.0.1:1/d", keys...)...)
		refuses(t, dir, "invalid port", args("postgres://u:hunter2@127.0.0.1:99999/d", keys...)...)
		refuses(t, dir, "-keyring: files on this machine", args("postgres://u:hunter2@127.0.0.1/d")...)
	}
	server := pgserver.Start(t)
	empty := strings.Replace(server.Database("empty"), "postgres@", "postgres:hunter2@", 1)
	p := postgresWorld(t, server, "full")
	p.populate()
	other := filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(other, bytes.Repeat([]byte("ab"), 32), 0o600))
	for command, args := range commandsOn(t, export) {
		if !makes[command] {
			refuses(t, dir, "there is no store there", args(empty, keys...)...)
		}
		refuses(t, dir, `database "none" does not exist`, args(strings.Replace(empty, "/empty?", "/none?", 1), keys...)...)
		refuses(t, dir, "wrong master key", args(p.store, "--key-file", other, "--keyring", p.keys[3])...)
		refuses(t, dir, "-keyring says where", args(p.store, "--key-file", p.keys[1], "--keyring",
			filepath.Join(dir, "no-ring"))...)
	}
}
