package secretlife_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/secretlife-go/secretlife"

// depsRules say what each package of the root module may import beside the
// standard library, in non-test files. Arrows point down only.
var depsRules = map[string][]string{
	".":         {"github.com/benbjohnson/clock", "go.uber.org/multierr", module + "/internal/elapsed", module + "/internal/tally"},
	"memstore":  {module},
	"sqlstore":  {module, module + "/internal/disk", module + "/internal/schema"},
	"storetest": {module, module + "/memstore"},
	"awsapi":    {module, module + "/awsapi/internal/sigv4", module + "/internal/duration"},

	"awsapi/internal/sigv4": {module},
}

// pureFiles hold rules: they take time and randomness as arguments, and do no
// I/O.
var pureFiles = []string{
	"aging.go", "arn.go", "background.go", "binary.go", "change.go", "create.go", "deletion.go", "errors.go", "event.go", "event_binary.go", "event_json.go",
	"filter.go", "gap.go",
	"import.go", "kmskey.go", "ledger.go", "name.go", "operation.go", "policy.go", "policy_document.go", "problems.go", "reason.go", "replica.go", "rotation.go", "rotation_run.go",
	"rotation_state.go", "schedule.go", "secret.go", "state.go", "state_binary.go", "tag.go", "tally.go", "tally_json.go", "token.go", "update.go", "value.go", "version.go",
}

var impure = []string{"context", "os", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "sync", "log", "github.com/benbjohnson/clock", "path/filepath", "database/sql"}

func TestImportsPointDown(t *testing.T) {
	for dir, allowed := range depsRules {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, path := range importsOf(t, file) {
				if !strings.Contains(strings.Split(path, "/")[0], ".") {
					continue // standard library
				}
				require.Contains(t, allowed, path, "%s must not import it", file)
			}
		}
	}
}

func TestRulesArePure(t *testing.T) {
	for _, file := range pureFiles {
		for _, path := range importsOf(t, file) {
			require.NotContains(t, impure, path, "%s holds rules", file)
		}
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, call := range []string{"time.Now(", "time.Since(", "time.Until(", "AddDate(", "time.Local", "rand."} {
			require.NotContains(t, string(src), call, "%s holds rules", file)
		}
	}
}

// TestRootModuleStaysLight holds that whoever imports the library inherits the
// clock and multierr, and nothing else.
func TestRootModuleStaysLight(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	var required []string
	for line := range strings.Lines(string(mod)) {
		f := strings.Fields(line)
		if len(f) >= 2 && strings.HasPrefix(f[1], "v") && !strings.Contains(line, "// indirect") {
			required = append(required, f[0])
		}
	}
	require.ElementsMatch(t, []string{"github.com/benbjohnson/clock", "github.com/stretchr/testify", "go.uber.org/multierr"}, required)
}

// TestEveryModuleIsInTheWorkspace holds that go test work tests everything.
func TestEveryModuleIsInTheWorkspace(t *testing.T) {
	work, err := os.ReadFile("go.work")
	require.NoError(t, err)
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "go.mod" {
			dir := filepath.ToSlash(filepath.Dir(path))
			if dir != "." {
				dir = "./" + dir
			}
			require.Regexp(t, `(?m)^\s*(use )?`+strings.ReplaceAll(dir, ".", `\.`)+`$`, string(work))
		}
		return err
	})
	require.NoError(t, err)
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	require.NoError(t, err)
	var out []string
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		out = append(out, path)
	}
	return out
}
