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

// calls runs every operation that a Manager has on a secret called "s".
var calls = map[secretlife.Operation]func(*secretlife.Manager) error{
	secretlife.OpCreateSecret: func(m *secretlife.Manager) error {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "s", Value: secretlife.SecretString("other")})
		return err
	},
	secretlife.OpGetSecretValue: func(m *secretlife.Manager) error {
		_, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s"})
		return err
	},
	secretlife.OpPutSecretValue: func(m *secretlife.Manager) error {
		_, err := m.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("x")})
		return err
	},
	secretlife.OpUpdateSecret: func(m *secretlife.Manager) error {
		text := "new"
		_, err := m.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", Description: &text})
		return err
	},
	secretlife.OpDescribeSecret: func(m *secretlife.Manager) error {
		_, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		return err
	},
	secretlife.OpListSecretVersionIds: func(m *secretlife.Manager) error {
		_, err := m.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "s"})
		return err
	},
	secretlife.OpUpdateSecretVersionStage: func(m *secretlife.Manager) error {
		_, err := m.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "s", VersionStage: "L",
			MoveToVersionID: tokenA})
		return err
	},
	secretlife.OpDeleteSecret: func(m *secretlife.Manager) error {
		_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "s", RecoveryWindowInDays: secretlife.Days(7)})
		return err
	},
	secretlife.OpRestoreSecret: func(m *secretlife.Manager) error {
		_, err := m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		return err
	},
	secretlife.OpReplicateSecretToRegions: func(m *secretlife.Manager) error {
		_, err := m.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "s",
			AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "ap-south-1"}}})
		return err
	},
	secretlife.OpRemoveRegionsFromReplication: func(m *secretlife.Manager) error {
		_, err := m.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "s",
			RemoveReplicaRegions: []string{"eu-west-1"}})
		return err
	},
	secretlife.OpStopReplicationToReplica: func(m *secretlife.Manager) error {
		_, err := m.StopReplicationToReplica(ctx, secretlife.SecretInput{SecretID: "s"})
		return err
	},
	secretlife.OpRotateSecret: func(m *secretlife.Manager) error {
		_, err := m.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "s", RotationLambdaARN: function})
		return err
	},
	secretlife.OpCancelRotateSecret: func(m *secretlife.Manager) error {
		_, err := m.CancelRotateSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		return err
	},
	secretlife.OpGetRandomPassword: func(m *secretlife.Manager) error {
		_, err := m.GetRandomPassword(ctx, secretlife.GetRandomPasswordInput{})
		return err
	},
	secretlife.OpValidateResourcePolicy: func(m *secretlife.Manager) error {
		id := "s"
		_, err := m.ValidateResourcePolicy(ctx, secretlife.ValidateResourcePolicyInput{SecretID: &id,
			ResourcePolicy: somePolicy})
		return err
	},
	secretlife.OpTagResource: func(m *secretlife.Manager) error {
		return m.TagResource(ctx, secretlife.TagResourceInput{SecretID: "s", Tags: []secretlife.Tag{{Key: "k", Value: "v"}}})
	},
	secretlife.OpUntagResource: func(m *secretlife.Manager) error {
		return m.UntagResource(ctx, secretlife.UntagResourceInput{SecretID: "s", TagKeys: []string{"k"}})
	},
	secretlife.OpPutResourcePolicy: func(m *secretlife.Manager) error {
		_, err := m.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "s", ResourcePolicy: somePolicy})
		return err
	},
	secretlife.OpGetResourcePolicy: func(m *secretlife.Manager) error {
		_, err := m.GetResourcePolicy(ctx, secretlife.SecretInput{SecretID: "s"})
		return err
	},
	secretlife.OpPlaceHold: func(m *secretlife.Manager) error {
		_, err := m.PlaceHold(ctx, "s", secretlife.Hold{Name: "legal"})
		return err
	},
	secretlife.OpProtectSecret: func(m *secretlife.Manager) error {
		_, err := m.ProtectSecret(ctx, "s", secretlife.Protection{NoForce: true})
		return err
	},
	secretlife.OpDeleteResourcePolicy: func(m *secretlife.Manager) error {
		_, err := m.DeleteResourcePolicy(ctx, secretlife.SecretInput{SecretID: "s"})
		return err
	},
}

