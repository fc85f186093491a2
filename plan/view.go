package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// view is what was read of a secret at an instant.
type view struct {
	found bool
	name  string
	arn   string

	phase   secretlife.Phase
	changed time.Time
	mark    mark
	facts   Facts
	pending bool // a version has AWSPENDING, and not AWSCURRENT
	guard   guard

	// fingerprint covers all that DescribeSecret shows and no step of a plan changes.
	fingerprint string
	policy      resourcePolicy
}

func (v view) entry() entry {
	return entry{v.name, v.facts.Tags, v.facts.CreatedDate, v.mark.deleted, v.facts.LastAccessedDate}
}

// guard is what keeps a secret from being deleted, beyond AWS, as far as the service shows it.
type guard struct {
	holds       []secretlife.Hold
	protections []secretlife.Protection
	restorable  bool // RestoreSecret brings the secret back, whatever its DeletionDate
}

// guardOf returns what a response of DescribeSecret says.
func guardOf(d secretlife.SecretDetails) guard {
	return guard{d.Holds, []secretlife.Protection{d.Protection}, len(d.Holds) > 0}
}

// guardOn returns what keeps a secret at an instant.
func guardOn(s secretlife.Secret, at secretlife.At) guard {
	_, err := s.Restore(at)
	return guard{s.HeldBy(at), []secretlife.Protection{s.Protection(), at.Protection}, err == nil}
}

// refuses reports whether a protection refuses a deletion.
func (g guard) refuses(mode secretlife.DeletionMode) bool {
	return slices.ContainsFunc(g.protections, func(p secretlife.Protection) bool { return p.Refuses(mode) })
}

// window returns the shortest recovery window in days, or 0.
func (g guard) window() (days int) {
	for _, p := range g.protections {
		days = max(days, p.MinimumWindow)
	}
	return days
}

// held names the holds, each with what is known of it.
func (g guard) held() string {
	var all []string
	for _, h := range g.holds {
		text := strconv.Quote(h.Name)
		if h.PlacedBy != "" {
			text += " by " + h.PlacedBy
		}
		if h.Reason != "" {
			text += " (" + h.Reason + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// mark is what is known of a mark for deletion.
type mark struct {
	deleted time.Time // when DeleteSecret was called; zero: it was not
	exact   bool      // the rest is known
	date    time.Time // the DeletionDate
	forced  bool
	window  time.Duration
}

// dates returns the earliest and the latest DeletionDate that a mark can have.
func (m mark) dates(now time.Time) Purge {
	switch {
	case m.exact:
		return Purge{m.date, m.date}
	case m.deleted.After(now.Add(skew)):
		return Purge{m.deleted, m.deleted} // some emulators show the DeletionDate
	}
	return Purge{m.deleted.Add(secretlife.MinRecoveryWindowInDays * day),
		m.deleted.Add(secretlife.MaxRecoveryWindowInDays * day)}
}

const day = 24 * time.Hour

// resourcePolicy is the resource policy of a secret.
type resourcePolicy struct {
	read     bool // it is not for secrets that are scheduled for deletion
	err      error
	document string
}

// hash is the policy's, "" where it was not read.
func (p resourcePolicy) hash() string {
	if !p.read {
		return ""
	}
	return hash(p.document)
}

func markOf(d secretlife.Deletion) mark {
	m := mark{exact: true, forced: d.Forced(), window: d.Window()}
	m.deleted, _ = d.DeletedDate()
	m.date, _ = d.Date()
	return m
}

// viewOf understands a response of DescribeSecret.
func viewOf(d secretlife.SecretDetails, m mark, g guard, now time.Time) view {
	v := view{found: true, name: d.Name, arn: d.ARN, changed: d.LastChangedDate, mark: m, guard: g, facts: Facts{
		CreatedDate: d.CreatedDate, LastAccessedDate: d.LastAccessedDate, DeletedDate: m.deleted,
		Tags: append([]secretlife.Tag(nil), d.Tags...), OwningService: d.OwningService,
		RotationEnabled: d.RotationEnabled != nil && *d.RotationEnabled, NextRotationDate: d.NextRotationDate,
	}}
	slices.SortFunc(v.facts.Tags, func(a, b secretlife.Tag) int { return strings.Compare(a.Key, b.Key) })
	for _, r := range d.ReplicationStatus {
		v.facts.Replicas = append(v.facts.Replicas, Replica{r.Region.String(), r.Status, r.StatusMessage, r.LastAccessedDate})
	}
	slices.SortFunc(v.facts.Replicas, func(a, b Replica) int { return strings.Compare(a.Region, b.Region) })
	stages := map[string][]string{}
	for id, labels := range d.VersionIDsToStages {
		for _, l := range labels {
			stages[id] = append(stages[id], string(l))
		}
		slices.Sort(stages[id])
		v.pending = v.pending || slices.Contains(labels, secretlife.StagePending) &&
			!slices.Contains(labels, secretlife.StageCurrent)
	}
	v.facts.Versions = len(stages)
	v.phase = phaseOf(d, m, now)
	v.fingerprint = hash(map[string]any{
		"description": d.Description, "kms": d.KMSKeyID, "type": d.Type, "tags": v.facts.Tags, "stages": stages,
		"rotator": d.RotationLambdaARN, "rules": d.RotationRules, "created": d.CreatedDate.UnixMilli(),
		"owner": d.OwningService,
	})
	return v
}

func phaseOf(d secretlife.SecretDetails, m mark, now time.Time) secretlife.Phase {
	arn, _ := secretlife.ParseARN(d.ARN)
	switch {
	case !m.deleted.IsZero() && (m.forced || !now.Before(m.dates(now).Latest)):
		return secretlife.PhaseAwaitingPurge
	case !m.deleted.IsZero():
		return secretlife.PhaseScheduledForDeletion
	case d.PrimaryRegion != "" && d.PrimaryRegion != arn.Region().String():
		return secretlife.PhaseReplica
	case len(d.ReplicationStatus) > 0:
		return secretlife.PhasePrimaryWithReplicas
	}
	return secretlife.PhaseActive
}

// hash is the SHA-256 of a value's JSON form.
func hash(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("plan: " + err.Error()) // all that is hashed has a JSON form
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
