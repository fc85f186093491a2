package secretlife

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife/internal/immutable"
)

// AddReplicas decides ReplicateSecretToRegions: the Regions are noted as
// InProgress, and the background makes the replicas. A Region that is there
// already keeps its replica, and is tried again if it had failed.
func (s Secret) AddReplicas(at At, targets []Replica, overwrite bool) (Change, error) {
	if _, err := s.admit(OpReplicateSecretToRegions, at.Time); err != nil {
		return Change{}, err
	}
	if err := checkTargets(s.Key().Region, targets); err != nil {
		return Change{}, err
	}
	now := instant(at.Time)
	d := s.edit(now)
	d.attributes().addReplicas(now, targets, overwrite)
	c := s.change(d)
	c.add(eventOf(OpReplicateSecretToRegions, d, &at))
	return c, nil
}

func (m *attributes) addReplicas(now time.Time, targets []Replica, overwrite bool) {
	for _, t := range targets {
		r := replica{
			region:    t.Region,
			kmsKeyID:  cmp.Or(strings.Clone(t.KMSKeyID), defaultKeyAlias),
			status:    ReplicaInProgress,
			overwrite: overwrite,
			since:     momentOf(now),
		}
		if i := m.replicaIn(t.Region); i >= 0 {
			m.replicas[i] = r
		} else {
			m.replicas = append(m.replicas, r)
		}
	}
}

// textReplicaRegion is AWS's: reported by aws-health-aware (pull request 32).
const textReplicaRegion = "Invalid replica region."

func checkTargets(own Region, targets []Replica) error {
	seen := make(map[Region]bool, len(targets))
	for _, t := range targets {
		switch {
		case t.Status != "" || t.StatusMessage != "" || !t.LastAccessedDate.IsZero():
			return illegal("a replica in %s is added with a status", t.Region)
		case !isRegion(t.Region.s):
			return badParameter(textReplicaRegion, ErrInvalidParameter)
		case t.Region == own:
			return badParameter(textReplicaRegion, ErrInvalidParameter)
		case seen[t.Region]:
			return badParameter("You can't list a replica region more than once: "+t.Region.s, ErrInvalidParameter)
		case t.Region.partition() != own.partition():
			return badParameter(textReplicaRegion, ErrInvalidParameter)
		}
		seen[t.Region] = true
	}
	return nil
}

// RemoveReplicas decides RemoveRegionsFromReplication on the primary. there has, for
// each of the Regions, the secret of the primary's name that the store has in it, the
// zero Secret if it has none. The first change is the primary's, the others end the
// replicas, or with a lag mark them to be purged after it: all of them belong in one
// Commit. A replica that a hold keeps is not ended: see [ErrHeld].
func (s Secret) RemoveReplicas(
	at At, regions []Region, there map[Region]Secret, lag time.Duration,
) ([]Change, error) {
	if _, err := s.admit(OpRemoveRegionsFromReplication, at.Time); err != nil {
		return nil, err
	}
	for _, r := range regions {
		if s.attrs().replicaIn(r) < 0 {
			return nil, badParameter("Secret is not replicated to region "+r.s+".", ErrInvalidParameter)
		}
		if _, ok := there[r]; !ok {
			return nil, fmt.Errorf("secretlife: removing a replica without what is in %s: %w", r, ErrInvalidParameter)
		}
	}
	for _, r := range regions {
		if there[r].isReplicaFrom(s) {
			if err := there[r].admitRemoval(at); err != nil {
				return nil, err
			}
		}
	}
	now := instant(at.Time)
	d := s.edit(now)
	d.dropReplicas(regions)
	c := s.change(d)
	c.add(eventOf(OpRemoveRegionsFromReplication, d, &at))
	changes := []Change{c}
	for i, r := range regions {
		if there[r].isReplicaFrom(s) && !slices.Contains(regions[:i], r) {
			changes = append(changes, there[r].remove(now, lag)) // without recovery window
		}
	}
	return changes, nil
}

// admitRemoval refuses to end a replica that has a hold.
func (s Secret) admitRemoval(at At) error {
	holds := s.guard().holding(at)
	if len(holds) == 0 {
		return nil
	}
	f := s.heldBy(holds)
	f.Regions = []string{s.Key().Region.s}
	f.Message = fmt.Sprintf("You can't remove the replica in region %s because %s.", s.Key().Region, holdsText(holds))
	return &InvalidRequestError{f}
}

