package lifetest

import (
	"context"
	"slices"

	"github.com/secretlife-go/secretlife"
)

func (d drawer) rotateSecret() {
	at, id := d.target()
	in := secretlife.RotateSecretInput{SecretID: id, ClientRequestToken: d.token(at, id), RotationLambdaARN: pick(d, "", "arn:function", "arn:function", "arn:other")}
	if d.chance(60) {
		in.RotationRules = d.rules()
	}
	if d.chance(50) {
		in.RotateImmediately = pick(d, new(bool), new(bool), pointerTo(true))
	}
	if d.chance(5) {
		in.ExternalSecretRotationRoleARN = "arn:aws:iam::" + home + ":role/rotates"
		in.ExternalSecretRotationMetadata = []secretlife.ExternalSecretRotationMetadataItem{{Key: "k", Value: pick(d, "v", "w")}}
	}
	run(d.machine, request[secretlife.RotateSecretOutput]{secretlife.OpRotateSecret, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.RotateSecretOutput, error) {
			return mg.RotateSecret(ctx, in)
		},
		func(got secretlife.RotateSecretOutput) (func() secretlife.RotateSecretOutput, *fault) {
			token := in.ClientRequestToken
			if token == "" {
				token = got.VersionID
			}
			s, f := d.model.rotate(at, in, token)
			return func() secretlife.RotateSecretOutput {
				return secretlife.RotateSecretOutput{ARN: s.arn(), Name: s.name, VersionID: token}
			}, f
		}})
}

func pointerTo[V any](v V) *V { return &v }

// rules are rotation rules: mostly some that make a schedule.
func (d drawer) rules() *secretlife.RotationRules {
	if d.chance(8) {
		return pick(d,
			&secretlife.RotationRules{}, &secretlife.RotationRules{AutomaticallyAfterDays: 1001}, &secretlife.RotationRules{AutomaticallyAfterDays: -1},
			&secretlife.RotationRules{AutomaticallyAfterDays: 1, ScheduleExpression: "rate(1 day)"}, &secretlife.RotationRules{Duration: "3h"},
			&secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "25h"}, &secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "h3"},
			&secretlife.RotationRules{AutomaticallyAfterDays: 1, Duration: "3d"}, &secretlife.RotationRules{ScheduleExpression: "rate(3 hours)"},
			&secretlife.RotationRules{ScheduleExpression: "rate(1001 days)"}, &secretlife.RotationRules{ScheduleExpression: "rate(1 week)"},
			&secretlife.RotationRules{ScheduleExpression: "daily"}, &secretlife.RotationRules{ScheduleExpression: "cron(0 7 * *)"},
			&secretlife.RotationRules{ScheduleExpression: "rate(4 hours)", Duration: "5h"}, &secretlife.RotationRules{ScheduleExpression: "rate(+5 days)"},
		)
	}
	r := &secretlife.RotationRules{Duration: pick(d, "", "", "1h", "3h", "6h")}
	switch n := d.below(20); {
	case n < 9:
		r.AutomaticallyAfterDays = pick(d, int64(1), 2, 7, 30, 1000)
	case n < 18:
		r.ScheduleExpression = pick(d, "rate(1 day)", "rate(10 days)", "rate(31 days)", "rate(50 hours)", "rate(170 hours)", "cron(0 16 * * ? *)")
	default: // these cost most
		r.ScheduleExpression = pick(d, "rate(4 hours)", "rate(12 hours)", "cron(0 9,20 * * ? *)")
	}
	return r
}

func (d drawer) cancelRotateSecret() {
	at, id := d.target()
	run(d.machine, request[secretlife.CancelRotateSecretOutput]{secretlife.OpCancelRotateSecret, at, id, secretlife.CancelRotateSecretInput{SecretID: id},
		func(ctx context.Context, mg Service) (secretlife.CancelRotateSecretOutput, error) {
			return mg.CancelRotateSecret(ctx, secretlife.CancelRotateSecretInput{SecretID: id})
		},
		func(secretlife.CancelRotateSecretOutput) (func() secretlife.CancelRotateSecretOutput, *fault) {
			s, left, f := d.model.cancelRotation(at, id)
			return func() secretlife.CancelRotateSecretOutput {
				return secretlife.CancelRotateSecretOutput{ARN: s.arn(), Name: s.name, VersionID: left}
			}, f
		}})
}

// drawMoods draws how the next tries at rotations go, if there may be any. While
// time passes no secret is deleted in the middle of one: what the invariants say
// of deletion, they say of one instant.
func (d drawer) drawMoods(timePasses bool) {
	if d.subject != nil || d.rotor == nil || !slices.ContainsFunc(d.model.keys(), func(k key) bool { return d.model.secrets[k].rotation != nil }) {
		return
	}
	moods := make([]mood, 1+d.below(3))
	for i := range moods {
		moods[i] = mood{works, secretlife.StepCreateSecret}
		if d.chance(50) {
			moods[i] = mood{
				pick(d, failsBefore, failsBefore, failsAfter, failsAfter, idles, promotes, isOvertaken, isCancelled, isDeleted),
				pick(d, secretlife.StepCreateSecret, secretlife.StepSetSecret, secretlife.StepTestSecret, secretlife.StepTestSecret, secretlife.StepFinishSecret),
			}
		}
		if d.outage != nil || timePasses && moods[i].deed == isDeleted {
			moods[i].deed = works
		}
	}
	d.setMoods(moods)
}
