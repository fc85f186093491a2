package machine

import (
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
	run(d.machine, about(secretlife.OpReplicateSecretToRegions, at, id, in, service.Service.ReplicateSecretToRegions,
		func() (*model.Secret, *model.Fault) { return d.model.Replicate(at, in) },
		func(s *model.Secret) secretlife.SecretOutput {
			return secretlife.SecretOutput{ARN: s.ARN(), ReplicationStatus: d.model.FullStatus(s)}
		}))
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
	run(d.machine, about(
		secretlife.OpRemoveRegionsFromReplication, at, id, in, service.Service.RemoveRegionsFromReplication,
		func() (*model.Secret, *model.Fault) { return d.model.StopReplicas(at, in) },
		func(s *model.Secret) secretlife.SecretOutput {
			return secretlife.SecretOutput{ARN: s.ARN(), ReplicationStatus: d.model.FullStatus(s)}
		}))
}

func (d drawer) stopReplicationToReplica() {
	at, id := d.target()
	in := secretlife.SecretInput{SecretID: id}
	run(d.machine, about(secretlife.OpStopReplicationToReplica, at, id, in, service.Service.StopReplicationToReplica,
		func() (*model.Secret, *model.Fault) { return d.model.PromoteReplica(at, id) },
		func(s *model.Secret) secretlife.SecretOutput {
			return secretlife.SecretOutput{ARN: s.ARN()}
		}))
}

// listSecrets reads the whole list of a place, page by page.
func (d drawer) listSecrets() {
	at := d.place()
	in := secretlife.ListSecretsInput{IncludePlannedDeletion: d.Chance(50)}
	if d.Chance(60) {
		d.detail(&in)
	}
	if d.subject == nil {
		d.countListed(at)
	}
	type output = secretlife.ListSecretsOutput
	run(d.machine, request[secretlife.ListSecretsInput, output]{secretlife.OpListSecrets, at, "?", in, allSecrets,
		func(output) (func() output, *model.Fault) {
			list, f := d.model.List(at, in)
			return func() output { return output{SecretList: list} }, f
		}})
}

// detail draws the members of a request that a simple list does not have.
func (d drawer) detail(in *secretlife.ListSecretsInput) {
	in.SortBy = history.Pick(
		d, "", secretlife.SortByCreatedDate, secretlife.SortByName, secretlife.SortByLastChangedDate,
		secretlife.SortByLastAccessedDate, "size",
	)
	in.SortOrder = history.Pick(d, "", secretlife.SortAscending, secretlife.SortDescending)
	in.MaxResults = history.Pick(d, 0, 1, 2, 100, 101)
	for range d.Below(3) {
		in.Filters = append(in.Filters, d.filter())
	}
	if d.Chance(3) {
		in.NextToken = "bad"
	}
}

func (d drawer) countListed(at model.Place) {
	d.begin()
	for k, s := range d.model.Secrets {
		if k.Place == at {
			d.coverage.called(secretlife.OpListSecrets, d.model.PhaseOf(s))
		}
	}
}

var allSecrets = wholeList(service.Service.ListSecrets,
	func(in *secretlife.ListSecretsInput, out secretlife.ListSecretsOutput) bool {
		in.NextToken = out.NextToken
		return out.NextToken != ""
	},
	func(out *secretlife.ListSecretsOutput, page secretlife.ListSecretsOutput) {
		out.NextToken, out.SecretList = page.NextToken, append(out.SecretList, page.SecretList...)
	})

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