// inPhase makes a world in which the secret "s" of the Manager it returns is in
// a phase.
func inPhase(t *testing.T, p secretlife.Phase) (*world, *secretlife.Manager) {
	w := newWorld(t, func(o *secretlife.Options) {
		o.Emulate.PurgeDelay, o.Rotator = secretlife.FixedDelay(hour), new(rotationFunction).Rotate
	})
	if p == secretlife.PhasePurged {
		return w, w.Manager
	}
	replicas := func(in *secretlife.CreateSecretInput) {
		if p == secretlife.PhaseReplica || p == secretlife.PhasePrimaryWithReplicas {
			in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
		}
	}
	w.create("s", replicas)
	w.advance(0)
	switch p {
	case secretlife.PhaseScheduledForDeletion:
		w.delete("s", 7)
	case secretlife.PhaseAwaitingPurge:
		w.delete("s", 7)
		w.advance(7 * aDay)
	case secretlife.PhaseReplica:
		return w, w.in("123456789012", "eu-west-1")
	}
	return w, w.Manager
}

// exceptions are what a rule that refuses answers.
var exceptions = map[secretlife.Rule]struct{ code, text string }{
	secretlife.RuleMarked:       {"InvalidRequestException", textMarked},
	secretlife.RuleNameReserved: {"InvalidRequestException", textReserved},
	secretlife.RuleExists: {"ResourceExistsException",
		"The operation failed because the secret s already exists."},
	secretlife.RuleNotFound:   {"ResourceNotFoundException", textNotFound},
	secretlife.RuleWindowOver: {"ResourceNotFoundException", textNotFound},
	secretlife.RuleReplica:    {"InvalidParameterException", textReplica},
	secretlife.RuleNotReplica: {"InvalidParameterException",
		"Operation not permitted on a secret that is not a replica."},
	secretlife.RuleOnlyByForce:   {"InvalidRequestException", textMarked},
	secretlife.RuleForceNoEffect: {"InvalidRequestException", textMarked},
	secretlife.RuleForceSucceeds: {"ResourceNotFoundException", textNotFound},
	secretlife.RuleOnlyKMSKey:    {"InvalidParameterException", textReplica},
}

