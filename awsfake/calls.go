package awsfake

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/internal/failure"
)

// Call is a call that a client made, and what it got. It has no value of a secret.
type Call struct {
	Operation secretlife.Operation
	// Account and Region are those of the client. Caller is who called: the access key ID.
	Account, Region string
	Caller          secretlife.Caller
	// SecretID is the id in the request as the client wrote it, the name for CreateSecret, and
	// "" for operations without one.
	SecretID string
	// Parameters are the members of the request under AWS's names, without SecretString,
	// SecretBinary and RotationToken. Numbers are int64.
	Parameters map[string]any
	// Time is when the call was made, on the fake's clock.
	Time time.Time
	// Err is the error of the call: the SDK's type of an exception, or why there was no
	// response; nil if it succeeded.
	Err error
	// Effect is how [Fake.Fail] had the call fail; zero if it had not.
	Effect Effect

	ids []string
}

// String returns the operation, the id of the secret, and the exception or how the call
// failed: "GetSecretValue prod/db ResourceNotFoundException".
func (c Call) String() string {
	words := append([]string{c.Operation.String()}, c.ids...)
	var refused smithy.APIError
	switch _, _, _, response := c.Effect.Response(); {
	case c.Effect != Effect{} && !response:
		words = append(words, c.Effect.String())
	case errors.As(c.Err, &refused):
		words = append(words, refused.ErrorCode())
	case c.Err != nil:
		words = append(words, c.Err.Error())
	}
	return strings.Join(words, " ")
}

// Calls are calls in the order in which they ended. Its methods narrow it down, for
// assertions such as
//
//	require.Len(t, fake.Calls().Of(secretlife.OpGetSecretValue).On("prod/db"), 1)
//	require.Empty(t, fake.Calls().Changes())
//	require.Equal(t, []string{"CreateSecret prod/db", "GetSecretValue prod/db"}, fake.Calls().Strings())
type Calls []Call

// Calls returns all calls of clients since the beginning, or since [Fake.ForgetCalls]; the
// fake keeps them until then. What the SDK refuses itself, such as a request without a SecretId,
// is no call.
func (f *Fake) Calls() Calls { return f.calls.all() }

// ForgetCalls has [Fake.Calls] begin anew, for the part of a test that follows.
func (f *Fake) ForgetCalls() { f.calls.forget() }

// Of returns the calls of some operations.
func (c Calls) Of(ops ...secretlife.Operation) Calls {
	return c.where(func(x Call) bool { return slices.Contains(ops, x.Operation) })
}

// On returns the calls on a secret, by its name or ARN, however they wrote it. A
// BatchGetSecretValue is among them if it lists the secret.
func (c Calls) On(id string) Calls {
	return c.where(func(x Call) bool { return failure.Rule{SecretID: id}.Matches(failure.Call{SecretIDs: x.ids}) })
}

// By returns the calls of a caller: an access key ID, or the account of a client of [Fake.In].
func (c Calls) By(caller string) Calls {
	return c.where(func(x Call) bool { return failure.Rule{Caller: caller}.Matches(failure.Call{Caller: x.Caller}) })
}

// Changes returns the calls of operations that change something, refused ones included.
func (c Calls) Changes() Calls {
	return c.where(func(x Call) bool { return !x.Operation.ReadOnly() })
}

// Failed returns the calls for which the client got an error.
func (c Calls) Failed() Calls {
	return c.where(func(x Call) bool { return x.Err != nil })
}

// Strings returns each call as [Call.String] does, for assertions on the order.
func (c Calls) Strings() []string {
	out := make([]string, len(c))
	for i, x := range c {
		out[i] = x.String()
	}
	return out
}

// String returns a line for each call.
func (c Calls) String() string { return strings.Join(c.Strings(), "\n") }

func (c Calls) where(is func(Call) bool) Calls {
	out := Calls{}
	for _, x := range c {
		if is(x) {
			out = append(out, x)
		}
	}
	return out
}

// log keeps the requests that the service got.
type log struct {
	mu   sync.Mutex
	list []awsapi.Request
}

func (l *log) add(r awsapi.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, r)
}

func (l *log) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = nil
}

func (l *log) all() Calls {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(Calls, len(l.list))
	for i, r := range l.list {
		out[i] = callOf(r)
	}
	return out
}

func callOf(r awsapi.Request) Call {
	c := Call{
		Operation: r.Operation, Account: r.Account.String(), Region: r.Region.String(), Caller: r.Caller, Time: r.Time,
		Parameters: r.Parameters(), Err: r.Err, Effect: r.Effect, ids: r.SecretIDs(),
	}
	if code, message, refused := r.Exception(); refused {
		c.Err = sdkError(code, message)
	}
	if len(c.ids) == 1 && r.Operation != secretlife.OpBatchGetSecretValue {
		c.SecretID = c.ids[0]
	}
	return c
}
