package arch_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// layers are those of the root package, lowest first. A file is in one of them, and
// uses nothing that is declared in a higher one. docs/architecture.md says what each holds.
var layers = []layer{
	{"nouns", "clock name version tally phase reason errors"},
	{"state", "attributes secret staging"},
	{"outcomes", "operation change event event_call event_json event_binary"},
	{"decisions", "hold lifecycle update replica rotation background"},
	{"contract", "store state state_binary state_blocks"},
	{"service", "observer manager manager_gap counter emulate request problems manager_lifecycle manager_describe " +
		"manager_hold manager_list manager_metadata manager_replica manager_rotate manager_value"},
	{"background", "purger purger_status purger_work purger_claim purger_rotate"},
}

// largestCircle is how many files of a layer may use each other in a circle.
const largestCircle = 4

// impureFiles are those of the layers up to the contract that hold more than rules:
// the virtual clock, and the interface of a store. All other files of these layers,
// and the others named here, take time and randomness as arguments and do no I/O.
var (
	impureFiles  = []string{"clock.go", "store.go"}
	pureRequests = []string{"problems.go"}
	purePlans    = []string{
		"plan/codec.go", "plan/decide.go", "plan/plan.go", "plan/progress.go", "plan/selector.go", "plan/table.go",
		"plan/view.go",
	}
	pureFolders = []string{
		"internal/duration", "internal/immutable", "internal/pack", "internal/pagetoken", "internal/password",
		"internal/policy", "internal/schedule", "internal/tally", "internal/region", "internal/validation",
	}
)

var impure = []string{
	"context", "os", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "sync", "sync/atomic", "log",
	"github.com/benbjohnson/clock", "path/filepath", "database/sql",
}

func TestLayers(t *testing.T) {
	t.Run("point down", func(t *testing.T) {
		pkg := parsePackage(t)
		uses := pkg.uses(t)
		require.Empty(t, faultsOf(layers, pkg.names(), uses))
		for _, circle := range circlesOf(uses) {
			require.LessOrEqual(t, len(circle), largestCircle, "files that use each other in a circle: %v", circle)
		}
	})

	// The faults that are planted here must be found.
	t.Run("are checked", func(t *testing.T) {
		pkg := parsePackage(t)
		pkg.add(t, "planted.go", "package secretlife\n\nfunc planted(m *Manager) bool { return m.own }\n")
		uses := pkg.uses(t)
		require.Equal(t, []string{"planted.go is in no layer"}, faultsOf(layers, pkg.names(), uses))
		lowest := slices.Clone(layers)
		lowest[0].files += " planted"
		require.Equal(t, []string{
			"planted.go (nouns) uses manager.go (service): Manager, own",
		}, faultsOf(lowest, pkg.names(), uses))
		pkg.add(t, "manager_planted.go", "package secretlife\n\nvar _ = planted\n")
		pkg.add(t, "planted.go", "package secretlife\n\nfunc planted() { _ = twice }\n")
		pkg.add(t, "manager_planted.go", "package secretlife\n\nfunc twice() { planted() }\n")
		require.Contains(t, circlesOf(pkg.uses(t)), []string{"manager_planted.go", "planted.go"})
	})

	t.Run("rules are pure", func(t *testing.T) {
		files := slices.Concat(pureRequests, purePlans)
		for _, l := range layers[:5] {
			files = append(files, l.list()...)
		}
		for _, dir := range pureFolders {
			more, err := filepath.Glob(filepath.Join(dir, "*.go"))
			require.NoError(t, err)
			files = append(files, slices.DeleteFunc(more, func(f string) bool { return strings.HasSuffix(f, "_test.go") })...)
		}
		for _, file := range files {
			if slices.Contains(impureFiles, file) {
				continue
			}
			for _, path := range importsOf(t, file) {
				require.NotContains(t, impure, path, "%s holds rules", file)
			}
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, call := range []string{"time.Now(", "time.Since(", "time.Until(", "AddDate(", "time.Local", "rand."} {
				require.NotContains(t, string(src), call, "%s holds rules", file)
			}
		}
	})
}

