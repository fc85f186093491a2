package lifetest

import (
	"context"
	"time"

	"github.com/secretlife-go/secretlife"
)

func (d drawer) replicateSecretToRegions() {
	at, id := d.target()
	in := secretlife.ReplicateSecretToRegionsInput{SecretID: id, AddReplicaRegions: d.targets(), ForceOverwriteReplicaSecret: d.chance(50)}
	run(d.machine, request[secretlife.ReplicateSecretToRegionsOutput]{secretlife.OpReplicateSecretToRegions, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.ReplicateSecretToRegionsOutput, error) {
			return mg.ReplicateSecretToRegions(ctx, in)
		},
		func(secretlife.ReplicateSecretToRegionsOutput) (func() secretlife.ReplicateSecretToRegionsOutput, *fault) {
			s, f := d.model.replicate(at, in)
			return func() secretlife.ReplicateSecretToRegionsOutput {
				return secretlife.ReplicateSecretToRegionsOutput{ARN: s.arn(), ReplicationStatus: d.model.fullStatus(s)}
			}, f
		}})
}

func (d drawer) removeRegionsFromReplication() {
	at, id := d.target()
	in := secretlife.RemoveRegionsFromReplicationInput{SecretID: id}
	if s := d.meant(at, id); s != nil && len(s.replicas) > 0 && d.chance(80) {
		in.RemoveReplicaRegions = []string{pick(d, s.regions()...)}
	}
	for range d.below(2) {
		in.RemoveReplicaRegions = append(in.RemoveReplicaRegions, d.region())
	}
	run(d.machine, request[secretlife.RemoveRegionsFromReplicationOutput]{secretlife.OpRemoveRegionsFromReplication, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.RemoveRegionsFromReplicationOutput, error) {
			return mg.RemoveRegionsFromReplication(ctx, in)
		},
		func(secretlife.RemoveRegionsFromReplicationOutput) (func() secretlife.RemoveRegionsFromReplicationOutput, *fault) {
			s, f := d.model.stopReplicas(at, in)
			return func() secretlife.RemoveRegionsFromReplicationOutput {
				return secretlife.RemoveRegionsFromReplicationOutput{ARN: s.arn(), ReplicationStatus: d.model.fullStatus(s)}
			}, f
		}})
}

func (d drawer) stopReplicationToReplica() {
	at, id := d.target()
	run(d.machine, request[secretlife.StopReplicationToReplicaOutput]{secretlife.OpStopReplicationToReplica, at, id, secretlife.StopReplicationToReplicaInput{SecretID: id},
		func(ctx context.Context, mg Service) (secretlife.StopReplicationToReplicaOutput, error) {
			return mg.StopReplicationToReplica(ctx, secretlife.StopReplicationToReplicaInput{SecretID: id})
		},
		func(secretlife.StopReplicationToReplicaOutput) (func() secretlife.StopReplicationToReplicaOutput, *fault) {
			s, f := d.model.promoteReplica(at, id)
			return func() secretlife.StopReplicationToReplicaOutput {
				return secretlife.StopReplicationToReplicaOutput{ARN: s.arn()}
			}, f
		}})
}

// listSecrets reads the whole list of a place, page by page.
func (d drawer) listSecrets() {
	at := d.place()
	in := secretlife.ListSecretsInput{IncludePlannedDeletion: d.chance(50)}
	in.SortBy = pick(d, "", secretlife.SortByCreatedDate, secretlife.SortByName, secretlife.SortByLastChangedDate, secretlife.SortByLastAccessedDate, "size")
	in.SortOrder = pick(d, "", secretlife.SortAscending, secretlife.SortDescending)
	in.MaxResults = pick(d, 0, 1, 2, 100, 101)
	for range d.below(3) {
		in.Filters = append(in.Filters, d.filter())
	}
	if d.chance(3) {
		in.NextToken = "bad"
	}
	d.tallyList(at)
	run(d.machine, request[secretlife.ListSecretsOutput]{secretlife.OpListSecrets, at, "?", in,
		func(ctx context.Context, mg Service) (secretlife.ListSecretsOutput, error) {
			return allSecrets(ctx, mg, in)
		},
		func(secretlife.ListSecretsOutput) (func() secretlife.ListSecretsOutput, *fault) {
			list, f := d.model.list(at, in)
			return func() secretlife.ListSecretsOutput { return secretlife.ListSecretsOutput{SecretList: list} }, f
		}})
}

func (d drawer) tallyList(at place) {
	d.begin()
	for k, s := range d.model.secrets {
		if k.place == at {
			d.tally.hit(secretlife.OpListSecrets, d.model.phaseOf(s))
		}
	}
}

func allSecrets(ctx context.Context, mg Service, in secretlife.ListSecretsInput) (secretlife.ListSecretsOutput, error) {
	out, err := mg.ListSecrets(ctx, in)
	for n := 0; err == nil && out.NextToken != ""; n++ {
		if n == mostPages {
			return out, errEndless
		}
		in.NextToken = out.NextToken
		var more secretlife.ListSecretsOutput
		more, err = mg.ListSecrets(ctx, in)
		more.SecretList = append(out.SecretList, more.SecretList...)
		out = more
	}
	return out, err
}

func (d drawer) purger() int { return d.below(len(d.purgers)) }

// passTime advances the clock a little, or far, or to about the date of a
// scheduled secret.
func (d drawer) passTime() {
	advance := d.pass
	if d.subject == nil {
		i := d.purger()
		d.drawMoods(true)
		advance = func(by time.Duration) { d.advance(i, by) }
	}
	advance(clockMove(d, d.present().UnixMilli(), d.dates()))
}

// dates lists the instants ahead at which something ends.
func (d drawer) dates() []int64 {
	now := d.present().UnixMilli()
	var out []int64
	for _, k := range d.model.keys() {
		if s := d.model.secrets[k]; s.scheduled && s.date >= now {
			out = append(out, s.date)
		} else if at, work := s.due(); work != 0 && at >= now {
			out = append(out, at)
		}
	}
	return out
}

func (d drawer) runPurger() {
	if d.subject != nil {
		d.idle = true
		return
	}
	d.drawMoods(false)
	d.runDue(d.purger(), d.chance(50))
}

// moveWall moves the wall clock without any time passing, or back to where it
// would be.
func (d drawer) moveWall() {
	if d.subject != nil {
		d.idle = true
		return
	}
	if d.drift != 0 && d.chance(60) {
		d.jump(-d.drift)
		return
	}
	by := pick(d, time.Millisecond, 4*time.Minute, 5*time.Minute, 6*time.Minute, time.Hour, 40*24*time.Hour)
	if d.chance(40) {
		by = -by
	}
	d.jump(by)
}

func (d drawer) operate() {
	if d.subject != nil {
		d.idle = true
		return
	}
	switch i := d.purger(); pick(d, "trusts", "restarts") {
	case "trusts":
		d.trust(i)
	default:
		d.restart(i)
	}
}
