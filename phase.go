package secretlife

import (
	"fmt"
	"slices"
	"time"
)

const windowDay = 24 * time.Hour

// Deletion tells whether a secret is to be deleted, and when. Its zero value is
// an active secret. It is opaque: a deadline without a deletion, or the
// reverse, can't be built. Deletions compare with ==.
type Deletion struct {
	date    moment
	purgeAt moment
	since   counted // zero: not scheduled, or forced
	forced  bool
}

// Scheduled reports whether the secret is marked for deletion, whether or not
// its date has come.
func (d Deletion) Scheduled() bool { return d.date.set() }

// Date returns the DeletionDate in UTC, to the millisecond, and whether there
// is one. From that instant on the secret can't be restored, if its
// window has passed by counted time, too: see [Secret.Restore].
func (d Deletion) Date() (time.Time, bool) { return d.date.get() }

// DeletedDate returns when the deletion was asked for, in UTC, to the millisecond,
// and whether it was: what AWS shows as DeletedDate. It is the DeletionDate less the
// recovery window.
func (d Deletion) DeletedDate() (time.Time, bool) {
	date, ok := d.Date()
	return date.Add(-d.Window()), ok
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

// Phase is where a secret stands in its life, as far as the operations treat
// it differently.
type Phase uint8

// The phases. A secret that is not there, never created or purged, is Purged.
const (
	PhasePurged Phase = iota
	PhaseActive
	PhaseScheduledForDeletion
	PhaseAwaitingPurge
	PhaseReplica
	PhasePrimaryWithReplicas
)

// Phases returns all phases, in the order of the table in docs/lifecycle.md.
func Phases() []Phase {
	return []Phase{
		PhaseActive, PhaseScheduledForDeletion, PhaseAwaitingPurge, PhaseReplica, PhasePrimaryWithReplicas, PhasePurged,
	}
}

// String returns the phase's name.
func (p Phase) String() string {
	switch p {
	case PhasePurged:
		return "Purged"
	case PhaseActive:
		return "Active"
	case PhaseScheduledForDeletion:
		return "ScheduledForDeletion"
	case PhaseAwaitingPurge:
		return "AwaitingPurge"
	case PhaseReplica:
		return "Replica"
	case PhasePrimaryWithReplicas:
		return "PrimaryWithReplicas"
	}
	return fmt.Sprintf("Phase(%d)", uint8(p))
}

// MarshalText implements [encoding.TextMarshaler]: it returns what String does.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses what is not the name of
// a phase with [ErrInvalidParameter].
func (p *Phase) UnmarshalText(text []byte) (err error) {
	*p, err = oneOf(string(text), Phases())
	return err
}

// transition is one arrow of the state diagram.
type transition struct {
	From, To Phase
	// By is what causes it: an operation's name or the background.
	By string
}

// transitions returns every way from one phase of a secret's life to another.
func transitions() []transition {
	const background = "time and the purger"
	return []transition{
		{PhasePurged, PhaseActive, "CreateSecret"},
		{PhasePurged, PhasePrimaryWithReplicas, "CreateSecret with AddReplicaRegions"},
		{PhasePurged, PhaseReplica, "ReplicateSecretToRegions on the primary"},
		{PhaseActive, PhaseScheduledForDeletion, "DeleteSecret"},
		{PhaseActive, PhaseAwaitingPurge, "DeleteSecret by force"},
		{PhaseScheduledForDeletion, PhaseActive, "RestoreSecret"},
		{PhaseScheduledForDeletion, PhaseAwaitingPurge, "DeleteSecret by force"},
		{PhaseScheduledForDeletion, PhaseAwaitingPurge, "the DeletionDate"},
		{PhaseAwaitingPurge, PhasePurged, background},
		{PhaseActive, PhasePrimaryWithReplicas, "ReplicateSecretToRegions"},
		{PhasePrimaryWithReplicas, PhaseActive, "RemoveRegionsFromReplication, StopReplicationToReplica"},
		{PhaseReplica, PhaseActive, "StopReplicationToReplica"},
		{PhaseReplica, PhasePurged, "RemoveRegionsFromReplication on the primary"},
		{PhaseActive, PhaseReplica, "ReplicateSecretToRegions with ForceOverwriteReplicaSecret"},
	}
}

// The recovery window of DeleteSecret, in days of 24 hours.
const (
	MinRecoveryWindowInDays     = 7
	MaxRecoveryWindowInDays     = 30
	DefaultRecoveryWindowInDays = 30
)

// Window returns the recovery window, 0 if it is not scheduled. The secret is purged
// only when that much time has passed by count, too: see [Tally].
func (d Deletion) Window() time.Duration {
	return d.since.period
}

// DeletionMode is how DeleteSecret was asked to delete: with a recovery window
// or by force. It is made by [Window], [Force] and [ParseDeletionMode]; its zero value is
// the default window of 30 days.
type DeletionMode struct {
	days  int8
	force bool
}

// Window is the deletion with a recovery window of 7 to 30 days of 24 hours. Any other
// number makes a mode that [Secret.Delete] refuses with [ErrRecoveryWindow].
func Window(days int64) DeletionMode {
	if days < MinRecoveryWindowInDays || days > MaxRecoveryWindowInDays {
		return DeletionMode{days: noWindow}
	}
	return DeletionMode{days: int8(days)}
}

// Force is the deletion without recovery.
func Force() DeletionMode { return DeletionMode{force: true} }

// noWindow is for a number of days that is not a recovery window.
const noWindow = -1

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
		return DeletionMode{}, badParameter(textWindow, ErrRecoveryWindow)
	case force:
		return DeletionMode{}, badParameter(textBoth, ErrWindowWithForce)
	}
	return DeletionMode{days: int8(days)}, nil
}

