package secretlife

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// PutValue decides PutSecretValue with a token that no version has yet, or one
// that a rotation reserved: a new version gets the labels, or AWSCURRENT where none are
// given. The first version of a secret gets AWSCURRENT in any case. A token that is in use is
// refused with [ErrTokenInUse]; [Manager.PutSecretValue] compares the values of a retried call.
func (s Secret) PutValue(at At, id VersionID, value Value, labels []Stage) (Change, error) {
	if _, err := s.admit(OpPutSecretValue, at.Time); err != nil {
		return Change{}, err
	}
	if err := s.checkNewVersion(id, value, labels); err != nil {
		return Change{}, err
	}
	now := instant(at.Time)
	d := s.edit(now)
	d.fill(id, now)
	promote := len(labels) == 0 || slices.Contains(labels, StageCurrent) || d.stageIndex(StageCurrent) < 0
	if promote {
		d.abandonPending()
		d.makeCurrent(id)
	}
	for _, l := range labels {
		if l != StageCurrent {
			d.attach(l, id)
		}
	}
	return s.written(OpPutSecretValue, d, at, id, value, promote)
}

// checkNewVersion refuses a version that the secret can't get.
func (s Secret) checkNewVersion(id VersionID, value Value, labels []Stage) error {
	if id.IsZero() || value.IsZero() {
		return illegal("%s gets a version without id or value", s.Name())
	}
	if _, used := s.Version(id); used && !s.Reserved(id) {
		return s.errTokenInUse(id)
	}
	for _, l := range labels {
		if err := checkStage("versionStages", l); err != nil {
			return err
		}
	}
	return value.check()
}

// written finishes a change that adds a version, which may be current now.
func (s Secret) written(
	op Operation, d *secretData, at At, id VersionID, value Value, promoted bool,
) (Change, error) {
	if len(d.stages) > maxStages {
		return Change{}, errLimit(textStages)
	}
	now := instant(at.Time)
	abandoned := promoted && d.rotatedByHand(id, now)
	d.replicate(now)
	c := s.change(d)
	c.values = []VersionValue{{id, value}}
	e := eventOf(op, d, &at)
	e.version = id
	c.add(e)
	if abandoned {
		c.add(event(EventRotationAbandoned, d, now))
	}
	return c, nil
}

// putAgain decides PutSecretValue or UpdateSecret with a token that a version
// has already: the same content again succeeds and changes nothing, other
// content is refused. stored is that version's value.
func (s Secret) putAgain(op Operation, at At, id VersionID, value, stored Value) error {
	if err := s.admitValue(op, at.Time); err != nil {
		return err
	}
	if !stored.Equal(value) {
		return s.errTokenInUse(id)
	}
	return nil
}

// admitValue is admit for a request with a value, which a replica never takes.
func (s Secret) admitValue(op Operation, now time.Time) error {
	rule, err := s.admit(op, now)
	if err == nil && rule == RuleOnlyKMSKey {
		err = s.refuse(RuleReplica)
	}
	return err
}

// Update is what UpdateSecret changes; nil members stay as they are.
type Update struct {
	Description *string
	KMSKeyID    *string
	Type        *string
	VersionID   VersionID // with Value only
	Value       Value
}

// Update decides UpdateSecret. A value makes a new current version. On a
// replica nothing but the key can change. LastChangedDate moves even where
// nothing else does, as on AWS.
func (s Secret) Update(at At, u Update) (Change, error) {
	rule, err := s.admit(OpUpdateSecret, at.Time)
	if err != nil {
		return Change{}, err
	}
	if rule == RuleOnlyKMSKey && (u.Description != nil || u.Type != nil || !u.Value.IsZero() || u.KMSKeyID == nil) {
		return Change{}, s.refuse(RuleReplica)
	}
	if !u.Value.IsZero() {
		if err := s.checkNewVersion(u.VersionID, u.Value, nil); err != nil {
			return Change{}, err
		}
	}
	now := instant(at.Time)
	d := s.edit(now)
	d.update(u)
	if u.Value.IsZero() {
		d.replicate(now)
		c := s.change(d)
		c.add(eventOf(OpUpdateSecret, d, &at))
		return c, nil
	}
	d.fill(u.VersionID, now)
	d.abandonPending()
	d.makeCurrent(u.VersionID)
	return s.written(OpUpdateSecret, d, at, u.VersionID, u.Value, true)
}

func (d *secretData) update(u Update) {
	if u.Description != nil {
		d.attributes().description = *u.Description
	}
	if u.KMSKeyID != nil {
		d.encrypt(*u.KMSKeyID)
	}
	if u.Type != nil {
		d.attributes().kind = *u.Type
	}
}

