package secretlife

import (
	"fmt"
	"time"
)

// Creation is all that makes a new secret. What is random in it is drawn by the
// caller.
type Creation struct {
	ARN         ARN         // with the random characters: see [Key.ARN]
	Incarnation Incarnation // random
	VersionID   VersionID   // of the first version; without one, Value is zero
	Value       Value
	Description string
	KMSKeyID    string
	Type        string
	Tags        []Tag
	Replicas    []Replica // each with the Region, and the KMSKeyID if it has its own
	Overwrite   bool      // ForceOverwriteReplicaSecret
	// Ordinal is the secret's place among those of its account and Region that were created
	// at the same instant: above that of each that was there before. Lists by creation date
	// have them in this order, so that they are in the order of creation even if the clock
	// stands still. Secrets that are created concurrently may have the same one.
	Ordinal uint32
}

// NewSecret decides CreateSecret at an instant where there is no secret of this name. A store
// commits its Change only if the name is free; [Manager.CreateSecret] decides for a name that is
// taken.
//
// A Creation with a member that is missing or that no operation could give is
// refused with [ErrInvalidParameter].
func NewSecret(at At, c Creation) (Change, error) {
	if err := c.check(at.Time); err != nil {
		return Change{}, err
	}
	if err := checkTargets(c.ARN.region, c.Replicas); err != nil {
		return Change{}, err
	}
	now := instant(at.Time)
	d := &secretData{
		id: &identity{
			scope:       scopeOf(c.ARN.account, c.ARN.region),
			name:        c.ARN.name,
			suffix:      c.ARN.suffix,
			incarnation: c.Incarnation,
			created:     momentOf(now),
			ordinal:     c.Ordinal,
		},
		revision: 1,
		changed:  momentOf(now),
	}
	owner := c.ARN.name.owningService()
	if c.Description != "" || c.KMSKeyID != "" || c.Type != "" || len(c.Tags) > 0 || len(c.Replicas) > 0 ||
		owner != "" {
		m := d.attributes()
		m.description, m.kmsKeyID, m.kind = c.Description, c.KMSKeyID, c.Type
		if err := m.tag(c.Tags); err != nil {
			return Change{}, err
		}
		if owner != "" {
			m.tags, m.tagged = append(m.tags, Tag{ownerTag, owner}), true
		}
		m.addReplicas(now, c.Replicas, c.Overwrite)
	}
	d.protectNew(at)
	ch := Secret{}.change(d)
	if !c.Value.IsZero() {
		d.versions = versions{}.Append(byID, Version{id: c.VersionID, created: momentOf(now)})
		d.stages = []staged{{StageCurrent, c.VersionID}}
		ch.values = []VersionValue{{c.VersionID, c.Value}}
	}
	e := eventOf(OpCreateSecret, d, &at)
	e.version = c.VersionID
	ch.events = []Event{e}
	return ch, nil
}

// check refuses what no sequence of operations could lead to.
func (c Creation) check(now time.Time) error {
	switch {
	case now.IsZero():
		return illegal("a secret is created at no time")
	case c.ARN.IsZero():
		return illegal("a secret is created without an ARN")
	case c.ARN.partition != c.ARN.region.partition():
		return illegal("%s is created in another partition than its Region's", c.ARN)
	case c.Incarnation.IsZero():
		return illegal("%s is created without an incarnation", c.ARN.name)
	case c.Value.IsZero() != c.VersionID.IsZero():
		return illegal("%s is created with a value and no version, or the reverse", c.ARN.name)
	}
	if err := checkTags(c.Tags); err != nil {
		return err
	}
	return c.Value.check()
}

// createAgain decides CreateSecret where the secret s has the name already. It
// is refused, unless it repeats the call that made s: the same token as one of
// its versions with the same content. Then the secret stays as it is. stored
// is the value of that version, where s has it.
func (s Secret) createAgain(at At, token VersionID, value, stored Value) error {
	rule, err := s.admit(OpCreateSecret, at.Time)
	if rule != RuleExists {
		return err
	}
	if _, ok := s.Version(token); ok && !value.IsZero() {
		if stored.Equal(value) {
			return nil
		}
		return s.errTokenInUse(token)
	}
	return err
}

