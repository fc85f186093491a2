package secretlife

import (
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/secretlife-go/secretlife/internal/immutable"
	"github.com/secretlife-go/secretlife/internal/policy"
	"github.com/secretlife-go/secretlife/internal/schedule"
)

// aging is that versions of a secret are on their way out. A version that is gone
// can't be brought back, and its date is as wrong as the clock was when it was
// made, so the background first marks which versions there are, and removes such
// of them as may go when 24 hours have been counted since.
type aging struct {
	date   moment    // when it was marked
	newest VersionID // the newest version there was
	count  counted
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
	replicas    []replica
	primary     Region      // set on a replica
	primaryInc  Incarnation // set on a replica
	rotation    *rotation
	reserved    []VersionID // versions that a rotation made and that have no value yet
	aging       *aging      // since when the oldest versions have been over what is kept
	guard       *guard      // its holds and its protection
	omits       *omission   // what an abridged secret lacks
}

// plain reports whether the secret has nothing that most lack.
func (m *attributes) plain() bool {
	return m.description == "" && m.kmsKeyID == "" && len(m.keys) == 0 && m.kind == "" && !m.tagged &&
		m.policy == "" && m.primary.IsZero() && len(m.replicas) == 0 &&
		m.rotation == nil && len(m.reserved) == 0 && m.aging == nil && m.guard == nil && m.omits == nil
}

// omission is what an abridged secret lacks: the versions of blocks, but for the first few that
// are there.
type omission struct {
	blocks []immutable.Sum
	there  int
}

// Tag is a key and value attached to a secret: 1 to 128 and 0 to 256
// characters, at most 50 on a secret. The metadata of an external rotation are keys and values,
// too, with other limits.
type Tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

// AWS services set tags whose keys begin with systemTag; nobody else can. The text is
// reported (cloud-custodian #9093). They don't count towards the quota (docs, "Tag
// secrets").
const (
	systemTag     = "aws:"
	textSystemTag = "You can't modify system tags. Tag key: '"
)

// checkSystemTag refuses the key of a tag that only AWS services set.
func checkSystemTag(key string) error {
	if strings.HasPrefix(key, systemTag) {
		return badParameter(textSystemTag+key+"'.", ErrSystemTag)
	}
	return nil
}

// ownerTag is the tag of a secret that an AWS service owns: recorded by Cloud Custodian's
// test_secrets_manager_kms_filter.
const ownerTag = systemTag + "secretsmanager:owningService"

// versionKey is the key of a version that is another than the secret's.
type versionKey struct {
	version VersionID
	key     string
}

func (m *attributes) replicaIn(r Region) int {
	return slices.IndexFunc(m.replicas, func(x replica) bool { return x.region == r })
}

// nextReplica is the index of the replica that waits longest, or -1.
func (m *attributes) nextReplica() int {
	next := -1
	for i, r := range m.replicas {
		if r.status == ReplicaInProgress && (next < 0 || r.since < m.replicas[next].since) {
			next = i
		}
	}
	return next
}

// What the Status of a [Replica] can be: AWS's words. While a change of the primary is on its
// way to a replica, the status is InProgress.
const (
	ReplicaInSync     = "InSync"
	ReplicaFailed     = "Failed"
	ReplicaInProgress = "InProgress"
)

// Replica is a Region that a primary secret is replicated to, or is to be: [Secret.AddReplicas]
// takes one with the Region, and the KMSKeyID if one is given, and sets what is missing.
type Replica struct {
	Region   Region
	KMSKeyID string // alias/aws/secretsmanager where none was given
	Status   string // where replication stands: [ReplicaInSync] and its like
	// StatusMessage says why replication failed, or that it succeeded; it is "" while
	// the status is InProgress.
	StatusMessage string
	// LastAccessedDate, a midnight in UTC, is when a value was last read in the Region, in the
	// responses of operations. The primary, and so [Secret.Replicas], does not know it.
	LastAccessedDate time.Time
}

// replica is what a primary has of a [Replica].
type replica struct {
	region    Region
	kmsKeyID  string
	status    string
	message   string
	overwrite bool
	since     moment // when the status became InProgress
}

