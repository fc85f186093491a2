package secretlife

import (
	"fmt"
	"strings"
	"time"
)

// Operation is one of the 23 operations of the Secrets Manager API.
type Operation uint8

// The operations, under AWS's names.
const (
	OpBatchGetSecretValue Operation = iota + 1
	OpCancelRotateSecret
	OpCreateSecret
	OpDeleteResourcePolicy
	OpDeleteSecret
	OpDescribeSecret
	OpGetRandomPassword
	OpGetResourcePolicy
	OpGetSecretValue
	OpListSecretVersionIds
	OpListSecrets
	OpPutResourcePolicy
	OpPutSecretValue
	OpRemoveRegionsFromReplication
	OpReplicateSecretToRegions
	OpRestoreSecret
	OpRotateSecret
	OpStopReplicationToReplica
	OpTagResource
	OpUntagResource
	OpUpdateSecret
	OpUpdateSecretVersionStage
	OpValidateResourcePolicy
)

// Operations returns all operations in alphabetical order.
func Operations() []Operation {
	var ops []Operation
	for op := OpBatchGetSecretValue; int(op) < len(operations); op++ {
		ops = append(ops, op)
	}
	return ops
}

// ParseOperation finds an operation by its exact AWS name.
func ParseOperation(name string) (Operation, bool) {
	op, ok := operationByName[name]
	return op, ok
}

var operationByName = func() map[string]Operation {
	m := make(map[string]Operation, len(operations))
	for op, o := range operations {
		if o.name != "" {
			m[o.name] = Operation(op)
		}
	}
	return m
}()

// String returns AWS's name of the operation.
func (op Operation) String() string {
	if op == 0 || int(op) >= len(operations) {
		return fmt.Sprintf("Operation(%d)", uint8(op))
	}
	return operations[op].name
}

// ReadOnly reports whether the operation changes nothing, as CloudTrail's
// readOnly says it.
func (op Operation) ReadOnly() bool {
	return int(op) < len(operations) && operations[op].readOnly
}

// Rule is what an operation does with a secret in some phase.
type Rule uint8

// The rules. Those from RefusedMarked on refuse.
const (
	// Allowed: the operation does its work.
	Allowed Rule = iota + 1
	// NoEffect: it succeeds and changes nothing.
	NoEffect
	// OnlyByForce: allowed with force, refused as RefusedMarked without.
	OnlyByForce
	// ForceHasNoEffect: with force it succeeds and changes nothing, without it
	// is refused as RefusedMarked.
	ForceHasNoEffect
	// ForceSucceeds: with force it succeeds as if the secret had been there,
	// without it is refused as RefusedNotFound.
	ForceSucceeds
	// Unaffected: the operation is not about a secret.
	Unaffected
	// Listed: the secret is in the list.
	Listed
	// ListedOnRequest: listed with IncludePlannedDeletion only.
	ListedOnRequest
	// NotListed: not in the list.
	NotListed
	// OnlyKmsKey: the key may be changed, all else is RefusedReplica.
	OnlyKmsKey
	// PerEntry: the call succeeds; the secret's entry carries the error of
	// RefusedMarked.
	PerEntry
	// PerEntryNotFound: the call succeeds; the secret's entry carries the error
	// of RefusedNotFound.
	PerEntryNotFound

	// RefusedMarked: InvalidRequestException, the secret was marked for deletion.
	RefusedMarked
	// RefusedNameReserved: InvalidRequestException, a secret with this name is
	// already scheduled for deletion.
	RefusedNameReserved
	// RefusedExists: ResourceExistsException, but for a retry with the same
	// ClientRequestToken and content.
	RefusedExists
	// RefusedNotFound: ResourceNotFoundException.
	RefusedNotFound
	// RefusedWindowOver: ResourceNotFoundException, the DeletionDate has come.
	RefusedWindowOver
	// RefusedReplica: InvalidParameterException, call the primary's Region.
	RefusedReplica
	// RefusedNotReplica: InvalidParameterException, the secret is not a replica.
	RefusedNotReplica
	// RefusedHasReplicas: InvalidParameterException, remove the replicas first.
	RefusedHasReplicas
)

