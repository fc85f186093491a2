package secretlife

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

var errNoRotator = errors.New("secretlife: a secret is to be rotated, and there is no Rotator")

// rotate does one try at a rotation. Its beginning is saved before the rotation
// function is called, so that no other Purger calls it too, and its end after.
// Meanwhile other work goes on: the function calls the service itself.
func (s *run) rotate(ctx context.Context, x Secret) error {
	if s.p.core.rotator == nil {
		return errNoRotator
	}
	if !s.advance && s.begun == nil {
		select {
		case s.p.turn <- struct{}{}:
			defer func() { <-s.p.turn }()
		default:
			return errOtherWork
		}
	}
	fresh, err := s.p.core.random.versionID()
	if err != nil {
		return err
	}
	c, err := x.beginRotation(s.at, fresh, s.p.core.cron)
	if err != nil {
		return err
	}
	if err := s.p.core.save(ctx, time.Time{}, c); err != nil {
		return err
	}
	try, begun := c.next.rotationTry()
	if !begun {
		return nil
	}
	err = s.goThrough(ctx, c.next, try)
	if errors.Is(err, ErrNotDue) || errors.Is(err, ErrSecretNotFound) {
		// Another caller ended it meanwhile. The try was work, and what the caller did
		// can have made other work due.
		return nil
	}
	return err
}

// goThrough calls the function for a try that has begun, and saves its end, which
// happened whether or not a caller still waits for it.
func (s *run) goThrough(ctx context.Context, x Secret, try rotationTry) error {
	failure, err := s.callFunction(ctx, x, try)
	ctx = context.WithoutCancel(ctx)
	switch {
	case errors.Is(err, errInterrupted):
		if err := s.p.saveRotation(ctx, x.Key(), func(x Secret) (Change, error) {
			return x.interruptRotation(s.p.core.clock.Now(), try)
		}); err != nil {
			return err
		}
		return errInterrupted
	case err != nil:
		return err
	}
	return s.p.saveRotation(ctx, x.Key(), func(x Secret) (Change, error) {
		return x.endRotation(At{Time: s.p.core.clock.Now()}, try, failure, s.p.core.cron)
	})
}

// steps are those of a try, in order.
func (t rotationTry) steps() []RotationStep {
	if t.Test {
		return []RotationStep{StepTestSecret}
	}
	return []RotationStep{StepCreateSecret, StepSetSecret, StepTestSecret, StepFinishSecret}
}

// callFunction takes the rotation function through its steps, and returns what failed,
// for the event. With an error the end is not to be saved: the try is over, or another
// one follows.
func (s *run) callFunction(ctx context.Context, x Secret, try rotationTry) (failure string, err error) {
	token, err := s.p.core.random.versionID()
	if err != nil {
		return "", err
	}
	r := x.Rotation()
	request := RotationRequest{
		SecretID:           x.ARN().String(),
		ClientRequestToken: try.VersionID.s,
		RotationToken:      token.s,
		FunctionARN:        r.RotationLambdaARN,
		RoleARN:            r.ExternalSecretRotationRoleARN,
		Metadata:           r.ExternalSecretRotationMetadata,
		Manager:            &Manager{core: s.p.core, in: scope{x.Key().Account, x.Key().Region}},
	}
	if s.begun != nil {
		s.begun()
	}
	// The function, or what else is called meanwhile, may ask this Purger for work.
	s.p.mu.Unlock()
	defer s.p.mu.Lock()
	for i, step := range try.steps() {
		if s.stop.Err() != nil {
			return "", errInterrupted
		}
		if i > 0 {
			if err := s.p.goesOn(ctx, x.Key(), try); err != nil {
				return "", err
			}
		}
		request.Step = step
		err := s.callStep(request)
		switch {
		case err == nil:
		case s.stop.Err() != nil:
			return "", errInterrupted
		default:
			s.p.core.log.WarnContext(
				ctx, "rotation failed", "arn", request.SecretID, "step", string(request.Step), "error", err,
			)
			return textStepFailed + string(request.Step) + ".", nil
		}
	}
	return "", nil
}

// callStep calls the function for one step. Its context ends with the step's
// time.
func (s *run) callStep(r RotationRequest) error {
	late := fmt.Errorf("secretlife: the step took longer than %v", s.p.rotationTimeout)
	ctx, end := context.WithCancelCause(s.stop)
	over := s.p.core.clock.After(s.p.rotationTimeout)
	var timer sync.WaitGroup
	timer.Go(func() {
		select {
		case <-over:
			end(late)
		case <-ctx.Done():
		}
	})
	err := s.p.core.rotator(ctx, r)
	end(nil)
	timer.Wait()
	if err != nil && errors.Is(context.Cause(ctx), late) {
		return late
	}
	return err
}

// goesOn returns ErrNotDue if a try is over: the rotation was cancelled or abandoned, or
// the secret is to be deleted.
func (p *Purger) goesOn(ctx context.Context, key Key, try rotationTry) error {
	s, err := p.core.store.Load(ctx, key)
	if err != nil {
		return err
	}
	if now, ok := s.rotationTry(); !ok || now != try || s.Deletion().Scheduled() {
		return ErrNotDue
	}
	return nil
}

// saveRotation saves how a try went.
func (p *Purger) saveRotation(ctx context.Context, key Key, end func(Secret) (Change, error)) error {
	_, err := again(func() (Secret, error) {
		s, err := p.core.store.Load(ctx, key)
		if err != nil {
			return s, err
		}
		c, err := end(s)
		if err != nil {
			return s, err
		}
		return c.next, p.core.save(ctx, time.Time{}, c)
	})
	return err
}

// rotateAll does due rotations until the context is done, several at once. One
// worker at a time looks for them; when it calls a rotation function, another one
// goes on looking.
func (p *Purger) rotateAll(ctx context.Context) {
	look := &rotationScan{turn: make(chan struct{}, 1)}
	look.turn <- struct{}{}
	var workers sync.WaitGroup
	for range p.rotations {
		workers.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-look.turn:
					p.rotateOnce(ctx, look)
				}
			}
		})
	}
	workers.Wait()
}

// rotationScan is the turn to look for rotations, and what its holder knows.
type rotationScan struct {
	turn chan struct{}
	last string // the error that was logged last
}

// rotateOnce looks for a due rotation, does it, and passes the turn on in between.
func (p *Purger) rotateOnce(ctx context.Context, look *rotationScan) {
	passed := false
	pass := func() {
		if !passed {
			passed = true
			look.turn <- struct{}{}
		}
	}
	defer pass()
	p.mu.Lock()
	at, err := p.observe(ctx)
	var done []piece
	if err == nil {
		done, err = p.workUntil(ctx, &run{
			at: at, most: 1, stop: ctx, begun: pass,
			kinds: func(w Work) bool { return w == WorkRotate },
		})
	}
	p.mu.Unlock()
	if passed || ctx.Err() != nil {
		return
	}
	look.last = p.logError(ctx, err, look.last)
	if len(done) > 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-p.core.clock.After(p.interval):
	}
}
