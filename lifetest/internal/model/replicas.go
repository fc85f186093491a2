package model

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/secretlife-go/secretlife"
)

func regionsOf(targets []secretlife.ReplicaRegion) []string {
	var out []string
	for _, t := range targets {
		out = append(out, t.Region)
	}
	return out
}

// Regions returns the Regions of the replicas.
func (s *Secret) Regions() []string {
	var out []string
	for _, r := range s.Replicas {
		out = append(out, r.region)
	}
	return out
}

func (c *checks) regions(member string, regions []string) {
	for i, r := range regions {
		at := fmt.Sprintf(member, i+1)
		if c.length(at, r, 1, 128); r != "" && !regionShape.MatchString(r) {
			c.violation(at, r, `Member must satisfy regular expression pattern: ^([a-z]+-)+\d+$`)
		}
	}
}

// areas are how the names of AWS's Regions begin.
var areas = regexp.MustCompile(`^(af|ap|ca|cn|eu|eusc-de|il|me|mx|sa|us)-`)

// replicaRegions refuses Regions that nothing can be replicated to.
func (m *Model) replicaRegions(c *checks, targets []secretlife.ReplicaRegion) {
	regions := regionsOf(targets)
	c.regions("addReplicaRegions.%d.member.region", regions)
	for _, r := range regions {
		if m.ReplicaRegions == nil && !areas.MatchString(r) ||
			m.ReplicaRegions != nil && !slices.Contains(m.ReplicaRegions, r) {
			c.refuse(&Fault{CodeParameter, "Invalid replica region."})
		}
	}
}

func badTargets(home string, targets []secretlife.ReplicaRegion) *Fault {
	regions := regionsOf(targets)
	for i, r := range regions {
		if r == home || slices.Contains(regions[:i], r) {
			return &Fault{Code: CodeParameter}
		}
	}
	return nil
}

func (s *Secret) addReplicas(now int64, targets []secretlife.ReplicaRegion, overwrite bool) {
	for _, t := range targets {
		r := replica{
			region:    t.Region,
			kms:       cmp.Or(t.KMSKeyID, aliasOfDefaultKey),
			status:    secretlife.ReplicaInProgress,
			overwrite: overwrite,
			since:     now,
		}
		if there := s.replica(t.Region); there != nil {
			*there = r
		} else {
			s.Replicas = append(s.Replicas, r)
		}
	}
}

// Replicate is ReplicateSecretToRegions.
func (m *Model) Replicate(at Place, in secretlife.ReplicateSecretToRegionsInput) (*Secret, *Fault) {
	var c checks
	if len(in.AddReplicaRegions) == 0 {
		c.violations = append(c.violations, "")
	}
	m.replicaRegions(&c, in.AddReplicaRegions)
	c.id(in.SecretID)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, in.SecretID, false)
	if f == nil {
		f = badTargets(s.Region, in.AddReplicaRegions)
	}
	if f != nil {
		return nil, f
	}
	s.addReplicas(m.Now, in.AddReplicaRegions, in.ForceOverwriteReplicaSecret)
	m.change(s)
	m.record("ReplicateSecretToRegions", s, "")
	return s, nil
}

// followerIn returns the replica of this incarnation in a Region, or nil.
func (m *Model) followerIn(s *Secret, region string) *Secret {
	there := m.Secrets[Key{Place{s.Account, region}, s.Name}]
	if there != nil && there.Primary == s.Region && there.primaryInc == s.Incarnation {
		return there
	}
	return nil
}

// StopReplicas is RemoveRegionsFromReplication.
func (m *Model) StopReplicas(at Place, in secretlife.RemoveRegionsFromReplicationInput) (*Secret, *Fault) {
	var c checks
	if len(in.RemoveReplicaRegions) == 0 {
		c.violations = append(c.violations, "")
	}
	c.regions("removeReplicaRegions.%d.member", in.RemoveReplicaRegions)
	c.id(in.SecretID)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, in.SecretID, false)
	if f != nil {
		return nil, f
	}
	for _, r := range in.RemoveReplicaRegions {
		if s.replica(r) == nil {
			return nil, &Fault{Code: CodeParameter}
		}
	}
	for _, r := range in.RemoveReplicaRegions {
		there := m.followerIn(s, r)
		if there == nil {
			continue
		}
		if holds := m.keeping(there); len(holds) > 0 {
			return nil, refuse(CodeRequest, "You can't remove the replica in region %s because %s.", r, heldText(holds))
		}
	}
	m.change(s)
	m.record("RemoveRegionsFromReplication", s, "")
	for _, r := range in.RemoveReplicaRegions {
		s.dropReplica(r)
		if there := m.followerIn(s, r); there != nil {
			m.end(there)
		}
	}
	return s, nil
}