// Delete decides DeleteSecret: it marks the secret for deletion at the instant plus
// the window, or at once by force. delay is how long after the DeletionDate the
// background comes. A secret that is scheduled is refused without force, with
// its date unchanged; force moves its date to the instant; one that already awaits its
// purge stays as it is, and the Change is zero. Replicas, primaries with replicas, and secrets
// with a hold ([ErrHeld]) are refused in either mode. What the protection of the secret does not
// allow is refused with [ErrProtected].
func (s Secret) Delete(at At, mode DeletionMode, delay time.Duration) (Change, error) {
	if mode.days == noWindow {
		return Change{}, badParameter(textWindow, ErrRecoveryWindow)
	}
	now := instant(at.Time)
	rule, err := s.admit(OpDeleteSecret, at.Time)
	switch {
	case err != nil:
		return Change{}, err
	case rule == RuleForceSucceeds: // there is nothing to change; the caller responds
		return Change{}, errNotFound()
	case rule != RuleAllowed && !mode.force:
		return Change{}, s.refuse(RuleMarked)
	}
	if err := s.admitDestruction(at); err != nil {
		return Change{}, err
	}
	if rule == RuleForceNoEffect {
		return Change{}, nil
	}
	if err := s.admitDeletion(at, mode); err != nil {
		return Change{}, err
	}
	d := s.edit(now)
	// Never earlier than asked: where the clock went back since the last
	// change, the window still counts from the present.
	date := now.Add(mode.Window())
	del := Deletion{date: momentOf(date), purgeAt: momentOf(date.Add(max(delay, 0))), forced: mode.force}
	if !mode.force {
		del.purgeAt = momentOf(date.Add(max(delay, at.Tally.slack(mode.Window()))))
		del.since = counted{mode.Window(), at.began()}
	}
	d.deletion = &del
	c := s.change(d)
	c.expect(d)
	e := eventOf(OpDeleteSecret, d, &at)
	e.call = &call{caller: at.Account, due: del.date, days: int64(mode.days), force: mode.force}
	c.add(e)
	if !s.Deletion().Scheduled() {
		c.addVersions(EventStartSecretVersionDelete, d, now)
	}
	return c, nil
}

// isForOwner reports whether AWS lets only the service that owns a secret make a change:
// it "might also restrict you from updating secrets or deleting them without a recovery
// period" ("Secrets managed by other AWS services", Secrets Manager user guide).
func (s Secret) isForOwner(op Operation, c Change) bool {
	switch op {
	case OpUpdateSecret, OpPutSecretValue, OpUpdateSecretVersionStage:
		return s.OwningService() != ""
	case OpDeleteSecret:
		return s.OwningService() != "" && c.next.Deletion().Forced()
	}
	return false
}

// errOwned is what others than the owning service get.
func (s Secret) errOwned() error {
	return &InvalidRequestError{ErrorDetails{Message: textOwned, Reason: ErrOwnedByService, ARN: s.ARN().String()}}
}

// textOwned is the heading of the user guide's page; AWS's text is not known.
const textOwned = "This secret is managed by an AWS service, and you must use that service to update it."

// admitTagging refuses to change the tags of a secret that an AWS service owns: reported
// by floci-io/floci #2378.
func (s Secret) admitTagging(op Operation, now time.Time) error {
	if _, err := s.admit(op, now); err != nil {
		return err
	}
	if s.OwningService() != "" {
		return s.errOwned()
	}
	return nil
}

// Restore decides RestoreSecret: it takes the mark away and gives back the
// secret as it was. From the DeletionDate on it is refused as if the secret
// were gone, wrapping [ErrRecoveryWindowOver]. A date that came although the
// window has not passed by count, as by a wrong clock, refuses nothing. A secret that a hold keeps
// can be restored whatever its date, even one that was deleted by force. On an
// active secret it does nothing, and the Change is zero.
func (s Secret) Restore(at At) (Change, error) {
	now := instant(at.Time)
	rule, err := s.admit(OpRestoreSecret, at.Time)
	if rule == RuleWindowOver && (!at.Tally.spent(s.Deletion()) || s.guard().heldFor(at) > 0) {
		rule, err = OpRestoreSecret.Rule(PhaseScheduledForDeletion), nil
	}
	if err != nil || rule == RuleNoEffect {
		return Change{}, err
	}
	d := s.edit(now)
	d.deletion = nil
	c := s.change(d)
	c.expect(d)
	c.add(eventOf(OpRestoreSecret, d, &at))
	c.addVersions(EventCancelSecretVersionDelete, d, now)
	return c, nil
}

// Purge decides that the secret ends: its values, versions, labels, policy and
// tags go, and only events remain. It is refused with [ErrNotDue] unless the
// secret is marked for deletion, its date, with the delay of the purge, has come,
// its window has passed by the count of the tally, and no hold keeps it.
func (s Secret) Purge(at At) (Change, error) {
	due, ok := s.Deletion().PurgeAt()
	if !ok || at.Time.Before(due) || s.waits(at) > 0 {
		return Change{}, ErrNotDue
	}
	return s.purge(instant(at.Time)), nil
}

// waits returns how much of the recovery window is not proven to have passed, or of its
// longest hold: at or below zero where the secret can be purged when its date has come.
func (s Secret) waits(at At) time.Duration {
	held := s.guard().heldFor(at)
	if c := s.Deletion().since; c != (counted{}) {
		return max(held, at.Tally.missing(c))
	}
	return held
}

// foreign reports whether the deletion of the secret, or a hold, began by another tally.
func (s Secret) foreign(t Tally) bool {
	since := s.Deletion().since
	return since != (counted{}) && since.foreign(t) || s.guard().foreign(t)
}

