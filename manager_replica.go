package secretlife

import (
	"context"
	"errors"
	"fmt"
)

// ReplicateSecretToRegionsInput is the request of
// [Manager.ReplicateSecretToRegions].
type ReplicateSecretToRegionsInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// AddReplicaRegions is at least one Region, not the secret's own.
	AddReplicaRegions []ReplicaRegion
	// ForceOverwriteReplicaSecret lets a replica take the place of a secret of
	// the same name, unless that one is scheduled for deletion, a replica, or
	// has replicas.
	ForceOverwriteReplicaSecret bool
}

// ReplicateSecretToRegionsOutput is the answer of
// [Manager.ReplicateSecretToRegions].
type ReplicateSecretToRegionsOutput struct {
	ARN               string
	ReplicationStatus []ReplicationStatus
}

// ReplicateSecretToRegions adds replica Regions. The call returns with the
// status InProgress; the background makes the replicas, and DescribeSecret shows
// InSync, or Failed with the reason. A secret with replicas can't be deleted.
//
// Errors: [*InvalidRequestError] for a scheduled secret;
// [*InvalidParameterError] for a replica ([ErrReplica]) or the secret's own
// Region; [*ResourceNotFoundError]; [*ValidationError].
//
// Source: ReplicateSecretToRegions in the AWS Secrets Manager API reference.
func (m *Manager) ReplicateSecretToRegions(ctx context.Context, in ReplicateSecretToRegionsInput) (out ReplicateSecretToRegionsOutput, err error) {
	f, err := m.begin(ctx, OpReplicateSecretToRegions, in.SecretID)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	if len(in.AddReplicaRegions) == 0 {
		p.add(violation("addReplicaRegions", "[]", minLength(1)))
	}
	targets := p.targets(in.AddReplicaRegions)
	id := p.secretID(in.SecretID)
	if err := p.err(); err != nil {
		return out, err
	}
	regions := make([]string, len(targets))
	for i, t := range targets {
		regions[i] = t.Region.s
	}
	s, err := f.change(id, func(s Secret) (Change, error) {
		c, err := s.AddReplicas(f.now, targets, in.ForceOverwriteReplicaSecret)
		return c.describe(f.call(param{"addReplicaRegions", regions})), err
	})
	if err != nil {
		return out, err
	}
	out = ReplicateSecretToRegionsOutput{s.ARN().String(), replicationStatus(s)}
	return out, f.fillReplicas(s, out.ReplicationStatus)
}

// RemoveRegionsFromReplicationInput is the request of
// [Manager.RemoveRegionsFromReplication].
type RemoveRegionsFromReplicationInput struct {
	// SecretID is the primary's name, ARN or partial ARN.
	SecretID string
	// RemoveReplicaRegions is at least one Region the secret is replicated to.
	RemoveReplicaRegions []string
}

// RemoveRegionsFromReplicationOutput is the answer of
// [Manager.RemoveRegionsFromReplication].
type RemoveRegionsFromReplicationOutput struct {
	ARN               string
	ReplicationStatus []ReplicationStatus // of the Regions that remain
}

// RemoveRegionsFromReplication ends replicas at once, without recovery window.
// Primary and replicas change together or not at all.
//
// Errors: [*InvalidParameterError] for a replica ([ErrReplica]) or a Region the
// secret is not replicated to; [*InvalidRequestError] for a scheduled secret;
// [*ResourceNotFoundError]; [*ValidationError].
//
// Source: RemoveRegionsFromReplication in the AWS Secrets Manager API reference.
func (m *Manager) RemoveRegionsFromReplication(ctx context.Context, in RemoveRegionsFromReplicationInput) (out RemoveRegionsFromReplicationOutput, err error) {
	f, err := m.begin(ctx, OpRemoveRegionsFromReplication, in.SecretID)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	if len(in.RemoveReplicaRegions) == 0 {
		p.add(violation("removeReplicaRegions", "[]", minLength(1)))
	}
	var regions []Region
	for i, r := range in.RemoveReplicaRegions {
		regions = append(regions, p.region(fmt.Sprintf("removeReplicaRegions.%d.member", i+1), r))
	}
	id := p.secretID(in.SecretID)
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := f.changeMany(id, func(s Secret) (Change, []Change, error) {
		c, err := s.RemoveReplicas(f.now, regions)
		if err != nil {
			return c, nil, err
		}
		others, err := f.endReplicas(s, regions)
		return c.describe(f.call(param{"removeReplicaRegions", in.RemoveReplicaRegions})), others, err
	})
	if err != nil {
		return out, err
	}
	out = RemoveRegionsFromReplicationOutput{s.ARN().String(), replicationStatus(s)}
	return out, f.fillReplicas(s, out.ReplicationStatus)
}

func (f *frame) endReplicas(primary Secret, regions []Region) ([]Change, error) {
	var out []Change
	seen := map[Region]bool{}
	for _, r := range regions {
		there, err := f.core.store.Load(f.ctx, primary.keyIn(r))
		switch {
		case seen[r] || errors.Is(err, ErrSecretNotFound):
			continue
		case err != nil:
			return nil, f.failed(err)
		}
		seen[r] = true
		if there.isReplicaFrom(primary) {
			out = append(out, there.endReplica(f.now))
		}
	}
	return out, nil
}

// StopReplicationToReplicaInput is the request of
// [Manager.StopReplicationToReplica].
type StopReplicationToReplicaInput struct {
	// SecretID is the replica's name, ARN or partial ARN.
	SecretID string
}

// StopReplicationToReplicaOutput is the answer of
// [Manager.StopReplicationToReplica].
type StopReplicationToReplicaOutput struct {
	ARN string
}

// StopReplicationToReplica makes a replica a secret of its own. It is called in
// the replica's Region. The primary forgets it in the same moment.
//
// Errors: [*InvalidParameterError] for a secret that is no replica
// ([ErrNotReplica]); [*InvalidRequestError] for a scheduled secret;
// [*ResourceNotFoundError]; [*ValidationError].
//
// Source: StopReplicationToReplica in the AWS Secrets Manager API reference.
func (m *Manager) StopReplicationToReplica(ctx context.Context, in StopReplicationToReplicaInput) (out StopReplicationToReplicaOutput, err error) {
	f, err := m.begin(ctx, OpStopReplicationToReplica, in.SecretID)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	id, err := ParseSecretID(in.SecretID)
	if err != nil {
		return out, err
	}
	s, err := f.changeMany(id, func(s Secret) (Change, []Change, error) {
		c, err := s.Promote(f.now)
		if err != nil {
			return c, nil, err
		}
		others, err := f.forget(s)
		return c.describe(f.call()), others, err
	})
	if err != nil {
		return out, err
	}
	return StopReplicationToReplicaOutput{s.ARN().String()}, nil
}

// forget decides what the primary of a promoted replica becomes.
func (f *frame) forget(replica Secret) ([]Change, error) {
	home, _ := replica.ReplicaOf()
	primary, err := f.core.store.Load(f.ctx, replica.keyIn(home))
	switch {
	case errors.Is(err, ErrSecretNotFound):
		return nil, nil
	case err != nil:
		return nil, f.failed(err)
	case !replica.isReplicaFrom(primary) || primary.attrs().replicaIn(replica.Key().Region) < 0:
		return nil, nil
	}
	return []Change{primary.forgetReplica(f.now, replica.Key().Region)}, nil
}
