package secretlife_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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

	"audit":    {module},
	"memstore": {module, module + "/internal/immutable"},
	"sqlstore": {
		module, module + "/internal/disk", module + "/internal/schema", sqlstore + "anchor", sqlstore + "codec",
		sqlstore + "dberr", sqlstore + "engine", sqlstore + "postgres", sqlstore + "queue", sqlstore + "seal",
		sqlstore + "sqlite",
	},
	"plan":      {module, module + "/internal/policy"},
	"storetest": {module, module + "/memstore"},
	"awsapi": {
		module, module + "/awsapi/internal/sigv4", module + "/internal/duration",
		module + "/internal/failure", module + "/internal/pack", module + "/internal/validation",
	},

	"awsapi/internal/sigv4":    {module},
	"sqlstore/internal/anchor": {sqlstore + "dberr", sqlstore + "seal"},
	"sqlstore/internal/codec":  {module, sqlstore + "seal"},
	"sqlstore/internal/dberr":  {module, sqlstore + "codec"},
	"sqlstore/internal/engine": {
		module, module + "/internal/schema", sqlstore + "codec", sqlstore + "dberr", sqlstore + "queue", sqlstore + "seal",
	},
	"sqlstore/internal/postgres": {
		module, module + "/internal/schema", sqlstore + "anchor", sqlstore + "codec", sqlstore + "dberr",
		sqlstore + "engine", sqlstore + "queue", sqlstore + "seal",
	},
	"sqlstore/internal/queue": {module},
	"sqlstore/internal/seal":  {module},
	"sqlstore/internal/sqlite": {
		module, module + "/internal/disk", module + "/internal/schema", sqlstore + "anchor", sqlstore + "codec",
		sqlstore + "dberr", sqlstore + "engine", sqlstore + "queue", sqlstore + "seal",
	},
}

