package sqlstore

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMethodsAreInTheFileOfTheirType: a method stands in the file that declares its type,
// or in one whose name begins with that of the type, such as engine_values.go.
func TestMethodsAreInTheFileOfTheirType(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	inner, err := filepath.Glob("internal/*/*.go")
	require.NoError(t, err)
	for _, path := range append(files, inner...) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		for _, of := range strayMethods(file) {
			require.True(t, strings.HasPrefix(filepath.Base(path), strings.ToLower(of)+"_"), "%s has a method of %s", path, of)
		}
	}
}

// strayMethods returns the types that a file has methods of, and does not declare.
func strayMethods(file *ast.File) (types []string) {
	declared := map[string]bool{}
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok {
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok {
					declared[s.Name.Name] = true
				}
			}
		}
	}
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.FuncDecl); ok && d.Recv != nil {
			of := d.Recv.List[0].Type
			if pointer, ok := of.(*ast.StarExpr); ok {
				of = pointer.X
			}
			if generic, ok := of.(*ast.IndexExpr); ok {
				of = generic.X
			}
			if name := of.(*ast.Ident).Name; !declared[name] {
				types = append(types, name)
			}
		}
	}
	return types
}
