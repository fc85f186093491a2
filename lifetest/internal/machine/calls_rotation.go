package machine

import (
	"cmp"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

func (d drawer) rotateSecret() {
	at, id := d.target()
	in := secretlife.RotateSecretInput{
		SecretID:           id,
		ClientRequestToken: d.token(at, id),
		RotationLambdaARN:  history.Pick(d, "", "arn:function", "arn:function", "arn:other", model.UncallableFunction),
	}
	if d.Chance(60) {
		in.RotationRules = d.rules()
	}
	if d.Chance(50) {
		in.RotateImmediately = history.Pick(d, new(bool), new(bool), pointerTo(true))
	}
	if d.Chance(5) {
		in.ExternalSecretRotationRoleARN = "arn:aws:iam::" + history.MainAccount + ":role/rotates"
		in.ExternalSecretRotationMetadata = []secretlife.Tag{
			{Key: "k", Value: history.Pick(d, "v", "w")},
		}
	}
	type output = secretlife.SecretOutput
	run(d.machine, request[secretlife.RotateSecretInput, output]{
		secretlife.OpRotateSecret, at, id, in, service.Service.RotateSecret,
		func(got output) (func() output, *model.Fault) {
			token := cmp.Or(in.ClientRequestToken, got.VersionID)
			s, f := d.model.Rotate(at, in, token)
			return func() output {
				if s.Version(token) == nil { // the owner of the secret rotates it
					token = ""
				}
				return output{ARN: s.ARN(), Name: s.Name, VersionID: token}
			}, f
		}})
}

func pointerTo[V any](v V) *V { return &v }

// rules draws rotation rules, mostly valid ones.
func (d drawer) rules() *secretlife.RotationRules {
	if d.Chance(8) {
		return history.Pick(d,
			&secretlife.RotationRules{},
			&secretlife.RotationRules{AutomaticallyAfterDays: 1001},
			&secretlife.RotationRules{AutomaticallyAfterDays: -1},
			&secretlife.RotationRules{AutomaticallyAfterDays: 1, ScheduleExpression: "rate(1 day)"},
			&secretlife.RotationRules{Duration: "3h"},
			&secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "25h"},
			&secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "h3"},
			&secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "3d"},
			&secretlife.RotationRules{ScheduleExpression: "rate(3 hours)"},
			&secretlife.RotationRules{ScheduleExpression: "rate(1001 days)"},
			&secretlife.RotationRules{ScheduleExpression: "rate(1 week)"},
			&secretlife.RotationRules{ScheduleExpression: "daily"},
			&secretlife.RotationRules{ScheduleExpression: "cron(0 7 * *)"},
			&secretlife.RotationRules{ScheduleExpression: "rate(4 hours)", Duration: "5h"},
			&secretlife.RotationRules{ScheduleExpression: "rate(+5 days)"},
		)
	}
	r := &secretlife.RotationRules{Duration: history.Pick(d, "", "", "1h", "3h", "6h")}
	switch n := d.Below(20); {
	case n < 9:
		r.AutomaticallyAfterDays = history.Pick(d, int64(1), 2, 7, 30, 1000)
	case n < 18:
		r.ScheduleExpression = history.Pick(d, "rate(1 day)", "rate(10 days)", "rate(31 days)", "rate(50 hours)",
			"rate(170 hours)", "cron(0 16 * * ? *)")
	default: // these cost most
		r.ScheduleExpression = history.Pick(d, "rate(4 hours)", "rate(12 hours)", "cron(0 9,20 * * ? *)")
	}
	return r
}

func (d drawer) cancelRotateSecret() {
	at, id := d.target()
	type output = secretlife.SecretOutput
	in := secretlife.SecretInput{SecretID: id}
	run(d.machine, request[secretlife.SecretInput, output]{
		secretlife.OpCancelRotateSecret, at, id, in, service.Service.CancelRotateSecret,
		func(output) (func() output, *model.Fault) {
			s, left, f := d.model.CancelRotation(at, id)
			return func() output { return output{ARN: s.ARN(), Name: s.Name, VersionID: left} }, f
		}})
}

// drawTryPlans draws how the next tries at rotations go, if there can be any. While
// time passes no secret is deleted during a try, since the invariants about deletion
// are about one instant.
func (d drawer) drawTryPlans(timePasses bool) {
	if d.subject != nil || d.function == nil ||
		!slices.ContainsFunc(d.model.Keys(), func(k model.Key) bool { return d.model.Secrets[k].Rotation != nil }) {
		return
	}
	plans := make([]model.TryPlan, 1+d.Below(3))
	for i := range plans {
		plans[i] = model.TryPlan{Behavior: model.Works, Step: secretlife.StepCreateSecret}
		if d.Chance(50) {
			plans[i] = model.TryPlan{
				Behavior: history.Pick(d, model.FailsBefore, model.FailsBefore, model.FailsAfter, model.FailsAfter,
					model.Idles, model.Promotes, model.IsOvertaken, model.IsCancelled, model.IsDeleted),
				Step: history.Pick(d, secretlife.StepCreateSecret, secretlife.StepSetSecret, secretlife.StepTestSecret,
					secretlife.StepTestSecret, secretlife.StepFinishSecret),
			}
		}
		if d.outage != nil || timePasses && plans[i].Behavior == model.IsDeleted {
			plans[i].Behavior = model.Works
		}
	}
	d.setTryPlans(plans)
}