// Days is a helper for the optional window of [DeleteSecretInput].
func Days(n int64) *int64 { return &n }

// Forced reports whether the secret is to be deleted without recovery.
func (m DeletionMode) Forced() bool { return m.force }

// Window returns the recovery window, 0 when forced or without a window.
func (m DeletionMode) Window() time.Duration {
	switch {
	case m.force || m.days == noWindow:
		return 0
	case m.days == 0:
		return DefaultRecoveryWindowInDays * windowDay
	}
	return time.Duration(m.days) * windowDay
}

// Texts AWS has for the parameters of DeleteSecret.
const (
	textWindow = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
	textBoth   = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
)

// Hold keeps a secret's value: while a secret has a hold, nothing destroys the value. It is
// beyond AWS: see [Manager.PlaceHold].
type Hold struct {
	// Name tells the holds of a secret apart: 1 to 64 letters, digits or any of "._:/@-".
	Name string
	// Reason says what the hold is for, in up to 2,048 characters. Events show it, so it must
	// not be secret.
	Reason string
	// PlacedBy is the principal that placed it, "" if that is not known.
	PlacedBy string
	// Since is when it was placed.
	Since time.Time
	// Until is when it ends by itself; zero if it lasts until it is released.
	Until time.Time
	// ReleasedBy is the principal that asked for its release, and ReleaseAt is when the release
	// takes effect. Both are zero for a hold that nobody asked to release.
	ReleasedBy string
	ReleaseAt  time.Time
}

// hold is a [Hold] as a secret has it.
type hold struct {
	name, reason string
	by           string
	since        moment
	until        countdown // zero: no end
	releasedBy   string
	release      countdown // zero: no release was asked for
}

// forever is longer than any hold with an end.
const forever time.Duration = 1<<63 - 1

// left returns how long the hold goes on at least: forever if nothing ends it, at or below zero
// if it is over.
func (h hold) left(at At) time.Duration {
	least := forever
	for _, end := range []countdown{h.until, h.release} {
		if end != (countdown{}) {
			least = min(least, end.left(at))
		}
	}
	return least
}

// due returns when the hold is over if all clocks are right, and whether it ever is.
func (h hold) due() (moment, bool) {
	switch {
	case h.until == (countdown{}):
		return h.release.due, h.release != (countdown{})
	case h.release == (countdown{}):
		return h.until.due, true
	}
	return min(h.until.due, h.release.due), true
}

