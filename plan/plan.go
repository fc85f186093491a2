package plan

import (
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

// format is the version of the JSON form of plans.
const format = 1

// MaxAge is how long a plan can be applied.
const MaxAge = 24 * time.Hour

// Plan is what is going to happen to some secrets, in order, and the state in which they were. It
// is made by [Delete], [Restore], [Sweep] and [Recreate], or read by [Parse], and is not meant to
// be changed: [Apply] refuses a plan that was.
type Plan struct {
	Format  int       `json:"format"`
	Kind    string    `json:"kind"`              // delete, restore, sweep or recreate
	Account string    `json:"account,omitempty"` // "" where no secret was found
	Region  string    `json:"region,omitempty"`
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires"`
	Secrets []Secret  `json:"secrets"`
	// Digest is the SHA-256 of the rest. It shows edits, and is not a signature.
	Digest string `json:"digest"`
}

// Secret is what a [Plan] says about one secret.
type Secret struct {
	Name string `json:"name"`
	ARN  string `json:"arn,omitempty"`
	// State and LastChangedDate are those at which the secret was planned: Purged for a name
	// that no secret has.
	State           secretlife.Phase `json:"state"`
	LastChangedDate time.Time        `json:"lastChangedDate,omitzero"`
	// Steps lead to the state After, where a secret that AwaitingPurge can be purged already.
	Steps []Step           `json:"steps,omitempty"`
	After secretlife.Phase `json:"after"`
	// Blockers are why the plan can't be applied.
	Blockers []Blocker `json:"blockers,omitempty"`
	// Notes are sentences that a person should know.
	Notes []string `json:"notes,omitempty"`
	Facts Facts    `json:"facts"`
	// Purge is when the value is lost in the state After; nil where it is not.
	Purge *Purge `json:"purge,omitempty"`
	// Undo is how the steps are undone, "" if they can't be undone or the plan has no step.
	Undo string `json:"undo,omitempty"`
	// Fingerprint and Policy are digests of the metadata that no step changes, and of the
	// resource policy, "" where it could not be read.
	Fingerprint string `json:"fingerprint,omitempty"`
	Policy      string `json:"policy,omitempty"`
}

// Facts are what helps to decide about a secret, as it was read.
type Facts struct {
	CreatedDate time.Time `json:"createdDate,omitzero"`
	// LastAccessedDate is the day of the last access, zero if the secret was never read.
	LastAccessedDate time.Time `json:"lastAccessedDate,omitzero"`
	// Readers are who read the value in the last 30 days, where the service knows it.
	Readers []Reader `json:"readers,omitempty"`
	// DeletedDate is when DeleteSecret was called for a secret that is scheduled.
	DeletedDate      time.Time        `json:"deletedDate,omitzero"`
	Versions         int              `json:"versions"` // with labels
	Replicas         []Replica        `json:"replicas,omitempty"`
	Tags             []secretlife.Tag `json:"tags,omitempty"`
	OwningService    string           `json:"owningService,omitempty"`
	RotationEnabled  bool             `json:"rotationEnabled,omitempty"`
	NextRotationDate time.Time        `json:"nextRotationDate,omitzero"`
}

// Reader is a principal that read the value of a secret.
type Reader struct {
	Principal string `json:"principal"`
	// Calls is how often it did, and Last when it last did.
	Calls uint64    `json:"calls"`
	Last  time.Time `json:"last"`
}

// Replica is the replica of a secret in another Region.
type Replica struct {
	Region           string    `json:"region"`
	Status           string    `json:"status"`
	Message          string    `json:"message,omitempty"`
	LastAccessedDate time.Time `json:"lastAccessedDate,omitzero"`
}

// Purge is when a secret can be purged: its DeletionDate is between the two. Where the plan sets
// the DeletionDate, it depends on when the plan is applied. The purge itself can be later.
type Purge struct {
	Earliest time.Time `json:"earliest"`
	Latest   time.Time `json:"latest"`
}

// Step is one call for a secret, or one wait.
type Step struct {
	Do StepKind `json:"do"`
	// Regions are of RemoveReplicas.
	Regions []string `json:"regions,omitempty"`
	// RecoveryWindowInDays is of Schedule.
	RecoveryWindowInDays int64 `json:"recoveryWindowInDays,omitempty"`
}

// StepKind is what a [Step] does.
type StepKind string

// The kinds of steps.
const (
	RemoveReplicas   StepKind = "removeReplicas"   // RemoveRegionsFromReplication
	AwaitNoReplicas  StepKind = "awaitNoReplicas"  // until DescribeSecret shows none
	Schedule         StepKind = "schedule"         // DeleteSecret with a recovery window
	ForceDelete      StepKind = "forceDelete"      // DeleteSecret without recovery
	RestoreScheduled StepKind = "restoreScheduled" // RestoreSecret
	AwaitGone        StepKind = "awaitGone"        // until DescribeSecret does not find it
)

// Blocker is a reason why a plan can't be applied, or why [Apply] stopped.
type Blocker struct {
	Kind   BlockerKind `json:"kind"`
	Reason string      `json:"reason"` // a sentence
}

// BlockerKind is the kind of a [Blocker]. There may be more in later versions.
type BlockerKind string

// The blockers of plans.
const (
	NotFound          BlockerKind = "notFound"          // no secret has the name
	Unreadable        BlockerKind = "unreadable"        // the caller must not describe the secret
	IsReplica         BlockerKind = "isReplica"         // of a secret in another Region
	ReplicaFailed     BlockerKind = "replicaFailed"     // a replica that can't be trusted to be one
	Replicating       BlockerKind = "replicating"       // a replica is being made
	Rotating          BlockerKind = "rotating"          // a rotation is in progress
	DeniedByPolicy    BlockerKind = "deniedByPolicy"    // the resource policy denies a step to everybody
	OwnedByService    BlockerKind = "ownedByService"    // an AWS service manages the secret
	AlreadyScheduled  BlockerKind = "alreadyScheduled"  // for deletion
	NotScheduled      BlockerKind = "notScheduled"      // the name is in use
	RecoveryWindowEnd BlockerKind = "recoveryWindowEnd" // the secret can't be restored any more
	Held              BlockerKind = "held"              // the secret has a hold
	Protected         BlockerKind = "protected"         // against this deletion
)

// The reasons for which [Apply] stops beside them.
const (
	Changed  BlockerKind = "changed"  // the secret is not what it was when it was planned
	Refused  BlockerKind = "refused"  // the service refused a step, or did not answer
	TookLong BlockerKind = "tookLong" // what a step waits for did not come
)

// Blocked returns the secrets that have blockers.
func (p Plan) Blocked() []Secret {
	return slices.DeleteFunc(slices.Clone(p.Secrets), func(s Secret) bool { return len(s.Blockers) == 0 })
}

// WithoutBlocked returns the plan for the other secrets.
func (p Plan) WithoutBlocked() Plan {
	p.Secrets = slices.DeleteFunc(slices.Clone(p.Secrets), func(s Secret) bool { return len(s.Blockers) > 0 })
	p.Digest = p.digest()
	return p
}
