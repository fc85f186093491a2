package machine

import (
	"context"
	"errors"

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
	run(m, request[secretlife.PutSecretValueOutput]{secretlife.OpPutSecretValue, at, in.SecretID, in,
		func(ctx context.Context, mg service.Service) (secretlife.PutSecretValueOutput, error) {
			return mg.PutSecretValue(ctx, in)
		},
		func(got secretlife.PutSecretValueOutput) (func() secretlife.PutSecretValueOutput, *model.Fault) {
			token := in.ClientRequestToken
			if token == "" {
				token = got.VersionID
			}
			s, f := m.model.Put(at, in, token)
			return func() secretlife.PutSecretValueOutput {
				return secretlife.PutSecretValueOutput{
					ARN:           s.ARN(),
					Name:          s.Name,
					VersionID:     token,
					VersionStages: s.Stages(token),
				}
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
		d.checkFault(secretlife.OpPutSecretValue, f, err)
	}
	d.sinkEvents = dropRefusals(d.sinkEvents)
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
	if d.Chance(20) {
		in.Description, in.Type = nil, nil
	} else if d.Chance(50) {
		in.Value = d.value(at, id, in.ClientRequestToken)
	}
	run(d.machine, request[secretlife.UpdateSecretOutput]{secretlife.OpUpdateSecret, at, id, in,
		func(ctx context.Context, mg service.Service) (secretlife.UpdateSecretOutput, error) {
			return mg.UpdateSecret(ctx, in)
		},
		func(got secretlife.UpdateSecretOutput) (func() secretlife.UpdateSecretOutput, *model.Fault) {
			token := in.ClientRequestToken
			if token == "" {
				token = got.VersionID
			}
			s, f := d.model.Update(at, in, token)
			return func() secretlife.UpdateSecretOutput {
				out := secretlife.UpdateSecretOutput{ARN: s.ARN(), Name: s.Name}
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
	run(m, request[secretlife.GetSecretValueOutput]{secretlife.OpGetSecretValue, at, in.SecretID, in,
		func(ctx context.Context, mg service.Service) (secretlife.GetSecretValueOutput, error) {
			return mg.GetSecretValue(ctx, in)
		},
		func(secretlife.GetSecretValueOutput) (func() secretlife.GetSecretValueOutput, *model.Fault) {
			s, v, f := m.model.Get(at, in)
			return func() secretlife.GetSecretValueOutput {
				return secretlife.GetSecretValueOutput{
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
	run(
		d.machine,
		request[secretlife.UpdateSecretVersionStageOutput]{secretlife.OpUpdateSecretVersionStage, at, id, in,
			func(ctx context.Context, mg service.Service) (secretlife.UpdateSecretVersionStageOutput, error) {
				return mg.UpdateSecretVersionStage(ctx, in)
			},
			func(secretlife.UpdateSecretVersionStageOutput) (func() secretlife.UpdateSecretVersionStageOutput, *model.Fault) {
				s, f := d.model.MoveStage(at, in)
				return func() secretlife.UpdateSecretVersionStageOutput {
					return secretlife.UpdateSecretVersionStageOutput{ARN: s.ARN(), Name: s.Name}
				}, f
			}},
	)
}

// listVersions reads the whole list, page by page.
func (d drawer) listVersions() {
	at, id := d.target()
	in := secretlife.ListSecretVersionIdsInput{SecretID: id, IncludeDeprecated: d.Chance(50)}
	in.MaxResults = history.Pick(d, 0, 0, 1, 2, 7, 100, -1, 101)
	if d.Chance(5) {
		in.NextToken = "bad"
	}
	run(d.machine, request[secretlife.ListSecretVersionIdsOutput]{secretlife.OpListSecretVersionIds, at, id, in,
		func(ctx context.Context, mg service.Service) (secretlife.ListSecretVersionIdsOutput, error) {
			return allVersions(ctx, mg, in)
		},
		func(secretlife.ListSecretVersionIdsOutput) (func() secretlife.ListSecretVersionIdsOutput, *model.Fault) {
			s, f := d.model.ListVersions(at, in)
			return func() secretlife.ListSecretVersionIdsOutput { return s.VersionList(in.IncludeDeprecated) }, f
		}})
}

// mostPages is more than any list of a history has.
const mostPages = 1000

var errEndless = errors.New("the list goes on for ever")

func allVersions(
	ctx context.Context,
	mg service.Service,
	in secretlife.ListSecretVersionIdsInput,
) (secretlife.ListSecretVersionIdsOutput, error) {
	out, err := mg.ListSecretVersionIds(ctx, in)
	for n := 0; err == nil && out.NextToken != ""; n++ {
		if n == mostPages {
			return out, errEndless
		}
		in.NextToken = out.NextToken
		var more secretlife.ListSecretVersionIdsOutput
		more, err = mg.ListSecretVersionIds(ctx, in)
		more.Versions = append(out.Versions, more.Versions...)
		out = more
	}
	return out, err
}
