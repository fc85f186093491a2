package main

import (
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

// TestFaultsCanBePlanted finds the places they change, and checks the types of what comes of it: the
// library moves on, and a fault that can't be compiled would be noticed only where it is looked for.
func TestFaultsCanBePlanted(t *testing.T) {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	names := map[string]bool{}
	packages := map[string]*wrongPackage{}
	for _, f := range planted() {
		require.False(t, names[f.name], f.name)
		names[f.name] = true
		s := search{root: root, dir: t.TempDir()}
		replace, err := s.plantAll(f)
		require.NoError(t, err, f.name)
		for path := range replace {
			dir := filepath.Dir(path)
			if packages[dir] == nil {
				packages[dir] = readPackage(t, dir)
			}
			require.NoError(t, packages[dir].check(replace), f.name)
		}
	}
	require.Error(t, packages[root].check(map[string]string{filepath.Join(root, "change.go"): os.DevNull}))
}

// wrongPackage is a package of the library, in which faults are planted.
type wrongPackage struct {
	path     string
	set      *token.FileSet
	files    map[string]*ast.File
	importer types.Importer
}

func readPackage(t *testing.T, dir string) *wrongPackage {
	t.Helper()
	p := &wrongPackage{set: token.NewFileSet(), files: map[string]*ast.File{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			p.files[name], err = parser.ParseFile(p.set, name, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
		}
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", ".")
	list.Dir = dir
	out, err := list.Output()
	require.NoError(t, err)
	compiled := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		p.path, compiled[path] = path, file // the package itself is the last
	}
	p.importer = importer.ForCompiler(p.set, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(compiled[path])
	})
	return p
}

// check checks the types of the package with files in the place of some of its own.
func (p *wrongPackage) check(replace map[string]string) error {
	var files []*ast.File
	for name, file := range p.files {
		if wrong := replace[name]; wrong != "" {
			var err error
			if file, err = parser.ParseFile(p.set, wrong, nil, parser.SkipObjectResolution); err != nil {
				return err
			}
		}
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b *ast.File) int { return int(a.Pos() - b.Pos()) })
	conf := types.Config{Importer: p.importer}
	_, err := conf.Check(p.path, p.set, files, nil)
	return err
}