// Texts of StatusMessage. The first is recorded by Cloud Custodian's tests and in the
// examples of the AWS CLI. The second was seen on AWS in 2026; of the third only the end
// was reported. The one about holds and protection is beyond AWS.
const (
	textReplicated        = "Replication succeeded"
	textReplicationFailed = "Replication failed: "
	textReplicaExists     = textReplicationFailed + "Secret name %s already exists in region %s."
	textReplicaKept       = textReplicationFailed + "Secret name %s in region %s can't lose a value because %s."
	textReplicaOfOther    = textReplicationFailed + "Secret name %s is currently replicated to %s with a different arn"
)

// RotationDetails are what a response says of the rotation of a secret. All are
// zero for a secret that rotation was never set up for.
type RotationDetails struct {
	// RotationEnabled is false after CancelRotateSecret and while the secret is marked
	// for deletion, and nil where rotation was never set up.
	RotationEnabled   *bool
	RotationLambdaARN string
	// RotationRules are as they were set. With a ScheduleExpression,
	// AutomaticallyAfterDays is the days from the last rotation to the next, since
	// the first.
	RotationRules *RotationRules
	// LastRotatedDate is zero before the first rotation, and while rotation is
	// turned off.
	LastRotatedDate time.Time
	// NextRotationDate is the end of the next rotation window, in which the
	// rotation takes place; zero where no rotation is to come.
	NextRotationDate time.Time
	// ExternalSecretRotationRoleARN and ExternalSecretRotationMetadata are of a secret
	// that a third party holds, which needs to know the metadata to rotate it.
	ExternalSecretRotationRoleARN  string
	ExternalSecretRotationMetadata []Tag
}

