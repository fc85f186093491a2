package secretlife

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Operation is one of the 23 operations of the Secrets Manager API, or one of the three that
// are beyond AWS and not on the wire: OpPlaceHold, OpReleaseHold and OpProtectSecret.
type Operation uint8

// The operations, under AWS's names. A number stays with its operation: one that AWS adds
// gets the next.
const (
	OpBatchGetSecretValue          Operation = 1
	OpCancelRotateSecret           Operation = 2
	OpCreateSecret                 Operation = 3
	OpDeleteResourcePolicy         Operation = 4
	OpDeleteSecret                 Operation = 5
	OpDescribeSecret               Operation = 6
	OpGetRandomPassword            Operation = 7
	OpGetResourcePolicy            Operation = 8
	OpGetSecretValue               Operation = 9
	OpListSecretVersionIds         Operation = 10
	OpListSecrets                  Operation = 11
	OpPutResourcePolicy            Operation = 12
	OpPutSecretValue               Operation = 13
	OpRemoveRegionsFromReplication Operation = 14
	OpReplicateSecretToRegions     Operation = 15
	OpRestoreSecret                Operation = 16
	OpRotateSecret                 Operation = 17
	OpStopReplicationToReplica     Operation = 18
	OpTagResource                  Operation = 19
	OpUntagResource                Operation = 20
	OpUpdateSecret                 Operation = 21
	OpUpdateSecretVersionStage     Operation = 22
	OpValidateResourcePolicy       Operation = 23
)

// The operations beyond AWS.
const (
	OpPlaceHold Operation = iota + 48
	OpReleaseHold
	OpProtectSecret
)

// isAWS reports whether the operation is one of the Secrets Manager API.
func (op Operation) isAWS() bool { return op < OpPlaceHold }

// Operations returns all operations of the Secrets Manager API in alphabetical order.
func Operations() []Operation {
	return slices.DeleteFunc(allOperations(), func(op Operation) bool { return !op.isAWS() })
}

// allOperations returns the operations of the API and those beyond it, in alphabetical order.
func allOperations() []Operation {
	var ops []Operation
	for op, row := range operations {
		if row.name != "" {
			ops = append(ops, Operation(op))
		}
	}
	slices.SortFunc(ops, func(a, b Operation) int { return strings.Compare(a.String(), b.String()) })
	return ops
}

// ParseOperation finds an operation of the Secrets Manager API by its exact name.
func ParseOperation(name string) (Operation, bool) {
	op, ok := operationByName[name]
	if !ok || !op.isAWS() {
		return 0, false
	}
	return op, true
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
	if int(op) >= len(operations) || operations[op].name == "" {
		return fmt.Sprintf("Operation(%d)", uint8(op))
	}
	return operations[op].name
}