// Texts AWS has for MoveStage, as far as they are known: the first is recorded,
// the second quoted by an emulator.
const (
	textRemoveFrom = "The parameter RemoveFromVersionId can't be empty. " +
		"Staging label %s is currently attached to version %s, " +
		"so you must explicitly reference that version in RemoveFromVersionId."
	textWrongHolder = "When you move staging label %s, if you specify RemoveFromVersionId, " +
		"it must be set to the version that currently has the staging label %s."
	textNoTarget      = "You must provide MoveToVersionId, RemoveFromVersionId, or both."
	textRemoveCurrent = "You can't remove staging label AWSCURRENT without moving it to another version: " +
		"provide MoveToVersionId."
)

// MoveStage decides UpdateSecretVersionStage: it takes a label from one
// version and puts it on another; either may be zero. A label that is on a
// version leaves it only where from names that version. Moving AWSCURRENT puts
// AWSPREVIOUS on the version it leaves. Where the label is on its target
// already, nothing happens and the Change is zero.
func (s Secret) MoveStage(at At, label Stage, from, to VersionID) (Change, error) {
	if _, err := s.admit(OpUpdateSecretVersionStage, at.Time); err != nil {
		return Change{}, err
	}
	if err := checkStage("versionStage", label); err != nil {
		return Change{}, err
	}
	holder, held := s.Staged(label)
	if err := s.checkMove(label, holder, from, to); err != nil {
		return Change{}, err
	}
	if held && holder == to {
		return Change{}, nil
	}
	now := instant(at.Time)
	d := s.edit(now)
	switch {
	case to.IsZero():
		d.detach(label)
	case label == StageCurrent:
		d.makeCurrent(to)
	default:
		d.attach(label, to)
	}
	if len(d.stages) > maxStages {
		return Change{}, errLimit(textStages)
	}
	d.replicate(now)
	c := s.change(d)
	c.add(eventOf(OpUpdateSecretVersionStage, d, &at))
	return c, nil
}

func (s Secret) checkMove(label Stage, holder, from, to VersionID) error {
	if from.IsZero() && to.IsZero() {
		return badParameter(textNoTarget, ErrInvalidParameter)
	}
	if !to.IsZero() {
		if _, ok := s.Version(to); !ok || label == StageCurrent && s.Reserved(to) {
			return errNoVersion(to)
		}
		if holder == to && from.IsZero() {
			return nil
		}
	}
	switch {
	case from.IsZero() && !holder.IsZero():
		return badParameter(fmt.Sprintf(textRemoveFrom, label, holder), ErrStageHeld)
	case !from.IsZero() && from != holder:
		return badParameter(fmt.Sprintf(textWrongHolder, label, label), ErrStageHeld)
	case to.IsZero() && label == StageCurrent:
		return badParameter(textRemoveCurrent, ErrInvalidParameter)
	}
	return nil
}

// Read decides that a version's value was read at an instant. AWS shows the
// day only, so the Change is zero where that day is noted already.
func (s Secret) Read(at At, id VersionID) (Change, error) {
	if _, err := s.admit(OpGetSecretValue, at.Time); err != nil {
		return Change{}, err
	}
	i := s.data().indexOf(id)
	if i < 0 {
		return Change{}, errNoVersion(id)
	}
	if s.wasRead(at.Time, id) {
		return Change{}, nil
	}
	today := momentOf(day(instant(at.Time)))
	v := s.d.versions.At(i)
	d := s.touch()
	v.accessed = today
	d.versions = d.versions.Set(byID, i, v)
	if !d.accessed.set() || d.accessed < today {
		d.accessed = today
	}
	c := s.change(d)
	c.add(eventOf(OpGetSecretValue, d, &at))
	return c, nil
}

// wasRead reports whether it is noted already that a version was read on the day of an instant.
func (s Secret) wasRead(at time.Time, id VersionID) bool {
	i := s.data().indexOf(id)
	if i < 0 {
		return false
	}
	noted := s.d.versions.At(i).accessed
	return noted.set() && noted >= momentOf(day(instant(at)))
}

const textMismatch = "You provided a VersionStage that is not associated to the provided VersionId."

// Select finds the version GetSecretValue is asked for: by id, by staging
// label, by both where they agree, AWSCURRENT by default.
func (s Secret) Select(at At, id VersionID, label Stage) (VersionID, error) {
	return s.selectAt(at.Time, id, label)
}