// remove ends a replica that its primary removed: at once, or after a lag, in which it is
// as a secret that was deleted by force.
func (s Secret) remove(now time.Time, lag time.Duration) Change {
	if lag <= 0 {
		return s.purge(now)
	}
	d := s.edit(now)
	m := d.attributes()
	m.primary, m.primaryInc = Region{}, Incarnation{}
	d.changed = max(d.changed, d.id.created) // the primary's date before can be earlier
	d.deletion = &Deletion{date: momentOf(now), purgeAt: momentOf(now.Add(lag)), forced: true}
	c := s.change(d)
	c.expect(d)
	e := event(EventReplicaRemoved, d, now)
	e.call = &call{due: d.deletion.date}
	c.add(e)
	c.addVersions(EventStartSecretVersionDelete, d, now)
	return c
}

func (d *secretData) dropReplicas(regions []Region) {
	m := d.attributes()
	m.replicas = slices.DeleteFunc(m.replicas, func(r replica) bool { return slices.Contains(regions, r.region) })
}

// isReplicaFrom reports whether s is the replica of this very primary.
func (s Secret) isReplicaFrom(primary Secret) bool {
	m := s.attrs()
	return m.primary == primary.Key().Region && m.primaryInc == primary.Incarnation()
}

// Promote decides StopReplicationToReplica on a replica: it becomes a secret of its own.
// primary is the secret that the store has at the key of the replica's primary, the zero
// Secret if it has none: [Secret.ReplicaOf] returns its Region. The first change is the
// replica's; with the second, if there is one, the primary forgets it. They belong in
// one Commit.
func (s Secret) Promote(at At, primary Secret) ([]Change, error) {
	if _, err := s.admit(OpStopReplicationToReplica, at.Time); err != nil {
		return nil, err
	}
	now := instant(at.Time)
	d := s.edit(now)
	m := d.attributes()
	m.primary, m.primaryInc = Region{}, Incarnation{}
	d.changed = max(d.changed, d.id.created) // the primary's date before can be earlier
	c := s.change(d)
	c.add(eventOf(OpStopReplicationToReplica, d, &at))
	changes := []Change{c}
	if region := s.Key().Region; s.isReplicaFrom(primary) && primary.attrs().replicaIn(region) >= 0 {
		changes = append(changes, primary.forgetReplica(now, region))
	}
	return changes, nil
}

// forgetReplica drops the entry of a replica that was promoted.
func (s Secret) forgetReplica(now time.Time, region Region) Change {
	d := s.edit(now)
	d.dropReplicas([]Region{region})
	c := s.change(d)
	c.add(event(EventReplicaStopped, d, now))
	return c
}

// replicationDone notes how replication to a Region went.
func (s Secret) replicationDone(now time.Time, region Region, failure string) Change {
	d := s.touch()
	m := d.attributes()
	r := &m.replicas[m.replicaIn(region)]
	r.status, r.message, r.since, r.overwrite = ReplicaInSync, textReplicated, 0, false
	kind := EventReplicationSucceeded
	if failure != "" {
		r.status, r.message, kind = ReplicaFailed, failure, EventReplicationFailed
	}
	c := s.change(d)
	e := event(kind, d, now)
	e.index = uint8(m.replicaIn(region))
	c.add(e)
	return c
}

// replicationFailure returns why a replica can't be made or updated in a Region, "" if
// it can: another secret has its name there. Only a secret that is neither scheduled for
// deletion nor a replica nor has replicas, that no hold keeps, and that may be deleted by
// force is overwritten.
func (s Secret) replicationFailure(at At, r replica, there Secret) string {
	holds := there.guard().holding(at)
	switch phase := there.Phase(at.Time); {
	case phase == PhasePurged:
		return ""
	case there.isReplicaFrom(s):
		if len(holds) > 0 && there.losesValue(s) {
			return fmt.Sprintf(textReplicaKept, s.Name(), r.region, holdsText(holds))
		}
		return ""
	case phase == PhaseActive && r.overwrite && len(holds) > 0:
		return fmt.Sprintf(textReplicaKept, s.Name(), r.region, holdsText(holds))
	case phase == PhaseActive && r.overwrite && there.limits(at).refuses(Force()):
		return fmt.Sprintf(textReplicaKept, s.Name(), r.region, "the secret there is protected")
	case phase == PhaseActive && r.overwrite:
		return ""
	case phase == PhaseReplica:
		return fmt.Sprintf(textReplicaOfOther, s.Name(), r.region)
	}
	return fmt.Sprintf(textReplicaExists, s.Name(), r.region)
}

