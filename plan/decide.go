package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/policy"
)

// span is when a plan can be applied.
type span struct{ made, expires time.Time }

func spanFrom(now time.Time) span {
	now = now.UTC().Truncate(time.Millisecond)
	return span{now, now.Add(MaxAge)}
}

// assemble makes the plan for what was read.
func assemble(kind string, w world, at span, decide func(view) Secret) Plan {
	p := Plan{Format: format, Kind: kind, Account: w.account, Region: w.region, Made: at.made, Expires: at.expires,
		Secrets: []Secret{}}
	for _, v := range w.secrets {
		p.Secrets = append(p.Secrets, decide(v))
	}
	for _, name := range w.missing {
		s := Secret{Name: name}
		if kind == "recreate" {
			s.Notes = []string{"no secret has this name: it is free"}
		} else {
			s.block(NotFound, "no secret has this name in account %s and Region %s", or(w.account, "?"), or(w.region, "?"))
		}
		p.Secrets = append(p.Secrets, s)
	}
	for _, d := range w.denied {
		s := Secret{Name: d.name}
		s.block(Unreadable, "it can't be described: %v", d.err)
		p.Secrets = append(p.Secrets, s)
	}
	slices.SortFunc(p.Secrets, func(a, b Secret) int { return strings.Compare(a.Name, b.Name) })
	p.Digest = p.digest()
	return p
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// planned is a secret for which nothing is decided.
func planned(v view, at span) Secret {
	s := Secret{Name: v.name, ARN: v.arn, State: v.phase, After: v.phase, LastChangedDate: v.changed, Facts: v.facts,
		Fingerprint: v.fingerprint, Policy: v.policy.hash()}
	if !v.mark.deleted.IsZero() {
		dates := v.mark.dates(at.made)
		s.Purge = &dates
		if len(v.guard.holds) > 0 {
			s.note("it is not purged while it has the hold %s", v.guard.held())
		}
	}
	return s
}

func (s *Secret) block(kind BlockerKind, format string, args ...any) {
	s.Blockers = append(s.Blockers, Blocker{kind, fmt.Sprintf(format, args...)})
}

func (s *Secret) note(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

// deletion plans DeleteSecret for one secret.
func deletion(v view, mode secretlife.DeletionMode, at span) Secret {
	s := planned(v, at)
	scheduled := !v.mark.deleted.IsZero()
	if scheduled && !mode.Forced() {
		s.block(AlreadyScheduled, "DeleteSecret was called on %s; its DeletionDate is %s", stamp(v.mark.deleted),
			s.Purge.text())
	}
	if v.facts.OwningService != "" {
		s.block(OwnedByService, "the service %s manages it: delete it there", v.facts.OwningService)
	}
	s.blockGuard(v.guard, mode)
	if !scheduled {
		s.blockReplication(v)
		s.blockRotation(v)
		s.blockPolicy(v)
		s.noteReaders(at.made)
	}
	if len(s.Blockers) > 0 {
		return s
	}
	if v.mark.exact && v.mark.forced {
		s.note("it was deleted by force already, and waits to be purged")
		return s
	}
	if regions := v.facts.regions(); len(regions) > 0 {
		s.Steps = append(s.Steps, Step{Do: RemoveReplicas, Regions: regions}, Step{Do: AwaitNoReplicas})
	}
	if mode.Forced() {
		s.Steps = append(s.Steps, Step{Do: ForceDelete})
		s.After = secretlife.PhaseAwaitingPurge
		s.Purge = &Purge{at.made, at.expires}
		return s
	}
	s.Steps = append(s.Steps, Step{Do: Schedule, RecoveryWindowInDays: int64(mode.Window() / day)})
	s.After = secretlife.PhaseScheduledForDeletion
	s.Purge = &Purge{at.made.Add(mode.Window()), at.expires.Add(mode.Window())}
	s.Undo = "RestoreSecret, before its DeletionDate"
	if regions := v.facts.regions(); len(regions) > 0 {
		s.Undo += "; then ReplicateSecretToRegions " + strings.Join(regions, ", ")
	}
	return s
}

// blockGuard finds what refuses a deletion beyond AWS.
func (s *Secret) blockGuard(g guard, mode secretlife.DeletionMode) {
	if len(g.holds) > 0 {
		s.block(Held, "it has the hold %s: nothing destroys its value until that is released", g.held())
	}
	switch {
	case !g.refuses(mode):
	case mode.Forced():
		s.block(Protected, "it is protected against deletions by force")
	default:
		s.block(Protected, "it is protected: its recovery window must have at least %d days", g.window())
	}
}

func (s *Secret) blockReplication(v view) {
	if s.State == secretlife.PhaseReplica {
		s.block(IsReplica, "it is a replica: delete it through the secret that it is a replica of")
	}
	for _, r := range v.facts.Replicas {
		switch r.Status {
		case secretlife.ReplicaInSync:
		case secretlife.ReplicaInProgress:
			s.block(Replicating, "its replica in %s is being made: plan again when that is done", r.Region)
		default:
			s.block(ReplicaFailed, "its replica in %s has the status %s: %s", r.Region, r.Status, or(r.Message, "no reason"))
		}
	}
}

func (s *Secret) blockRotation(v view) {
	if v.pending {
		s.block(Rotating, "a rotation is in progress: a version has AWSPENDING")
	}
}

func (s *Secret) blockPolicy(v view) {
	if v.policy.err != nil {
		s.note("its resource policy could not be read: %v", v.policy.err)
		return
	}
	if v.policy.document == "" {
		return
	}
	document, _, ok := policy.Parse(v.policy.document)
	if !ok {
		s.note("its resource policy could not be understood")
		return
	}
	actions := []string{"DeleteSecret"}
	if len(v.facts.Replicas) > 0 {
		actions = append(actions, "RemoveRegionsFromReplication")
	}
	for _, action := range actions {
		switch everybody, some := document.Denies("secretsmanager:" + action); {
		case everybody:
			s.block(DeniedByPolicy, "its resource policy denies %s to everybody", action)
		case some:
			s.note("its resource policy denies %s to some callers, or under a condition", action)
		}
	}
}

// recent is how long ago an access says that a secret is in use.
const recent = 30 * day

func (s *Secret) noteReaders(now time.Time) {
	for _, r := range s.Facts.Readers {
		s.note("reads of its value in the last 30 days by %s: %d, the last on %s", r.Principal, r.Calls, stamp(r.Last))
	}
	if at := s.Facts.LastAccessedDate; len(s.Facts.Readers) == 0 && !at.IsZero() && now.Sub(at) < recent {
		s.note("its value was read on %s", at.UTC().Format(time.DateOnly))
	}
	for _, r := range s.Facts.Replicas {
		if at := r.LastAccessedDate; !at.IsZero() && now.Sub(at) < recent {
			s.note("the value of its replica in %s was read on %s", r.Region, at.UTC().Format(time.DateOnly))
		}
	}
}

// restoration plans RestoreSecret for one secret.
func restoration(v view, at span) Secret {
	s := planned(v, at)
	state := s.State
	if state == secretlife.PhaseAwaitingPurge && v.guard.restorable {
		state = secretlife.PhaseScheduledForDeletion // as the service treats it
	}
	switch state {
	case secretlife.PhaseScheduledForDeletion:
		s.Steps = []Step{{Do: RestoreScheduled}}
		s.Undo = "DeleteSecret"
		s.After = secretlife.PhaseActive
		if date := s.Purge.Earliest; date.Before(at.expires) {
			s.note("its DeletionDate is %s", s.Purge.text())
		}
		s.Purge = nil
	case secretlife.PhaseAwaitingPurge:
		s.block(RecoveryWindowEnd, "it can't be restored any more")
	case secretlife.PhaseReplica:
		s.block(IsReplica, "it is a replica, which is never scheduled for deletion")
	default:
		s.note("it is not scheduled for deletion")
	}
	return s
}

// recreation plans that the name of a scheduled secret can be used again.
func recreation(v view, how Action, at span) Secret {
	if v.mark.deleted.IsZero() {
		s := planned(v, at)
		s.block(NotScheduled, "it is not scheduled for deletion: its name is in use")
		return s
	}
	if how == ActionRestore {
		return restoration(v, at)
	}
	s := deletion(v, secretlife.Force(), at)
	if len(s.Blockers) == 0 {
		s.Steps = append(s.Steps, Step{Do: AwaitGone})
		s.After = secretlife.PhasePurged
	}
	return s
}

// swept plans what the first rule says that is about a secret.
func swept(v view, rules []Rule, at span) Secret {
	for i, r := range rules {
		if !r.Select.selects(v) {
			continue
		}
		var s Secret
		switch r.Then {
		case ActionRestore:
			s = restoration(v, at)
		case ActionForce:
			s = deletion(v, secretlife.Force(), at)
		default:
			s = planned(v, at)
		}
		s.note("rule %d: %s", i+1, r.Then)
		return s
	}
	s := planned(v, at)
	s.note("no rule is about it")
	return s
}

func (f Facts) regions() []string {
	var out []string
	for _, r := range f.Replicas {
		out = append(out, r.Region)
	}
	return out
}

func (p Purge) text() string {
	if p.Earliest.Equal(p.Latest) {
		return stamp(p.Earliest)
	}
	return "between " + stamp(p.Earliest) + " and " + stamp(p.Latest)
}
