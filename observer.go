package secretlife

import (
	"context"
	"time"
)

// Observer receives what a [Manager] and its Purgers do, for audit logs, records and
// metrics. It is a struct of functions, as httptrace.ClientTrace is: each may be nil, and
// later versions may add others. None of them ever gets a secret's value.
//
// The functions are called concurrently, by the goroutines of operations and of Purgers,
// which wait for them. They must not block, nor call a method of a Purger other than
// Status.
type Observer struct {
	// Called receives every call of an operation when it ended, refused ones included. An
	// endpoint may refuse requests that never become a call, such as those with a wrong
	// signature.
	Called func(ctx context.Context, call Call)
	// Saved receives every event after it was saved, with its sequence number; an event
	// whose number the store did not tell has the number 0. An event whose call ended
	// before the store knew the outcome is passed on by the next call or the Purger, once
	// it is known that it was saved. Between goroutines the events are in no order; for
	// all saved events in order, read [Store.Events].
	Saved func(ctx context.Context, event Event)
	// Worked receives the status of a [Purger] each time after it looked for due work, and
	// did it: at least once per interval while [Purger.Run] runs, and once for each instant
	// of [Purger.Advance].
	Worked func(ctx context.Context, status PurgerStatus)
}

// Call is one call of an operation, as [Observer].Called receives it.
type Call struct {
	// Operation is what was called; [Operation.ReadOnly] tells reads from others.
	Operation Operation
	// Account and Region are those that the caller acts for and in.
	Account Account
	Region  Region
	// Principal is who called, as [WithPrincipal] says; "" if nothing does.
	Principal string
	// SecretID is the id of the secret as the caller gave it, and for CreateSecret the
	// name; "" for operations that take none.
	SecretID string
	// ARN is that of the secret which was found or created. It is zero if no secret
	// was, or if the caller may not know whether the secret exists.
	ARN ARN
	// Time is when the call began, to the millisecond, and Took how long it took, by the
	// Manager's clock.
	Time time.Time
	Took time.Duration
	// Err is what the caller got: an [Error] if the call was refused, nil if it succeeded.
	Err error
}

// Event returns the call as an [Event], in the shape of a CloudTrail record, with the
// refusal if it was refused. It is not the event that a call which changed a secret saved:
// that has a revision, and what the request said.
func (c Call) Event() Event {
	e := Event{
		kind: EventKind(c.Operation),
		at:   momentOf(c.Time),
		on:   &identity{scope: scopeOf(c.Account, c.Region)},
		call: &call{caller: c.Account, secretID: c.SecretID},
	}
	arn := c.ARN
	if refused, ok := asError(c.Err); ok {
		e.call.refused = &refusal{refused.ErrorCode(), refused.ErrorMessage()}
		if about, err := ParseARN(refused.Details().ARN); err == nil {
			arn = about
		}
	}
	if !arn.IsZero() {
		e.on = &identity{scope: scopeOf(arn.account, arn.region), name: arn.name}
	} else if id, err := ParseSecretID(c.SecretID); err == nil {
		e.on.name = id.name
	}
	return e
}

// PurgerStatus is how a [Purger] is doing.
type PurgerStatus struct {
	// LastRun is when it last finished looking for due work and doing it, on the
	// Manager's clock; zero if it never did.
	LastRun time.Time
	// Due is the number of pieces of work that were due then: those that were done, failed
	// or wait. Done is the number of those that were done, and Purged that of purges among
	// them.
	Due, Done, Purged int
	// Lag is how long the earliest piece of work that was done then, or that failed, had
	// been due.
	Lag time.Duration
	// Err is what went wrong then, beside the work for single secrets; nil if nothing
	// did.
	Err error
	// Stalled reports that [Purger.Run] goes on and has done nothing for a minute
	// longer than its interval: a call of the store does not return.
	Stalled bool
	// Failing is the number of secrets whose work failed the last time.
	Failing int
	// Stuck lists those for which work failed five times or more.
	Stuck []Stuck
	// Waiting are the secrets that wait for counted time, which is no failure.
	Waiting Waiting
}

// Stuck is a secret for which the background failed again and again.
type Stuck struct {
	Key   Key
	Tries int
	Next  time.Time // of the next try
	Err   error     // of the last
}

// EventObserver returns an Observer that passes on every event that was saved and, as an
// event without a sequence number, every call that was refused: all that an audit log
// wants to know.
func EventObserver(receive func(ctx context.Context, event Event)) Observer {
	return Observer{
		Saved: receive,
		Called: func(ctx context.Context, c Call) {
			if e := c.Event(); e.call.refused != nil {
				receive(ctx, e)
			}
		},
	}
}

// And returns an Observer that calls the functions of both, first those of o.
func (o Observer) And(next Observer) Observer {
	return Observer{
		Called: both(o.Called, next.Called),
		Saved:  both(o.Saved, next.Saved),
		Worked: both(o.Worked, next.Worked),
	}
}

func both[T any](first, second func(context.Context, T)) func(context.Context, T) {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return func(ctx context.Context, x T) {
		first(ctx, x)
		second(ctx, x)
	}
}

type principalKey struct{}

// WithPrincipal returns a context that says who calls, for [Call].Principal: a user, a
// role, or an access key id. It decides nothing.
func WithPrincipal(ctx context.Context, principal string) context.Context {
	return context.WithValue(ctx, principalKey{}, principal)
}

func principalOf(ctx context.Context) string {
	p, _ := ctx.Value(principalKey{}).(string)
	return p
}
