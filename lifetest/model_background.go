package lifetest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/secretlife-go/secretlife"
)

var regionShape = regexp.MustCompile(`^([a-z]+-)+\d+$`)

func regionsOf(targets []secretlife.ReplicaRegion) []string {
	var out []string
	for _, t := range targets {
		out = append(out, t.Region)
	}
	return out
}

func (s *secret) regions() []string {
	var out []string
	for _, r := range s.replicas {
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

func badTargets(home string, targets []secretlife.ReplicaRegion) *fault {
	regions := regionsOf(targets)
	for i, r := range regions {
		if r == home || slices.Contains(regions[:i], r) {
			return &fault{code: codeParameter}
		}
	}
	return nil
}

func (s *secret) addReplicas(now int64, targets []secretlife.ReplicaRegion, overwrite bool) {
	for _, t := range targets {
		r := replica{region: t.Region, kms: defaultKey(t.KmsKeyID), status: secretlife.InProgress, overwrite: overwrite, since: now}
		if there := s.replica(t.Region); there != nil {
			*there = r
		} else {
			s.replicas = append(s.replicas, r)
		}
	}
}

func (m *model) replicate(at place, in secretlife.ReplicateSecretToRegionsInput) (*secret, *fault) {
	var c checks
	if len(in.AddReplicaRegions) == 0 {
		c.violations = append(c.violations, "")
	}
	c.regions("addReplicaRegions.%d.member.region", regionsOf(in.AddReplicaRegions))
	c.id(in.SecretID)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, in.SecretID, false)
	if f == nil {
		f = badTargets(s.region, in.AddReplicaRegions)
	}
	if f != nil {
		return nil, f
	}
	s.addReplicas(m.now, in.AddReplicaRegions, in.ForceOverwriteReplicaSecret)
	m.change(s)
	m.happened("ReplicateSecretToRegions", s, "")
	return s, nil
}

// followerIn is the replica of this very secret in a Region, if it is there.
func (m *model) followerIn(s *secret, region string) *secret {
	there := m.secrets[key{place{s.account, region}, s.name}]
	if there != nil && there.primary == s.region && there.primaryInc == s.incarnation {
		return there
	}
	return nil
}

func (m *model) stopReplicas(at place, in secretlife.RemoveRegionsFromReplicationInput) (*secret, *fault) {
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
			return nil, &fault{code: codeParameter}
		}
	}
	m.change(s)
	m.happened("RemoveRegionsFromReplication", s, "")
	for _, r := range in.RemoveReplicaRegions {
		s.dropReplica(r)
		if there := m.followerIn(s, r); there != nil {
			m.end(there)
		}
	}
	return s, nil
}

func (s *secret) dropReplica(region string) {
	s.replicas = slices.DeleteFunc(s.replicas, func(r replica) bool { return r.region == region })
}

func (m *model) promoteReplica(at place, id string) (*secret, *fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, id, true)
	if f != nil {
		return nil, f
	}
	if s.primary == "" {
		return nil, &fault{code: codeParameter}
	}
	home := m.secrets[key{place{s.account, s.primary}, s.name}]
	m.change(s)
	m.happened("StopReplicationToReplica", s, "")
	if home != nil && home.incarnation == s.primaryInc {
		home.dropReplica(s.region)
		m.change(home)
		m.happened("ReplicaStopped", home, "")
	}
	s.primary, s.primaryInc = "", ""
	return s, nil
}

// due is when the background next comes for a secret, and for what; 0 for
// nothing.
func (s *secret) due() (int64, secretlife.Work) {
	if s.scheduled {
		return s.purgeAt, secretlife.WorkPurge
	}
	var at int64
	var work secretlife.Work
	for i := range s.beyondNewest() {
		if !s.labelled(s.versions[i].id) {
			at, work = s.versions[i].created+day+1, secretlife.WorkAge
			break
		}
	}
	if i := s.waiting(); i >= 0 && (work == 0 || s.replicas[i].since < at) {
		at, work = s.replicas[i].since, secretlife.WorkReplicate
	}
	if due := s.rotationDue(); due != never && (work == 0 || due < at) {
		at, work = due, secretlife.WorkRotate
	}
	return at, work
}

