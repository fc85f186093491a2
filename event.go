package secretlife

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife/internal/pack"
)

// EventKind is what an [Event] reports: an operation that changed a secret, or
// something that happened to it in the background.
type EventKind uint8

// The kinds that are not operations: the service's own. The kind of an operation's event
// is EventKind(OpDeleteSecret), and so on: see [Event.Operation]. The names of
// the version-delete and rotation events are CloudTrail's ("Log Secrets Manager events",
// Secrets Manager user guide); AWS has no event for the others.
const (
	EventStartSecretVersionDelete EventKind = iota + 64
	EventCancelSecretVersionDelete
	EventEndSecretVersionDelete
	EventSecretPurged
	EventReplicationSucceeded
	EventReplicationFailed
	EventReplicaUpdated
	EventReplicaStopped
	EventReplicaRemoved
	EventSecretVersionAgingStarted
	EventDeletionRecounted
	EventRotationStarted
	EventRotationSucceeded
	EventRotationFailed
	EventRotationAbandoned
	EventTestRotationStarted
	EventTestRotationSucceeded
	EventTestRotationFailed
)

// What an operator did to the tally of a store. These events are about no secret.
const (
	EventConfirmGap EventKind = iota + 128
	EventWithdrawGap
)

// kindNames are the names of the events that are not operations.
var kindNames = map[EventKind]string{
	EventStartSecretVersionDelete:  "StartSecretVersionDelete",
	EventCancelSecretVersionDelete: "CancelSecretVersionDelete",
	EventEndSecretVersionDelete:    "EndSecretVersionDelete",
	EventSecretPurged:              "SecretPurged",
	EventReplicationSucceeded:      "ReplicationSucceeded",
	EventReplicationFailed:         "ReplicationFailed",
	EventReplicaUpdated:            "ReplicaUpdated",
	EventReplicaStopped:            "ReplicaStopped",
	EventReplicaRemoved:            "ReplicaRemoved",
	EventSecretVersionAgingStarted: "SecretVersionAgingStarted",
	EventDeletionRecounted:         "DeletionRecounted",

	EventRotationStarted:       "RotationStarted",
	EventRotationSucceeded:     "RotationSucceeded",
	EventRotationFailed:        "RotationFailed",
	EventRotationAbandoned:     "RotationAbandoned",
	EventTestRotationStarted:   "TestRotationStarted",
	EventTestRotationSucceeded: "TestRotationSucceeded",
	EventTestRotationFailed:    "TestRotationFailed",

	EventConfirmGap:  "ConfirmGap",
	EventWithdrawGap: "WithdrawGap",
}

// String returns the event's name as in CloudTrail's eventName.
func (k EventKind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return Operation(k).String()
}

// isOperation reports whether the kind is an operation of the API.
func (k EventKind) isOperation() bool { return k < EventStartSecretVersionDelete }

// isOperator reports whether an operator caused the event.
func (k EventKind) isOperator() bool { return k >= EventConfirmGap }

// isRotation reports whether the kind tells of a rotation.
func (k EventKind) isRotation() bool { return k >= EventRotationStarted && !k.isOperator() }

// Event is one state change, saved with it, or one operation that was refused.
// The events ConfirmGap and WithdrawGap are about no secret: they tell what an
// operator did to the store's [Tally]. An Event is an immutable value and never
// holds a secret's value. encoding/json writes it in the shape of a CloudTrail
// record, and reads that back.
type Event struct {
	seq      uint64
	at       moment
	revision uint64
	on       *identity
	version  VersionID
	call     *call
	kind     EventKind
	index    uint8
}

// Caller is who made a call, as far as an endpoint knows. It is for records and decides
// nothing.
type Caller struct {
	// AccessKeyID is that of the key which the request is signed with.
	AccessKeyID string
	// Principal is the ARN of the user or role, or any other name of who called.
	Principal string
	// SourceIP is the address that the request came from.
	SourceIP string
}

// Seq returns the event's place in its store's total order, from 1; 0 for an
// event that was not read from a store.
func (e Event) Seq() uint64 { return e.seq }

// WithSeq returns the event at a place in the order. It is for stores.
func (e Event) WithSeq(n uint64) Event {
	e.seq = n
	return e
}

// Time returns when it happened, in UTC, to the millisecond.
func (e Event) Time() time.Time { return e.at.time() }

// Name returns the name as in CloudTrail: an operation's, or such as
// "EndSecretVersionDelete".
func (e Event) Name() string { return e.kind.String() }

// Operation returns the operation that was called, and false for an event of
// the service's own or of an operator.
func (e Event) Operation() (Operation, bool) {
	if !e.kind.isOperation() {
		return 0, false
	}
	return Operation(e.kind), true
}

// Key returns the secret's key. In an event that is about no secret the name is the
// zero Name.
func (e Event) Key() Key {
	if e.on == nil {
		return Key{}
	}
	return e.on.key()
}

// ARN returns the secret's ARN. It is zero for a refused call whose secret does
// not exist.
func (e Event) ARN() ARN {
	if e.on == nil || e.on.incarnation.IsZero() {
		return ARN{}
	}
	return e.on.arn()
}

// Incarnation returns which life of the name it happened to.
func (e Event) Incarnation() Incarnation {
	if e.on == nil {
		return Incarnation{}
	}
	return e.on.incarnation
}

