package awsfake

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/awscron"
	"github.com/secretlife-go/secretlife/internal/pack"
	"github.com/secretlife-go/secretlife/internal/seed"
	"github.com/secretlife-go/secretlife/memstore"
)

// Options are what [New] can be told. Their zero values are good defaults.
type Options struct {
	// Start is the time at which the clock begins; by default 2030-01-01.
	Start time.Time
	// FollowTime has the clock follow time.Now, for bubbles of testing/synctest: there
	// time.Sleep(31*24*time.Hour) takes no time, and purges what is due. Start is not used. What
	// is due is done at its instant by the clock, before the next call of a client, Events,
	// Records or Advance; a rotation function is called then. Advance sleeps, so that the timers
	// of the code under test fire, too. Outside a bubble it is real time.
	FollowTime bool
	// Seed determines all that is random; by default 0, which is a seed like any
	// other.
	Seed uint64
	// Account and Region are those of the client; by default 123456789012 and
	// us-east-1. [Fake.In] gives clients of others.
	Account string
	Region  string
	// Emulate is what of AWS's limits and delays is wanted; by default nothing, so
	// that a secret deleted by force is gone with the call.
	Emulate secretlife.Emulate
	// Rotator calls the rotation functions of secrets, in [Fake.Advance] and after
	// the calls of clients; it may call clients itself. Without one RotateSecret is
	// refused.
	Rotator func(context.Context, secretlife.RotationRequest) error
	// Store is where the secrets are; by default a new one in memory.
	Store secretlife.Store
	// Observer receives every call, every event that was saved, and what the Purger does.
	Observer secretlife.Observer
	// Attempts is how often a client makes a call that fails in a way that may pass, as the
	// SDK's standard retries decide it, but without waiting in between. The default is 1: errors
	// are not retried. AWS's own default is 3.
	Attempts int
	// Manager edits the options of the service itself, after those above.
	Manager []func(*secretlife.Options)
	// Client edits the SDK client's options, after those that wire it to the
	// service.
	Client []func(*secretsmanager.Options)

	seeds []func() ([]Secret, error)
}

// Fake is AWS Secrets Manager in a test. Its clients and its methods are safe for concurrent
// use, but that time moves for all of them: a test that compares moments advances it from
// one goroutine.
type Fake struct {
	// Client is a client of the SDK, for the account and Region of the Options.
	Client *secretsmanager.Client
	// Clock stands still until it is moved, or follows time.Now if the Options say so.
	// [Fake.Advance] moves it and does what becomes due; moving the clock itself does nothing of
	// the kind.
	Clock *secretlife.VirtualClock
	// Manager is the service itself, without the wire.
	Manager *secretlife.Manager
	// Purger is the service's background. It works after every call of a client
	// and in Advance; tests need it to work in smaller steps only.
	Purger *secretlife.Purger

	t         test
	o         Options
	random    io.Reader
	tokens    *tokens
	retryer   aws.Retryer
	trail     *secretlife.Trail
	failures  *awsapi.Failures
	calls     log
	endpoint  endpoint
	steps     stepPauses
	following *following // nil if the clock stands still

	store secretlife.Store
	api   atomic.Pointer[awsapi.API]
}

// test is what a Fake needs of a test.
type test interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Context() context.Context
}

// noTest stands in for a test when a Fake is made outside of one.
type noTest struct{}

func (noTest) Helper()                           {}
func (noTest) Cleanup(func())                    {}
func (noTest) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (noTest) Logf(string, ...any)               {}
func (noTest) Context() context.Context          { return context.Background() }

// New makes a service with its client. The test fails if an option is wrong.
func New(t testing.TB, edits ...func(*Options)) *Fake {
	t.Helper()
	f, err := Start(edits...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	f.t = t
	return f
}

// Start makes a service with its client where there is no test, such as in an example or a
// TestMain. Methods of the Fake that would fail a test panic. [Fake.Close] ends the endpoint of
// [Fake.URL], if that was called.
func Start(edits ...func(*Options)) (*Fake, error) {
	o := Options{Start: time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC), Account: "123456789012",
		Region: "us-east-1"}
	for _, edit := range edits {
		edit(&o)
	}
	if o.Store == nil {
		o.Store = memstore.New()
	}
	if o.FollowTime {
		o.Start = time.Now()
	}
	secrets, err := o.secrets()
	if err != nil {
		return nil, fmt.Errorf("awsfake: %w", err)
	}
	f := &Fake{
		t:        noTest{},
		o:        o,
		random:   seeded(o.Seed, "service"),
		tokens:   &tokens{r: seeded(o.Seed, "client")},
		retryer:  retryer(o.Attempts),
		trail:    secretlife.NewTrail(trailLength),
		failures: new(awsapi.Failures),
	}
	if o.FollowTime {
		f.following = new(following)
	}
	err = f.begin(o.Store, secretlife.NewVirtualClock(o.Start.Add(-seed.Age(secrets))))
	if err == nil && len(secrets) > 0 {
		err = f.seed(secrets)
	}
	if err != nil {
		return nil, fmt.Errorf("awsfake: %w", err)
	}
	f.Client = f.In(o.Account, o.Region)
	return f, nil
}