// layers are those of the root package, lowest first. A file is in one of them, and
// uses nothing that is declared in a higher one. docs/architecture.md says what each holds.
var layers = []layer{
	{"nouns", "clock name version tally phase reason errors"},
	{"state", "attributes secret staging"},
	{"outcomes", "operation change event event_json event_binary"},
	{"decisions", "lifecycle update replica rotation background"},
	{"contract", "store state state_binary"},
	{"service", "observer manager manager_gap counter emulate request problems manager_lifecycle manager_describe " +
		"manager_list manager_metadata manager_replica manager_rotate manager_value"},
	{"background", "purger purger_status purger_work purger_claim purger_rotate advance"},
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

// TestAPI compares what the package exports with testdata/api.txt, so that a change of
// it is seen. Write it anew with: go test -run TestAPI -update .
func TestAPI(t *testing.T) {
	_, pkg := parsePackage(t).check(t)
	lines := exported(pkg)
	file := filepath.Join("testdata", "api.txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	}
	frozen, err := os.ReadFile(file)
	require.NoError(t, err)
	was := strings.Split(strings.TrimSpace(string(frozen)), "\n")
	if changed := difference(was, lines); len(changed) > 0 {
		t.Errorf("the package exports something else than %s says; is that meant?\n%s", file, strings.Join(changed, "\n"))
	}
}

// difference lists the lines that went, marked "-", and those that came, marked "+", in
// the order of the lines.
func difference(was, is []string) []string {
	var out []string
	for _, l := range was {
		if !slices.Contains(is, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range is {
		if !slices.Contains(was, l) {
			out = append(out, "+ "+l)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return strings.Compare(a[2:], b[2:]) })
	return out
}

// exported describes everything that a package exports, in order.
func exported(pkg *types.Package) []string {
	var lines []string
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		typ, isType := obj.(*types.TypeName)
		if !isType {
			lines = append(lines, types.ObjectString(obj, types.RelativeTo(pkg)))
			continue
		}
		lines = append(lines, describe(pkg, typ)...)
	}
	slices.Sort(lines)
	return lines
}

// describe has a line for a type, and for each field and method that it exports.
func describe(pkg *types.Package, name *types.TypeName) []string {
	in := types.RelativeTo(pkg)
	at := "type " + name.Name()
	under := name.Type().Underlying()
	lines := []string{at + " " + strings.SplitN(types.TypeString(under, in), "{", 2)[0]}
	if st, ok := under.(*types.Struct); ok {
		for field := range st.Fields() {
			if field.Exported() {
				lines = append(lines, at+" "+types.ObjectString(field, in))
			}
		}
	}
	of := types.NewPointer(name.Type())
	if types.IsInterface(name.Type()) {
		return append(lines, methods(at, types.NewMethodSet(name.Type()), in)...)
	}
	return append(lines, methods(at, types.NewMethodSet(of), in)...)
}

func methods(at string, set *types.MethodSet, in types.Qualifier) []string {
	var lines []string
	for m := range set.Methods() {
		if m.Obj().Exported() {
			lines = append(lines, at+" "+types.ObjectString(m.Obj(), in))
		}
	}
	return lines
}

// TestExamples checks that every type that the package exports is used by an Example, or is
// reached from one that is: a field or a method, which are exported, has it.
func TestExamples(t *testing.T) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "example_test.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(set, "gc", exports(t, importsOf(t, "example_test.go")...))}
	examples, err := conf.Check("examples", set, []*ast.File{file}, info)
	require.NoError(t, err)
	at := slices.IndexFunc(examples.Imports(), func(p *types.Package) bool { return p.Path() == module })
	root := examples.Imports()[at]
	reached := reach{root, map[*types.TypeName]bool{}}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); !ok || !strings.HasPrefix(f.Name.Name, "Example") {
			continue
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && info.Uses[id] != nil && info.Uses[id].Pkg() == root {
				reached.from(info.Uses[id].Type())
			}
			return true
		})
	}
	var missing []string
	for _, name := range root.Scope().Names() {
		if typ, ok := root.Scope().Lookup(name).(*types.TypeName); ok && typ.Exported() && !reached.types[typ] {
			missing = append(missing, name)
		}
	}
	require.Empty(t, missing, "types that no Example shows or leads to")
}

// reach is which types of a package can be had from others.
type reach struct {
	pkg   *types.Package
	types map[*types.TypeName]bool
}

// from adds the types of the package that a type names, and those that they lead to.
func (r reach) from(typ types.Type) {
	switch typ := typ.(type) {
	case *types.Named:
		for arg := range typ.TypeArgs().Types() {
			r.from(arg)
		}
		if typ.Obj().Pkg() != r.pkg || r.types[typ.Obj()] {
			return
		}
		r.types[typ.Obj()] = true
		r.from(typ.Underlying())
		for m := range types.NewMethodSet(types.NewPointer(typ)).Methods() {
			if m.Obj().Exported() {
				r.from(m.Type())
			}
		}
	case *types.Struct:
		for field := range typ.Fields() {
			if field.Exported() {
				r.from(field.Type())
			}
		}
	case *types.Interface:
		for m := range typ.Methods() {
			if m.Exported() {
				r.from(m.Type())
			}
		}
	case *types.Signature:
		r.from(typ.Params())
		r.from(typ.Results())
	case *types.Tuple:
		for v := range typ.Variables() {
			r.from(v.Type())
		}
	case *types.Map:
		r.from(typ.Key())
		r.from(typ.Elem())
	case interface{ Elem() types.Type }: // pointers, slices, arrays, channels
		r.from(typ.Elem())
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

// exports finds the compiled form of packages, and of what they import, which is much
// faster to read than its source.
func exports(t *testing.T, packages ...string) func(path string) (io.ReadCloser, error) {
	t.Helper()
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, packages...)
	list, err := exec.CommandContext(t.Context(), "go", args...).Output()
	require.NoError(t, err)
	files := map[string]string{}
	for line := range strings.Lines(string(list)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
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
