package command

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// asProgram makes the test binary the program itself.
const asProgram = "SECRETLIFE_TEST_AS_PROGRAM"

// program is a running secretlife serve.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	out  *bufio.Reader
	errs *bytes.Buffer
}

// start runs "secretlife serve" as a process of its own.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{t: t, errs: &bytes.Buffer{}}
	p.cmd = exec.CommandContext(t.Context(), os.Args[0], append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = p.errs
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	p.out = bufio.NewReader(out)
	p.url = p.says("listening on ")
	return p
}

// says reads the next line of standard output, and returns what comes after a
// beginning that it must have.
func (p *program) says(beginning string) string {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	require.NoError(p.t, err, p.errs)
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), beginning)
	require.True(p.t, ok, line)
	return rest
}

func (p *program) end(sig os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(sig))
	err := p.cmd.Wait()
	if sig != os.Kill {
		require.NoError(p.t, err, p.errs)
	}
}

// aws makes a call of the API and returns its status and its answer.
func (p *program) aws(operation, body string) (int, string) {
	return p.post("/", body, "X-Amz-Target", "secretsmanager."+operation, "Content-Type", "application/x-amz-json-1.1")
}

func (p *program) post(path, body string, headers ...string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(body))
	require.NoError(p.t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	require.NoError(p.t, err)
	answer, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	require.NoError(p.t, resp.Body.Close())
	return resp.StatusCode, string(answer)
}

// ok checks that a call succeeds, and returns its answer.
func (p *program) ok(operation, body string) string {
	p.t.Helper()
	status, answer := p.aws(operation, body)
	require.Equal(p.t, http.StatusOK, status, answer)
	return answer
}

func TestSQLiteOutlivesTheProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd ?name")
	require.NoError(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "secrets.db")
	args := []string{"--clock", "virtual", "--start", "2030-01-01T00:00:00Z", "--store", "sqlite:" + path}

	p := start(t, args...)
	p.ok("CreateSecret", `{"Name":"back","SecretString":"hunter2",`+
		`"ClientRequestToken":"00000000000000000000000000000001"}`)
	p.ok("CreateSecret", `{"Name":"gone","SecretString":"hunter3",`+
		`"ClientRequestToken":"00000000000000000000000000000002"}`)
	p.ok("DeleteSecret", `{"SecretId":"back","RecoveryWindowInDays":7}`)
	p.ok("DeleteSecret", `{"SecretId":"gone","RecoveryWindowInDays":7}`)
	status, answer := p.post("/_secretlife/reset", "")
	require.Equal(t, http.StatusConflict, status, answer)
	require.Contains(t, answer, "can't be reset")
	p.end(os.Kill)
	require.Contains(t, p.errs.String(), "made a new master key")

	p = start(t, args...)
	require.Contains(t, p.ok("DescribeSecret", `{"SecretId":"gone"}`), `"DeletedDate"`)
	p.ok("RestoreSecret", `{"SecretId":"back"}`)
	require.Contains(t, p.ok("GetSecretValue", `{"SecretId":"back"}`), "hunter2")
	status, answer = p.post("/_secretlife/clock/advance", `{"duration":"168h"}`)
	require.Equal(t, http.StatusOK, status, answer)
	require.Contains(t, answer, ":secret:gone-")
	require.NotContains(t, answer, ":secret:back-")
	p.end(syscall.SIGTERM)
	require.NotContains(t, p.errs.String(), "master key")

	// Without --start the virtual clock goes on where it was.
	p = start(t, "--clock", "virtual", "--store", "sqlite:"+path)
	status, answer = p.aws("DescribeSecret", `{"SecretId":"gone"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, answer, "ResourceNotFoundException")
	require.Contains(t, p.ok("GetSecretValue", `{"SecretId":"back"}`), "hunter2")
	p.ok("CreateSecret", `{"Name":"gone","SecretString":"hunter4",`+
		`"ClientRequestToken":"00000000000000000000000000000003"}`)
	require.Contains(t, p.ok("GetSecretValue", `{"SecretId":"gone"}`), "hunter4")
	require.Contains(t, p.ok("DeleteSecret", `{"SecretId":"gone"}`), `"DeletionDate":1896`) // 2030-02-07
	p.end(syscall.SIGTERM)

	var names []string
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s %s", f.Name(), info.Mode())
		if strings.HasSuffix(f.Name(), "-shm") || strings.HasSuffix(f.Name(), "-wal") {
			require.False(t, strings.HasSuffix(f.Name(), "-wal") && info.Size() > 0, "the write-ahead log is not empty")
			continue // drivers differ in whether they are left
		}
		name, _, _ := strings.Cut(f.Name(), ".anchor.") // the store's id follows
		names = append(names, name)
	}
	require.Equal(t, []string{"secrets.db", "secrets.db.keys", "secrets.db.lock", "secrets.db.master",
		"secrets.db.master"}, names)
}

// serveFails checks that serve ends at once with status 1, and returns what it
// says.
func serveFails(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), append([]string{"serve", "--addr", "127.0.0.1:0"}, args...), &out, &errs)
	require.Equal(t, 1, code, &errs)
	require.NotContains(t, errs.String(), "goroutine")
	require.Empty(t, out.String())
	return errs.String()
}

func TestWhyAStoreCantBeOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.db")
	store := "sqlite:" + path
	start(t, "--store", store).end(syscall.SIGTERM)

	require.Contains(t, serveFails(t, "--store", "sqlite:/nowhere/at/all.db"), "--store sqlite:/nowhere/at/all.db")
	require.Contains(t, serveFails(t, "--store", store, "--key-file", filepath.Join(t.TempDir(), "none")),
		"there is no key file")
	require.NoError(t, os.WriteFile(path+".other", []byte(strings.Repeat("ab", 32)), 0o600))
	text := serveFails(t, "--store", store, "--key-file", path+".other")
	require.Contains(t, text, "wrong master key")
	require.Contains(t, text, "--key-file says where")
	require.NotContains(t, text, "abab")

	require.NoError(t, os.Chmod(path+".master", 0o644))
	require.Contains(t, serveFails(t, "--store", store), "chmod 600")
	require.NoError(t, os.Chmod(path+".master", 0o600))
	require.NoError(t, os.Truncate(path+".master", 10))
	require.Contains(t, serveFails(t, "--store", store), "64 hexadecimal digits")

	text = filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("This is no database, and stays as it is."), 0o600))
	require.Contains(t, serveFails(t, "--store", "sqlite:"+text), "not a database of secretlife")
	content, err := os.ReadFile(text)
	require.NoError(t, err)
	require.Equal(t, "This is no database, and stays as it is.", string(content))
}
