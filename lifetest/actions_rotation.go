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
		func(secretlife.RotateSecretOutput) (func() secretlife.RotateSecretOutput, *fault) {
			return nil, d.model.rotate(at, in)
		}})
}

func (d drawer) cancelRotateSecret() {
	at, id := d.target()
	run(d.machine, request[secretlife.CancelRotateSecretOutput]{secretlife.OpCancelRotateSecret, at, id, id,
		func(ctx context.Context, mg *secretlife.Manager) (secretlife.CancelRotateSecretOutput, error) {
			return mg.CancelRotateSecret(ctx, secretlife.CancelRotateSecretInput{SecretID: id})
		},
		func(secretlife.CancelRotateSecretOutput) (func() secretlife.CancelRotateSecretOutput, *fault) {
			return nil, d.model.cancelRotation(at, id)
		}})
}