// waiting is the replica that waits longest to be brought up to date.
func (s *secret) waiting() int {
	next := -1
	for i, r := range s.replicas {
		if r.status == secretlife.InProgress && (next < 0 || r.since < s.replicas[next].since) {
			next = i
		}
	}
	return next
}

// task is background work that waits for its time.
type task struct {
	at   int64
	work secretlife.Work
	key  key
}

// tasks lists what the background has to do, in the order of the instants.
func (m *model) tasks() []task {
	var out []task
	for k, s := range m.secrets {
		if at, work := s.due(); work != 0 {
			out = append(out, task{at, work, k})
		}
	}
	slices.SortFunc(out, func(a, b task) int { return cmp.Or(cmp.Compare(a.at, b.at), compareKeys(a.key, b.key)) })
	return out
}

// do does one piece of background work at the model's present.
func (m *model) do(t task) {
	s := m.secrets[t.key]
	switch t.work {
	case secretlife.WorkPurge:
		m.end(s)
	case secretlife.WorkAge:
		m.age(s)
	case secretlife.WorkReplicate:
		m.syncReplica(s, &s.replicas[s.waiting()])
	}
}

// beyondNewest is how many of the oldest versions are not among the 100 newest.
// One without a value is none to keep.
func (s *secret) beyondNewest() int {
	n := len(s.versions) - 100
	for _, v := range s.versions {
		if v.empty() {
			n--
		}
	}
	return max(n, 0)
}

// age removes versions without labels that are over a day old and not among
// the 100 newest.
func (m *model) age(s *secret) {
	var kept []version
	old := s.beyondNewest()
	for i, v := range s.versions {
		if i >= old || s.labelled(v.id) || m.now <= v.created+day {
			kept = append(kept, v)
			continue
		}
		m.happened("StartSecretVersionDelete", s, v.id)
		m.happened("EndSecretVersionDelete", s, v.id)
	}
	s.versions = kept
	m.spread(s)
}

func (m *model) syncReplica(s *secret, r *replica) {
	k := key{place{s.account, r.region}, s.name}
	there, mine := m.secrets[k], m.followerIn(s, r.region) != nil
	overwrites := r.overwrite && m.phaseOf(there) == secretlife.Active
	if there != nil && !mine && !overwrites {
		r.status, r.message, r.since, r.overwrite = secretlife.Failed, textConflict, 0, false
		m.happened("ReplicationFailed", s, "")
		return
	}
	m.happened("ReplicationSucceeded", s, "")
	if there != nil && !mine {
		m.end(there)
	}
	if !mine {
		there = &secret{key: k, suffix: s.suffix, created: m.now, changed: m.now - 1, accessed: never, purgeAt: never, kms: r.kms}
		there.primary, there.primaryInc = s.region, s.incarnation
		m.secrets[k] = there
	}
	there.follow(s)
	m.change(there)
	m.happened("ReplicaUpdated", there, "")
	r.status, r.message, r.since, r.overwrite = secretlife.InSync, "", 0, false
}

// follow copies what a replica has of its primary: all but the keys and the
// dates of reading.
func (s *secret) follow(p *secret) {
	had := map[string]version{}
	for _, v := range s.versions {
		had[v.id] = v
	}
	s.versions = slices.Clone(p.versions)
	for i, v := range s.versions {
		s.versions[i].accessed, s.versions[i].kms = never, s.kms
		if old, ok := had[v.id]; ok && old.created == v.created { // and not one before it of the same token
			s.versions[i].accessed, s.versions[i].kms = old.accessed, old.kms
		}
	}
	s.labels = cloneLabels(p.labels)
	s.tags, s.tagged, s.policy = slices.Clone(p.tags), p.tagged, p.policy
	s.description, s.kind = p.description, p.kind
}