func TestEveryPhase(t *testing.T) {
	// Every operation is called on a secret in every phase: the table says what happens, and a
	// refusal changes nothing.
	t.Run("every operation", func(t *testing.T) {
		for op, call := range calls {
			for _, p := range secretlife.Phases() {
				t.Run(op.String()+"/"+p.String(), func(t *testing.T) {
					w, m := inPhase(t, p)
					before := w.events()
					err := call(m)
					rule := op.Rule(p)
					if rule == secretlife.RuleHasReplicas {
						require.ErrorIs(t, err, secretlife.ErrHasReplicas)
						require.Equal(t, before, w.events())
						return
					}
					if want, refused := exceptions[rule]; refused {
						requireError(t, err, want.code, want.text)
						require.Equal(t, before, w.events(), "a refusal changes nothing")
						return
					}
					if op == secretlife.OpRemoveRegionsFromReplication && p == secretlife.PhaseActive {
						requireError(t, err, "InvalidParameterException", "Secret is not replicated to region eu-west-1.")
						return
					}
					if op == secretlife.OpCancelRotateSecret {
						requireError(t, err, "InvalidRequestException", textNoLambda) // it was never set up
						return
					}
					require.NoError(t, err)
					if rule == secretlife.RuleNoEffect {
						require.Equal(t, before, w.events(), "it has no effect")
					}
				})
			}
		}
		require.Len(t, calls, 23, "and ListSecrets and BatchGetSecretValue, below, and ReleaseHold")
	})

	t.Run("force", func(t *testing.T) {
		for _, p := range secretlife.Phases() {
			t.Run(p.String(), func(t *testing.T) {
				w, m := inPhase(t, p)
				before := len(w.events())
				out, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "s", ForceDeleteWithoutRecovery: true})
				switch secretlife.OpDeleteSecret.Rule(p) {
				case secretlife.RuleReplica:
					require.ErrorIs(t, err, secretlife.ErrReplica)
					return
				case secretlife.RuleHasReplicas:
					require.ErrorIs(t, err, secretlife.ErrHasReplicas)
					return
				}
				require.NoError(t, err)
				require.Equal(t, "s", out.Name)
				require.NotEmpty(t, out.ARN)
				switch p {
				case secretlife.PhaseAwaitingPurge:
					require.Equal(t, w.clock.Now(), out.DeletionDate, "the date stays")
					require.Len(t, w.events(), before)
				case secretlife.PhasePurged:
					require.Equal(t, w.clock.Now(), out.DeletionDate)
					require.Empty(t, w.events(), "nothing is stored for a name that nobody has")
				default:
					require.Equal(t, w.clock.Now(), out.DeletionDate)
				}
			})
		}
	})

	t.Run("ListSecrets", func(t *testing.T) {
		for _, p := range secretlife.Phases() {
			t.Run(p.String(), func(t *testing.T) {
				_, m := inPhase(t, p)
				count := func(planned bool) int {
					out, err := m.ListSecrets(ctx, secretlife.ListSecretsInput{IncludePlannedDeletion: planned})
					require.NoError(t, err)
					return len(out.SecretList)
				}
				switch secretlife.OpListSecrets.Rule(p) {
				case secretlife.RuleListed:
					require.Equal(t, []int{1, 1}, []int{count(false), count(true)})
				case secretlife.RuleListedOnRequest:
					require.Equal(t, []int{0, 1}, []int{count(false), count(true)})
				case secretlife.RuleNotListed:
					require.Equal(t, []int{0, 0}, []int{count(false), count(true)})
				default:
					t.Fatal("no rule")
				}
			})
		}
	})

	t.Run("BatchGetSecretValue", func(t *testing.T) {
		for _, p := range secretlife.Phases() {
			t.Run(p.String(), func(t *testing.T) {
				w, m := inPhase(t, p)
				w.sunk = nil
				out, err := m.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{SecretIDList: []string{"s", "nobody"}})
				require.NoError(t, err)
				gone := secretlife.APIErrorType{SecretID: "nobody", ErrorCode: "ResourceNotFoundException", Message: textNotFound}
				refused := 1
				switch secretlife.OpBatchGetSecretValue.Rule(p) {
				case secretlife.RuleAllowed:
					require.Equal(t, "value of s", out.SecretValues[0].Value.Reveal())
					require.Equal(t, []secretlife.APIErrorType{gone}, out.Errors)
				case secretlife.RulePerEntry:
					refused = 2
					require.Empty(t, out.SecretValues)
					require.Equal(t, []secretlife.APIErrorType{{SecretID: "s", ErrorCode: "InvalidRequestException",
						Message: textMarked}, gone}, out.Errors)
				case secretlife.RulePerEntryNotFound:
					refused = 2
					require.Empty(t, out.SecretValues)
					require.Equal(t, []secretlife.APIErrorType{{SecretID: "s", ErrorCode: "ResourceNotFoundException",
						Message: textNotFound}, gone}, out.Errors)
				default:
					t.Fatal("no rule")
				}
				for _, e := range w.sunk {
					if _, _, is := e.Refusal(); is {
						require.Equal(t, "GetSecretValue", e.Name(), "alarms look for it")
						refused--
					}
				}
				require.Zero(t, refused)
			})
		}
	})
}

var update = flag.Bool("update", false, "write docs/lifecycle.md")

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

// beyondAWS are the operations that are not AWS's.
var beyondAWS = []secretlife.Operation{secretlife.OpPlaceHold, secretlife.OpProtectSecret, secretlife.OpReleaseHold}

func writeTable(b *strings.Builder, ops []secretlife.Operation) {
	b.WriteString("| Operation |")
	for _, p := range secretlife.Phases() {
		fmt.Fprintf(b, " %s |", p)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(secretlife.Phases())) + "\n")
	for _, op := range ops {
		fmt.Fprintf(b, "| %s |", op)
		for _, p := range secretlife.Phases() {
			fmt.Fprintf(b, " %s |", op.Rule(p))
		}
		b.WriteString("\n")
	}
}

