package secretlife

import (
	"fmt"
	"time"
)

// The recovery window of DeleteSecret, in days of 24 hours.
const (
	MinRecoveryWindowInDays     = 7
	MaxRecoveryWindowInDays     = 30
	DefaultRecoveryWindowInDays = 30
)

const windowDay = 24 * time.Hour

// Deletion tells whether a secret is to be deleted, and when. Its zero value is
// an active secret. It is opaque: a deadline without a deletion, or the
// reverse, can't be built.
type Deletion struct {
	date    moment
	purgeAt moment
	since   *counted // nil: not scheduled, or forced
	forced  bool
}

// Scheduled reports whether the secret is marked for deletion, whether or not
// its date has come.
func (d Deletion) Scheduled() bool { return d.date.set() }

// Date returns the DeletionDate in UTC, to the millisecond, and whether there
// is one. From that instant on the secret can no longer be restored.
func (d Deletion) Date() (time.Time, bool) { return d.date.get() }

// Window returns the recovery window, 0 where there is none. The secret is purged
// only when that much time has passed by count, too: see [Tally].
func (d Deletion) Window() time.Duration {
	if d.since == nil {
		return 0
	}
	return d.since.period
}

// PurgeAt returns when the background purges the secret at the earliest: the
// DeletionDate plus the purge delay of the [Manager] that deleted it. By a real
// clock that is a thousandth of the window and some minutes at least, so that all
// of the window has surely passed.
func (d Deletion) PurgeAt() (time.Time, bool) { return d.purgeAt.get() }

// Forced reports whether the secret was deleted without recovery.
func (d Deletion) Forced() bool { return d.forced }

// String describes the deletion for people.
func (d Deletion) String() string {
	date, ok := d.Date()
	switch {
	case !ok:
		return "not scheduled"
	case d.forced:
		return "forced at " + date.Format(time.RFC3339Nano)
	}
	return "scheduled for " + date.Format(time.RFC3339Nano)
}

// DeletionMode is how DeleteSecret was asked to delete: with a recovery window
// or by force. It is made by [ParseDeletionMode]; its zero value is the default
// window of 30 days.
type DeletionMode struct {
	days  int8
	force bool
}

// ParseDeletionMode reads the two parameters of DeleteSecret, nil for one that
// is not given. The range of the window is checked before the combination, so
// that a window of 0 with force is the range error, as on AWS; force=false with
// a window is a window. The error is an [*InvalidParameterError] that wraps
// [ErrRecoveryWindow] or [ErrWindowWithForce].
func ParseDeletionMode(recoveryWindowInDays *int64, forceDeleteWithoutRecovery *bool) (DeletionMode, error) {
	force := forceDeleteWithoutRecovery != nil && *forceDeleteWithoutRecovery
	if recoveryWindowInDays == nil {
		return DeletionMode{force: force}, nil
	}
	days := *recoveryWindowInDays
	switch {
	case days < MinRecoveryWindowInDays || days > MaxRecoveryWindowInDays:
		return DeletionMode{}, errRecoveryWindow()
	case force:
		return DeletionMode{}, errWindowWithForce()
	}
	return DeletionMode{days: int8(days)}, nil
}

// Days is a helper for the optional window of [DeleteSecretInput].
func Days(n int64) *int64 { return &n }

// Forced reports whether the secret is to be deleted without recovery.
func (m DeletionMode) Forced() bool { return m.force }

// Window returns the recovery window, 0 when forced.
func (m DeletionMode) Window() time.Duration {
	switch {
	case m.force:
		return 0
	case m.days == 0:
		return DefaultRecoveryWindowInDays * windowDay
	}
	return time.Duration(m.days) * windowDay
}

// Phase is where a secret stands in its life, as far as the operations treat
// it differently.
type Phase uint8

// The phases. A secret that is not there, never created or purged, is Purged.
const (
	Purged Phase = iota
	Active
	ScheduledForDeletion
	AwaitingPurge
	ReplicaSecret
	PrimaryWithReplicas
)

// Phases returns all phases, in the order of the table in docs/lifecycle.md.
func Phases() []Phase {
	return []Phase{Active, ScheduledForDeletion, AwaitingPurge, ReplicaSecret, PrimaryWithReplicas, Purged}
}

// String returns the phase's name.
func (p Phase) String() string {
	switch p {
	case Purged:
		return "Purged"
	case Active:
		return "Active"
	case ScheduledForDeletion:
		return "ScheduledForDeletion"
	case AwaitingPurge:
		return "AwaitingPurge"
	case ReplicaSecret:
		return "Replica"
	case PrimaryWithReplicas:
		return "PrimaryWithReplicas"
	}
	return fmt.Sprintf("Phase(%d)", uint8(p))
}

// Phase returns where the secret stands at an instant. The instant matters for
// scheduled secrets only: from the DeletionDate on they await their purge.
func (s Secret) Phase(now time.Time) Phase {
	d := s.data()
	switch {
	case s.IsZero():
		return Purged
	case d.deletion.Scheduled():
		if d.deletion.forced || !now.Before(d.deletion.date.time()) {
			return AwaitingPurge
		}
		return ScheduledForDeletion
	case !s.attrs().primary.IsZero():
		return ReplicaSecret
	case len(s.attrs().replicas) > 0:
		return PrimaryWithReplicas
	}
	return Active
}

