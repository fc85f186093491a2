package secretlife

import (
	"time"

	"github.com/secretlife-go/secretlife/internal/tally"
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
	ch := Secret{}.change(d)
	if !c.Value.IsZero() {
		d.versions = versions{}.Append(Version.key, Version{id: c.VersionID, created: momentOf(now)})
		d.stages = []staged{{StageCurrent, c.VersionID}}
		ch.values = []VersionValue{{c.VersionID, c.Value}}
	}
	e := eventOf(OpCreateSecret, d, at)
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
// purge stays as it is, and the Change is zero. Primaries with replicas and
// replicas are refused in either mode.
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
	case rule == RuleForceNoEffect:
		return Change{}, nil
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
	e := eventOf(OpDeleteSecret, d, at)
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

// Restore decides RestoreSecret: it takes the mark away and gives back the
// secret as it was. From the DeletionDate on it is refused as if the secret
// were gone, wrapping [ErrRecoveryWindowOver]. A date that came although the
// window has not passed by count, as by a wrong clock, refuses nothing. On an
// active secret it does nothing, and the Change is zero.
func (s Secret) Restore(at At) (Change, error) {
	now := instant(at.Time)
	rule, err := s.admit(OpRestoreSecret, at.Time)
	if rule == RuleWindowOver && !at.Tally.spent(s.Deletion()) {
		rule, err = OpRestoreSecret.Rule(PhaseScheduledForDeletion), nil
	}
	if err != nil || rule == RuleNoEffect {
		return Change{}, err
	}
	d := s.edit(now)
	d.deletion = nil
	c := s.change(d)
	c.expect(d)
	c.add(eventOf(OpRestoreSecret, d, at))
	c.addVersions(EventCancelSecretVersionDelete, d, now)
	return c, nil
}

// Purge decides that the secret ends: its values, versions, labels, policy and
// tags go, and only events remain. It is refused with [ErrNotDue] unless the
// secret is marked for deletion, its date, with the delay of the purge, has come,
// and its window has passed by the count of the tally.
func (s Secret) Purge(at At) (Change, error) {
	due, ok := s.Deletion().PurgeAt()
	if !ok || at.Time.Before(due) || s.waits(at) > 0 {
		return Change{}, ErrNotDue
	}
	return s.purge(instant(at.Time)), nil
}

// waits returns how much of the recovery window is not proven to have passed: at
// or below zero where the secret can be purged when its date has come.
func (s Secret) waits(at At) time.Duration {
	if c := s.Deletion().since; c != (counted{}) {
		return at.Tally.missing(c)
	}
	return 0
}

// recount decides that a deletion which began by another tally goes on by this one.
func (s Secret) recount(at At) Change {
	d := s.touch()
	d.goOn(d.deletion.since.again(at))
	c := s.change(d)
	c.add(event(EventDeletionRecounted, d, instant(at.Time)))
	return c
}

// goOn lets the recovery window go on by another count.
func (d *secretData) goOn(c counted) {
	del := *d.deletion // other states share it
	del.since = c
	d.deletion = &del
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
// its DeletionDate has come; 0 where none is missing.
func (t Tally) Missing(s Secret) time.Duration { return max(s.waits(At{Tally: t}), 0) }

// Age returns how much time is proven to have passed since the secret was
// scheduled for deletion; 0 for one that is not.
func (t Tally) Age(s Secret) time.Duration {
	if c := s.Deletion().since; c != (counted{}) {
		return max(t.t.Age(c.stamp), 0)
	}
	return 0
}

// Carry returns the secret with the age that its recovery window has reached by
// this tally, for another store that counts with a tally of its own.
func (t Tally) Carry(s Secret) Secret {
	c := s.Deletion().since
	if c == (counted{}) {
		return s
	}
	d := *s.d
	d.goOn(counted{c.period, tally.Stamp{Had: t.Age(s)}})
	return Secret{&d}
}
