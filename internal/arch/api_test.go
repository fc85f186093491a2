package arch_test

import (
	"flag"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/api.txt")

// TestAPI compares what the package exports with testdata/api.txt, so that a change of
// it is seen. Write it anew with: go test -run TestAPI -update
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