// MarshalText implements [encoding.TextMarshaler]: it returns AWS's name, nothing for the
// zero Operation.
func (op Operation) MarshalText() ([]byte, error) {
	if op == 0 {
		return nil, nil
	}
	return []byte(op.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses what is not the name of
// an operation with [ErrInvalidParameter], and takes an empty text for the zero Operation.
func (op *Operation) UnmarshalText(text []byte) error {
	return unmarshalText(op, text, func(s string) (Operation, error) { return oneOf(s, allOperations()) })
}

// ReadOnly reports whether the operation changes nothing, as CloudTrail's
// readOnly says it.
func (op Operation) ReadOnly() bool {
	return int(op) < len(operations) && operations[op].readOnly
}

// Rule is what an operation does with a secret in some phase.
type Rule uint8

// The rules. Those from RuleMarked on refuse.
const (
	// RuleAllowed: the operation does its work.
	RuleAllowed Rule = iota + 1
	// RuleNoEffect: it succeeds and changes nothing.
	RuleNoEffect
	// RuleOnlyByForce: allowed with force, refused as RuleMarked without.
	RuleOnlyByForce
	// RuleForceNoEffect: with force it succeeds and changes nothing, without it
	// is refused as RuleMarked.
	RuleForceNoEffect
	// RuleForceSucceeds: with force it succeeds as if the secret had been there,
	// without it is refused as RuleNotFound.
	RuleForceSucceeds
	// RuleUnaffected: the operation is not about a secret.
	RuleUnaffected
	// RuleListed: the secret is in the list.
	RuleListed
	// RuleListedOnRequest: listed with IncludePlannedDeletion only.
	RuleListedOnRequest
	// RuleNotListed: not in the list.
	RuleNotListed
	// RuleOnlyKMSKey: the key may be changed, all else is RuleReplica.
	RuleOnlyKMSKey
	// RulePerEntry: the call succeeds; the secret's entry carries the error of
	// RuleMarked.
	RulePerEntry
	// RulePerEntryNotFound: the call succeeds; the secret's entry carries the error
	// of RuleNotFound.
	RulePerEntryNotFound

	// RuleMarked: InvalidRequestException, the secret was marked for deletion.
	RuleMarked
	// RuleNameReserved: InvalidRequestException, a secret with this name is
	// already scheduled for deletion.
	RuleNameReserved
	// RuleExists: ResourceExistsException, but for a retry with the same
	// ClientRequestToken and content.
	RuleExists
	// RuleNotFound: ResourceNotFoundException.
	RuleNotFound
	// RuleWindowOver: ResourceNotFoundException, the DeletionDate has come.
	RuleWindowOver
	// RuleReplica: InvalidParameterException, call the primary's Region.
	RuleReplica
	// RuleNotReplica: InvalidParameterException, the secret is not a replica.
	RuleNotReplica
	// RuleHasReplicas: InvalidParameterException, remove the replicas first.
	RuleHasReplicas
)

// Refuses reports whether the rule always returns an error.
func (r Rule) Refuses() bool { return r >= RuleMarked }

// String says what happens, as the table in docs/lifecycle.md does.
func (r Rule) String() string {
	if int(r) < len(ruleTexts) && r > 0 {
		return ruleTexts[r]
	}
	return fmt.Sprintf("Rule(%d)", uint8(r))
}

var ruleTexts = [...]string{
	RuleAllowed:          "allowed",
	RuleNoEffect:         "succeeds, no effect",
	RuleOnlyByForce:      "by force only, else InvalidRequest: marked for deletion",
	RuleForceNoEffect:    "by force: succeeds, no effect; else InvalidRequest: marked for deletion",
	RuleForceSucceeds:    "by force: succeeds; else ResourceNotFound",
	RuleUnaffected:       "not concerned",
	RuleListed:           "listed",
	RuleListedOnRequest:  "listed with IncludePlannedDeletion",
	RuleNotListed:        "not listed",
	RuleOnlyKMSKey:       "KmsKeyId only, else InvalidParameter: replica",
	RulePerEntry:         "entry in Errors: InvalidRequest, marked for deletion",
	RulePerEntryNotFound: "entry in Errors: ResourceNotFound",
	RuleMarked:           "InvalidRequest: marked for deletion",
	RuleNameReserved:     "InvalidRequest: name scheduled for deletion",
	RuleExists:           "ResourceExists (same token and content: succeeds)",
	RuleNotFound:         "ResourceNotFound",
	RuleWindowOver:       "ResourceNotFound: window over",
	RuleReplica:          "InvalidParameter: replica",
	RuleNotReplica:       "InvalidParameter: no replica",
	RuleHasReplicas:      "InvalidParameter: has replicas",
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
	rules    [PhasePrimaryWithReplicas + 1]Rule
}

// The rows of the table, in the order of the phases' constants: PhasePurged,
// PhaseActive, PhaseScheduledForDeletion, PhaseAwaitingPurge, PhaseReplica,
// PhasePrimaryWithReplicas.
var (
	ordinary = [...]Rule{RuleNotFound, RuleAllowed, RuleMarked, RuleMarked, RuleAllowed, RuleAllowed}
	primary  = [...]Rule{RuleNotFound, RuleAllowed, RuleMarked, RuleMarked, RuleReplica, RuleAllowed}
	always   = [...]Rule{RuleNotFound, RuleAllowed, RuleAllowed, RuleAllowed, RuleAllowed, RuleAllowed}
	apart    = [...]Rule{RuleUnaffected, RuleUnaffected, RuleUnaffected, RuleUnaffected, RuleUnaffected, RuleUnaffected}

	deleteRow = [...]Rule{RuleForceSucceeds, RuleAllowed, RuleOnlyByForce, RuleForceNoEffect, RuleReplica, RuleHasReplicas}

	batchRow   = [...]Rule{RulePerEntryNotFound, RuleAllowed, RulePerEntry, RulePerEntry, RuleAllowed, RuleAllowed}
	createRow  = [...]Rule{RuleAllowed, RuleExists, RuleNameReserved, RuleNameReserved, RuleExists, RuleExists}
	restoreRow = [...]Rule{RuleNotFound, RuleNoEffect, RuleAllowed, RuleWindowOver, RuleReplica, RuleNoEffect}
	listRow    = [...]Rule{RuleNotListed, RuleListed, RuleListedOnRequest, RuleListedOnRequest, RuleListed, RuleListed}
	promoteRow = [...]Rule{RuleNotFound, RuleNotReplica, RuleMarked, RuleMarked, RuleAllowed, RuleNotReplica}
	updateRow  = [...]Rule{RuleNotFound, RuleAllowed, RuleMarked, RuleMarked, RuleOnlyKMSKey, RuleAllowed}
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

	OpPlaceHold:     {"PlaceHold", false, always},
	OpReleaseHold:   {"ReleaseHold", false, always},
	OpProtectSecret: {"ProtectSecret", false, always},
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
	f := ErrorDetails{ARN: s.ARN().String()}
	f.DeletionDate, _ = s.Deletion().Date()
	switch rule {
	case RuleMarked:
		f.Message, f.Reason = textMarked, ErrScheduledForDeletion
		return &InvalidRequestError{f}
	case RuleNameReserved:
		f.Message, f.Reason = textNameReserved, ErrNameReserved
		return &InvalidRequestError{f}
	case RuleExists:
		f.Message, f.Reason = "The operation failed because the secret "+s.Name().s+" already exists.", ErrSecretExists
		return &ResourceExistsError{f}
	case RuleWindowOver:
		f.Message, f.Reason = textNotFound, ErrRecoveryWindowOver
		return &ResourceNotFoundError{f}
	case RuleReplica:
		f.Message, f.Reason = textReplica, ErrReplica
		return &InvalidParameterError{f}
	case RuleNotReplica:
		f.Message, f.Reason = textNotReplica, ErrNotReplica
		return &InvalidParameterError{f}
	case RuleHasReplicas:
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
	return &ResourceExistsError{ErrorDetails{
		Message: "You can't use ClientRequestToken " + id.s +
			" because that value is already in use for a version of secret " + arn + ".",
		Reason: ErrTokenInUse,
		ARN:    arn,
	}}
}

func regionsOf(rs []replica) []string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = r.region.s
	}
	return out
}

// SecretInput is the request of the operations that only name a secret: DescribeSecret,
// RestoreSecret, GetResourcePolicy, DeleteResourcePolicy, CancelRotateSecret and
// StopReplicationToReplica.
type SecretInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
}

func (SecretInput) tell(*call) {}

// SecretOutput is the response of the operations that change a secret, and of
// GetResourcePolicy. An operation leaves the members zero that its response does not have on
// AWS.
type SecretOutput struct {
	ARN  string
	Name string
	// VersionID is the version that the operation made; of a CancelRotateSecret, the
	// one that the cancelled rotation had made.
	VersionID string
	// VersionStages are all staging labels that the version of a PutSecretValue has now.
	VersionStages []Stage
	// DeletionDate, of a DeleteSecret, is when the secret can be purged, in UTC, to the
	// millisecond: the request's time plus the window, or the request's time when forced.
	DeletionDate time.Time
	// ReplicationStatus has the Regions that the secret is replicated to, after an
	// operation about replicas.
	ReplicationStatus []Replica
	// ResourcePolicy, of a GetResourcePolicy, is the policy; "" for none.
	ResourcePolicy string
}