// Revision returns the revision the change led to; for a purge, the last one
// plus one. It is 0 for a refused call.
func (e Event) Revision() uint64 { return e.revision }

// VersionID returns the version it happened to, if it was one.
func (e Event) VersionID() (VersionID, bool) { return e.version, !e.version.IsZero() }

// Kind returns what the event reports.
func (e Event) Kind() EventKind { return e.kind }

// CallerAccount returns the account that asked for the operation, and that of the secret
// for an event of the service's own.
func (e Event) CallerAccount() Account {
	if e.call == nil || e.call.caller == (Account{}) {
		return e.Key().Account
	}
	return e.call.caller
}

// DeletionMode returns how DeleteSecret was asked to delete, and false for all other
// events.
func (e Event) DeletionMode() (DeletionMode, bool) {
	if Operation(e.kind) != OpDeleteSecret {
		return DeletionMode{}, false
	}
	if e.call == nil {
		return DeletionMode{}, true
	}
	return DeletionMode{int8(e.call.days), e.call.force}, true
}

// SecretID returns the secret's id as the caller gave it, "" for an event of
// the service's own.
func (e Event) SecretID() string {
	if e.call == nil {
		return ""
	}
	return e.call.secretID
}

// Caller returns who called, which is zero for an event of the service's own and where
// nothing is known.
func (e Event) Caller() Caller {
	if e.call == nil || e.call.who == nil {
		return Caller{}
	}
	return *e.call.who
}

// Unsaved returns the number of a call that no store has, because it was refused or
// only read, in the [Trail] that keeps it. It is 0 for a saved event. [Event.Seq] then is
// that of the last saved event before.
func (e Event) Unsaved() uint64 {
	if e.call == nil {
		return 0
	}
	return e.call.unsaved
}

// DeletionDate returns the date that a DeleteSecret, or the removal of a replica, set, and
// false for all other events.
func (e Event) DeletionDate() (time.Time, bool) {
	if e.call == nil || !e.call.due.set() || Operation(e.kind) != OpDeleteSecret && e.kind != EventReplicaRemoved {
		return time.Time{}, false
	}
	return e.call.due.time(), true
}

// Refusal returns the exception and text of a call that was refused, and false
// for an event that reports a change.
func (e Event) Refusal() (code, message string, refused bool) {
	if e.call == nil || e.call.refused == nil || !e.kind.isOperation() && !e.kind.isOperator() {
		return "", "", false
	}
	return e.call.refused.code, e.call.refused.message, true
}

// ErrorMessage returns the text of a refused call, or of what the service itself
// failed to do, such as a rotation; "" where nothing failed.
func (e Event) ErrorMessage() string {
	if e.call == nil || e.call.refused == nil {
		return ""
	}
	return e.call.refused.message
}

// String tells the event in a line.
func (e Event) String() string {
	if e.kind.isOperator() && e.call != nil {
		return fmt.Sprintf("%s %s %d", e.Time().Format(time.RFC3339Nano), e.Name(), e.call.gap.number)
	}
	return fmt.Sprintf("%s %s %s", e.Time().Format(time.RFC3339Nano), e.Name(), e.ARN())
}

// ID returns the event's id, a UUID that follows from what the event is about:
// the same history gives the same ids.
func (e Event) ID() string {
	var b [48]byte
	inc := e.Incarnation()
	copy(b[:16], inc[:])
	binary.BigEndian.PutUint64(b[16:], e.revision)
	binary.BigEndian.PutUint64(b[24:], uint64(e.at))
	b[32], b[33] = byte(e.kind), e.index
	id := append(b[:], e.version.s...)
	if e.kind.isOperator() && e.call != nil {
		id = binary.BigEndian.AppendUint64(id, e.call.gap.number)
		id = binary.BigEndian.AppendUint64(id, uint64(e.call.gap.passed))
	}
	if n := e.Unsaved(); n > 0 {
		id = binary.BigEndian.AppendUint64(id, n)
	}
	sum := sha256.Sum256(id)
	return pack.RandomUUID([16]byte(sum[:16]))
}

// event makes one about the state d.
func event(kind EventKind, d *secretData, now time.Time) Event {
	return Event{kind: kind, at: momentOf(now), on: d.id, revision: d.revision}
}

// eventOf makes the event of an operation that led to d. What the request said
// is filled in by the caller that saw it: see Change.describe.
func eventOf(op Operation, d *secretData, at *At) Event {
	e := event(EventKind(op), d, instant(at.Time))
	if owner := d.id.scope.Value().account; at.Account != (Account{}) && at.Account != owner {
		e.call = &call{caller: at.Account}
	}
	return e
}

// operatorEvent makes the event of what an operator asks for a gap of the store's
// tally, with the error where that was refused.
func operatorEvent(kind EventKind, in scope, now time.Time, gap gapCall, err error) Event {
	e := Event{
		kind: kind,
		at:   momentOf(now),
		on:   &identity{scope: scopeOf(in.account, in.region)},
		call: &call{gap: &gap},
	}
	if refused, ok := asError(err); ok {
		e.index, e.call.refused = 1, &refusal{refused.ErrorCode(), refused.ErrorMessage()}
	}
	return e
}

// failedRotation is an event with an error message.
func failedRotation(kind EventKind, d *secretData, now time.Time, message string) Event {
	e := event(kind, d, now)
	e.call = &call{refused: &refusal{message: message}}
	return e
}
