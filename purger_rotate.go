package secretlife

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var errNoRotator = errors.New("secretlife: a secret is to be rotated, and there is no Rotator")

// rotate does one try at a rotation. Its beginning is saved before the rotation
// function is called, so that no other Purger calls it too, and its end after.
// Meanwhile other work goes on: the function calls the service itself.
func (p *Purger) rotate(ctx context.Context, s Secret, now time.Time) error {
	if p.rotator == nil {
		return errNoRotator
	}
	fresh, err := p.random.versionID()
	if err != nil {
		return err
	}
	c, err := s.BeginRotation(now, fresh, p.cron)
	if err != nil {
		return err
	}
	if err := p.save(ctx, nil, c); err != nil {
		return err
	}
	try, begun := c.next.RotationTry()
	if !begun {
		return nil
	}
	err = p.goThrough(ctx, c.next, try)
	if errors.Is(err, ErrNotDue) || errors.Is(err, ErrSecretNotFound) {
		// Others ended it meanwhile. It was work all the same, and what they did can
		// have made other work due.
		return nil
	}
	return err
}

// goThrough calls the function for a try that has begun, and saves its end.
func (p *Purger) goThrough(ctx context.Context, s Secret, try RotationTry) error {
	failure, err := p.callFunction(ctx, s, try)
	if err != nil {
		return err
	}
	return p.endRotation(ctx, s.Key(), try, failure)
}

// steps are those of a try, in order.
func (t RotationTry) steps() []RotationStep {
	if t.Test {
		return []RotationStep{StepTestSecret}
	}
	return []RotationStep{StepCreateSecret, StepSetSecret, StepTestSecret, StepFinishSecret}
}

// callFunction takes the rotation function through its steps, and answers what
// failed, as the event is to tell it. With an error the end is not to be saved:
// the try is over, or will be followed by another one.
func (p *Purger) callFunction(ctx context.Context, s Secret, try RotationTry) (failure string, err error) {
	token, err := p.random.versionID()
	if err != nil {
		return "", err
	}
	r, _ := s.Rotation()
	request := RotationRequest{
		SecretID:           s.ARN().String(),
		ClientRequestToken: try.VersionID.s,
		RotationToken:      token.s,
		FunctionARN:        r.LambdaARN,
		RoleARN:            r.RoleARN,
		Metadata:           r.Metadata,
		Manager:            &Manager{shared: p.shared, in: scope{s.Key().Account, s.Key().Region}},
	}
	// The function, or what else is called meanwhile, may ask this Purger for work.
	p.mu.Unlock()
	defer p.mu.Lock()
	for i, step := range try.steps() {
		if i > 0 {
			if err := p.goesOn(ctx, s.Key(), try); err != nil {
				return "", err
			}
		}
		request.Step = step
		err := p.rotator.Rotate(ctx, request)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			p.log.WarnContext(ctx, "rotation failed", "arn", request.SecretID, "step", string(request.Step), "error", err)
			return textStepFailed + string(request.Step) + ".", nil
		}
	}
	return "", nil
}

// goesOn answers ErrNotDue where a try is over: the rotation was cancelled or
// abandoned, or the secret is to be deleted.
func (p *Purger) goesOn(ctx context.Context, key Key, try RotationTry) error {
	s, err := p.store.Load(ctx, key)
	if err != nil {
		return err
	}
	if now, ok := s.RotationTry(); !ok || now != try || s.Deletion().Scheduled() {
		return ErrNotDue
	}
	return nil
}

// endRotation saves how a try went.
func (p *Purger) endRotation(ctx context.Context, key Key, try RotationTry, failure string) error {
	for range maxAttempts {
		s, err := p.store.Load(ctx, key)
		if err != nil {
			return err
		}
		c, err := s.EndRotation(p.clock.Now(), try, failure, p.cron)
		if err != nil {
			return err
		}
		err = p.save(ctx, nil, c)
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%w %d times in a row", ErrConflict, maxAttempts)
}
