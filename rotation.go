package secretlife

import (
	"slices"
	"time"
)

// A rotation is tried again rotationPause after a try began, whether that failed or
// has not ended, and rotationTries times before it waits for the next window. AWS says
// that it "retries the entire rotation process multiple times", and a Lambda function
// may run for 15 minutes in each of four steps.
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

// Rotation returns how the secret is rotated, as DescribeSecret shows it. While the
// secret is marked for deletion, rotation is off: AWS shows RotationEnabled false and
// no NextRotationDate then (recorded). Nothing is forgotten: after RestoreSecret the
// secret is rotated as before.
func (s Secret) Rotation() RotationDetails {
	r := s.attrs().rotation
	if r == nil {
		return RotationDetails{}
	}
	enabled := r.enabled && !s.Deletion().Scheduled()
	out := RotationDetails{
		RotationEnabled:                &enabled,
		RotationLambdaARN:              r.lambda,
		ExternalSecretRotationRoleARN:  r.role,
		ExternalSecretRotationMetadata: slices.Clone(r.metadata),
	}
	if enabled {
		out.LastRotatedDate = orZero(r.last.get())
		out.NextRotationDate = orZero(r.window.closes.get())
	}
	if r.rules != (RotationRules{}) {
		rules := r.rules
		out.RotationRules = &rules
	}
	return out
}

// RotationOrder is what RotateSecret asks for. Members that are zero leave
// things as they are.
type RotationOrder struct {
	VersionID   VersionID // of the version to be made
	LambdaARN   string
	RoleARN     string
	Metadata    []Tag
	Rules       *RotationRules
	Immediately bool // else the configuration is tested only
	// ParseSchedule understands cron() expressions; nil knows none.
	ParseSchedule func(string) (Schedule, error)
}

// Rotate decides RotateSecret: it notes how the secret is to be rotated, and
// begins a rotation. The new version gets AWSPENDING and waits for its value.
// With the token of a version that is there already nothing happens, and the
// Change is zero. A secret that an AWS service owns needs no function: the service
// rotates it, so that here no rotation begins.
func (s Secret) Rotate(at At, o RotationOrder) (Change, error) {
	if _, err := s.admit(OpRotateSecret, at.Time); err != nil {
		return Change{}, err
	}
	if _, there := s.Version(o.VersionID); there {
		return Change{}, nil
	}
	now := instant(at.Time)
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
	if r.managed() {
		d.replicate(now)
		c := s.change(d)
		c.add(eventOf(OpRotateSecret, d, &at))
		return c, nil
	}
	r.run = rotationRun{version: o.VersionID, test: !o.Immediately, due: momentOf(now)}
	d.reserve(o.VersionID, now)
	if len(d.stages) > maxStages {
		return Change{}, errLimit(textStages)
	}
	d.replicate(now)
	c := s.change(d)
	e := eventOf(OpRotateSecret, d, &at)
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
	if r.managed() && s.OwningService() == "" {
		return r, badRequest(textNoLambda, ErrNoRotationFunction)
	}
	if o.Rules != nil {
		r.rules = *o.Rules
		if err := checkRules(r.rules, now, o.ParseSchedule); err != nil {
			return r, err
		}
	}
	r.enabled = true
	return r, r.schedule(now, o.ParseSchedule)
}

// managed reports whether the rotation is left to the AWS service that owns the secret
// ("Managed rotation", Secrets Manager user guide).
func (r *rotation) managed() bool { return r.lambda == "" && r.role == "" }

// pendingElsewhere reports whether AWSPENDING is on another version than
// AWSCURRENT: then AWS takes a rotation to be going on.
func (s Secret) pendingElsewhere() bool {
	pending := s.data().pending()
	current, _ := s.Staged(StageCurrent)
	return !pending.IsZero() && pending != current
}

// CancelRotation decides CancelRotateSecret: no more rotations by themselves,
// and none that has begun goes on. AWSPENDING stays where it is, as on AWS. The
// version the cancelled rotation had made is returned, zero if it had made no version.
func (s Secret) CancelRotation(at At) (Change, VersionID, error) {
	if _, err := s.admit(OpCancelRotateSecret, at.Time); err != nil {
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
	now := instant(at.Time)
	d := s.edit(now)
	r := *old
	r.enabled, r.run, r.window = false, rotationRun{}, window{}
	d.attributes().rotation = &r
	d.replicate(now)
	c := s.change(d)
	c.add(eventOf(OpCancelRotateSecret, d, &at))
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
		r.window = nextWindow(t, now)
	}
	d.attributes().rotation = &r
	return abandoned
}

// rotationDue is when the background next has to rotate the secret.
func (s Secret) rotationDue() (time.Time, bool) {
	r := s.attrs().rotation
	if r == nil || r.managed() {
		return time.Time{}, false
	}
	due := r.window.opens
	if !r.enabled {
		due = 0
	}
	if run := s.run(); run != nil && run.due.set() && (!due.set() || run.due < due) {
		due = run.due
	}
	return due.get()
}

// rotationTry is one try at a rotation that has begun.
type rotationTry struct {
	VersionID VersionID
	// Test is a try of the configuration only: its one step is testSecret.
	Test bool
}