// Refuses reports whether the rule always returns an error.
func (r Rule) Refuses() bool { return r >= RefusedMarked }

// String says what happens, as the table in docs/lifecycle.md does.
func (r Rule) String() string {
	if int(r) < len(ruleTexts) && r > 0 {
		return ruleTexts[r]
	}
	return fmt.Sprintf("Rule(%d)", uint8(r))
}

var ruleTexts = [...]string{
	Allowed:             "allowed",
	NoEffect:            "succeeds, no effect",
	OnlyByForce:         "by force only, else InvalidRequest: marked for deletion",
	ForceHasNoEffect:    "by force: succeeds, no effect; else InvalidRequest: marked for deletion",
	ForceSucceeds:       "by force: succeeds; else ResourceNotFound",
	Unaffected:          "not concerned",
	Listed:              "listed",
	ListedOnRequest:     "listed with IncludePlannedDeletion",
	NotListed:           "not listed",
	OnlyKmsKey:          "KmsKeyId only, else InvalidParameter: replica",
	PerEntry:            "entry in Errors: InvalidRequest, marked for deletion",
	PerEntryNotFound:    "entry in Errors: ResourceNotFound",
	RefusedMarked:       "InvalidRequest: marked for deletion",
	RefusedNameReserved: "InvalidRequest: name scheduled for deletion",
	RefusedExists:       "ResourceExists (same token and content: succeeds)",
	RefusedNotFound:     "ResourceNotFound",
	RefusedWindowOver:   "ResourceNotFound: window over",
	RefusedReplica:      "InvalidParameter: replica",
	RefusedNotReplica:   "InvalidParameter: no replica",
	RefusedHasReplicas:  "InvalidParameter: has replicas",
}

// Rule returns what the operation does with a secret in a phase. This table is
// what the decisions use; docs/lifecycle.md shows it. It is 0 for values that
// are not an operation or not a phase.
func (op Operation) Rule(p Phase) Rule {
	if int(op) >= len(operations) || int(p) >= len(operations[op].rules) {
		return 0
	}
	return operations[op].rules[p]
}

type operationRow struct {
	name     string
	readOnly bool
	rules    [PrimaryWithReplicas + 1]Rule
}

// The rows of the table, in the order of the phases' constants: Purged, Active,
// ScheduledForDeletion, AwaitingPurge, ReplicaSecret, PrimaryWithReplicas.
var (
	ordinary = [...]Rule{RefusedNotFound, Allowed, RefusedMarked, RefusedMarked, Allowed, Allowed}
	primary  = [...]Rule{RefusedNotFound, Allowed, RefusedMarked, RefusedMarked, RefusedReplica, Allowed}
	always   = [...]Rule{RefusedNotFound, Allowed, Allowed, Allowed, Allowed, Allowed}
	apart    = [...]Rule{Unaffected, Unaffected, Unaffected, Unaffected, Unaffected, Unaffected}

	batchRow   = [...]Rule{PerEntryNotFound, Allowed, PerEntry, PerEntry, Allowed, Allowed}
	createRow  = [...]Rule{Allowed, RefusedExists, RefusedNameReserved, RefusedNameReserved, RefusedExists, RefusedExists}
	deleteRow  = [...]Rule{ForceSucceeds, Allowed, OnlyByForce, ForceHasNoEffect, RefusedReplica, RefusedHasReplicas}
	restoreRow = [...]Rule{RefusedNotFound, NoEffect, Allowed, RefusedWindowOver, RefusedReplica, NoEffect}
	listRow    = [...]Rule{NotListed, Listed, ListedOnRequest, ListedOnRequest, Listed, Listed}
	promoteRow = [...]Rule{RefusedNotFound, RefusedNotReplica, RefusedMarked, RefusedMarked, Allowed, RefusedNotReplica}
	updateRow  = [...]Rule{RefusedNotFound, Allowed, RefusedMarked, RefusedMarked, OnlyKmsKey, Allowed}
)

