package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// contents is all that a store has, as JSON.
func (w *world) contents() (out string) {
	w.t.Helper()
	w.use(func(_ *secretlife.Manager, s *sqlstore.Store) {
		var b bytes.Buffer
		_, err := transfer(w.t.Context(), s, true, &lineSink{json.NewEncoder(&b), true}, progress{})
		require.NoError(w.t, err)
		out = b.String()
	})
	return out
}

// populateFully adds what else a store can have: a purged secret, a mark, holds, and a protection.
func (w *world) populateFully() {
	w.fill()
	w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
		w.create(m, "purged", secretlife.SecretString("hunter2"))
		w.delete(m, "purged", 0)
		_, err := m.ReplicateSecretToRegions(w.t.Context(), secretlife.ReplicateSecretToRegionsInput{SecretID: "prod/a",
			AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "eu-west-1"}}})
		require.NoError(w.t, err)
		_, err = secretlife.NewPurger(m).RunDue(w.t.Context())
		require.NoError(w.t, err)
		for _, name := range []string{"prod/a", "prod/b"} {
			_, err = m.PlaceHold(w.t.Context(), name, secretlife.Hold{Name: "case-17", Until: time.Now().Add(30 * day)})
			require.NoError(w.t, err)
		}
		_, err = m.ProtectSecret(w.t.Context(), "prod/a", secretlife.Protection{MinimumWindow: 14, CoolingOff: 20 * day})
		require.NoError(w.t, err)
	})
	w.wait()
}

// populateLedger adds entries of one secret to the access ledger, and returns them.
func (w *world) populateLedger(n int) []access.Entry {
	w.use(func(m *secretlife.Manager, s *sqlstore.Store) {
		secret, err := m.Secret(w.t.Context(), "prod/a")
		require.NoError(w.t, err)
		at := w.host.Now().UTC().Truncate(time.Millisecond)
		var made []access.Entry
		for i := range n {
			made = append(made, access.Entry{
				ARN: secret.ARN(), Incarnation: secret.Incarnation(), Day: at.Truncate(day), First: at, Last: at,
				Operation: secretlife.OpGetSecretValue, Principal: fmt.Sprint("reader ", i), Calls: 2, Refused: 1,
			})
		}
		number := uint64(0)
		for group := range slices.Chunk(made, entriesAtOnce) {
			number++
			require.NoError(w.t, s.AddAccesses(w.t.Context(), access.Group{Number: number, Entries: group}))
		}
	})
	return w.entries()
}

// entries are those of the access ledger.
func (w *world) entries() (out []access.Entry) {
	w.use(func(_ *secretlife.Manager, s *sqlstore.Store) {
		var err error
		out, err = s.Accesses(w.t.Context(), access.Query{Limit: 2 * entriesAtOnce})
		require.NoError(w.t, err)
	})
	return out
}

func (w *world) to(flags ...string) []string {
	if w.keys != nil {
		flags = append(flags, "--to-"+w.keys[0][2:], w.keys[1], "--to-"+w.keys[2][2:], w.keys[3])
	}
	return append(flags, "--to", w.store)
}

func (w *world) from(flags ...string) []string {
	for i := 0; i < len(w.keys); i += 2 {
		flags = append(flags, "--from-"+w.keys[i][2:], w.keys[i+1])
	}
	return append(flags, "--from", w.store)
}

// TestCopyIsTheSame checks that a copy has all the first store has, byte for byte,
// between stores of both kinds, and goes on as it would.
func TestCopyIsTheSame(t *testing.T) {
	eachKind(t, func(t *testing.T, w, other *world) {
		w.populateFully()
		want := w.contents()
		require.Contains(t, want, "hunter3 of prod/a")
		require.Contains(t, want, "SecretPurged")
		require.Contains(t, want, `"had":`, "the ages of recovery windows")
		entries := w.populateLedger(entriesAtOnce + 1)
		through := sqliteWorld(t)
		for _, hop := range [][2]*world{{w, through}, {through, other}} {
			from, to := hop[0], hop[1]
			code, out, errs := runCommand(t, to.to(from.from("copy")...)...)
			require.Zero(t, code, errs)
			require.Contains(t, out, "copied 5 secrets and ")
			require.Contains(t, out, " events, and 1001 entries of the access ledger\n")
			require.Equal(t, want, to.contents())
			require.Equal(t, entries, to.entries())
		}
		require.Equal(t, want, w.contents(), "the first store stays as it was")
		other.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
			_, err := m.RestoreSecret(t.Context(), secretlife.SecretInput{SecretID: "prod/b"})
			require.NoError(t, err)
			for _, name := range []string{"prod/a", "prod/b"} {
				_, err = m.DeleteSecret(t.Context(), secretlife.DeleteSecretInput{SecretID: name})
				require.Error(t, err, "its replica, or its hold")
			}
			require.ErrorIs(t, err, secretlife.ErrHeld)
			a, err := m.DescribeSecret(t.Context(), secretlife.SecretInput{SecretID: "prod/a"})
			require.NoError(t, err)
			require.Equal(t, 14, a.Protection.MinimumWindow)
			out, err := m.GetSecretValue(t.Context(), secretlife.GetSecretValueInput{SecretID: "prod/b"})
			require.NoError(t, err)
			require.Equal(t, "hunter2 of prod/b", out.Value.Reveal())
			w.create(m, "purged", secretlife.SecretString("hunter4"))
		})
		require.NotEqual(t, want, other.contents())

		code, _, errs := runCommand(t, other.to(w.from("copy")...)...)
		require.Equal(t, 1, code)
		require.Contains(t, errs, "only an empty store")
		code, _, errs = runCommand(t, w.to(w.from("copy")...)...)
		require.Equal(t, 1, code)
		require.Contains(t, errs, "the same store")
	})
}

