package arch_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain runs the tests in the folder of the module.
func TestMain(m *testing.M) {
	if err := os.Chdir(filepath.Join("..", "..")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const (
	module   = "github.com/secretlife-go/secretlife"
	sqlstore = module + "/sqlstore/internal/"
)

// depsRules say what each package of the root module may import beside the
// standard library, in non-test files. Arrows point down only.
var depsRules = map[string][]string{
	".": {
		"github.com/benbjohnson/clock", "go.uber.org/multierr",
		module + "/internal/duration", module + "/internal/elapsed", module + "/internal/immutable",
		module + "/internal/pack", module + "/internal/pagetoken", module + "/internal/password",
		module + "/internal/policy", module + "/internal/region",
		module + "/internal/schedule",
		module + "/internal/tally", module + "/internal/validation",
	},
	"internal/duration":   {},
	"internal/elapsed":    {},
	"internal/immutable":  {},
	"internal/failure":    {module, module + "/internal/duration"},
	"internal/pack":       {},
	"internal/pagetoken":  {},
	"internal/password":   {},
	"internal/region":     {},
	"internal/policy":     {},
	"internal/schedule":   {},
	"internal/seed":       {module, module + "/internal/duration"},
	"internal/schema":     {},
	"internal/tally":      {},
	"internal/validation": {},

	"access":   {module, "github.com/benbjohnson/clock"},
	"audit":    {module},
	"memstore": {module, module + "/access", module + "/internal/immutable"},
	"sqlstore": {
		module, module + "/access", module + "/internal/disk", module + "/internal/schema", sqlstore + "anchor",
		sqlstore + "codec",
		sqlstore + "dberr", sqlstore + "engine", sqlstore + "postgres", sqlstore + "queue", sqlstore + "seal",
		sqlstore + "sqlite",
	},
	"plan":      {module, module + "/internal/policy"},
	"storetest": {module, module + "/access", module + "/memstore"},
	"awsapi": {
		module, module + "/access", module + "/awsapi/internal/sigv4", module + "/internal/duration",
		module + "/internal/failure", module + "/internal/pack", module + "/internal/validation",
	},

	"awsapi/internal/sigv4":    {module},
	"sqlstore/internal/anchor": {sqlstore + "dberr", sqlstore + "seal"},
	"sqlstore/internal/codec":  {module, sqlstore + "seal"},
	"sqlstore/internal/dberr":  {module, sqlstore + "codec"},
	"sqlstore/internal/engine": {
		module, module + "/access", module + "/internal/schema", sqlstore + "codec", sqlstore + "dberr",
		sqlstore + "queue", sqlstore + "seal",
	},
	"sqlstore/internal/postgres": {
		module, module + "/access", module + "/internal/schema", sqlstore + "anchor", sqlstore + "codec", sqlstore + "dberr",
		sqlstore + "engine", sqlstore + "queue", sqlstore + "seal",
	},
	"sqlstore/internal/queue": {module},
	"sqlstore/internal/seal":  {module},
	"sqlstore/internal/sqlite": {
		module, module + "/access", module + "/internal/disk", module + "/internal/schema", sqlstore + "anchor",
		sqlstore + "codec",
		sqlstore + "dberr", sqlstore + "engine", sqlstore + "queue", sqlstore + "seal",
	},
}

func TestModules(t *testing.T) {
	t.Run("imports point down", func(t *testing.T) {
		inner, err := filepath.Glob("sqlstore/internal/*")
		require.NoError(t, err)
		for _, dir := range inner {
			require.Contains(t, depsRules, filepath.ToSlash(dir))
		}
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
	})

	// Importers of the library inherit the clock and multierr, and nothing else.
	t.Run("the root requires little", func(t *testing.T) {
		mod, err := os.ReadFile("go.mod")
		require.NoError(t, err)
		var required []string
		for line := range strings.Lines(string(mod)) {
			f := strings.Fields(line)
			if len(f) >= 2 && strings.HasPrefix(f[1], "v") && !strings.Contains(line, "// indirect") {
				required = append(required, f[0])
			}
		}
		require.ElementsMatch(t, []string{"github.com/benbjohnson/clock", "github.com/stretchr/testify",
			"go.uber.org/multierr"}, required)
	})

	// "go test work" tests everything. The modules in internal/tools have no packages; their
	// requirements must not raise those of the others.
	t.Run("all are in the workspace", func(t *testing.T) {
		work, err := os.ReadFile("go.work")
		require.NoError(t, err)
		err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "go.mod" && !strings.HasPrefix(filepath.ToSlash(path), "internal/tools/") {
				dir := filepath.ToSlash(filepath.Dir(path))
				if dir != "." {
					dir = "./" + dir
				}
				require.Regexp(t, `(?m)^\s*(use )?`+strings.ReplaceAll(dir, ".", `\.`)+`$`, string(work))
			}
			return err
		})
		require.NoError(t, err)
	})
}

// TestRootIsSmall: a test belongs into the file of what it is about, as code does.
func TestRootIsSmall(t *testing.T) {
	const most = 75
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	files := slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() || e.Name() == ".git" })
	require.LessOrEqual(t, len(files), most, "files of the root folder")
}

// TestArchitecturePage checks that the files and folders exist which docs/architecture.md
// names.
func TestArchitecturePage(t *testing.T) {
	page, err := os.ReadFile("docs/architecture.md")
	require.NoError(t, err)
	paths := regexp.MustCompile("`([a-z][\\w./]*(?:/|\\.go|/\\w+|\\.md))`").FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(paths), 40)
	for _, path := range paths {
		_, err := os.Stat(path[1])
		require.NoError(t, err)
	}
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