type layer struct{ name, files string }

func (l layer) list() []string {
	files := strings.Fields(l.files)
	for i := range files {
		files[i] += ".go"
	}
	return files
}

// rootPackage is the syntax of the root package's files, without tests.
type rootPackage struct {
	set   *token.FileSet
	files map[string]*ast.File
}

func parsePackage(t *testing.T) rootPackage {
	t.Helper()
	pkg := rootPackage{token.NewFileSet(), map[string]*ast.File{}}
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") && name != "doc.go" {
			src, err := os.ReadFile(name)
			require.NoError(t, err)
			pkg.add(t, name, string(src))
		}
	}
	return pkg
}

func (p rootPackage) add(t *testing.T, name, src string) {
	t.Helper()
	f, err := parser.ParseFile(p.set, name, src, parser.SkipObjectResolution)
	require.NoError(t, err)
	p.files[name] = f
}

func (p rootPackage) names() []string { return slices.Sorted(maps.Keys(p.files)) }

// usage is what each file uses of each other file: names that are declared there.
type usage map[string]map[string][]string

// uses checks the types of the package, and finds what its files use of each other.
func (p rootPackage) uses(t *testing.T) usage {
	t.Helper()
	info, pkg := p.check(t)
	out := usage{}
	for id, obj := range info.Uses {
		from, to := p.set.Position(id.Pos()).Filename, p.set.Position(obj.Pos()).Filename
		if obj.Pkg() != pkg || from == to || to == "" {
			continue
		}
		if out[from] == nil {
			out[from] = map[string][]string{}
		}
		if !slices.Contains(out[from][to], obj.Name()) {
			out[from][to] = append(out[from][to], obj.Name())
		}
	}
	return out
}

func (p rootPackage) check(t *testing.T) (*types.Info, *types.Package) {
	t.Helper()
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(p.set, "gc", exports(t, "."))}
	var files []*ast.File
	for _, name := range p.names() {
		files = append(files, p.files[name])
	}
	pkg, err := conf.Check(module, p.set, files, info)
	require.NoError(t, err)
	return info, pkg
}

// faultsOf tells which files are in no layer or in two, which are not there, and what
// uses something of a higher layer.
func faultsOf(layers []layer, files []string, uses usage) []string {
	var out []string
	level := map[string]int{}
	for i, l := range layers {
		for _, file := range l.list() {
			if _, twice := level[file]; twice || !slices.Contains(files, file) {
				out = append(out, file+" is in two layers, or not there")
			}
			level[file] = i
		}
	}
	for _, from := range files {
		if _, ok := level[from]; !ok {
			out = append(out, from+" is in no layer")
			continue
		}
		for _, to := range slices.Sorted(maps.Keys(uses[from])) {
			if above, ok := level[to]; ok && above > level[from] {
				used := strings.Join(slices.Sorted(slices.Values(uses[from][to])), ", ")
				out = append(out, fmt.Sprintf("%s (%s) uses %s (%s): %s", from, layers[level[from]].name, to,
					layers[above].name, used))
			}
		}
	}
	return out
}

// circlesOf returns the groups of files of which each reaches all others by what they
// use.
func circlesOf(uses usage) [][]string {
	reached := map[string]map[string]bool{}
	for from := range uses {
		seen := map[string]bool{}
		var visit func(string)
		visit = func(file string) {
			for to := range uses[file] {
				if !seen[to] {
					seen[to] = true
					visit(to)
				}
			}
		}
		visit(from)
		reached[from] = seen
	}
	var out [][]string
	done := map[string]bool{}
	for _, from := range slices.Sorted(maps.Keys(reached)) {
		if done[from] {
			continue
		}
		var circle []string
		for _, to := range slices.Sorted(maps.Keys(reached[from])) {
			if reached[to][from] {
				circle = append(circle, to)
				done[to] = true
			}
		}
		if len(circle) > 1 {
			out = append(out, circle)
		}
	}
	return out
}
