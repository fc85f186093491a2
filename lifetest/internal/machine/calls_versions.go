package machine

import (
	"cmp"
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

func (d drawer) putSecretValue() {
	at, id := d.target()
	in := secretlife.PutSecretValueInput{
		SecretID:           id,
		ClientRequestToken: d.token(at, id),
		VersionStages:      history.LabelSet(d),
	}
	if d.Chance(97) {
		in.Value = d.value(at, id, in.ClientRequestToken)
	}
	d.doPut(at, in)
}

func (m *machine) doPut(at model.Place, in secretlife.PutSecretValueInput) {
	type output = secretlife.SecretOutput
	run(m, request[secretlife.PutSecretValueInput, output]{
		secretlife.OpPutSecretValue, at, in.SecretID, in, service.Service.PutSecretValue,
		func(got output) (func() output, *model.Fault) {
			token := cmp.Or(in.ClientRequestToken, got.VersionID)
			s, f := m.model.Put(at, in, token)
			return func() output {
				return output{ARN: s.ARN(), Name: s.Name, VersionID: token, VersionStages: s.Stages(token)}
			}, f
		}})
}

// burst makes so many versions of one secret that some can be aged out.
func (d drawer) burst() {
	if d.subject != nil || len(d.model.Secrets) == 0 {
		d.idle = true
		return
	}
	k := history.Pick(d, d.model.Keys()...)
	s := d.model.Secrets[k]
	if s.Scheduled || s.Primary != "" || len(s.Versions) > 150 {
		d.idle = true
		return
	}
	n := history.Pick(d, 1, 2, 3, 20, 60, 97, 98, 99, 100, 101, 102, 103, 120)
	mg := d.managers[k.Place]
	d.begin()
	d.tellBurst(k, n)
	for range n {
		d.values++
		in := secretlife.PutSecretValueInput{
			SecretID:           k.Name,
			Value:              canary.NewValue(d.values, false),
			ClientRequestToken: history.TokenNumber(1000 + d.values),
		}
		_, err := mg.PutSecretValue(context.Background(), in)
		_, f := d.model.Put(k.Place, in, in.ClientRequestToken)
		if problem, _ := d.faultProblem(secretlife.OpPutSecretValue, f, err); problem != "" {
			d.t.failf("%s", problem)
		}
	}
	d.observed = dropRefusals(d.observed)
	d.settle()
}

func dropRefusals(events []secretlife.Event) []secretlife.Event {
	var out []secretlife.Event
	for _, e := range events {
		if _, _, refused := e.Refusal(); !refused {
			out = append(out, e)
		}
	}
	return out
}

func (d drawer) updateSecret() {
	at, id := d.target()
	in := secretlife.UpdateSecretInput{SecretID: id, ClientRequestToken: d.token(at, id)}
	in.Description, in.KMSKeyID, in.Type = d.optional(2048), d.optional(2048), d.optional(256)
	if d.Chance(5) {
		in.KMSKeyID = pointerTo("alias/aws/secretsmanager")
	}
	if d.Chance(20) {
		in.Description, in.Type = nil, nil
	} else if d.Chance(50) {
		in.Value = d.value(at, id, in.ClientRequestToken)
	}
	type output = secretlife.SecretOutput
	run(d.machine, request[secretlife.UpdateSecretInput, output]{
		secretlife.OpUpdateSecret, at, id, in, service.Service.UpdateSecret,
		func(got output) (func() output, *model.Fault) {
			token := cmp.Or(in.ClientRequestToken, got.VersionID)
			s, f := d.model.Update(at, in, token)
			return func() output {
				out := output{ARN: s.ARN(), Name: s.Name}
				if !in.Value.IsZero() {
					out.VersionID = token
				}
				return out
			}, f
		}})
}

func (d drawer) getSecretValue() {
	at, id := d.target()
	in := secretlife.GetSecretValueInput{SecretID: id}
	if d.Chance(40) {
		in.VersionID = d.version(at, id)
	}
	if d.Chance(40) {
		in.VersionStage = history.Pick(d, history.Labels...)
	}
	d.doGet(at, in)
}

func (m *machine) doGet(at model.Place, in secretlife.GetSecretValueInput) {
	type output = secretlife.GetSecretValueOutput
	run(m, request[secretlife.GetSecretValueInput, output]{
		secretlife.OpGetSecretValue, at, in.SecretID, in, service.Service.GetSecretValue,
		func(output) (func() output, *model.Fault) {
			s, v, f := m.model.Get(at, in)
			return func() output {
				return output{
					ARN: s.ARN(), Name: s.Name, VersionID: v.ID, Value: v.Value,
					VersionStages: s.Stages(v.ID), CreatedDate: model.Instant(v.Created),
				}
			}, f
		}})
}

func (d drawer) updateSecretVersionStage() {
	at, id := d.target()
	in := secretlife.UpdateSecretVersionStageInput{SecretID: id, VersionStage: history.AnyLabel(d)}
	if d.Chance(70) {
		in.MoveToVersionID = d.version(at, id)
	}
	if s := d.resolve(at, id); s != nil && d.Chance(60) {
		in.RemoveFromVersionID = s.Labels[string(in.VersionStage)]
	} else if d.Chance(30) {
		in.RemoveFromVersionID = d.version(at, id)
	}
	run(d.machine, about(secretlife.OpUpdateSecretVersionStage, at, id, in, service.Service.UpdateSecretVersionStage,
		func() (*model.Secret, *model.Fault) { return d.model.MoveStage(at, in) },
		func(s *model.Secret) secretlife.SecretOutput {
			return secretlife.SecretOutput{ARN: s.ARN(), Name: s.Name}
		}))
}

// listVersions reads the whole list, page by page.
func (d drawer) listVersions() {
	at, id := d.target()
	in := secretlife.ListSecretVersionIdsInput{SecretID: id, IncludeDeprecated: d.Chance(50)}
	in.MaxResults = history.Pick(d, 0, 0, 1, 2, 7, 100, -1, 101)
	if d.Chance(5) {
		in.NextToken = "bad"
	}
	run(d.machine, about(secretlife.OpListSecretVersionIds, at, id, in, allVersions,
		func() (*model.Secret, *model.Fault) { return d.model.ListVersions(at, in) },
		func(s *model.Secret) secretlife.ListSecretVersionIdsOutput {
			return s.VersionList(in.IncludeDeprecated)
		}))
}

var allVersions = wholeList(service.Service.ListSecretVersionIds,
	func(in *secretlife.ListSecretVersionIdsInput, out secretlife.ListSecretVersionIdsOutput) bool {
		in.NextToken = out.NextToken
		return out.NextToken != ""
	},
	func(out *secretlife.ListSecretVersionIdsOutput, page secretlife.ListSecretVersionIdsOutput) {
		out.NextToken, out.Versions = page.NextToken, append(out.Versions, page.Versions...)
	})