// recount decides that what began by another tally goes on by this one.
func (s Secret) recount(at At) Change {
	d := s.touch()
	d.goOn(func(c counted) counted {
		if c.foreign(at.Tally) {
			return c.again(at)
		}
		return c
	})
	c := s.change(d)
	c.add(event(EventDeletionRecounted, d, instant(at.Time)))
	return c
}

// goOn lets the recovery window, and what keeps the secret, go on by other counts.
func (d *secretData) goOn(next func(counted) counted) {
	if d.deletion != nil && d.deletion.since != (counted{}) {
		del := *d.deletion // other states share it
		del.since = next(del.since)
		d.deletion = &del
	}
	if d.more != nil && d.more.guard != nil {
		m := d.attributes()
		m.guard = m.guard.goOn(next)
	}
}

// purge ends the secret whatever its phase.
func (s Secret) purge(now time.Time) Change {
	c, last := s.change(nil), s.touch()
	c.expect(last)
	if !s.Deletion().Scheduled() {
		c.addVersions(EventStartSecretVersionDelete, last, now)
	}
	c.addVersions(EventEndSecretVersionDelete, last, now)
	c.add(event(EventSecretPurged, last, now))
	return c
}

// Missing returns how much time has to be counted until a secret can be purged, if
// its DeletionDate has come and no hold without an end keeps it; 0 where none is missing.
func (t Tally) Missing(s Secret) time.Duration { return max(s.waits(At{Tally: t}), 0) }

// Age returns how much time is proven to have passed since the secret was
// scheduled for deletion; 0 for one that is not.
func (t Tally) Age(s Secret) time.Duration {
	if c := s.Deletion().since; c != (counted{}) {
		return max(t.t.Age(c.stamp), 0)
	}
	return 0
}

// Carry returns the secret with the age that its recovery window, and its holds, have reached
// by this tally, for another store that counts with a tally of its own.
func (t Tally) Carry(s Secret) Secret {
	if s.IsZero() {
		return s
	}
	d := *s.d
	d.goOn(func(c counted) counted { return c.carried(t) })
	return Secret{&d}
}

// ImportSecret returns the change that puts a secret into a store as another
// store had it: with its ARN, incarnation, revision, dates, versions and labels.
// at is the present of the store it is put into, see [Manager.At]. A recovery
// window goes on there with the age it had, as [Tally.Carry] noted it.
// It is for tools that copy secrets from store to store, and not an operation of the
// service: nothing is decided, no event is saved with it, and it is refused
// by the store with [ErrConflict] where the name is taken.
//
// The secret comes from the other store or from fromStored, which checked it.
// There must be one value for each of its versions, but none for those that
// [Secret.Reserved] names, and for no others. What is wrong is an
// [ErrInvalidParameter].
func ImportSecret(at At, s Secret, values []VersionValue) (Change, error) {
	if s.IsZero() {
		return Change{}, fmt.Errorf("secretlife: import of no secret: %w", ErrInvalidParameter)
	}
	wrong := func(format string, args ...any) error {
		return fmt.Errorf(
			"secretlife: import of %s: %s: %w", s.ARN(), fmt.Sprintf(format, args...), ErrInvalidParameter,
		)
	}
	given := make(map[VersionID]bool, len(values))
	for _, v := range values {
		if _, ok := s.Version(v.ID); !ok || s.Reserved(v.ID) {
			return Change{}, wrong("version %s has no value there", v.ID)
		}
		if given[v.ID] {
			return Change{}, wrong("version %s has two values", v.ID)
		}
		if v.Value.IsZero() || v.Value.check() != nil {
			return Change{}, wrong("version %s has a value that no secret can have", v.ID)
		}
		given[v.ID] = true
	}
	for _, v := range s.d.versions.All() {
		if !given[v.id] && !s.Reserved(v.id) {
			return Change{}, wrong("version %s has no value", v.id)
		}
	}
	if s.foreign(at.Tally) {
		next := *s.recount(at).next.d
		next.revision = s.Revision()
		s = Secret{&next}
	}
	return Change{on: s.identity(), next: s, values: append([]VersionValue{}, values...)}, nil
}

// ImportEvents returns the change that appends events to a store's, as another
// store had them, of whichever secrets they tell, or of none. It changes no secret.
// Like any change it is about one key, that of the first event, where there must not
// be a secret: so events are imported before secrets. Where the store is empty and
// gets all events of the other in order, they have the same sequence numbers.
//
// Without events, and with one that has no account, the error is an
// [ErrInvalidParameter].
func ImportEvents(events []Event) (Change, error) {
	if len(events) == 0 {
		return Change{}, fmt.Errorf("secretlife: import of no events: %w", ErrInvalidParameter)
	}
	for _, e := range events {
		if e.Key().Account.s == "" {
			return Change{}, fmt.Errorf(
				"secretlife: import of event %d, which is of no account: %w", e.seq, ErrInvalidParameter,
			)
		}
	}
	return Change{on: events[0].on, events: append([]Event{}, events...)}, nil
}