func (s Secret) selectAt(now time.Time, id VersionID, label Stage) (VersionID, error) {
	if _, err := s.admit(OpGetSecretValue, now); err != nil {
		return VersionID{}, err
	}
	if id.IsZero() {
		if label == "" {
			label = StageCurrent
		}
		at, ok := s.Staged(label)
		if !ok || s.Reserved(at) {
			return VersionID{}, errNoStage(label)
		}
		return at, nil
	}
	if s.data().indexOf(id) < 0 || s.Reserved(id) {
		return VersionID{}, errNoVersion(id)
	}
	if label != "" {
		if at, ok := s.Staged(label); !ok || at != id {
			return VersionID{}, badRequest(textMismatch, ErrStageMismatch)
		}
	}
	return id, nil
}

// maxTags is the quota of tags on a secret.
const maxTags = 50

const textTags = "A secret can't have more than 50 tags."

// checkTags refuses tags with a key that has not 1 to 128 characters, or a value of
// more than 256.
func checkTags(tags []Tag) error {
	for _, t := range tags {
		if n := utf8.RuneCountInString(t.Key); n < 1 || n > 128 || utf8.RuneCountInString(t.Value) > 256 {
			return illegal("the tag %q has not 1 to 128 characters, or its value more than 256", t.Key)
		}
		if err := checkSystemTag(t.Key); err != nil {
			return err
		}
	}
	return nil
}

// Tag decides TagResource: tags are added, or get the new value where the key
// is there.
func (s Secret) Tag(at At, tags []Tag) (Change, error) {
	if err := s.admitTagging(OpTagResource, at.Time); err != nil {
		return Change{}, err
	}
	if err := checkTags(tags); err != nil {
		return Change{}, err
	}
	now := instant(at.Time)
	d := s.edit(now)
	if err := d.attributes().tag(tags); err != nil {
		return Change{}, err
	}
	return s.changed(OpTagResource, d, at), nil
}

func (m *attributes) tag(tags []Tag) error {
	for _, t := range tags {
		if i := slices.IndexFunc(m.tags, func(x Tag) bool { return x.Key == t.Key }); i >= 0 {
			m.tags[i].Value = t.Value
		} else {
			m.tags = append(m.tags, t)
		}
	}
	m.tagged = m.tagged || len(tags) > 0
	own := 0
	for _, t := range m.tags {
		if !strings.HasPrefix(t.Key, systemTag) {
			own++
		}
	}
	if own > maxTags {
		return errLimit(textTags)
	}
	return nil
}

// Untag decides UntagResource: tags with these keys go; a key that is not
// there is no error.
func (s Secret) Untag(at At, keys []string) (Change, error) {
	if err := s.admitTagging(OpUntagResource, at.Time); err != nil {
		return Change{}, err
	}
	for _, k := range keys {
		if err := checkSystemTag(k); err != nil {
			return Change{}, err
		}
	}
	now := instant(at.Time)
	d := s.edit(now)
	m := d.attributes()
	m.tags = slices.DeleteFunc(m.tags, func(t Tag) bool { return slices.Contains(keys, t.Key) })
	return s.changed(OpUntagResource, d, at), nil
}

// PutPolicy decides PutResourcePolicy. The policy is kept as AWS prints it; it is
// not evaluated. With blockPublic one that allows everybody is refused.
func (s Secret) PutPolicy(at At, policy Policy, blockPublic bool) (Change, error) {
	if _, err := s.admit(OpPutResourcePolicy, at.Time); err != nil {
		return Change{}, err
	}
	if policy.String() == "" {
		return Change{}, illegal("%s gets no policy", s.Name())
	}
	if blockPublic && policy.parsed.Public() {
		return Change{}, &PublicPolicyError{ErrorDetails{Message: textPublicPolicy, Reason: ErrPublicPolicy}}
	}
	now := instant(at.Time)
	d := s.edit(now)
	d.attributes().policy = policy.document
	return s.changed(OpPutResourcePolicy, d, at), nil
}

// DeletePolicy decides DeleteResourcePolicy. Without a policy it succeeds and
// changes nothing.
func (s Secret) DeletePolicy(at At) (Change, error) {
	if _, err := s.admit(OpDeleteResourcePolicy, at.Time); err != nil {
		return Change{}, err
	}
	if s.ResourcePolicy() == "" {
		return Change{}, nil
	}
	now := instant(at.Time)
	d := s.edit(now)
	d.attributes().policy = ""
	return s.changed(OpDeleteResourcePolicy, d, at), nil
}
