package secretlife_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

var update = flag.Bool("update", false, "write docs/lifecycle.md anew")

func TestLifecyclePageIsUpToDate(t *testing.T) {
	file := filepath.Join("docs", "lifecycle.md")
	want := lifecyclePage()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, want, string(have), "run: go test -run TestLifecyclePageIsUpToDate -update .")
}

func lifecyclePage() string {
	var b strings.Builder
	b.WriteString(`# The life of a secret

This page is made from the tables in the code that the rules use
(` + "`Operation.Rule`, `Transitions`" + `). A test fails when it is out of date; after
changing a rule, run ` + "`go test -run TestLifecyclePageIsUpToDate -update .`" + `

## States

` + "```mermaid\nstateDiagram-v2\n    [*] --> Purged : never created\n")
	for _, tr := range secretlife.Transitions() {
		fmt.Fprintf(&b, "    %s --> %s : %s\n", tr.From, tr.To, tr.By)
	}
	b.WriteString("```\n\n")
	b.WriteString(`- **Active**: the normal state.
- **ScheduledForDeletion**: DeleteSecret was called; the DeletionDate is ahead. The
  name is taken, the value can't be read, RestoreSecret brings everything back.
- **AwaitingPurge**: the DeletionDate has come, or the secret was deleted by force,
  and the background has not come yet. It can't be restored any more.
- **Replica**: a copy in another Region, which follows its primary.
- **PrimaryWithReplicas**: a secret with at least one replica Region, in whatever
  replication status.
- **Purged**: the secret is not there, purged or never created. The name is free.

Arrows that an operation leaves out do not exist: no other call changes the state.

## What every operation does in every state

`)
	b.WriteString("| Operation |")
	for _, p := range secretlife.Phases() {
		fmt.Fprintf(&b, " %s |", p)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(secretlife.Phases())) + "\n")
	for _, op := range secretlife.Operations() {
		fmt.Fprintf(&b, "| %s |", op)
		for _, p := range secretlife.Phases() {
			fmt.Fprintf(&b, " %s |", op.Rule(p))
		}
		b.WriteString("\n")
	}
	b.WriteString(`
Names without a prefix are exceptions of the API: InvalidRequest is
InvalidRequestException, and so on. The exact texts are in [errors.md](errors.md).
`)
	return b.String()
}

func TestEveryCellOfTheTableIsFilled(t *testing.T) {
	require.Len(t, secretlife.Operations(), 23)
	for _, op := range secretlife.Operations() {
		for _, p := range secretlife.Phases() {
			rule := op.Rule(p)
			require.NotZero(t, rule, "%s in phase %s", op, p)
			require.NotContains(t, rule.String(), "Rule(")
		}
		found, ok := secretlife.ParseOperation(op.String())
		require.True(t, ok)
		require.Equal(t, op, found)
	}
	_, ok := secretlife.ParseOperation("deletesecret")
	require.False(t, ok, "names are exact")
	require.Zero(t, secretlife.Operation(99).Rule(secretlife.Active))
	require.Zero(t, secretlife.OpDeleteSecret.Rule(99))
	require.Equal(t, "Operation(99)", secretlife.Operation(99).String())
	require.Equal(t, "Rule(99)", secretlife.Rule(99).String())
	require.False(t, secretlife.Operation(99).ReadOnly())
	require.True(t, secretlife.OpGetSecretValue.ReadOnly())
}

// TestTransitionsAgreeWithTheTable holds that an arrow exists exactly where an
// operation of that name is allowed to act.
func TestTransitionsAgreeWithTheTable(t *testing.T) {
	seen := map[string]bool{}
	for _, tr := range secretlife.Transitions() {
		require.NotEqual(t, tr.From, tr.To)
		require.False(t, seen[fmt.Sprint(tr)], "twice: %v", tr)
		seen[fmt.Sprint(tr)] = true
		first := strings.TrimSuffix(strings.Fields(tr.By)[0], ",")
		op, ok := secretlife.ParseOperation(first)
		if !ok || strings.Contains(tr.By, "on the primary") || strings.Contains(tr.By, "Overwrite") {
			continue
		}
		require.False(t, op.Rule(tr.From).Refuses(), "%v", tr)
	}
	require.NotEmpty(t, seen)
}
