package integration

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// notRun ends a test whose client isn't here, and says what to install. It
// fails where SECRETLIFE_REQUIRE_CLIENTS names the client, as it does in CI.
func notRun(t *testing.T, client, install string) {
	t.Helper()
	if strings.Contains(" "+os.Getenv("SECRETLIFE_REQUIRE_CLIENTS")+" ", " "+client+" ") {
		t.Fatalf("%s is not here, and SECRETLIFE_REQUIRE_CLIENTS asks for it: %s", client, install)
	}
	t.Skipf("SKIPPED: %s is not here, so the server was NOT tested with it: %s", client, install)
}

// TestBoto3 runs the tests in python/, which start servers of their own.
func TestBoto3(t *testing.T) {
	t.Parallel()
	python := ""
	for _, candidate := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(candidate)
		if err == nil && run(t, ".", path, "-c", "import boto3") == nil {
			python = path
			break
		}
	}
	if python == "" {
		notRun(t, "boto3", "Debian: apt-get install python3-boto3")
	}
	version, err := output(t, ".", python, "-c", "import boto3; print(boto3.__version__)")
	require.NoError(t, err)
	t.Logf("boto3 %s", version)
	out, err := output(t, "python", python, "-B", "-m", "unittest", "discover", "-v")
	require.NoError(t, err, "%s", out)
	for line := range strings.Lines(out) {
		if strings.Contains(line, "NOT TESTED") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// TestJavaScript runs the tests in javascript/, which start servers of their
// own.
func TestJavaScript(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		notRun(t, "javascript", "Debian: apt-get install nodejs npm")
	}
	if _, err := os.Stat(filepath.Join("javascript", "node_modules")); err != nil {
		notRun(t, "javascript", "run npm ci in internal/integration/javascript")
	}
	out, err := output(t, "javascript", node, "--test")
	require.NoError(t, err, "%s", out)
}

// TestPytest runs the tests of examples/pytest, with the helpers that are there to copy.
func TestPytest(t *testing.T) {
	t.Parallel()
	python := ""
	for _, candidate := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(candidate)
		if err == nil && run(t, ".", path, "-c", "import boto3, pytest") == nil {
			python = path
			break
		}
	}
	if python == "" {
		notRun(t, "pytest", "Debian: apt-get install python3-boto3 python3-pytest")
	}
	out, err := output(t, filepath.Join("..", "..", "examples", "pytest"), python, "-B", "-m", "pytest", "-q", "-p",
		"no:cacheprovider")
	require.NoError(t, err, "%s", out)
	require.Regexp(t, "[1-9] passed", out)
}

// TestNodeTest runs the tests of examples/node, in a folder with the modules of the tests in
// javascript/.
func TestNodeTest(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		notRun(t, "javascript", "Debian: apt-get install nodejs npm")
	}
	modules, err := filepath.Abs(filepath.Join("javascript", "node_modules"))
	require.NoError(t, err)
	if _, err := os.Stat(modules); err != nil {
		notRun(t, "javascript", "run npm ci in internal/integration/javascript")
	}
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples", "node"))))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "node_modules")))
	require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
	out, err := output(t, dir, node, "--test")
	require.NoError(t, err, "%s", out)
	require.Contains(t, out, "# pass 4")
}

// TestAnsible plays ansible/deletion.yaml, which checks what it gets.
func TestAnsible(t *testing.T) {
	t.Parallel()
	playbook, err := exec.LookPath("ansible-playbook")
	if err != nil {
		notRun(t, "ansible", "Debian: apt-get install ansible python3-boto3")
	}
	home := "HOME=" + t.TempDir() // its temporary files
	out, err := output(t, "ansible", "env", home, playbook, "-i", "localhost,", "-c", "local", "-e", "url="+start(t).url,
		"deletion.yaml")
	require.NoError(t, err, "%s", out)
}

func run(t *testing.T, dir, name string, args ...string) error {
	_, err := output(t, dir, name, args...)
	return err
}

// output runs a program of a client in a directory here, with the command to be
// tested in the environment.
func output(t *testing.T, dir, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(environment(), "SECRETLIFE="+binary(t))
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
