package secretlife

import (
	"context"
	"errors"
	"time"
)

// DeleteSecretInput is the request of [Manager.DeleteSecret].
type DeleteSecretInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// RecoveryWindowInDays is the window, 7 to 30 days of 24 hours; nil is 30.
	// [Days] makes one.
	RecoveryWindowInDays *int64
	// ForceDeleteWithoutRecovery deletes without a window.
	ForceDeleteWithoutRecovery bool
}

// DeleteSecretOutput is the answer of [Manager.DeleteSecret].
type DeleteSecretOutput struct {
	ARN  string
	Name string
	// DeletionDate is when the secret can be purged, in UTC, to the
	// millisecond: the request's time plus the window, or the request's time
	// when forced.
	DeletionDate time.Time
}

// DeleteSecret marks a secret for deletion. From then on its value can't be
// read, its name stays taken, and until the DeletionDate [Manager.RestoreSecret]
// brings it back with all it had. It is purged after that, when the window has
// passed by counted time, too: see [Tally].
//
// With force it can't be restored, and is purged as soon as the background
// comes. Force on a name that no secret has succeeds, as on AWS, with an ARN
// that is made up. Force on a scheduled secret succeeds.
//
// Errors: [*InvalidParameterError] for a window outside 7 to 30
// ([ErrRecoveryWindow]), a window with force ([ErrWindowWithForce]), a primary
// with replicas ([ErrHasReplicas]) or a replica ([ErrReplica]);
// [*InvalidRequestError] for a secret that is scheduled already
// ([ErrScheduledForDeletion]); [*ResourceNotFoundError]; [*ValidationError].
//
// Source: DeleteSecret in the AWS Secrets Manager API reference.
func (m *Manager) DeleteSecret(ctx context.Context, in DeleteSecretInput) (out DeleteSecretOutput, err error) {
	f, err := m.begin(ctx, OpDeleteSecret, in.SecretID)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	id := p.secretID(in.SecretID)
	mode, modeErr := ParseDeletionMode(in.RecoveryWindowInDays, &in.ForceDeleteWithoutRecovery)
	p.add(modeErr)
	if err := p.err(); err != nil {
		return out, err
	}
	delay, err := m.delay.draw(m.random)
	if err != nil {
		return out, err
	}
	at := At{Time: f.now}
	if !mode.force {
		if at, err = f.stamped(); err != nil {
			return out, err
		}
	}
	s, err := f.change(id, func(s Secret) (Change, error) {
		c, err := s.Delete(at, mode, delay)
		call := f.call()
		call.days, call.force = int64(mode.days), mode.force
		return c.describe(call), err
	})
	if mode.force && OpDeleteSecret.Rule(Purged) == ForceSucceeds && errors.Is(err, ErrSecretNotFound) {
		return f.deletedNothing(id)
	}
	if err != nil {
		return out, err
	}
	date, _ := s.Deletion().Date()
	return DeleteSecretOutput{ARN: s.ARN().String(), Name: s.Name().s, DeletionDate: date}, nil
}

// deletedNothing is the answer to force on a secret that is not there: AWS
// answers as if it had been. The ARN is the one asked for, or one with a fresh
// suffix where a name was.
func (f *frame) deletedNothing(id SecretID) (DeleteSecretOutput, error) {
	out := DeleteSecretOutput{ARN: id.raw, Name: id.name.s, DeletionDate: f.now}
	if id.form == fullARN {
		return out, nil
	}
	suffix, err := f.random.suffix()
	if err != nil {
		return DeleteSecretOutput{}, err
	}
	out.ARN = ARN{f.in.region.partition(), f.in.account, f.in.region, id.name, suffix}.String()
	return out, nil
}

// RestoreSecretInput is the request of [Manager.RestoreSecret].
type RestoreSecretInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
}

// RestoreSecretOutput is the answer of [Manager.RestoreSecret].
type RestoreSecretOutput struct {
	ARN  string
	Name string
}

// RestoreSecret takes the mark for deletion from a secret, which is then as it
// was: versions, staging labels, tags, policy, everything. It works while the
// time is before the DeletionDate. On an active secret it succeeds and changes
// nothing.
//
// Errors: [*ResourceNotFoundError] for a secret that is not there, was deleted
// by force, or whose DeletionDate has come ([ErrRecoveryWindowOver]);
// [*InvalidParameterError] for a replica; [*ValidationError].
//
// Source: RestoreSecret in the AWS Secrets Manager API reference.
func (m *Manager) RestoreSecret(ctx context.Context, in RestoreSecretInput) (out RestoreSecretOutput, err error) {
	f, err := m.begin(ctx, OpRestoreSecret, in.SecretID)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	id, err := ParseSecretID(in.SecretID)
	if err != nil {
		return out, err
	}
	at, err := f.present()
	if err != nil {
		return out, err
	}
	s, err := f.change(id, func(s Secret) (Change, error) {
		c, err := s.Restore(at)
		return c.describe(f.call()), err
	})
	if err != nil {
		return out, err
	}
	return RestoreSecretOutput{ARN: s.ARN().String(), Name: s.Name().s}, nil
}