var operations = [...]operationRow{
	OpBatchGetSecretValue:          {"BatchGetSecretValue", true, batchRow},
	OpCancelRotateSecret:           {"CancelRotateSecret", false, primary},
	OpCreateSecret:                 {"CreateSecret", false, createRow},
	OpDeleteResourcePolicy:         {"DeleteResourcePolicy", false, primary},
	OpDeleteSecret:                 {"DeleteSecret", false, deleteRow},
	OpDescribeSecret:               {"DescribeSecret", true, always},
	OpGetRandomPassword:            {"GetRandomPassword", true, apart},
	OpGetResourcePolicy:            {"GetResourcePolicy", true, ordinary},
	OpGetSecretValue:               {"GetSecretValue", true, ordinary},
	OpListSecretVersionIds:         {"ListSecretVersionIds", true, always},
	OpListSecrets:                  {"ListSecrets", true, listRow},
	OpPutResourcePolicy:            {"PutResourcePolicy", false, primary},
	OpPutSecretValue:               {"PutSecretValue", false, primary},
	OpRemoveRegionsFromReplication: {"RemoveRegionsFromReplication", false, primary},
	OpReplicateSecretToRegions:     {"ReplicateSecretToRegions", false, primary},
	OpRestoreSecret:                {"RestoreSecret", false, restoreRow},
	OpRotateSecret:                 {"RotateSecret", false, primary},
	OpStopReplicationToReplica:     {"StopReplicationToReplica", false, promoteRow},
	OpTagResource:                  {"TagResource", false, primary},
	OpUntagResource:                {"UntagResource", false, primary},
	OpUpdateSecret:                 {"UpdateSecret", false, updateRow},
	OpUpdateSecretVersionStage:     {"UpdateSecretVersionStage", false, primary},
	OpValidateResourcePolicy:       {"ValidateResourcePolicy", true, ordinary},
}

// illegal is the error of a decision that is asked for what can't be. A [Manager]
// parses its requests before, and never asks so.
func illegal(format string, args ...any) error {
	return fmt.Errorf("secretlife: %s: %w", fmt.Sprintf(format, args...), ErrInvalidParameter)
}

// admit looks up what op may do with s at an instant, and returns the error of
// a rule that refuses.
func (s Secret) admit(op Operation, now time.Time) (Rule, error) {
	if now.IsZero() {
		return 0, illegal("%s is decided at no time", op)
	}
	rule := op.Rule(s.Phase(now))
	if rule.Refuses() {
		return rule, s.refuse(rule)
	}
	return rule, nil
}

// refuse makes the error of a rule that refuses.
func (s Secret) refuse(rule Rule) error {
	f := Fault{ARN: s.ARN().String()}
	f.DeletionDate, _ = s.Deletion().Date()
	switch rule {
	case RefusedMarked:
		f.Message, f.Reason = textMarked, ErrScheduledForDeletion
		return &InvalidRequestError{f}
	case RefusedNameReserved:
		f.Message, f.Reason = textNameReserved, ErrNameReserved
		return &InvalidRequestError{f}
	case RefusedExists:
		f.Message, f.Reason = "The operation failed because the secret "+s.Name().s+" already exists.", ErrSecretExists
		return &ResourceExistsError{f}
	case RefusedWindowOver:
		f.Message, f.Reason = textNotFound, ErrRecoveryWindowOver
		return &ResourceNotFoundError{f}
	case RefusedReplica:
		f.Message, f.Reason = textReplica, ErrReplica
		return &InvalidParameterError{f}
	case RefusedNotReplica:
		f.Message, f.Reason = textNotReplica, ErrNotReplica
		return &InvalidParameterError{f}
	case RefusedHasReplicas:
		f.Regions = regionsOf(s.attrs().replicas)
		f.Message = fmt.Sprintf("You can't delete secret %s that still has replica regions [%s].",
			f.ARN, strings.Join(f.Regions, ", "))
		f.Reason = ErrHasReplicas
		return &InvalidParameterError{f}
	}
	return errNotFound()
}

func (s Secret) errTokenInUse(id VersionID) error {
	arn := s.ARN().String()
	return &ResourceExistsError{Fault{
		Message: "You can't use ClientRequestToken " + id.s +
			" because that value is already in use for a version of secret " + arn + ".",
		Reason: ErrTokenInUse,
		ARN:    arn,
	}}
}

func regionsOf(rs []Replica) []string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = r.Region.s
	}
	return out
}