func (s *Secret) dropReplica(region string) {
	s.Replicas = slices.DeleteFunc(s.Replicas, func(r replica) bool { return r.region == region })
}

// PromoteReplica is StopReplicationToReplica.
func (m *Model) PromoteReplica(at Place, id string) (*Secret, *Fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	var home string
	if p, _ := ParseID(id); p.Account != "" && p.Region != at.Region && p.partition == "aws" {
		home, p.Region = p.Region, at.Region // an ARN of the primary names its replica
		id = p.arn()
		if s, f := m.find(at, id); f == nil && s.Primary != home {
			return nil, notFound()
		}
	}
	s, f := m.use(at, id, true)
	if f != nil {
		return nil, f
	}
	if s.Primary == "" {
		return nil, &Fault{Code: CodeParameter}
	}
	primary := m.Secrets[Key{Place{s.Account, s.Primary}, s.Name}]
	m.change(s)
	s.changed = max(s.changed, s.created)
	m.record("StopReplicationToReplica", s, "")
	if primary != nil && primary.Incarnation == s.primaryInc {
		primary.dropReplica(s.Region)
		m.change(primary)
		m.record("ReplicaStopped", primary, "")
	}
	s.Primary, s.primaryInc = "", ""
	return s, nil
}

func (m *Model) syncReplica(s *Secret, r *replica) {
	k := Key{Place{s.Account, r.region}, s.Name}
	there, mine := m.Secrets[k], m.followerIn(s, r.region) != nil
	overwrites := r.overwrite && m.PhaseOf(there) == secretlife.PhaseActive
	kept := ""
	if mine || overwrites {
		kept = m.keptThere(s, there, mine)
	}
	if kept != "" {
		r.status, r.message = secretlife.ReplicaFailed, fmt.Sprintf(textKeptThere, s.Name, r.region, kept)
		r.since, r.overwrite = 0, false
		m.record("ReplicationFailed", s, "")
		return
	}
	if there != nil && !mine && !overwrites {
		text := textNameTaken
		if there.Primary != "" {
			text = textOtherReplica
		}
		r.status, r.message = secretlife.ReplicaFailed, fmt.Sprintf(text, s.Name, r.region)
		r.since, r.overwrite = 0, false
		m.record("ReplicationFailed", s, "")
		return
	}
	m.record("ReplicationSucceeded", s, "")
	ordinal := m.ordinal(k.Place) // that of a secret which is overwritten counts
	if there != nil && !mine {
		m.end(there)
	}
	if !mine {
		there = &Secret{
			Key:      k,
			Suffix:   s.Suffix,
			created:  m.Now,
			ordinal:  ordinal,
			changed:  Never,
			accessed: Never,
			PurgeAt:  Never,
			kms:      r.kms,
		}
		there.Primary, there.primaryInc = s.Region, s.Incarnation
		m.protectNew(there)
		m.Secrets[k] = there
	}
	there.follow(s, mine && len(m.keeping(there)) > 0)
	m.record("ReplicaUpdated", there, "")
	r.status, r.message, r.since, r.overwrite = secretlife.ReplicaInSync, textSynced, 0, false
}

// follow copies all from the primary but the keys, the date of creation and the dates of
// reading. A secret that never had a tag shows none, also if its primary once had some. One
// that is held keeps the versions that the primary lost.
func (s *Secret) follow(p *Secret, held bool) {
	s.changed = max(s.changed, p.changed)
	had := map[string]Version{}
	for _, v := range s.Versions {
		had[v.ID] = v
	}
	before := s.Versions
	s.Versions = slices.Clone(p.Versions)
	for i, v := range s.Versions {
		s.Versions[i].accessed, s.Versions[i].kms = Never, s.kms
		if old, ok := had[v.ID]; ok &&
			old.Created == v.Created { // the same version, not an older one with the same token
			s.Versions[i].accessed, s.Versions[i].kms = old.accessed, old.kms
		}
	}
	if held {
		s.Versions = withKept(s.Versions, before)
	}
	s.Labels = cloneLabels(p.Labels)
	s.tags, s.tagged, s.Policy = slices.Clone(p.tags), s.tagged || len(p.tags) > 0, p.Policy
	s.description, s.kind = p.description, p.kind
	s.Aging = nil
}
