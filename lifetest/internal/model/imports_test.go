package model

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const library = "github.com/secretlife-go/secretlife"

// imported are the packages that the model may import.
var imported = strings.Fields(`cmp fmt maps math reflect regexp slices strconv strings time unicode/utf8
	` + library + ` ` + library + `/lifetest/internal/canary ` + library + `/lifetest/internal/plain`)

// taken is all that the model may take from the library: the types that cross the
// API, with their fields, constants, and the methods that give their parts. None of it
// decides anything.
var taken = map[string]string{
	"inputs": `BatchGetSecretValueInput CreateSecretInput DeleteSecretInput GetRandomPasswordInput GetSecretValueInput
		ListSecretVersionIdsInput ListSecretsInput PutResourcePolicyInput PutSecretValueInput RemoveRegionsFromReplicationInput
		ReplicateSecretToRegionsInput RotateSecretInput TagResourceInput UntagResourceInput UpdateSecretInput
		UpdateSecretVersionStageInput`,
	"their parts": `Filter Hold Protection ReplicaRegion RotationRules Stage Tag Value
		SortByCreatedDate SortByLastAccessedDate SortByLastChangedDate SortDescending
		Value.IsBinary Value.IsZero Value.Len Value.Reveal`,
	"outputs": `APIErrorType BatchGetSecretValueOutput GetSecretValueOutput
		ListSecretVersionIdsOutput Replica RotationDetails SecretDetails SecretOutput SecretVersionsListEntry`,
	"names": `ARN ARN.Account ARN.Name ARN.Region Account.String Key Name.String Region *Region.UnmarshalText
		Region.String`,
	"words": `Phase PhaseActive PhaseAwaitingPurge PhasePrimaryWithReplicas PhasePurged PhaseReplica
		PhaseScheduledForDeletion
		Work WorkAge WorkPurge WorkReplicate WorkRotate
		ReplicaFailed ReplicaInProgress ReplicaInSync
		RotationStep StepCreateSecret StepFinishSecret StepSetSecret StepTestSecret`,
}

// TestTheModelSeesNoDecisions checks that the model takes no decision from the library:
// no function, and no method of a type that decides.
func TestTheModelSeesNoDecisions(t *testing.T) {
	allowed := map[string]bool{}
	for _, list := range taken {
		for _, name := range strings.Fields(list) {
			allowed[name] = true
		}
	}
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		require.NoError(t, err)
		files = append(files, f)
		for _, i := range f.Imports {
			require.Contains(t, imported, strings.Trim(i.Path.Value, `"`), fset.Position(i.Pos()))
		}
	}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	_, err = config.Check("model", fset, files, &info)
	require.NoError(t, err)
	used := map[string]bool{}
	for at, o := range info.Uses {
		if o.Pkg() == nil || o.Pkg().Path() != library {
			continue
		}
		if v, isVar := o.(*types.Var); isVar && v.IsField() {
			continue
		}
		name := o.Name()
		if f, isFunc := o.(*types.Func); isFunc {
			if recv := f.Signature().Recv(); recv != nil {
				name = types.TypeString(recv.Type(), func(*types.Package) string { return "" }) + "." + name
			}
		}
		require.True(t, allowed[name], "%s: the model takes %s from the library", fset.Position(at.Pos()), name)
		used[name] = true
	}
	for name := range allowed {
		require.True(t, used[name], "%s is allowed, but the model does not use it", name)
	}
}