func (h hold) public() Hold {
	return Hold{
		Name: h.name, Reason: h.reason, PlacedBy: h.by, Since: h.since.time(), Until: orZero(h.until.date.get()),
		ReleasedBy: h.releasedBy, ReleaseAt: orZero(h.release.date.get()),
	}
}

// Protection limits how a secret may be deleted. It is beyond AWS: see [Manager.ProtectSecret]
// and [Options].Protection. The zero value limits nothing.
type Protection struct {
	// NoForce refuses to delete the secret without a recovery window.
	NoForce bool
	// MinimumWindow is the shortest recovery window, in days, that the secret may be deleted
	// with: 7 to 30, or 0 for no limit. With a limit force is refused, too.
	MinimumWindow int
	// CoolingOff is how long the protection may be lowered after it was set, up to 30 days.
	CoolingOff time.Duration
	// Final is when that time is over, from which on the protection can only be raised. It is
	// zero without protection, and ignored in requests.
	Final time.Time
}

// Refuses reports whether the protection refuses a deletion.
func (p Protection) Refuses(mode DeletionMode) bool { return p.limits().refuses(mode) }

// limits are the part of a [Protection] that refuses something.
type limits struct {
	noForce bool
	window  int8 // in days; 0: none
}

func (p Protection) limits() limits { return limits{p.NoForce, int8(p.MinimumWindow)} }

// with returns the stronger of both, limit by limit.
func (l limits) with(o limits) limits { return limits{l.noForce || o.noForce, max(l.window, o.window)} }

// refuses reports whether the limits refuse a deletion.
func (l limits) refuses(mode DeletionMode) bool {
	if mode.force {
		return l.noForce || l.window > 0
	}
	return mode.Window() < time.Duration(l.window)*windowDay
}

// protection is a [Protection] as a secret has it. Its zero value limits nothing.
type protection struct {
	limits
	// floor is what the limits can't be lowered below before they are final.
	floor limits
	// lock is when the limits become final, and cooling is until then.
	lock    moment
	cooling counted
}

// final reports whether the limits can no longer be lowered. A clock that is ahead makes them
// final early, and one that is behind does not make them final late: that keeps values.
func (p protection) final(at At) bool {
	return !instant(at.Time).Before(p.lock.time()) || at.Tally.missing(p.cooling) <= 0
}

func (p protection) public() Protection {
	if p.limits == (limits{}) {
		return Protection{}
	}
	return Protection{p.noForce, int(p.window), p.cooling.period, orZero(p.lock.get())}
}

// guard is what keeps a secret's value: its holds, in the order in which they were placed, and
// its protection. It is never changed once a secret has it.
type guard struct {
	holds      []hold
	protection protection
}

// heldFor returns how long holds keep the value at least: forever if nothing ends them, at or
// below zero without one.
func (g *guard) heldFor(at At) time.Duration {
	var most time.Duration
	for _, h := range g.holds {
		most = max(most, h.left(at))
	}
	return most
}

// due returns when all holds are over if all clocks are right, not set without any, and
// whether they ever are.
func (g *guard) due() (latest moment, ends bool) {
	for _, h := range g.holds {
		at, ends := h.due()
		if !ends {
			return 0, false
		}
		latest = max(latest, at)
	}
	return latest, true
}

// foreign reports whether something of it counts by another tally.
func (g *guard) foreign(t Tally) bool {
	return slices.ContainsFunc(g.counts(), func(c *counted) bool { return *c != (counted{}) && c.foreign(t) })
}

// goOn returns the guard with other counts.
func (g *guard) goOn(next func(counted) counted) *guard {
	out := guard{slices.Clone(g.holds), g.protection}
	for _, c := range out.counts() {
		if *c != (counted{}) {
			*c = next(*c)
		}
	}
	return &out
}

func (g *guard) counts() []*counted {
	out := []*counted{&g.protection.cooling}
	for i := range g.holds {
		out = append(out, &g.holds[i].until.count, &g.holds[i].release.count)
	}
	return out
}