func TestExportAndImport(t *testing.T) {
	eachKind(t, func(t *testing.T, w, other *world) {
		w.populateFully()
		dir := t.TempDir()
		file := filepath.Join(dir, "all")
		code, out, errs := w.run("export", "--out", file, "--with-values")
		require.Zero(t, code, errs)
		require.Contains(t, out, "exported 5 secrets and ")
		require.Contains(t, errs, "IN THE CLEAR")
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())

		require.Contains(t, other.ok("import", "--in", file), "imported 5 secrets and ")
		require.Equal(t, w.contents(), other.contents())
		code, _, errs = other.run("import", "--in", file)
		require.Equal(t, 1, code)
		require.Contains(t, errs, "only an empty store")
		code, _, errs = w.run("export", "--out", file)
		require.Equal(t, 1, code)
		require.Contains(t, errs, "nothing is overwritten")
	})
}

// TestExportHasNoValues checks that values leave the store only where that was
// asked for; run checks the output for them.
func TestExportHasNoValues(t *testing.T) {
	w := sqliteWorld(t)
	w.populateFully()
	out := w.ok("export", "--out", "-")
	require.Contains(t, out, `"prod/a`)
	require.Contains(t, out, "CreateSecret")
	file := filepath.Join(t.TempDir(), "metadata")
	w.ok("export", "--out", file)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, out, string(content))
	code, _, errs := sqliteWorld(t).run("import", "--in", file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "no values in it")
}

// TestImportFromStandardInput runs as a program of its own.
func TestImportFromStandardInput(t *testing.T) {
	w, other := sqliteWorld(t), sqliteWorld(t)
	w.populateFully()
	all := w.contents()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "import", "--store", other.store, "--in", "-")
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdin = strings.NewReader(all)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, all, other.contents())

	half := sqliteWorld(t)
	cmd = exec.CommandContext(t.Context(), os.Args[0], "import", "--store", half.store, "--in", "-")
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdin = strings.NewReader(all[:strings.Index(all, `{"end"`)])
	out, err = cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "cut off")
	require.Contains(t, string(out), "make it empty")
}

// TestImportRefusesWhatIsNoExport checks that a file is found wrong before
// anything of it is written, and that no value is in what is said of it.
func TestImportRefusesWhatIsNoExport(t *testing.T) {
	w := sqliteWorld(t)
	w.populateFully()
	all := w.contents()
	lines := strings.SplitAfter(all, "\n")
	without := func(i int) string { return strings.Join(append(append([]string{}, lines[:i]...), lines[i+1:]...), "") }
	last := len(lines) - 3 // the last secret
	for text, content := range map[string]string{
		"no export":               "This is hunter2.",
		"it is no export":         "",
		"export of secretlife":    `{"hunter2":1}`,
		"version 2":               strings.Replace(all, `"version":1`, `"version":2`, 1),
		"no values in it":         strings.Replace(all, `"values":true`, `"values":false`, 1),
		"was cut off":             all[:len(all)/2],
		"its end is not there":    strings.Join(lines[:last], ""),
		"where event 3 should be": without(3),
		"5 secrets and":           without(last),
		"comes next in an export": lines[0] + lines[last] + all[len(lines[0]):],
		"can't be read":           strings.Replace(all, `"event":{`, `"event":hunter2{`, 1),
		"has no value":            strings.Replace(all, `"version":"`, `"version":"0`, 1),
	} {
		file := filepath.Join(t.TempDir(), "in")
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		to := sqliteWorld(t)
		code, out, errs := to.run("import", "--in", file)
		require.Equal(t, 1, code, text)
		require.Empty(t, out)
		require.Contains(t, errs, text)
		require.Contains(t, errs, "nothing was imported")
		require.Equal(t, 1, strings.Count(errs, "\n"), errs)
		require.NoFileExists(t, to.path())
	}
}
