package lifetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/machine"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// Service is one account and Region of an implementation: the 23 operations of the
// API as methods of [*secretlife.Manager], which implements it. An operation that is
// refused returns a [secretlife.Error]: one of the library's, or a [*RefusedError].
type Service = service.Service

// NotServed implements [Service] by returning [ErrNotServed] from every operation.
// Embed it where only some operations are implemented.
type NotServed = service.NotServed

// ErrNotServed is what an operation returns that the implementation does not have.
// Histories leave such operations out.
var ErrNotServed = service.ErrNotServed

// RefusedError is an AWS exception, for services with errors of another kind.
type RefusedError = service.RefusedError

// SDK returns a [Service] that calls a client of aws-sdk-go-v2, or a fake with some
// methods of that client:
//
//	CreateSecret(context.Context, *secretsmanager.CreateSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.CreateSecretOutput, error)
//
// with or without the options. A missing method returns [ErrNotServed]. An error is a
// refusal if something in its chain has the methods ErrorCode and ErrorMessage, as the
// SDK's errors do. SDK panics if a method has another shape.
func SDK(client any) Service { return service.SDK(client) }

// Subject is an implementation of the whole API: a fake, an emulator, a service
// behind an endpoint. It must be empty at first.
type Subject struct {
	// In returns the service of an account in a Region, or nil if it has none.
	// Histories use the accounts 111111111111 and 222222222222 and the Regions
	// us-east-1, eu-west-1 and ap-south-1; the first of each must be there.
	In func(account, region string) Service
	// Now returns the time of the next call, to the millisecond. The clock must
	// stand still between two calls of Advance.
	Now func() time.Time
	// Advance lets time pass and does what is due meanwhile, such as purges.
	// Without it no time passes, and a secret deleted by force must be gone when
	// the call returns.
	Advance func(context.Context, time.Duration) error
	// Settle does what is due now. It is called after every call. It is nil for
	// implementations that need no such call.
	Settle func(context.Context) error
	// Unchecked are codes of exceptions that the implementation does not return,
	// such as "ValidationException" for a fake that does not check the form of
	// requests. Calls that must return one are left out. It can also name members of
	// outputs that are not compared, such as "LastChangedDate".
	Unchecked []string
	// Without are parts of the API that histories leave out.
	Without []Part
	// LoseAnswer, if set, has the service carry out the next call of an operation and lose
	// its answer, so that the call returns an error that is no exception. Histories then lose
	// some answers, and make these calls again with the same ClientRequestToken, as clients
	// do. For a fake of awsfake it adds a Failure with Times 1 and the effect AnswerLost.
	LoseAnswer func(op secretlife.Operation)
}

// Part is a part of the API that [Subject.Without] leaves out of histories.
type Part = machine.Part

// The parts.
const (
	// Texts are the texts of exceptions. Without them, their codes are still compared.
	Texts = machine.Texts
	// Replicas are replicas in other Regions.
	Replicas = machine.Replicas
	// Rotation is RotateSecret and CancelRotateSecret.
	Rotation = machine.Rotation
	// Lists are ListSecrets, ListSecretVersionIds and BatchGetSecretValue.
	Lists = machine.Lists
)

// Manager returns the [Subject] made of a Manager and a Purger, with any store and
// options. clock must be the Manager's, Emulate.PurgeDelay must be zero, and there must be no
// Rotator.
func Manager(t *testing.T, m *secretlife.Manager, clock *secretlife.VirtualClock) Subject {
	t.Helper()
	purger := secretlife.NewPurger(m)
	advance := func(ctx context.Context, d time.Duration) error {
		_, err := purger.Advance(ctx, d)
		return err
	}
	return Subject{
		In: func(account, region string) Service {
			in, err := m.In(account, region)
			require.NoError(t, err)
			return in
		},
		Now:     clock.Now,
		Advance: advance,
		Settle:  func(ctx context.Context) error { return advance(ctx, 0) },
	}
}

// CheckService runs random histories against an implementation from the outside. It
// compares every output with the reference model, and after every call all secrets, as
// DescribeSecret and ListSecretVersionIds show them. It compares the texts of errors
// where AWS's are known.
//
// CreateSecret, GetSecretValue and DeleteSecret alone are enough. CheckService leaves
// calls out that return [ErrNotServed], and logs which operations these were.
func CheckService(t *testing.T, open func(t *testing.T) Subject) {
	t.Helper()
	r := machine.OverSubjects(func() machine.Subject { return machine.Subject(open(t)) })
	r.Check(t)
	if left := r.Coverage.LeftOut(); left != "" {
		t.Log(left)
	}
	t.Log(r.Coverage)
}
