package concurrent

import (
	"context"
	"time"

	"github.com/secretlife-go/secretlife"
)

// often are the calls of random histories, some more often than others.
var often = []string{
	"create", "create", "delete", "delete", "restore", "restore", "get", "get", "force", "purge", "purge", "tick",
	"hold", "release", "release", "protect", "unprotect",
}

// call makes a call, and returns its answer without the exception.
func (b *recorder) call(ctx context.Context, c call) (answer, error) {
	switch c.op {
	case "create":
		out, err := b.CreateSecret(
			ctx,
			secretlife.CreateSecretInput{Name: c.name, Value: secretlife.SecretString(c.value)},
		)
		return answer{arn: out.ARN}, err
	case "delete", "force":
		in := secretlife.DeleteSecretInput{SecretID: c.name, ForceDeleteWithoutRecovery: c.op == "force"}
		if c.op == "delete" {
			in.RecoveryWindowInDays = secretlife.Days(7)
		}
		out, err := b.DeleteSecret(ctx, in)
		return answer{arn: out.ARN}, err
	case "restore":
		out, err := b.RestoreSecret(ctx, secretlife.SecretInput{SecretID: c.name})
		return answer{arn: out.ARN}, err
	case "hold":
		_, err := b.PlaceHold(ctx, c.name, holdAt(c.value, b.Clock().Now()))
		return answer{}, err
	case "release":
		_, err := b.ReleaseHold(ctx, c.name, c.value)
		return answer{}, err
	case "protect":
		_, err := b.ProtectSecret(ctx, c.name, secretlife.Protection{NoForce: true, CoolingOff: window / 2})
		return answer{}, err
	case "unprotect":
		_, err := b.ProtectSecret(ctx, c.name, secretlife.Protection{})
		return answer{}, err
	default:
		out, err := b.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: c.name})
		return answer{arn: out.ARN, value: out.Value.Reveal()}, err
	}
}

// holdAt is the hold of a name that is placed at an instant.
func holdAt(name string, now time.Time) secretlife.Hold {
	h := secretlife.Hold{Name: name}
	if name == endingHold {
		h.Until = now.Add(window / 2)
	}
	return h
}
