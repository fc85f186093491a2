package machine

import (
	"context"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

func (d drawer) replicateSecretToRegions() {
	at, id := d.target()
	in := secretlife.ReplicateSecretToRegionsInput{
		SecretID:                    id,
		AddReplicaRegions:           d.targets(),
		ForceOverwriteReplicaSecret: d.Chance(50),
	}
	run(
		d.machine,
		request[secretlife.ReplicateSecretToRegionsOutput]{secretlife.OpReplicateSecretToRegions, at, id, in,
			func(ctx context.Context, mg service.Service) (secretlife.ReplicateSecretToRegionsOutput, error) {
				return mg.ReplicateSecretToRegions(ctx, in)
			},
			func(secretlife.ReplicateSecretToRegionsOutput) (func() secretlife.ReplicateSecretToRegionsOutput, *model.Fault) {
				s, f := d.model.Replicate(at, in)
				return func() secretlife.ReplicateSecretToRegionsOutput {
					return secretlife.ReplicateSecretToRegionsOutput{
						ARN:               s.ARN(),
						ReplicationStatus: d.model.FullStatus(s),
					}
				}, f
			}},
	)
}

func (d drawer) removeRegionsFromReplication() {
	at, id := d.target()
	in := secretlife.RemoveRegionsFromReplicationInput{SecretID: id}
	if s := d.resolve(at, id); s != nil && len(s.Replicas) > 0 && d.Chance(80) {
		in.RemoveReplicaRegions = []string{history.Pick(d, s.Regions()...)}
	}
	for range d.Below(2) {
		in.RemoveReplicaRegions = append(in.RemoveReplicaRegions, d.region())
	}
	run(
		d.machine,
		request[secretlife.RemoveRegionsFromReplicationOutput]{secretlife.OpRemoveRegionsFromReplication, at, id, in,
			func(ctx context.Context, mg service.Service) (secretlife.RemoveRegionsFromReplicationOutput, error) {
				return mg.RemoveRegionsFromReplication(ctx, in)
			},
			func(secretlife.RemoveRegionsFromReplicationOutput) (func() secretlife.RemoveRegionsFromReplicationOutput,
				*model.Fault) {
				s, f := d.model.StopReplicas(at, in)
				return func() secretlife.RemoveRegionsFromReplicationOutput {
					return secretlife.RemoveRegionsFromReplicationOutput{
						ARN:               s.ARN(),
						ReplicationStatus: d.model.FullStatus(s),
					}
				}, f
			}},
	)
}

func (d drawer) stopReplicationToReplica() {
	at, id := d.target()
	run(
		d.machine,
		request[secretlife.StopReplicationToReplicaOutput]{
			secretlife.OpStopReplicationToReplica,
			at,
			id,
			secretlife.StopReplicationToReplicaInput{SecretID: id},
			func(ctx context.Context, mg service.Service) (secretlife.StopReplicationToReplicaOutput, error) {
				return mg.StopReplicationToReplica(ctx, secretlife.StopReplicationToReplicaInput{SecretID: id})
			},
			func(secretlife.StopReplicationToReplicaOutput) (func() secretlife.StopReplicationToReplicaOutput, *model.Fault) {
				s, f := d.model.PromoteReplica(at, id)
				return func() secretlife.StopReplicationToReplicaOutput {
					return secretlife.StopReplicationToReplicaOutput{ARN: s.ARN()}
				}, f
			},
		},
	)
}

// listSecrets reads the whole list of a place, page by page.
func (d drawer) listSecrets() {
	at := d.place()
	in := secretlife.ListSecretsInput{IncludePlannedDeletion: d.Chance(50)}
	in.SortBy = history.Pick(
		d,
		"",
		secretlife.SortByCreatedDate,
		secretlife.SortByName,
		secretlife.SortByLastChangedDate,
		secretlife.SortByLastAccessedDate,
		"size",
	)
	in.SortOrder = history.Pick(d, "", secretlife.SortAscending, secretlife.SortDescending)
	in.MaxResults = history.Pick(d, 0, 1, 2, 100, 101)
	for range d.Below(3) {
		in.Filters = append(in.Filters, d.filter())
	}
	if d.Chance(3) {
		in.NextToken = "bad"
	}
	d.countListed(at)
	run(d.machine, request[secretlife.ListSecretsOutput]{secretlife.OpListSecrets, at, "?", in,
		func(ctx context.Context, mg service.Service) (secretlife.ListSecretsOutput, error) {
			return allSecrets(ctx, mg, in)
		},
		func(secretlife.ListSecretsOutput) (func() secretlife.ListSecretsOutput, *model.Fault) {
			list, f := d.model.List(at, in)
			return func() secretlife.ListSecretsOutput { return secretlife.ListSecretsOutput{SecretList: list} }, f
		}})
}

func (d drawer) countListed(at model.Place) {
	d.begin()
	for k, s := range d.model.Secrets {
		if k.Place == at {
			d.coverage.called(secretlife.OpListSecrets, d.model.PhaseOf(s))
		}
	}
}

func allSecrets(
	ctx context.Context,
	mg service.Service,
	in secretlife.ListSecretsInput,
) (secretlife.ListSecretsOutput, error) {
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

func (d drawer) purger() int { return d.Below(len(d.purgers)) }

// passTime advances the clock by a little, by much, or to about the date of a
// scheduled secret.
func (d drawer) passTime() {
	advance := d.pass
	if d.subject == nil {
		i := d.purger()
		d.drawTryPlans(true)
		advance = func(by time.Duration) { d.advance(i, by) }
	}
	advance(history.ClockMove(d, d.present().UnixMilli(), d.dates()))
}

// dates lists the future instants at which something ends.
func (d drawer) dates() []int64 {
	now := d.present().UnixMilli()
	var out []int64
	for _, k := range d.model.Keys() {
		if s := d.model.Secrets[k]; s.Scheduled && s.Date >= now {
			out = append(out, s.Date)
		} else if at, work := s.Due(); work != 0 && at >= now {
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
	d.drawTryPlans(false)
	d.runDue(d.purger(), d.Chance(50))
}

// moveWall moves the wall clock while no time passes, or sets it right again.
func (d drawer) moveWall() {
	if d.subject != nil {
		d.idle = true
		return
	}
	if d.drift != 0 && d.Chance(60) {
		d.jump(-d.drift)
		return
	}
	by := history.Pick(d, time.Millisecond, 4*time.Minute, 5*time.Minute, 6*time.Minute, time.Hour, 40*24*time.Hour)
	if d.Chance(40) {
		by = -by
	}
	d.jump(by)
}

func (d drawer) restartPurger() {
	if d.subject != nil {
		d.idle = true
		return
	}
	d.restart(d.purger())
}