// losesValue reports whether a replica of the primary can't keep all its values: a token of one
// of its versions has made another version since.
func (s Secret) losesValue(primary Secret) bool {
	for _, v := range s.d.versions.All() {
		if !s.Reserved(v.id) && primary.d.indexOf(v.id) >= 0 && !primary.d.has(v) {
			return true
		}
	}
	return false
}

// replicaOf makes the replica in a Region the same as the primary: a new secret
// if the key is free, the next state of the replica that is there, or, in place of
// another secret, one that overwrites it. fresh has the Incarnation and the Ordinal of a
// new one; value fetches the values it lacks. LastChangedDate is the primary's, CreatedDate
// the replica's own: recorded from AWS. A replica that a hold keeps also keeps the versions
// which the primary no longer has, and every replica its own holds and protection.
func (s Secret) replicaOf(
	at At, r replica, there Secret, fresh Creation, value func(VersionID) (Value, error),
) (Change, error) {
	now := instant(at.Time)
	mine := there.isReplicaFrom(s)
	d := &secretData{revision: 1, id: &identity{
		scope:       scopeOf(s.Key().Account, r.region),
		name:        s.Name(),
		suffix:      s.d.id.suffix,
		incarnation: fresh.Incarnation,
		created:     momentOf(now),
		ordinal:     fresh.Ordinal,
	}}
	if mine {
		d = there.touch()
	}
	d.changed = max(d.changed, s.d.changed)
	d.copyFrom(s.d, there, mine, mine && there.guard().heldFor(at) > 0)
	m := d.attributes()
	*m = s.attrs().forReplica(m, r)
	if !mine {
		d.protectNew(at)
	}
	m = d.attributes()
	m.primary, m.primaryInc = s.Key().Region, s.Incarnation()
	m.keys = slices.DeleteFunc(slices.Clone(m.keys), func(k versionKey) bool {
		i := d.indexOf(k.version)
		return i < 0 || !there.d.has(d.versions.At(i)) // gone, or another has its token now
	})
	d.forgetGone()
	c := there.change(d)
	if !there.IsZero() && !mine {
		c.events = there.purge(now).events
	}
	for _, v := range d.versions.All() {
		has := mine && there.d.has(v) && !there.Reserved(v.id)
		if has || s.Reserved(v.id) {
			continue
		}
		val, err := value(v.id)
		if err != nil {
			return Change{}, err
		}
		c.values = append(c.values, VersionValue{v.id, val})
	}
	c.add(event(EventReplicaUpdated, d, now))
	return c, nil
}

// copyFrom takes over versions and labels; when a value was read is known per
// Region and stays. With keep, versions with a value that are gone from the primary stay in their
// place, without labels.
func (d *secretData) copyFrom(p *secretData, there Secret, mine, keep bool) {
	copied := make([]Version, 0, p.versions.Len())
	at := 0 // the place in there up to which versions were kept
	keepUpTo := func(end int) {
		for ; keep && at < end; at++ {
			if v := there.d.versions.At(at); p.indexOf(v.id) < 0 && !there.Reserved(v.id) {
				copied = append(copied, v)
			}
		}
	}
	for _, v := range p.versions.All() {
		v.accessed = 0
		if old, ok := there.Version(v.id); ok && mine && old.is(v) {
			v.accessed = old.accessed
			keepUpTo(there.d.indexOf(v.id))
		} else if keep {
			keepUpTo(there.d.versions.Len())
		}
		copied = append(copied, v)
	}
	if keep {
		keepUpTo(there.d.versions.Len())
	}
	d.versions, d.stages = immutable.Of(byID, copied...), p.stages
}

// forReplica is what a replica has of its primary's attributes.
func (m *attributes) forReplica(old *attributes, r replica) attributes {
	key := old.kmsKeyID
	if old.primary.IsZero() {
		key = r.kmsKeyID
	}
	return attributes{
		description: m.description,
		kmsKeyID:    key,
		keys:        old.keys,
		kind:        m.kind,
		tags:        slices.Clone(m.tags),
		tagged:      old.tagged || len(m.tags) > 0,
		policy:      m.policy,
		reserved:    slices.Clone(m.reserved),
		guard:       old.guard,
	}
}
