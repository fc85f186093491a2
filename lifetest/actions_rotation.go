package lifetest

import (
	"context"

	"github.com/secretlife-go/secretlife"
)

func (d drawer) rotateSecret() {
	at, id := d.target()
	in := secretlife.RotateSecretInput{SecretID: id, ClientRequestToken: d.token(at, id), RotationLambdaARN: pick(d, "function", "", "arn:function")}
	run(d.machine, request[secretlife.RotateSecretOutput]{secretlife.OpRotateSecret, at, id, in,
		func(ctx context.Context, mg *secretlife.Manager) (secretlife.RotateSecretOutput, error) {
			return mg.RotateSecret(ctx, in)
		},
		func(got secretlife.RotateSecretOutput) (func() secretlife.RotateSecretOutput, *fault) {
			s, f := d.model.rotate(at, in)
			return func() secretlife.RotateSecretOutput {
				return secretlife.RotateSecretOutput{ARN: s.arn(), Name: s.name, VersionID: in.ClientRequestToken}
			}, f
		}})
}

func (d drawer) cancelRotateSecret() {
	at, id := d.target()
	run(d.machine, request[secretlife.CancelRotateSecretOutput]{secretlife.OpCancelRotateSecret, at, id, id,
		func(ctx context.Context, mg *secretlife.Manager) (secretlife.CancelRotateSecretOutput, error) {
			return mg.CancelRotateSecret(ctx, secretlife.CancelRotateSecretInput{SecretID: id})
		},
		func(secretlife.CancelRotateSecretOutput) (func() secretlife.CancelRotateSecretOutput, *fault) {
			_, f := d.model.cancelRotation(at, id)
			return func() secretlife.CancelRotateSecretOutput { return secretlife.CancelRotateSecretOutput{} }, f
		}})
}