// beginRotation decides the beginning of a try that is due: of a rotation that
// RotateSecret ordered or that failed before, or, with a fresh version id, of one
// whose window opens. Another try comes after an hour, unless endRotation
// is decided before: this is how of several purgers only one rotates, and how a
// rotation goes on after a crash. It is refused with [ErrNotDue] where nothing
// is due.
func (s Secret) beginRotation(at At, fresh VersionID, cron func(string) (Schedule, error)) (Change, error) {
	now := instant(at.Time)
	if at, ok := s.rotationDue(); !ok || at.After(now) || s.Deletion().Scheduled() {
		return Change{}, ErrNotDue
	}
	r := *s.attrs().rotation
	if r.enabled && r.window.opens.set() && !r.window.opens.time().After(now) {
		if err := r.schedule(now, cron); err != nil {
			return Change{}, err
		}
	}
	d := s.touch()
	d.attributes().rotation = &r
	switch {
	case s.run() != nil:
	case s.pendingElsewhere() || len(d.stages) >= maxStages && d.pending().IsZero():
		// AWSPENDING is on a version of the user's: this window passes.
		c := s.change(d)
		c.add(failedRotation(EventRotationFailed, d, now, textRotating))
		return c, nil
	default:
		d.noteChange(now)
		r.run = rotationRun{version: fresh}
		d.reserve(fresh, now)
		d.replicate(now)
	}
	r.run.tries++
	r.run.due = momentOf(now.Add(rotationPause))
	c := s.change(d)
	kind := EventRotationStarted
	if r.run.test {
		kind = EventTestRotationStarted
	}
	e := event(kind, d, now)
	e.version = r.run.version
	c.add(e)
	return c, nil
}

// rotationTry returns the try that has begun, and false if no rotation runs.
func (s Secret) rotationTry() (rotationTry, bool) {
	run := s.run()
	if run == nil || run.tries == 0 {
		return rotationTry{}, false
	}
	return rotationTry{run.version, run.test}, true
}

// Texts of RotationFailed events. What a function says of its failure may hold
// a secret, and is not in them.
const (
	textStepFailed   = "The rotation function failed in the step "
	textInterrupted  = "The rotation was interrupted. That rotation will be reattempted."
	textNotPromoted  = "The rotation function ended without moving AWSCURRENT to the new version."
	textCannotInvoke = "Secrets Manager cannot invoke the specified Lambda function. " +
		"Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com."
)

// endRotation decides the end of a try. failure says what went wrong, "" for
// nothing; a rotation that did not make its version AWSCURRENT failed in any
// case. A failed one is tried again, five times every hour and then with every
// window. It is refused with [ErrNotDue] if the try is over already: a caller
// cancelled the rotation, or wrote a value by hand.
func (s Secret) endRotation(
	at At, try rotationTry, failure string, cron func(string) (Schedule, error),
) (Change, error) {
	old := s.attrs().rotation
	if old == nil || old.run.version != try.VersionID || s.Deletion().Scheduled() {
		return Change{}, ErrNotDue
	}
	now := instant(at.Time)
	d := s.touch()
	r := *old
	d.attributes().rotation = &r
	if try.Test {
		return s.endTest(d, &r, now, failure), nil
	}
	if current, _ := s.Staged(StageCurrent); failure == "" && current != try.VersionID {
		failure = textNotPromoted
	}
	c := Change{}
	if failure != "" {
		if r.run.tries >= rotationTries {
			r.run.due = 0
		}
		c = s.change(d)
		e := failedRotation(EventRotationFailed, d, now, failure)
		e.version = try.VersionID
		c.add(e)
		return c, nil
	}
	if err := r.succeed(now, cron); err != nil {
		return c, err
	}
	d.replicate(now)
	c = s.change(d)
	e := event(EventRotationSucceeded, d, now)
	e.version = try.VersionID
	c.add(e)
	return c, nil
}

// interruptRotation decides the end of a try that was stopped before the rotation
// function was done, as when the service shuts down: it does not count as one of
// the five, and the next try is due at once. It is refused with [ErrNotDue] where
// the try is over already.
func (s Secret) interruptRotation(now time.Time, try rotationTry) (Change, error) {
	old := s.attrs().rotation
	if old == nil || old.run.version != try.VersionID || old.run.tries == 0 || s.Deletion().Scheduled() {
		return Change{}, ErrNotDue
	}
	now = instant(now)
	d := s.touch()
	r := *old
	r.run.tries--
	r.run.due = momentOf(now)
	d.attributes().rotation = &r
	kind := EventRotationFailed
	if try.Test {
		kind = EventTestRotationFailed
	}
	c := s.change(d)
	e := failedRotation(kind, d, now, textInterrupted)
	e.version = try.VersionID
	c.add(e)
	return c, nil
}

// succeed notes that the secret was rotated, and when the next time is.
func (r *rotation) succeed(now time.Time, cron func(string) (Schedule, error)) error {
	r.run, r.last = rotationRun{}, momentOf(now)
	if !r.enabled {
		return nil
	}
	if err := r.schedule(now, cron); err != nil {
		return err
	}
	if r.rules.ScheduleExpression != "" && r.window.opens.set() {
		r.rules.AutomaticallyAfterDays = r.window.afterDays(now)
	}
	return nil
}

// endTest takes the version of a test away again, with all its labels, unless it
// has a value.
func (s Secret) endTest(d *secretData, r *rotation, now time.Time, failure string) Change {
	d.noteChange(now)
	id := r.run.version
	r.run = rotationRun{}
	if s.Reserved(id) {
		d.versions = d.versions.Filter(byID, func(_ int, v Version) bool { return v.id != id })
		m := d.attributes()
		m.reserved = slices.DeleteFunc(m.reserved, func(x VersionID) bool { return x == id })
		d.stages = slices.DeleteFunc(slices.Clone(d.stages), func(x staged) bool { return x.version == id })
	}
	if d.pending() == id {
		d.detach(StagePending)
	}
	d.replicate(now)
	c := s.change(d)
	e := event(EventTestRotationSucceeded, d, now)
	if failure != "" {
		e = failedRotation(EventTestRotationFailed, d, now, failure)
	}
	e.version = id
	c.add(e)
	return c
}
