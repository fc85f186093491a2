package secretlife

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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

func (in ReplicateSecretToRegionsInput) tell(c *call) {
	c.params.replicas(in.AddReplicaRegions, in.ForceOverwriteReplicaSecret)
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
func (m *Manager) ReplicateSecretToRegions(
	ctx context.Context, in ReplicateSecretToRegionsInput,
) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpReplicateSecretToRegions, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	if len(in.AddReplicaRegions) == 0 {
		p.add(violation("addReplicaRegions", in.AddReplicaRegions, minLength(1)))
	}
	targets := p.targets(in.AddReplicaRegions, req.core.emulate.Regions)
	id := p.secretID(in.SecretID)
	if err := p.err(); err != nil {
		return out, err
	}
	regions := make([]string, len(targets))
	for i, t := range targets {
		regions[i] = t.Region.s
	}
	s, err := req.change(id, func(s Secret) (Change, error) {
		c, err := s.AddReplicas(req.at(), targets, in.ForceOverwriteReplicaSecret)
		return withCall(&req, c, in), err
	})
	if err != nil {
		return out, err
	}
	out = SecretOutput{ARN: s.ARN().String(), ReplicationStatus: s.Replicas()}
	return out, req.fillReplicas(s, out.ReplicationStatus)
}

// RemoveRegionsFromReplicationInput is the request of
// [Manager.RemoveRegionsFromReplication].
type RemoveRegionsFromReplicationInput struct {
	// SecretID is the primary's name, ARN or partial ARN.
	SecretID string
	// RemoveReplicaRegions is at least one Region the secret is replicated to.
	RemoveReplicaRegions []string
}

func (in RemoveRegionsFromReplicationInput) tell(c *call) {
	texts(&c.params, "removeReplicaRegions", in.RemoveReplicaRegions)
}

// RemoveRegionsFromReplication ends replicas without recovery window: at once, unless
// [Emulate].ReplicaRemovalLag delays that.
// Primary and replicas change together or not at all.
//
// Errors: [*InvalidParameterError] for a replica ([ErrReplica]) or a Region the
// secret is not replicated to; [*InvalidRequestError] for a scheduled secret;
// [*ResourceNotFoundError]; [*ValidationError].
//
// Source: RemoveRegionsFromReplication in the AWS Secrets Manager API reference.
func (m *Manager) RemoveRegionsFromReplication(
	ctx context.Context, in RemoveRegionsFromReplicationInput,
) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpRemoveRegionsFromReplication, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	if len(in.RemoveReplicaRegions) == 0 {
		p.add(violation("removeReplicaRegions", in.RemoveReplicaRegions, minLength(1)))
	}
	var regions []Region
	for i, r := range in.RemoveReplicaRegions {
		regions = append(regions, p.region(fmt.Sprintf("removeReplicaRegions.%d.member", i+1), r))
	}
	id := p.secretID(in.SecretID)
	if err := p.err(); err != nil {
		return out, err
	}
	lag, err := m.core.emulate.ReplicaRemovalLag.draw(m.core.random)
	if err != nil {
		return out, err
	}
	s, err := req.changeAll(id, func(s Secret) ([]Change, error) {
		there, err := req.loadReplicas(s, regions)
		if err != nil {
			return nil, err
		}
		at, err := req.counting(req.at(), slices.Collect(maps.Values(there))...)
		if err != nil {
			return nil, err
		}
		changes, err := s.RemoveReplicas(at, regions, there, lag)
		return withCalls(&req, changes, in), err
	})
	if err != nil {
		return out, err
	}
	out = SecretOutput{ARN: s.ARN().String(), ReplicationStatus: s.Replicas()}
	return out, req.fillReplicas(s, out.ReplicationStatus)
}

// loadReplicas loads the secrets of a primary's name in other Regions, the zero Secret
// for none. Regions that the primary is not replicated to are left out.
func (req *request) loadReplicas(primary Secret, regions []Region) (map[Region]Secret, error) {
	there := make(map[Region]Secret, len(regions))
	for _, r := range regions {
		if primary.attrs().replicaIn(r) < 0 {
			continue
		}
		s, err := req.loadOrZero(primary.keyIn(r))
		if err != nil {
			return nil, err
		}
		there[r] = s
	}
	return there, nil
}

// loadOrZero loads the secret at a key. It returns the zero Secret if the key is free.
func (req *request) loadOrZero(key Key) (Secret, error) {
	s, err := req.core.store.Load(req.ctx, key)
	switch {
	case errors.Is(err, ErrSecretNotFound):
		return Secret{}, nil
	case err != nil:
		return Secret{}, req.failed(err)
	}
	return s, nil
}

// StopReplicationToReplica makes a replica a secret of its own. It is called in
// the replica's Region, with the replica's name, ARN or partial ARN, or an ARN of its
// primary. The primary forgets it in the same moment.
//
// Errors: [*InvalidParameterError] for a secret that is not a replica
// ([ErrNotReplica]); [*InvalidRequestError] for a scheduled secret;
// [*ResourceNotFoundError]; [*ValidationError].
//
// Source: StopReplicationToReplica in the AWS Secrets Manager API reference.
func (m *Manager) StopReplicationToReplica(
	ctx context.Context, in SecretInput,
) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpStopReplicationToReplica, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	id, err := ParseSecretID(in.SecretID)
	if err != nil {
		return out, err
	}
	id, home := id.replicaIn(req.in)
	s, err := req.changeAll(id, func(s Secret) ([]Change, error) {
		var primary Secret
		region, ok := s.ReplicaOf()
		if home != (Region{}) && home != region {
			return nil, errNotFound()
		}
		if ok {
			var err error
			if primary, err = req.loadOrZero(s.keyIn(region)); err != nil {
				return nil, err
			}
		}
		changes, err := s.Promote(req.at(), primary)
		return withCalls(&req, changes, in), err
	})
	if err != nil {
		return out, err
	}
	return SecretOutput{ARN: s.ARN().String()}, nil
}

// replicaIn returns the id of a replica in the caller's Region where id is an ARN of
// another Region, and that Region, where its primary must be. Other ids are returned as
// they are, with the zero Region.
func (id SecretID) replicaIn(in scope) (SecretID, Region) {
	if id.form == plainName || id.region == in.region || id.partition != in.region.partition() {
		return id, Region{}
	}
	home := id.region
	id.region = in.region
	return id, home
}