func lifecyclePage() string {
	var b strings.Builder
	b.WriteString(`# The life of a secret

This page is made from the tables in the code that the rules use
(` + "`Operation.Rule`, `transitions`" + `). A test fails when it is out of date; after
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
  and the background has not come yet. It can't be restored any more, unless a hold keeps it.
- **Replica**: a copy in another Region, which follows its primary.
- **PrimaryWithReplicas**: a secret with at least one replica Region, in whatever
  replication status.
- **Purged**: the secret is not there, purged or never created. The name is free.

Arrows that an operation leaves out do not exist: no other call changes the state.

## What every operation does in every state

`)
	writeTable(&b, secretlife.Operations())
	b.WriteString(`
Names without a prefix are exceptions of the API: InvalidRequest is
InvalidRequestException, and so on. The exact texts are in [errors.md](errors.md).

## Holds and protection

They are beyond AWS, and without them nothing above changes. [holds.md](holds.md) shows how they are used.

`)
	writeTable(&b, beyondAWS)
	b.WriteString(`
- **While a secret has a hold, nothing destroys its value.** DeleteSecret is refused in every state in
  which the table lets it change the secret, by force too. The secret is not purged, whatever its date,
  and RestoreSecret brings it back: after its date, and after a deletion by force. Its old versions are
  not removed. RemoveRegionsFromReplication is refused for a replica that has a hold,
  ForceOverwriteReplicaSecret does not overwrite a secret that has one, and a replica that has one
  keeps the versions that its primary loses.
- **A hold belongs to one secret**, in one Region. That of a primary says nothing of its replicas.
  Replication leaves the holds of a replica alone, and StopReplicationToReplica keeps them.
- **A hold ends** when it is released or, with an end, when the end has come by the clock and that
  much time has been counted ([time.md](time.md)); so does one that is released with a delay. A clock
  that is ahead ends nothing early. A secret whose date has come is due when its last hold ends.
- **A protection refuses deletions**: by force, and with a window of fewer days than it says; and it
  refuses to overwrite the secret by a replica. It can be raised at any time, and lowered until its
  cooling-off is over, by the clock or by count, whichever is first: a doubt keeps the value. While the
  secret is marked for deletion it can't be lowered. What a secret was created with, as Options.Protection
  said then, it keeps if the option is lowered; if the option is raised, that is true of every secret.
`)
	return b.String()
}

func TestTableOfOperations(t *testing.T) {
	t.Run("every cell is filled", func(t *testing.T) {
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
		for _, op := range beyondAWS {
			for _, p := range secretlife.Phases() {
				require.NotZero(t, op.Rule(p), "%s in phase %s", op, p)
			}
			_, ok := secretlife.ParseOperation(op.String())
			require.False(t, ok, "it is on no wire")
			text, err := op.MarshalText()
			require.NoError(t, err)
			var again secretlife.Operation
			require.NoError(t, again.UnmarshalText(text))
			require.Equal(t, op, again)
			require.False(t, op.ReadOnly())
		}
		require.Equal(t, "Operation(30)", secretlife.Operation(30).String())
		_, ok := secretlife.ParseOperation("deletesecret")
		require.False(t, ok, "names are exact")
		require.Zero(t, secretlife.Operation(99).Rule(secretlife.PhaseActive))
		require.Zero(t, secretlife.OpDeleteSecret.Rule(99))
		require.Equal(t, "Operation(99)", secretlife.Operation(99).String())
		require.Equal(t, "Rule(99)", secretlife.Rule(99).String())
		require.False(t, secretlife.Operation(99).ReadOnly())
		require.True(t, secretlife.OpGetSecretValue.ReadOnly())
	})

	// An arrow exists exactly where an operation of that name is allowed to act.
	t.Run("agrees with the transitions", func(t *testing.T) {
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
	})
}

// TestOperationNumbersStay: an event's ID is made of the number, among others.
func TestOperationNumbersStay(t *testing.T) {
	for i, name := range strings.Fields(`BatchGetSecretValue CancelRotateSecret CreateSecret DeleteResourcePolicy
		DeleteSecret DescribeSecret GetRandomPassword GetResourcePolicy GetSecretValue ListSecretVersionIds ListSecrets
		PutResourcePolicy PutSecretValue RemoveRegionsFromReplication ReplicateSecretToRegions RestoreSecret RotateSecret
		StopReplicationToReplica TagResource UntagResource UpdateSecret UpdateSecretVersionStage ValidateResourcePolicy`) {
		op, ok := secretlife.ParseOperation(name)
		require.True(t, ok, name)
		require.Equal(t, secretlife.Operation(i+1), op, name)
	}
}
