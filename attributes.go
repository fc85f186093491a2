package secretlife

import (
	"slices"
	"time"
)

// aging is that versions of a secret are on their way out. A version that is gone
// can't be brought back, and its date is as wrong as the clock was when it was
// made, so the background first marks which versions there are, and removes such
// of them as may go when 24 hours have been counted since.
type aging struct {
	date   moment    // when it was marked
	newest VersionID // the newest version there was
	counted
}

// ReplicaTarget is a Region to replicate to, as a request names it.
type ReplicaTarget struct {
	Region   Region
	KmsKeyID string
}

// attributes is what most secrets lack.
type attributes struct {
	description string
	kmsKeyID    string
	keys        []versionKey // of versions that kept another key than kmsKeyID
	kind        string
	tags        []Tag // in order of first setting
	tagged      bool  // ever had a tag
	policy      string
	replicas    []Replica
	primary     Region      // set on a replica
	primaryInc  Incarnation // set on a replica
	rotation    *rotation
	reserved    []VersionID // versions that a rotation made and that have no value yet
	aging       *aging      // since when the oldest versions have been over what is kept
}

// Tag is a key and value attached to a secret: 1 to 128 and 0 to 256
// characters, at most 50 on a secret.
type Tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

// versionKey is the key of a version that is another than the secret's.
type versionKey struct {
	version VersionID
	key     string
}

func (m *attributes) replicaIn(r Region) int {
	return slices.IndexFunc(m.replicas, func(x Replica) bool { return x.Region == r })
}

// nextReplica is the index of the replica that waits longest, or -1.
func (m *attributes) nextReplica() int {
	next := -1
	for i, r := range m.replicas {
		if r.Status == InProgress && (next < 0 || r.since < m.replicas[next].since) {
			next = i
		}
	}
	return next
}

// ReplicaStatus is where replication to a Region stands.
type ReplicaStatus string

// The statuses of the API model. While a change of the primary is on its way to
// a replica, the status is InProgress.
const (
	InSync     ReplicaStatus = "InSync"
	Failed     ReplicaStatus = "Failed"
	InProgress ReplicaStatus = "InProgress"
)

// Replica is a Region that a primary secret is replicated to.
type Replica struct {
	Region   Region
	KmsKeyID string // "" for the Region's default key
	Status   ReplicaStatus
	// StatusMessage says why replication failed, "" otherwise.
	StatusMessage string

	overwrite bool
	since     moment // when the status became InProgress
}

// textReplicaExists is the documented example of a StatusMessage.
const textReplicaExists = "Secret with this name already exists in this region"

// Rotation is how a secret is rotated, as DescribeSecret tells it.
type Rotation struct {
	// Enabled is false for a secret whose rotation was cancelled.
	Enabled bool
	// LambdaARN is the rotation function.
	LambdaARN string
	// RoleARN and Metadata are of a secret that a third party holds.
	RoleARN  string
	Metadata []ExternalSecretRotationMetadataItem
	Rules    RotationRules
	// LastRotatedDate is zero where the secret was never rotated.
	LastRotatedDate time.Time
	// NextRotationDate is the end of the next window, zero where there is none.
	NextRotationDate time.Time
}

// ExternalSecretRotationMetadataItem is what a third party that holds a secret
// needs to know to rotate it.
type ExternalSecretRotationMetadataItem struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

// rotation is never changed once an attributes points at it.
type rotation struct {
	enabled  bool
	lambda   string
	role     string
	metadata []ExternalSecretRotationMetadataItem
	rules    RotationRules
	last     moment
	window   window // the next one
	run      rotationRun
}

// rotationRun is a rotation that has begun and not ended: the zero value is
// none. It holds as long as its version has the label it waits for or has
// reached.
type rotationRun struct {
	version VersionID
	test    bool
	tries   int
	due     moment // of the next try; not set where the next window is awaited
}

// checkRules refuses rules that make no schedule.
func checkRules(r RotationRules, now time.Time, cron func(string) (Schedule, error)) error {
	t, err := parseRules(r, cron)
	if err != nil {
		return err
	}
	if err := t.Check(now); err != nil {
		return badParameter(err.Error(), ErrInvalidParameter)
	}
	return nil
}

// schedule finds the next window after an instant. A secret without rules is
// rotated when somebody asks for it only.
func (r *rotation) schedule(after time.Time, cron func(string) (Schedule, error)) error {
	r.window = window{}
	if r.rules == (RotationRules{}) {
		return nil
	}
	t, err := parseRules(r.rules, cron)
	if err == nil {
		r.window = nextWindow(t, after)
	}
	return err
}
