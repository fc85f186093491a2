package lifetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/brokenstore"
	"github.com/secretlife-go/secretlife/lifetest/internal/machine"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
	"github.com/secretlife-go/secretlife/memstore"
)

// mistakes are those that newcomers make, each in a fake of four operations, with what
// the kit says about it.
var mistakes = []struct {
	wrong  string
	serves [2]secretlife.Operation // beside CreateSecret and DeleteSecret
	says   string
	steps  int
}{
	{
		"any window is accepted", [2]secretlife.Operation{secretlife.OpGetSecretValue, secretlife.OpRestoreSecret},
		"it must return InvalidParameterException (\"The RecoveryWindowInDays value must be between", 1,
	},
	{
		"dates are cut to days", [2]secretlife.Operation{secretlife.OpGetSecretValue, secretlife.OpRestoreSecret},
		"DeleteSecret returned DeletionDate 2030-01-31T00:00:00Z, not 2030-01-31T10:30:00Z.", 2,
	},
	{
		"lists show scheduled secrets", [2]secretlife.Operation{secretlife.OpGetSecretValue, secretlife.OpListSecrets},
		"ListSecrets returned SecretList [{ARN: ", 3,
	},
	{
		"a second DeleteSecret moves the date",
		[2]secretlife.Operation{secretlife.OpGetSecretValue, secretlife.OpDescribeSecret},
		"DeleteSecret succeeded; it must return InvalidRequestException", 3,
	},
	{
		"force is ignored", [2]secretlife.Operation{secretlife.OpGetSecretValue, secretlife.OpPutSecretValue},
		"DeleteSecret returned DeletionDate 2030-01-31T10:30:00Z, not 2030-01-01T10:30:00Z.", 2,
	},
	{
		"RestoreSecret loses the tags", [2]secretlife.Operation{secretlife.OpRestoreSecret, secretlife.OpDescribeSecret},
		"DescribeSecret returned Tags none, not [{Key: ", 3,
	},
	{
		"version IDs are used again", [2]secretlife.Operation{secretlife.OpGetSecretValue, secretlife.OpPutSecretValue},
		`CreateSecret gave the new version the ID "00000000-0000-4000-8000-000000000001", which another version had.`, 2,
	},
	{
		"the policy is kept after a purge",
		[2]secretlife.Operation{secretlife.OpPutResourcePolicy, secretlife.OpGetResourcePolicy},
		`GetResourcePolicy returned ResourcePolicy "{`, 5,
	},
	{
		"values are kept after a purge",
		[2]secretlife.Operation{secretlife.OpGetSecretValue, secretlife.OpPutSecretValue},
		"GetSecretValue succeeded; it must return ResourceNotFoundException", 4,
	},
}

// brokenStores are stores with a mistake, with the calls that show it.
var brokenStores = []struct {
	wrong  string
	wrap   func(secretlife.Store) secretlife.Store
	says   string
	replay bool // no output shows it
}{
	{
		"of several changes the first is written",
		func(s secretlife.Store) secretlife.Store { return brokenstore.HalfCommits{Store: s} }, "must be there", true,
	},
	{
		"scheduled secrets are not marked",
		func(s secretlife.Store) secretlife.Store { return brokenstore.Unmarked{Store: s} }, "", true,
	},
	{
		"values are kept after a purge",
		func(s secretlife.Store) secretlife.Store { return brokenstore.NewKeepsValues(s) }, "which has none in", true,
	},
}

// found looks for a mistake in as many histories as the kit makes by itself.
func find(r machine.Runner) *HistoryError {
	random, left := rand.New(rand.NewPCG(1, 0)), 100
	h, failure := r.Find(random, 30, func() bool { left--; return left >= 0 })
	if h == nil {
		return nil
	}
	return r.Shortest(h, failure, random, time.Now().Add(time.Minute))
}

func findIn(open func() Subject) *HistoryError {
	return find(machine.OverSubjects(func() machine.Subject { return machine.Subject(open()) }))
}

