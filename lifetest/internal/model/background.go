package model

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

// Due returns when the background next has work on a secret, and which, or 0.
func (s *Secret) Due() (int64, secretlife.Work) { return s.due(true) }

func (s *Secret) due(ageing bool) (int64, secretlife.Work) {
	freed, ends := s.freed()
	switch {
	case s.Scheduled && !ends:
		return 0, 0
	case s.Scheduled:
		return max(s.PurgeAt, freed), secretlife.WorkPurge
	}
	var at int64
	var work secretlife.Work
	if i := s.firstAged(); i >= 0 && ends && ageing {
		at, work = s.Versions[i].Created+Day+1, secretlife.WorkAge
		if s.marked(i) {
			at = max(at, s.Aging.due)
		}
		at = max(at, freed)
	}
	if i := s.waiting(); i >= 0 && (work == 0 || s.Replicas[i].since < at) {
		at, work = s.Replicas[i].since, secretlife.WorkReplicate
	}
	if due := s.rotationDue(); due != Never && (work == 0 || due < at) {
		at, work = due, secretlife.WorkRotate
	}
	return at, work
}

// marked reports whether the version at an index is marked to be aged out.
func (s *Secret) marked(i int) bool { return s.Aging != nil && i <= s.indexOf(s.Aging.newest) }

func (s *Secret) indexOf(id string) int {
	return slices.IndexFunc(s.Versions, func(v Version) bool { return v.ID == id })
}

// waiting returns the index of the replica that has waited longest for an update, or
// -1.
func (s *Secret) waiting() int {
	next := -1
	for i, r := range s.Replicas {
		if r.status == secretlife.ReplicaInProgress && (next < 0 || r.since < s.Replicas[next].since) {
			next = i
		}
	}
	return next
}

// Task is background work that is or will be due.
type Task struct {
	Ready int64 // see [Model.Ready]; 0 until asked for
	At    int64 // when it is due by date
	Work  secretlife.Work
	Key   Key
}

// Before reports whether a piece of work has to be done before another one.
func (t Task) Before(o Task) bool {
	return cmp.Or(cmp.Compare(t.Ready, o.Ready), cmp.Compare(t.At, o.At)) < 0
}

// Tasks returns all background work in the order in which it is due.
func (m *Model) Tasks() []Task {
	var out []Task
	for k, s := range m.Secrets {
		if at, work := s.Due(); work != 0 {
			out = append(out, Task{At: at, Work: work, Key: k})
		}
	}
	slices.SortFunc(out, func(a, b Task) int { return cmp.Or(cmp.Compare(a.At, b.At), CompareKeys(a.Key, b.Key)) })
	return out
}

// Ready returns when a piece of work can be done if from now on the wall clock is right:
// when its date has come and, for what can't be undone, the time has really passed.
func (m *Model) Ready(t Task) int64 {
	s := m.Secrets[t.Key]
	began, needed := int64(Never), int64(0)
	switch {
	case t.Work == secretlife.WorkPurge && !s.forced:
		began, needed = s.since, s.window
	case t.Work == secretlife.WorkAge && s.marked(s.firstAged()):
		began, needed = s.Aging.since, Day
	}
	ready := t.At
	if t.Work == secretlife.WorkPurge || t.Work == secretlife.WorkAge {
		ready = max(ready, m.heldUntil(s))
	}
	if began == Never {
		return ready
	}
	return max(ready, m.Now+began+needed-m.Elapsed)
}

// Waiting returns how many secrets can't be purged although their date has come.
func (m *Model) Waiting() int {
	n := 0
	for _, t := range m.Tasks() {
		if t.Work == secretlife.WorkPurge && t.At <= m.Now && m.Ready(t) > m.Now {
			n++
		}
	}
	return n
}

// ReadyTasks returns the work that can be done now, in the order in which it is due.
func (m *Model) ReadyTasks() []Task {
	tasks := m.Tasks()
	for i, t := range tasks {
		tasks[i] = m.Next(t.Key)
	}
	return slices.DeleteFunc(tasks, func(t Task) bool { return m.Ready(t) > m.Now })
}

// Next returns the next work on a secret: what is due first or, while versions wait for counted
// time, what can be done before them.
func (m *Model) Next(k Key) Task {
	s := m.Secrets[k]
	at, work := s.Due()
	t := Task{At: at, Work: work, Key: k}
	if ready := m.Ready(t); work == secretlife.WorkAge && ready > max(t.At, m.Now) {
		at, work = s.due(false)
		if other := (Task{At: at, Work: work, Key: k}); work != 0 && m.Ready(other) < ready {
			return other
		}
	}
	return t
}

// firstAged returns the index of the first version that may be aged out, or -1.
func (s *Secret) firstAged() int {
	for i := range s.beyondNewest() {
		if !s.labelled(s.Versions[i].ID) {
			return i
		}
	}
	return -1
}

// Do does one piece of background work now.
func (m *Model) Do(t Task) {
	s := m.Secrets[t.Key]
	switch t.Work {
	case secretlife.WorkPurge:
		m.end(s)
	case secretlife.WorkAge:
		m.age(s)
	case secretlife.WorkReplicate:
		m.syncReplica(s, &s.Replicas[s.waiting()])
	}
}

// beyondNewest returns how many of the oldest versions are not among the 100 newest.
// Versions without a value do not count.
func (s *Secret) beyondNewest() int {
	n := len(s.Versions) - 100
	for _, v := range s.Versions {
		if v.Empty() {
			n--
		}
	}
	return max(n, 0)
}

// age marks the versions that may be aged out. A day later it removes those of them that
// have no labels, are over a day old, and are not among the 100 newest.
func (m *Model) age(s *Secret) {
	if !s.marked(s.firstAged()) {
		s.Aging = &aging{due: m.Now + Day, newest: s.Versions[len(s.Versions)-1].ID, since: m.Elapsed}
		m.record("SecretVersionAgingStarted", s, "")
		return
	}
	var kept []Version
	old, last := s.beyondNewest(), s.indexOf(s.Aging.newest)
	s.Aging = nil
	for i, v := range s.Versions {
		if i > last || i >= old || s.labelled(v.ID) || m.Now <= v.Created+Day {
			kept = append(kept, v)
			continue
		}
		m.record("StartSecretVersionDelete", s, v.ID)
		m.record("EndSecretVersionDelete", s, v.ID)
	}
	s.Versions = kept
	m.queueReplication(s)
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
