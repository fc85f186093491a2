package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Done is a step that [Apply] did.
type Done struct {
	Name string
	Step Step
	// Before says that the step was found done, by Apply before or by another caller.
	Before bool
	// DeletionDate is what DeleteSecret returned, zero for other steps and those found done.
	DeletionDate time.Time
}

// StoppedError is why [Apply] stopped. It changed nothing after that.
type StoppedError struct {
	Name    string // of the secret
	ARN     string
	Blocker Blocker
	Err     error // of the service, or nil
}

// Error describes the error.
func (e *StoppedError) Error() string {
	return fmt.Sprintf("stopped at %s: %s (%s)", e.Name, e.Blocker.Reason, e.Blocker.Kind)
}

// Unwrap returns the error of the service.
func (e *StoppedError) Unwrap() error { return e.Err }

// Apply does the steps of a plan, in order, and nothing else. done, if it is not nil, is called
// after each of them.
//
// A plan with blockers is not applied. Before each step the secret is read, and Apply stops if it
// is not what the plan says. A call whose outcome is not known is repeated if the secret shows no
// effect of it. Apply waits by the Service's clock, some minutes at most, for replicas and secrets
// to be gone, and for reads to show what was done. By a clock that stands still it waits until ctx
// ends.
//
// The same plan can be applied again after an error, until it expires: what is done is not done
// again. A service that does not show DeletionDates, as AWS, does not show either whether a secret
// was deleted with the window of the plan: one that any caller deleted since counts as scheduled.
//
// Errors: [*StoppedError]; [ErrFormat], [ErrEdited], [ErrOtherAccount] and [ErrUnknownAccount], before
// anything is changed; [ErrExpired], between two secrets, too; that of ctx.
func Apply(ctx context.Context, service Service, p Plan, done func(Done)) error {
	if err := p.check(); err != nil {
		return err
	}
	if err := p.valid(service.Clock().Now()); err != nil {
		return err
	}
	for _, s := range p.Secrets {
		if len(s.Blockers) > 0 {
			return &StoppedError{Name: s.Name, ARN: s.ARN, Blocker: s.Blockers[0]}
		}
	}
	if err := p.checkScope(ctx, service); err != nil {
		return err
	}
	if done == nil {
		done = func(Done) {}
	}
	for _, s := range p.Secrets {
		if len(s.Steps) == 0 {
			continue
		}
		if err := p.valid(service.Clock().Now()); err != nil {
			return err
		}
		r := run{service: service, secret: s, made: p.Made, done: done, deadline: service.Clock().Now().Add(patience)}
		if err := r.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// checkScope refuses a service of another account or Region. Where these can't be known, nothing
// distinguishes a secret that is gone by force from one that was never there.
func (p Plan) checkScope(ctx context.Context, service Service) error {
	account, region, err := scopeOf(ctx, service)
	if account == "" && err == nil {
		err = fmt.Errorf("%w: it lists no secret and does not say whose it is", ErrUnknownAccount)
	}
	switch {
	case errors.Is(err, ErrUnknownAccount) && slices.ContainsFunc(p.Secrets, Secret.endsGone):
		return fmt.Errorf("%w. The plan is for account %s and Region %s, where a secret that is not found counts as deleted",
			err, p.Account, p.Region)
	case errors.Is(err, ErrUnknownAccount):
		return nil
	case err == nil && p.Account != "" && (account != p.Account || region != p.Region):
		return fmt.Errorf("%w: it is for account %s and Region %s, and the service is account %s in Region %s",
			ErrOtherAccount, p.Account, p.Region, account, region)
	}
	return err
}

// endsGone reports whether the steps of a secret are done when it is not there.
func (s Secret) endsGone() bool {
	return slices.ContainsFunc(s.conditions()[1:], func(c condition) bool { return c.gone })
}

const (
	// patience is how long Apply waits for one thing.
	patience = 10 * time.Minute
	// mostTries is how often a call is made that fails.
	mostTries = 6
	// lag is how late what is read may be after a call.
	lag = time.Minute
	// The pauses between two looks begin with the first, and are doubled up to the last.
	firstPause, lastPause = time.Second, 15 * time.Second
)

// run does the steps of one secret.
type run struct {
	service Service
	secret  Secret
	made    time.Time
	done    func(Done)

	told        int // how many steps done was called for
	sure        int // how many steps the service said that it did
	own         int // how many steps were called, whatever came of the last
	failedCalls int // in a row
	failedReads int // in a row
	lastErr     error
	before      time.Time // the LastChangedDate before the last call
	pause       time.Duration
	called      time.Time // when the last call ended
	deadline    time.Time
}

func (r *run) run(ctx context.Context) error {
	for r.sure < len(r.secret.Steps) {
		v, err := read(ctx, r.service, r.secret.Name)
		if err != nil {
			if err := r.fail(ctx, err, &r.failedReads); err != nil {
				return err
			}
			continue
		}
		r.failedReads = 0
		n, blocker := r.secret.done(v, r.made, r.sure)
		if tried := r.own > r.sure && n == r.own-1; tried && blocker == nil && !v.changed.Equal(r.before) {
			blocker = changed("it changed while %q was tried", r.secret.Steps[n])
		}
		late := n < r.sure
		if blocker != nil {
			late = r.own > 0 && r.service.Clock().Now().Before(r.called.Add(lag))
			if !late {
				return r.stop(*blocker, r.lastErr)
			}
		}
		n = max(n, r.sure)
		r.tell(n, Done{Before: r.own == 0})
		if n == len(r.secret.Steps) {
			return nil
		}
		if step := r.secret.Steps[n]; late || step.waits() {
			err = r.wait(ctx, step)
		} else {
			r.before = v.changed
			err = r.step(ctx, n, step)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// step does one step, or fails to; nil means to go on.
func (r *run) step(ctx context.Context, n int, step Step) error {
	r.own = n + 1
	date, err := r.call(ctx, step)
	r.called = r.service.Clock().Now()
	if err != nil {
		return r.fail(ctx, err, &r.failedCalls)
	}
	r.sure, r.failedCalls, r.lastErr, r.pause = n+1, 0, nil, 0
	r.deadline = r.called.Add(patience)
	r.tell(n+1, Done{DeletionDate: date})
	return nil
}

// tell reports the steps up to n that were not reported.
func (r *run) tell(n int, d Done) {
	for ; r.told < n; r.told++ {
		d.Name, d.Step = r.secret.Name, r.secret.Steps[r.told]
		r.done(d)
	}
}

func (r *run) stop(b Blocker, err error) error {
	return &StoppedError{Name: r.secret.Name, ARN: r.secret.ARN, Blocker: b, Err: err}
}

// fail decides what becomes of an error of the service: nil to look again, after a pause.
func (r *run) fail(ctx context.Context, err error, failed *int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.lastErr = err
	if *failed++; *failed == mostTries || final(err) {
		return r.stop(Blocker{refusal(err), err.Error()}, err)
	}
	return r.sleep(ctx)
}

// refusal returns the kind of blocker that an error of a call is.
func refusal(err error) BlockerKind {
	switch {
	case errors.Is(err, secretlife.ErrHeld):
		return Held
	case errors.Is(err, secretlife.ErrProtected):
		return Protected
	}
	return Refused
}

// final reports whether an error says that a call can't succeed. What AWS says of the state of a
// secret can come of a call before, or of a read that was late: the next look at the secret tells.
func final(err error) bool {
	if refusal(err) != Refused {
		return true
	}
	var refused secretlife.Error
	if !errors.As(err, &refused) || !refused.ClientFault() {
		return false
	}
	var (
		throttled *secretlife.ThrottlingError
		request   *secretlife.InvalidRequestError
		parameter *secretlife.InvalidParameterError
		none      *secretlife.ResourceNotFoundError
	)
	return !errors.As(err, &throttled) && !errors.As(err, &request) && !errors.As(err, &parameter) &&
		!errors.As(err, &none)
}

// wait waits for what the next look shows.
func (r *run) wait(ctx context.Context, step Step) error {
	if r.service.Clock().Now().After(r.deadline) {
		return r.stop(Blocker{TookLong, fmt.Sprintf("%q did not end within %v", step, patience)}, r.lastErr)
	}
	return r.sleep(ctx)
}

func (r *run) sleep(ctx context.Context) error {
	r.pause = min(max(2*r.pause, firstPause), lastPause)
	select {
	case <-r.service.Clock().After(r.pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s Step) waits() bool { return s.Do == AwaitNoReplicas || s.Do == AwaitGone }

// call does a step. The ARN is whole, so that no other secret of the name is meant.
func (r *run) call(ctx context.Context, step Step) (date time.Time, err error) {
	switch arn := r.secret.ARN; step.Do {
	case RemoveReplicas:
		_, err = r.service.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{
			SecretID: arn, RemoveReplicaRegions: step.Regions,
		})
	case RestoreScheduled:
		_, err = r.service.RestoreSecret(ctx, secretlife.SecretInput{SecretID: arn})
	case Schedule, ForceDelete:
		in := secretlife.DeleteSecretInput{SecretID: arn, ForceDeleteWithoutRecovery: step.Do == ForceDelete}
		if step.Do == Schedule {
			in.RecoveryWindowInDays = secretlife.Days(step.RecoveryWindowInDays)
		}
		var out secretlife.SecretOutput
		out, err = r.service.DeleteSecret(ctx, in)
		date = out.DeletionDate
	}
	return date, err
}