// TestPrintedTestsFailOnTheBrokenCode finds each mistake, and runs the test that is
// printed over the broken code, and over right code.
func TestPrintedTestsFailOnTheBrokenCode(t *testing.T) {
	var tests []string // that were printed
	for i, x := range mistakes {
		t.Run(x.wrong, func(t *testing.T) {
			serves := append([]secretlife.Operation{secretlife.OpCreateSecret, secretlife.OpDeleteSecret}, x.serves[:]...)
			require.Nil(t, findIn(func() Subject { return newSmallFake("", serves...).subject() }), "without the mistake")
			found := findIn(func() Subject { return newSmallFake(x.wrong, serves...).subject() })
			require.NotNil(t, found)
			t.Logf("%v\n%s", found, found.Script)
			require.ErrorContains(t, found, x.says)
			require.LessOrEqual(t, found.Steps, x.steps)
			require.Equal(t, 1, strings.Count(found.Error(), x.says), "is said once")
			require.NotContains(t, found.Error(), "0x", "addresses say nothing")
			require.NotContains(t, found.Script, "Replay", "the test shows the mistake by itself")
			tests = append(tests, pasted(found, "forMistake", "Subject", i))
		})
	}
	for i, x := range brokenStores {
		t.Run("stores: "+x.wrong, func(t *testing.T) {
			found := find(machine.OverStores(func() secretlife.Store { return x.wrap(memstore.New()) }, nil))
			require.NotNil(t, found)
			t.Logf("%v\n%s", found, found.Script)
			require.ErrorContains(t, found, x.says)
			require.Equal(t, x.replay, strings.Contains(found.Script, "lifetest.Replay("))
			tests = append(tests, pasted(found, "forStore", "secretlife.Store", i))
		})
	}
	if testing.Short() || testrun.UnderRace || t.Failed() {
		return
	}
	out := runPasted(t, tests)
	for i, x := range mistakes {
		require.Contains(t, out, fmt.Sprintf("--- FAIL: Test_forMistake_%d/broken", i), "%s: %s", x.wrong, out)
		require.Contains(t, out, fmt.Sprintf("--- PASS: Test_forMistake_%d/right", i), "%s: %s", x.wrong, out)
		require.Contains(t, out, fmt.Sprintf("--- PASS: Test_forMistake_%d/ours", i), "%s: %s", x.wrong, out)
	}
	for i, x := range brokenStores {
		require.Contains(t, out, fmt.Sprintf("--- FAIL: Test_forStore_%d/broken", i), "%s: %s", x.wrong, out)
		require.Contains(t, out, fmt.Sprintf("--- PASS: Test_forStore_%d/right", i), "%s: %s", x.wrong, out)
	}
}

// pasted is a printed test as somebody pastes it, for several functions open.
func pasted(found *HistoryError, over, kind string, i int) string {
	_, body, _ := strings.Cut(found.Script, "func TestHistory(t *testing.T) {\n")
	return fmt.Sprintf("func Test_%s_%d(t *testing.T) {\n"+
		"	%s(t, %d, func(t *testing.T, open func(*testing.T) %s) {\n%s)\n}\n",
		over, i, over, i, kind,
		strings.ReplaceAll(strings.TrimSuffix(body, "\n"), "lifetest.", ""))
}

// runPasted compiles printed tests into this package, and runs them.
func runPasted(t *testing.T, tests []string) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	file := "package lifetest\n\nimport (\n\"math/rand/v2\"\n\"strings\"\n\"testing\"\n\"time\"\n\n" +
		"\"github.com/secretlife-go/secretlife\"\n\"github.com/stretchr/testify/require\"\n)\n\n" +
		"var _, _, _ = strings.Repeat, time.Hour, rand.N[int]\n\n" + strings.Join(tests, "\n")
	at := filepath.Join(t.TempDir(), "pasted_test.go")
	require.NoError(t, os.WriteFile(at, []byte(file), 0o600))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(dir, "pasted_test.go"): at}})
	require.NoError(t, err)
	list := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(list, overlay, 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "test", "-overlay", list, "-run", "^Test_for", "-v",
		".").CombinedOutput()
	require.Error(t, err, "%s", out)
	return string(out)
}

// Printed tests call these two.
var _, _ = forStore, forMistake

// forStore runs a printed test over a broken store, and over the one below.
func forStore(t *testing.T, i int, test func(*testing.T, func(*testing.T) secretlife.Store)) {
	t.Run("broken", func(t *testing.T) {
		test(t, func(*testing.T) secretlife.Store { return brokenStores[i].wrap(memstore.New()) })
	})
	t.Run("right", func(t *testing.T) {
		test(t, func(*testing.T) secretlife.Store { return memstore.New() })
	})
}

// forMistake runs a printed test over the fake with the mistake, over the fake without
// it, and over the library.
func forMistake(t *testing.T, i int, test func(*testing.T, func(*testing.T) Subject)) {
	x := mistakes[i]
	serves := append([]secretlife.Operation{secretlife.OpCreateSecret, secretlife.OpDeleteSecret}, x.serves[:]...)
	t.Run("broken", func(t *testing.T) {
		test(t, func(*testing.T) Subject { return newSmallFake(x.wrong, serves...).subject() })
	})
	t.Run("right", func(t *testing.T) {
		test(t, func(*testing.T) Subject { return newSmallFake("", serves...).subject() })
	})
	t.Run("ours", func(t *testing.T) { test(t, purgesAtOnce) })
}

// purgesAtOnce is the library as a subject that needs no Settle.
func purgesAtOnce(t *testing.T) Subject {
	clock := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 10, 30, 0, 0, time.UTC))
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clock })
	require.NoError(t, err)
	s := Manager(t, m, clock)
	in := s.In
	s.In = func(account, region string) Service {
		return purging{in(account, region), func(ctx context.Context) error { return s.Advance(ctx, 0) }}
	}
	return s
}

type purging struct {
	Service
	purge func(context.Context) error
}

func (p purging) DeleteSecret(
	ctx context.Context, in secretlife.DeleteSecretInput,
) (secretlife.SecretOutput, error) {
	out, err := p.Service.DeleteSecret(ctx, in)
	return out, errors.Join(err, p.purge(ctx))
}
