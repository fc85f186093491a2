//go:build unix

package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryCommandSaysThatAFileIsReadOnly needs a user whom modes bind. Where it
// runs as root it runs itself again as nobody.
func TestEveryCommandSaysThatAFileIsReadOnly(t *testing.T) {
	if os.Geteuid() == 0 {
		againAsNobody(t)
		return
	}
	w := sqliteWorld(t)
	w.populate()
	dir := filepath.Dir(w.path())
	require.NoError(t, os.Chmod(w.path(), 0o400))
	for command, args := range commandsOn(t, "") {
		if command != "import" && command != "verify-purged" {
			refuses(t, dir, "read-only", args(w.store)...)
		}
	}
}

// againAsNobody runs the same test in a process of another user, who must be able
// to read the program.
func againAsNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	dir, err := os.MkdirTemp("", "secretlife-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	content, err := os.ReadFile(self)
	require.NoError(t, err)
	program, temp := filepath.Join(dir, "test"), filepath.Join(dir, "temp")
	require.NoError(t, os.WriteFile(program, content, 0o755))
	require.NoError(t, os.Mkdir(temp, 0o700))
	require.NoError(t, os.Chown(temp, nobody, nobody))

	c := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$", "-test.v")
	c.Dir = dir
	c.Env = append(os.Environ(), "TMPDIR="+temp, "HOME="+temp)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
	require.NotContains(t, string(out), "SKIP")
}