// begin makes the service over a store, with a clock that goes with it.
func (f *Fake) begin(store secretlife.Store, clock *secretlife.VirtualClock) error {
	o := f.o
	m, err := secretlife.New(store, func(m *secretlife.Options) {
		m.Clock, m.Random, m.Emulate = clock, f.random, o.Emulate
		m.Observer = f.trail.Observer().And(o.Observer)
		m.ParseSchedule = awscron.Parse
		if o.Rotator != nil {
			m.Rotator = f.rotate
		}
		m.Account, m.Region = o.Account, o.Region
		for _, edit := range o.Manager {
			edit(m)
		}
	})
	if err != nil {
		return err
	}
	purger := secretlife.NewPurger(m)
	api, err := awsapi.New(m, func(a *awsapi.Options) {
		a.Purger, a.Settle, a.Virtual = purger, true, true
		a.Account, a.Region, a.Trail, a.Served, a.Failures = o.Account, o.Region, f.trail, f.served, f.failures
	})
	if err != nil {
		return err
	}
	f.Clock, f.Manager, f.Purger, f.store = clock, m, purger, store
	f.api.Store(api)
	if f.following != nil {
		f.following.clock, f.following.purger = clock, purger
	}
	return nil
}

// served keeps a request, and says in the log of the test what is missing where AWS's text does
// not.
func (f *Fake) served(_ context.Context, r awsapi.Request) {
	f.calls.add(r)
	if f.o.Rotator == nil && r.Operation == secretlife.OpRotateSecret &&
		errors.Is(r.Err, secretlife.ErrRotationFunctionDenied) {
		f.t.Logf("awsfake: RotateSecret is refused because Options.Rotator, which calls the functions, is not set")
	}
}

// retryer makes so many attempts at a call, one after another.
func retryer(attempts int) aws.Retryer {
	if attempts <= 1 {
		return aws.NopRetryer{}
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		o.RateLimiter = ratelimit.None
	})
}

// seeded is a stream of random bytes that follows from a seed.
func seeded(seed uint64, use string) io.Reader {
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	copy(key[8:], use)
	return rand.NewChaCha8(key)
}

// baseEndpoint is where requests seem to go. No name ends in invalid.
const baseEndpoint = "http://secretlife.invalid"

// In returns a client for another account of twelve digits, or another Region,
// of the same service.
func (f *Fake) In(account, region string) *secretsmanager.Client {
	f.t.Helper()
	if _, err := f.Manager.In(account, region); err != nil {
		f.t.Fatalf("awsfake: %v", err)
	}
	return secretsmanager.New(secretsmanager.Options{
		Region:                   region,
		BaseEndpoint:             aws.String(baseEndpoint),
		Credentials:              credentials(account),
		HTTPClient:               inProcess{f},
		HTTPSignerV4:             signer{},
		Retryer:                  f.retryer,
		IdempotencyTokenProvider: f.tokens,
	}, f.o.Client...)
}

// Advance lets time pass, and with it all that becomes due: purges, ageing,
// replication and rotation, each at its instant, in order. It returns the ARNs of the secrets
// that were purged. The test fails if something could not be done.
func (f *Fake) Advance(d time.Duration) []string {
	f.t.Helper()
	if f.following != nil {
		purged, err := f.following.sleep(f.t.Context(), d)
		if err != nil {
			f.t.Fatalf("awsfake: advancing by %v: %v", d, err)
		}
		return purged
	}
	report, err := f.Purger.Advance(f.t.Context(), d)
	if err != nil {
		f.t.Fatalf("awsfake: advancing by %v: %v", d, err)
	}
	purged := []string{}
	for _, arn := range report.Purged() {
		purged = append(purged, arn.String())
	}
	return purged
}

// trailLength is how many refused calls and reads a Fake remembers.
const trailLength = 10_000

// Records returns what CloudTrail would have: everything that changed so far and, at
// their places, the last 10,000 calls that were refused or only read. In JSON each is a
// CloudTrail record.
func (f *Fake) Records() []secretlife.Event {
	f.t.Helper()
	saved, rest := f.Events(), f.trail.Since(0, 0)
	var all []secretlife.Event
	for _, e := range saved {
		for len(rest) > 0 && rest[0].Seq() < e.Seq() {
			all, rest = append(all, rest[0]), rest[1:]
		}
		all = append(all, e)
	}
	return append(all, rest...)
}

// Events returns everything that changed so far, in order.
func (f *Fake) Events() []secretlife.Event {
	f.t.Helper()
	f.catchUp()
	var all []secretlife.Event
	for {
		page, err := f.store.Events(f.t.Context(), uint64(len(all)), 1000)
		if err != nil {
			f.t.Fatalf("awsfake: reading events: %v", err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

// tokens makes the ClientRequestTokens that the SDK fills in.
type tokens struct {
	mu sync.Mutex
	r  io.Reader
}

func (s *tokens) GetIdempotencyToken() (string, error) {
	var b [16]byte
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.ReadFull(s.r, b[:]); err != nil {
		return "", err
	}
	return pack.RandomUUID(b), nil
}
