package secretlife

import (
	"slices"
	"time"
)

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

// rotationPause is how long a try may take before another one follows, and how
// long after a failed one that is. AWS says that it "retries the entire rotation
// process multiple times", and a Lambda function may run for 15 minutes in each
// of four steps.
const (
	rotationPause = time.Hour
	rotationTries = 5
)

// Texts of AWS: recorded, and reported by hashicorp/terraform-provider-aws
// #35023.
const (
	textNoLambda = "No Lambda rotation function ARN is associated with this secret."
	textRotating = "A previous rotation isn't complete. That rotation will be reattempted."
)

// Rotation returns how the secret is rotated, and whether that was ever set.
func (s Secret) Rotation() (Rotation, bool) {
	r := s.attrs().rotation
	if r == nil {
		return Rotation{}, false
	}
	out := Rotation{Enabled: r.enabled, LambdaARN: r.lambda, RoleARN: r.role, Metadata: slices.Clone(r.metadata), Rules: r.rules}
	out.LastRotatedDate, _ = r.last.get()
	if r.enabled {
		out.NextRotationDate, _ = r.window.closes.get()
	}
	return out, true
}

// Reserved reports whether a version was made by a rotation that has not given
// it a value yet.
func (s Secret) Reserved(id VersionID) bool { return slices.Contains(s.attrs().reserved, id) }

// RotationOrder is what RotateSecret asks for. Members that are zero leave
// things as they are.
type RotationOrder struct {
	VersionID   VersionID // of the version to be made
	LambdaARN   string
	RoleARN     string
	Metadata    []ExternalSecretRotationMetadataItem
	Rules       *RotationRules
	Immediately bool // else the configuration is tested only
	// ParseCron understands cron() expressions; nil knows none.
	ParseCron func(string) (Schedule, error)
}

// Rotate decides RotateSecret: it notes how the secret is to be rotated, and
// begins a rotation. The new version gets AWSPENDING and waits for its value.
// With the token of a version that is there already nothing happens, and the
// Change is zero.
func (s Secret) Rotate(now time.Time, o RotationOrder) (Change, error) {
	if _, err := s.admit(OpRotateSecret, now); err != nil {
		return Change{}, err
	}
	if _, there := s.Version(o.VersionID); there {
		return Change{}, nil
	}
	now = instant(now)
	r, err := s.rotationAfter(now, o)
	if err != nil {
		return Change{}, err
	}
	if s.pendingElsewhere() || s.run() != nil {
		return Change{}, badRequest(textRotating, ErrRotationInProgress)
	}
	d := s.edit(now)
	m := d.attributes()
	m.rotation = &r
	r.run = rotationRun{version: o.VersionID, test: !o.Immediately, due: momentOf(now)}
	d.reserve(o.VersionID, now)
	if len(d.stages) > maxStages {
		return Change{}, errLimit(textStages)
	}
	d.replicate(now)
	c := s.change(d)
	e := eventOf(OpRotateSecret, d, now)
	e.version = o.VersionID
	c.add(e)
	return c, nil
}

// rotationAfter is the rotation as an order changes it.
func (s Secret) rotationAfter(now time.Time, o RotationOrder) (rotation, error) {
	var r rotation
	if old := s.attrs().rotation; old != nil {
		r = *old
	}
	if o.LambdaARN != "" {
		r.lambda = o.LambdaARN
	}
	if o.RoleARN != "" {
		r.role = o.RoleARN
	}
	if o.Metadata != nil {
		r.metadata = slices.Clone(o.Metadata)
	}
	if r.lambda == "" && r.role == "" {
		return r, badRequest(textNoLambda, ErrNoRotationFunction)
	}
	if o.Rules != nil {
		r.rules = *o.Rules
		if err := checkRules(r.rules, now, o.ParseCron); err != nil {
			return r, err
		}
	}
	r.enabled = true
	return r, r.schedule(now, o.ParseCron)
}

// checkRules refuses rules that make no schedule.
func checkRules(r RotationRules, now time.Time, cron func(string) (Schedule, error)) error {
	t, err := parseRules(r, cron)
	if err != nil {
		return err
	}
	return t.check(now)
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
		r.window = t.next(after)
	}
	return err
}

// pendingElsewhere reports whether AWSPENDING is on another version than
// AWSCURRENT: then AWS takes a rotation to be going on.
func (s Secret) pendingElsewhere() bool {
	pending := s.data().pending()
	current, _ := s.Staged(StageCurrent)
	return !pending.IsZero() && pending != current
}

// pending is the version that AWSPENDING is on, zero for none.
func (d *secretData) pending() VersionID {
	id, _ := Secret{d}.Staged(StagePending)
	return id
}

// run is the rotation that has begun and not ended, nil if there is none. One
// whose version lost AWSPENDING by hand is over.
func (s Secret) run() *rotationRun {
	r := s.attrs().rotation
	if r == nil || r.run.version.IsZero() {
		return nil
	}
	current, _ := s.Staged(StageCurrent)
	if r.run.version != s.data().pending() && r.run.version != current {
		return nil
	}
	return &r.run
}

// reserve adds a version without a value, with AWSPENDING.
func (d *secretData) reserve(id VersionID, now time.Time) {
	d.addVersion(id, now)
	m := d.attributes()
	m.reserved = append(m.reserved, id)
	d.attach(StagePending, id)
}

// fill gives a version its place among those with a value: a reserved one, or
// a new one.
func (d *secretData) fill(id VersionID, now time.Time) {
	if d.indexOf(id) < 0 {
		d.addVersion(id, now)
		return
	}
	m := d.attributes()
	m.reserved = slices.DeleteFunc(m.reserved, func(x VersionID) bool { return x == id })
}

// CancelRotation decides CancelRotateSecret: no more rotations by themselves,
// and none that has begun goes on. AWSPENDING stays where it is, as on AWS. The
// version the cancelled rotation had made is returned, zero if there was none.
func (s Secret) CancelRotation(now time.Time) (Change, VersionID, error) {
	if _, err := s.admit(OpCancelRotateSecret, now); err != nil {
		return Change{}, VersionID{}, err
	}
	old := s.attrs().rotation
	if old == nil {
		return Change{}, VersionID{}, badRequest(textNoLambda, ErrNoRotationFunction)
	}
	var version VersionID
	if run := s.run(); run != nil {
		version = run.version
	}
	if !old.enabled && version.IsZero() {
		return Change{}, version, nil
	}
	now = instant(now)
	d := s.edit(now)
	r := *old
	r.enabled, r.run, r.window = false, rotationRun{}, window{}
	d.attributes().rotation = &r
	d.replicate(now)
	c := s.change(d)
	c.add(eventOf(OpCancelRotateSecret, d, now))
	return c, version, nil
}

// rotatedByHand takes notice of a new current version that a caller wrote: it
// ends a rotation that was going on, and counts as one for schedules that go by
// intervals ("Manually updating the secret value … is considered a valid
// rotation", RotationRulesType in the API reference).
func (d *secretData) rotatedByHand(id VersionID, now time.Time) (abandoned bool) {
	if d.more == nil || d.more.rotation == nil || d.more.rotation.run.version == id {
		return false
	}
	r := *d.more.rotation
	if run := r.run.version; !run.IsZero() {
		if d.pending() == run {
			d.detach(StagePending)
			abandoned = true
		}
		r.run = rotationRun{}
	}
	if t, err := parseRules(r.rules, nil); err == nil && r.enabled { // not one by cron()
		r.window = t.next(now)
	}
	d.attributes().rotation = &r
	return abandoned
}
