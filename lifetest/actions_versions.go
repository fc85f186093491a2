package lifetest

import (
	"context"
	"errors"

	"github.com/secretlife-go/secretlife"
)

func (d drawer) putSecretValue() {
	at, id := d.target()
	in := secretlife.PutSecretValueInput{SecretID: id, ClientRequestToken: d.token(at, id), VersionStages: labelSet(d)}
	if d.chance(97) {
		in.Value = d.value(at, id, in.ClientRequestToken)
	}
	d.doPut(at, in)
}

func (m *machine) doPut(at place, in secretlife.PutSecretValueInput) {
	run(m, request[secretlife.PutSecretValueOutput]{secretlife.OpPutSecretValue, at, in.SecretID, in,
		func(ctx context.Context, mg Service) (secretlife.PutSecretValueOutput, error) {
			return mg.PutSecretValue(ctx, in)
		},
		func(got secretlife.PutSecretValueOutput) (func() secretlife.PutSecretValueOutput, *fault) {
			token := in.ClientRequestToken
			if token == "" {
				token = got.VersionID
			}
			s, f := m.model.put(at, in, token)
			return func() secretlife.PutSecretValueOutput {
				return secretlife.PutSecretValueOutput{ARN: s.arn(), Name: s.name, VersionID: token, VersionStages: s.stages(token)}
			}, f
		}})
}

// burst makes many versions of one secret, so that some come of age.
func (d drawer) burst() {
	if d.subject != nil || len(d.model.secrets) == 0 {
		d.idle = true
		return
	}
	k := pick(d, d.model.keys()...)
	s := d.model.secrets[k]
	if s.scheduled || s.primary != "" || len(s.versions) > 150 {
		d.idle = true
		return
	}
	n := pick(d, 1, 2, 3, 20, 60, 97, 98, 99, 100, 101, 102, 103, 120)
	mg := d.managers[k.place]
	d.begin()
	d.tellBurst(k, n)
	for range n {
		d.values++
		in := secretlife.PutSecretValueInput{SecretID: k.name, Value: secretValue(d.values, false), ClientRequestToken: tokenNumber(1000 + d.values)}
		_, err := mg.PutSecretValue(context.Background(), in)
		_, f := d.model.put(k.place, in, in.ClientRequestToken)
		d.checkFault(secretlife.OpPutSecretValue, f, err)
	}
	d.sunk = dropRefusals(d.sunk)
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
	in.Description, in.KmsKeyID, in.Type = d.optional(2048), d.optional(2048), d.optional(256)
	if d.chance(20) {
		in.Description, in.Type = nil, nil
	} else if d.chance(50) {
		in.Value = d.value(at, id, in.ClientRequestToken)
	}
	run(d.machine, request[secretlife.UpdateSecretOutput]{secretlife.OpUpdateSecret, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.UpdateSecretOutput, error) {
			return mg.UpdateSecret(ctx, in)
		},
		func(got secretlife.UpdateSecretOutput) (func() secretlife.UpdateSecretOutput, *fault) {
			token := in.ClientRequestToken
			if token == "" {
				token = got.VersionID
			}
			s, f := d.model.update(at, in, token)
			return func() secretlife.UpdateSecretOutput {
				out := secretlife.UpdateSecretOutput{ARN: s.arn(), Name: s.name}
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
	if d.chance(40) {
		in.VersionID = d.version(at, id)
	}
	if d.chance(40) {
		in.VersionStage = pick(d, labels...)
	}
	d.doGet(at, in)
}

func (m *machine) doGet(at place, in secretlife.GetSecretValueInput) {
	run(m, request[secretlife.GetSecretValueOutput]{secretlife.OpGetSecretValue, at, in.SecretID, in,
		func(ctx context.Context, mg Service) (secretlife.GetSecretValueOutput, error) {
			return mg.GetSecretValue(ctx, in)
		},
		func(secretlife.GetSecretValueOutput) (func() secretlife.GetSecretValueOutput, *fault) {
			s, v, f := m.model.get(at, in)
			return func() secretlife.GetSecretValueOutput {
				return secretlife.GetSecretValueOutput{
					ARN: s.arn(), Name: s.name, VersionID: v.id, Value: v.value,
					VersionStages: s.stages(v.id), CreatedDate: instant(v.created),
				}
			}, f
		}})
}

func (d drawer) updateSecretVersionStage() {
	at, id := d.target()
	in := secretlife.UpdateSecretVersionStageInput{SecretID: id, VersionStage: anyLabel(d)}
	if d.chance(70) {
		in.MoveToVersionID = d.version(at, id)
	}
	if s := d.meant(at, id); s != nil && d.chance(60) {
		in.RemoveFromVersionID = s.labels[string(in.VersionStage)]
	} else if d.chance(30) {
		in.RemoveFromVersionID = d.version(at, id)
	}
	run(d.machine, request[secretlife.UpdateSecretVersionStageOutput]{secretlife.OpUpdateSecretVersionStage, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.UpdateSecretVersionStageOutput, error) {
			return mg.UpdateSecretVersionStage(ctx, in)
		},
		func(secretlife.UpdateSecretVersionStageOutput) (func() secretlife.UpdateSecretVersionStageOutput, *fault) {
			s, f := d.model.moveStage(at, in)
			return func() secretlife.UpdateSecretVersionStageOutput {
				return secretlife.UpdateSecretVersionStageOutput{ARN: s.arn(), Name: s.name}
			}, f
		}})
}

// listVersions reads the whole list, page by page.
func (d drawer) listVersions() {
	at, id := d.target()
	in := secretlife.ListSecretVersionIdsInput{SecretID: id, IncludeDeprecated: d.chance(50)}
	in.MaxResults = pick(d, 0, 0, 1, 2, 7, 100, -1, 101)
	if d.chance(5) {
		in.NextToken = "bad"
	}
	run(d.machine, request[secretlife.ListSecretVersionIdsOutput]{secretlife.OpListSecretVersionIds, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.ListSecretVersionIdsOutput, error) {
			return allVersions(ctx, mg, in)
		},
		func(secretlife.ListSecretVersionIdsOutput) (func() secretlife.ListSecretVersionIdsOutput, *fault) {
			s, f := d.model.listVersions(at, in)
			return func() secretlife.ListSecretVersionIdsOutput { return s.versionList(in.IncludeDeprecated) }, f
		}})
}

// mostPages is more than any list of a history has.
const mostPages = 1000

var errEndless = errors.New("the list goes on for ever")

func allVersions(ctx context.Context, mg Service, in secretlife.ListSecretVersionIdsInput) (secretlife.ListSecretVersionIdsOutput, error) {
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