// rotation is never changed once an attributes points at it.
type rotation struct {
	enabled  bool
	lambda   string
	role     string
	metadata []Tag
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
// rotated only when a caller asks for it.
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

// RotationRules say when a secret is rotated by itself. At most one of
// AutomaticallyAfterDays and ScheduleExpression is given in a request; a
// response has both, see [SecretDetails].
type RotationRules struct {
	// AutomaticallyAfterDays is the number of days between rotations, 1 to
	// 1,000; 0 is not given.
	AutomaticallyAfterDays int64 `json:"AutomaticallyAfterDays,omitempty"`
	// Duration is how long a rotation window is open: whole hours such as "3h",
	// up to 24. Without it, a window of a schedule in hours is open for an hour,
	// and one of a schedule in days to the end of the day in UTC.
	Duration string `json:"Duration,omitempty"`
	// ScheduleExpression is rate(N hours), from 4 on, rate(N days), or, where
	// [Options].ParseSchedule knows it, cron(…).
	ScheduleExpression string `json:"ScheduleExpression,omitempty"`
}

// Schedule tells when rotation windows open. It is safe for concurrent use.
type Schedule interface {
	// Next returns the first opening after an instant, in UTC, and false if
	// the schedule has no further one.
	Next(after time.Time) (time.Time, bool)
}

// textBothSchedules is reported: hashicorp/terraform-provider-aws #33329.
const textBothSchedules = "You cannot specify both rotation frequency and schedule expression together."

// parseRules parses rules. cron parses cron() expressions; with nil they are refused.
func parseRules(r RotationRules, cron func(string) (Schedule, error)) (schedule.Timetable, error) {
	rules := schedule.Rules{Days: r.AutomaticallyAfterDays, Duration: r.Duration, Expression: r.ScheduleExpression}
	var parse func(string) (schedule.Next, error)
	if cron != nil {
		parse = func(expression string) (schedule.Next, error) {
			s, err := cron(expression)
			return openings(s), err
		}
	}
	t, err := schedule.Parse(rules, parse)
	if err != nil {
		return t, badParameter(err.Error(), ErrInvalidParameter)
	}
	return t, nil
}

// openings are those of a schedule as the rules use instants: it has no
// opening after lastYear.
func openings(s Schedule) schedule.Next {
	return func(after time.Time) (time.Time, bool) {
		opens, ok := s.Next(after)
		return instant(opens), ok && opens.Year() <= lastYear
	}
}

// window is when a rotation may take place: from opens on, and by closes at
// the latest. The zero window does not exist.
type window struct{ opens, closes moment }

// nextWindow is the first window that opens after an instant.
func nextWindow(t schedule.Timetable, after time.Time) window {
	w := t.Next(after)
	if w == (schedule.Window{}) {
		return window{}
	}
	return window{momentOf(w.Opens), momentOf(w.Closes)}
}

// afterDays is what DescribeSecret shows as AutomaticallyAfterDays for a schedule
// expression: the days to the next opening, rounded up.
func (w window) afterDays(from time.Time) int64 {
	d := w.opens.time().Sub(from)
	return max(1, int64((d+windowDay-1)/windowDay))
}

// Policy is a resource policy that can be attached to a secret. It is made by
// [ParsePolicy] only.
type Policy struct {
	document string
	parsed   policy.Document
}

const textPublicPolicy = "You can't attach a resource-based policy that allows broad access to the secret."

// ParsePolicy makes a Policy of a JSON document of the IAM policy language: with
// at least one statement, each with an Effect, a Principal, an Action and a
// Resource. The error is a [*MalformedPolicyDocumentError] with AWS's text.
func ParsePolicy(document string) (Policy, error) {
	p, faults, err := readPolicy(document)
	if err == nil && len(faults) > 0 {
		err = errMalformed(faults[0])
	}
	if err != nil {
		return Policy{}, err
	}
	return p, nil
}

// readPolicy reads a document that may have faults.
func readPolicy(document string) (Policy, []policy.Fault, error) {
	d, faults, ok := policy.Parse(document)
	if !ok {
		return Policy{}, nil, errMalformed(policy.Syntax)
	}
	return Policy{policy.Print(document), d}, faults, nil
}

// String returns the document as AWS prints it, whatever its form was.
func (p Policy) String() string { return p.document }

func errMalformed(f policy.Fault) error {
	return &MalformedPolicyDocumentError{ErrorDetails{Message: f.Text(), Reason: ErrMalformedPolicy}}
}

// scope is the account and Region of a key. It is shared among all the secrets
// in it, so that a million secrets hold one copy.
type scope struct {
	account Account
	region  Region
}

func (s scope) key(n Name) Key { return Key{s.account, s.region, n} }

type scopeHandle = unique.Handle[scope]

// scopeOf returns the one copy of a scope, which shares no memory with the arguments.
func scopeOf(a Account, r Region) scopeHandle { return unique.Make(scope{a, r}) }

func (m *attributes) check(must func(bool, string, ...any)) {
	must(m.primary.IsZero() || len(m.replicas) == 0, "a replica has replicas")
	must(m.primary.IsZero() || isRegion(m.primary.s), "primary Region %q", m.primary)
	seen := make(map[Region]bool, len(m.replicas))
	for _, r := range m.replicas {
		must(isRegion(r.region.s), "replica Region %q", r.region)
		must(!seen[r.region], "replica Region %s is there twice", r.region)
		seen[r.region] = true
		known := r.status == ReplicaInSync || r.status == ReplicaFailed || r.status == ReplicaInProgress
		must(known, "replica status %q", r.status)
		must((r.status == ReplicaInProgress) == r.since.set(), "replica status %s does not fit its waiting", r.status)
	}
	keys := make(map[string]bool, len(m.tags))
	for _, t := range m.tags {
		must(!keys[t.Key], "tag %q is there twice", t.Key)
		keys[t.Key] = true
	}
	m.guard.check(must)
}

// ReplicaRegion is a Region to replicate to.
type ReplicaRegion struct {
	Region   string
	KMSKeyID string // "" for the Region's default key
}

func (g *guard) check(must func(bool, string, ...any)) {
	if g == nil {
		return
	}
	seen := make(map[string]bool, len(g.holds))
	for _, h := range g.holds {
		must(!seen[h.name], "hold %q is there twice", h.name)
		seen[h.name] = true
		must(h.releasedBy == "" || h.release != (countdown{}), "hold %q was released and is not", h.name)
	}
	for _, c := range g.counts() {
		must(*c == (counted{}) || c.period > 0 && c.stamp.Had >= 0, "a hold or a protection counts %v", c.period)
	}
	p := g.protection
	must(p.with(p.floor) == p.limits, "protected less than its floor")
}