// Transition is one arrow of the state diagram.
type Transition struct {
	From, To Phase
	// By is what causes it: an operation's name or the background.
	By string
}

// Transitions returns every way from one phase of a secret's life to another.
func Transitions() []Transition {
	const background = "time and the purger"
	return []Transition{
		{Purged, Active, "CreateSecret"},
		{Purged, PrimaryWithReplicas, "CreateSecret with AddReplicaRegions"},
		{Purged, ReplicaSecret, "ReplicateSecretToRegions on the primary"},
		{Active, ScheduledForDeletion, "DeleteSecret"},
		{Active, AwaitingPurge, "DeleteSecret by force"},
		{ScheduledForDeletion, Active, "RestoreSecret"},
		{ScheduledForDeletion, AwaitingPurge, "DeleteSecret by force"},
		{ScheduledForDeletion, AwaitingPurge, "the DeletionDate"},
		{AwaitingPurge, Purged, background},
		{Active, PrimaryWithReplicas, "ReplicateSecretToRegions"},
		{PrimaryWithReplicas, Active, "RemoveRegionsFromReplication, StopReplicationToReplica"},
		{ReplicaSecret, Active, "StopReplicationToReplica"},
		{ReplicaSecret, Purged, "RemoveRegionsFromReplication on the primary"},
		{Active, ReplicaSecret, "ReplicateSecretToRegions with ForceOverwriteReplicaSecret"},
	}
}

// Delete decides DeleteSecret: it marks the secret for deletion at the instant plus
// the window, or at once by force. delay is how long after the DeletionDate the
// background comes. A secret that is scheduled is refused without force, with
// its date unchanged; force moves its date to the instant; one that already awaits its
// purge stays as it is, and the Change is zero. Primaries with replicas and
// replicas are refused in either mode.
func (s Secret) Delete(at At, mode DeletionMode, delay time.Duration) (Change, error) {
	now := instant(at.Time)
	rule, err := s.admit(OpDeleteSecret, now)
	switch {
	case err != nil:
		return Change{}, err
	case rule == ForceSucceeds: // there is nothing to change; the caller answers
		return Change{}, errNotFound()
	case rule != Allowed && !mode.force:
		return Change{}, s.refuse(RefusedMarked)
	case rule == ForceHasNoEffect:
		return Change{}, nil
	}
	d := s.edit(now)
	// Never earlier than asked: where the clock went back since the last
	// change, the window still counts from the present.
	date := now.Add(mode.Window())
	d.deletion = Deletion{date: momentOf(date), purgeAt: momentOf(date.Add(max(delay, 0))), forced: mode.force}
	if !mode.force {
		d.deletion.purgeAt = momentOf(date.Add(max(delay, at.Tally.slack(mode.Window()))))
		d.deletion.since = &counted{mode.Window(), at.began()}
	}
	c := s.change(d)
	c.expect(d)
	e := eventOf(OpDeleteSecret, d, now)
	e.call = &call{due: d.deletion.date, force: mode.force}
	c.add(e)
	if !s.Deletion().Scheduled() {
		c.addVersions(startVersionDelete, d, now)
	}
	return c, nil
}

// Restore decides RestoreSecret: it takes the mark away and gives back the
// secret as it was. From the DeletionDate on it is refused as if the secret
// were gone, wrapping [ErrRecoveryWindowOver]. A date that came although the
// window has not passed by count, as by a wrong clock, refuses nothing. On an
// active secret it does nothing, and the Change is zero.
func (s Secret) Restore(at At) (Change, error) {
	now := instant(at.Time)
	rule, err := s.admit(OpRestoreSecret, now)
	if rule == RefusedWindowOver && !at.Tally.spent(s.Deletion()) {
		rule, err = OpRestoreSecret.Rule(ScheduledForDeletion), nil
	}
	if err != nil || rule == NoEffect {
		return Change{}, err
	}
	d := s.edit(now)
	d.deletion = Deletion{}
	c := s.change(d)
	c.expect(d)
	c.add(eventOf(OpRestoreSecret, d, now))
	c.addVersions(cancelVersionDelete, d, now)
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
	if c := s.data().deletion.since; c != nil {
		return at.Tally.missing(*c)
	}
	return 0
}

// recount decides that a deletion which began by another tally goes on by this one.
func (s Secret) recount(at At) Change {
	d := s.touch()
	d.deletion.since = d.deletion.since.again(at)
	c := s.change(d)
	c.add(event(deletionRecounted, d, instant(at.Time)))
	return c
}

// purge ends the secret whatever its phase.
func (s Secret) purge(now time.Time) Change {
	c, last := s.change(nil), s.touch()
	c.expect(last)
	if !s.Deletion().Scheduled() {
		c.addVersions(startVersionDelete, last, now)
	}
	c.addVersions(endVersionDelete, last, now)
	c.add(event(secretPurged, last, now))
	return c
}
