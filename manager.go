package secretlife

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
)

// Manager runs the operations of the Secrets Manager API for one account and
// Region, over a [Store]. It is safe for concurrent use and starts no goroutine.
// [Manager.In] gives the Manager of another account or Region over the same store.
//
// Secrets are in the Store only. What the Manager itself remembers may be lost with the
// process: recent calls for [Quotas], what the lags of [Options] still show, and the
// elapsed time for a store that keeps no notes.
//
// Every operation returns an [Error] when it is refused, and the error of the
// context when that ends it. An operation that fails changed nothing, with two
// exceptions. An error in which errors.Is finds [ErrOutcomeUnknown] says that the
// context ended, or the connection was lost, while the store was writing: the change
// may have been written. After any other [InternalServiceError] the same is true of
// stores that do not return [OutcomeUnknownError]. Repeating the call with the same
// ClientRequestToken is safe.
//
// Several things wrong with the parameters are reported together, as
// multierr.Errors lists them; the first is what AWS reports.
type Manager struct {
	core   *core
	in     scope
	strict bool
	own    bool // secrets of other accounts are denied, whatever their policies
}

type core struct {
	store    Store
	clock    Clock
	random   *source
	delay    Delay
	counter  *counter
	audit    func(context.Context, []Event) error
	observer Observer
	log      *slog.Logger

	rotator func(context.Context, RotationRequest) error
	// checkRotation is [Options].CheckRotation, or nil.
	checkRotation func(context.Context, RotationRequest) error
	cron          func(string) (Schedule, error)

	tokenKey []byte

	emulate    Emulate
	quotas     quotas
	protection Protection

	releaseByAnother bool
	releaseDelay     time.Duration

	lists  lag // what ListSecrets still shows
	states lag // what DescribeSecret still shows of deletions

	unsettled unsettled
}

// Options are what [New] can be told. Their zero values are good defaults.
type Options struct {
	// Clock is the time; by default the system clock.
	Clock Clock
	// Random is where ARN suffixes, incarnations, version ids, passwords, and random
	// delays come from; by default crypto/rand. The same bytes give the same history.
	// Reads are one at a time.
	Random io.Reader
	// Witness is a clock that vouches for time in which no process counted: see
	// [Tally]. It is asked with every beat, some times a minute at most; a failure
	// only means that it vouches for nothing. Without one, the default, an
	// operator has to confirm such time. A wrong witness makes purges early: a clock
	// that is set with the machine's own is not a witness. New refuses it where the store
	// keeps no notes.
	Witness func(context.Context) (time.Time, error)
	// Emulate is what of AWS's limits and delays is wanted; by default nothing is.
	Emulate Emulate
	// Observer receives every call, every event that was saved, and what Purgers do.
	Observer Observer
	// Audit, if set, is called before changes are saved, by operations and by the
	// Purger, with the events that are to be saved with them, without sequence
	// numbers. If it returns an error, nothing is saved: the operation fails with an
	// [InternalServiceError], and the Purger tries again later. Use it where nothing
	// may happen that is not on record first. It receives intents: a change can be
	// decided anew after a conflict, and a store can fail; what was saved is in
	// [Store.Events]. Reading a value is no change: it succeeds, and the day is not
	// noted. With Audit the Purger purges secrets one by one.
	Audit func(context.Context, []Event) error
	// Logger receives what the background does and what it can't; by default
	// nothing is logged. Operations don't log.
	Logger *slog.Logger
	// Rotator calls the rotation functions of secrets. Without one RotateSecret
	// is refused. The [Purger] calls it step by step, each if the one before returned no
	// error. It must be safe for concurrent use: different secrets are rotated at the same
	// time, up to [PurgerOptions].Rotations by one Purger, though one secret never is. A step
	// may come again: a rotation that fails is tried again from its first step, with the same
	// token.
	//
	// It must return soon after its context ends: that is when the step has taken longer than
	// [PurgerOptions].RotationTimeout, or when the Purger stops. In the first case the
	// rotation has failed; in the second it is due again at once.
	//
	// The Purger logs an error that it returns, which must not hold a secret's value. It must
	// not call [Purger.Advance].
	Rotator func(ctx context.Context, request RotationRequest) error
	// CheckRotation, if set, reports by an error that the Rotator can't call the function of
	// a request, which has no Step. RotateSecret is then refused with an
	// [AccessDeniedError], as on AWS, and changes nothing. It must not call the function. By
	// default a rotation whose function can't be called begins, and fails.
	CheckRotation func(context.Context, RotationRequest) error
	// ParseSchedule understands cron() expressions of rotation rules, such as
	// "cron(0 16 1,15 * ? *)"; without it they are refused. Its error is shown to
	// the caller of RotateSecret. The package awscron has one.
	ParseSchedule func(expression string) (Schedule, error)
	// TokenKey seals the NextTokens of lists, so that clients can't make one. By
	// default New draws one: then a token is of no use to another Manager, nor
	// after a restart.
	TokenKey []byte
	// Protection protects every secret, beside what [Manager.ProtectSecret] sets. Secrets
	// keep what they were created with if it is weakened later. By default no secret is protected.
	Protection Protection
	// ReleaseByAnother demands that a hold is released by another principal than the one that
	// placed it, as [WithCaller] says. An unknown one can then do neither.
	ReleaseByAnother bool
	// ReleaseDelay is how long a hold goes on after [Manager.ReleaseHold], up to 100 years.
	ReleaseDelay time.Duration
	// Account is the account New's Manager acts for; by default 123456789012.
	Account string
	// Region is the Region New's Manager acts in; by default us-east-1.
	Region string
}

// New makes a Manager over a store. Each edit changes the options in turn:
//
//	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = clk })
//
// The error says which option is wrong.
func New(store Store, edits ...func(*Options)) (*Manager, error) {
	o := Options{Account: "123456789012", Region: "us-east-1"}
	for _, edit := range edits {
		edit(&o)
	}
	if store == nil {
		return nil, errors.New("secretlife: New needs a store")
	}
	if err := o.Emulate.Quotas.check(); err != nil {
		return nil, err
	}
	if err := o.Protection.check(); err != nil {
		return nil, err
	}
	if o.ReleaseDelay < 0 || o.ReleaseDelay > longestHold || o.ReleaseDelay%tick != 0 {
		return nil, errors.New("secretlife: Options.ReleaseDelay must be 0 to 100 years, in whole milliseconds")
	}
	if o.Witness != nil && !keepsNotes(store) {
		return nil, errors.New("secretlife: Options.Witness needs a store that keeps notes: see Store.Note")
	}
	if o.Clock == nil {
		o.Clock = clock.New()
	}
	if len(o.TokenKey) == 0 {
		// Not from Random: that a list has pages changes no history.
		o.TokenKey = make([]byte, 32)
		_, _ = rand.Read(o.TokenKey) // never fails
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Manager{core: &core{
		store:    store,
		clock:    o.Clock,
		random:   &source{r: o.Random},
		delay:    o.Emulate.PurgeDelay,
		counter:  &counter{store: store, clock: o.Clock, witness: o.Witness},
		audit:    o.Audit,
		observer: o.Observer,
		log:      o.Logger,

		rotator: o.Rotator, checkRotation: o.CheckRotation,
		cron: o.ParseSchedule,

		tokenKey: o.TokenKey,

		emulate: o.Emulate, protection: o.Protection,
		releaseByAnother: o.ReleaseByAnother, releaseDelay: o.ReleaseDelay,
		quotas: quotas{limits: o.Emulate.Quotas, creating: make(chan struct{}, 1), calls: make(map[callsOf]time.Time)},

		lists:  lag{delay: o.Emulate.ListLag},
		states: lag{delay: o.Emulate.DescribeLag},
	}}
	return m.In(o.Account, o.Region)
}

// In returns a Manager over the same store that acts for an account of twelve
// digits, in a Region. The error is a [*ValidationError].
func (m *Manager) In(account, region string) (*Manager, error) {
	a, err := ParseAccount(account)
	if err != nil {
		return nil, err
	}
	r, err := ParseRegion(region)
	if err != nil {
		return nil, err
	}
	next := *m
	next.in = scopeOf(a, r).Value()
	return &next, nil
}

// Account returns the account the Manager acts for.
func (m *Manager) Account() Account { return m.in.account }

// Region returns the Region the Manager acts in.
func (m *Manager) Region() Region { return m.in.region }

// Clock returns the Manager's clock.
func (m *Manager) Clock() Clock { return m.core.clock }

// failed is the error for a store that failed: the context's own, or internal.
func (*core) failed(ctx context.Context, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil && errors.Is(err, ctxErr) {
		return err
	}
	return internal(err)
}

// save commits changes and publishes their events. began is when the operation began,
// whose changes may show later; the zero Time is for changes that show at once. Where the
// outcome is not known yet, all of that waits for it.
func (s *core) save(ctx context.Context, began time.Time, changes ...Change) error {
	if err := s.intend(ctx, changes); err != nil {
		return err
	}
	receipt, err := s.store.Commit(ctx, Batch{Changes: changes})
	if err != nil {
		var unknown *OutcomeUnknownError // which escapes
		if errors.As(err, &unknown) && unknown.Outcome != nil {
			s.unsettled.add(unsettledSave{
				ctx: context.WithoutCancel(ctx), began: began, changes: changes, outcome: unknown.Outcome,
			})
		}
		return err
	}
	s.saved(ctx, began, receipt, changes)
	return nil
}

// saved is what comes after changes were saved.
func (s *core) saved(ctx context.Context, began time.Time, receipt Receipt, changes []Change) {
	if !began.IsZero() {
		s.noteChanges(began, changes)
	}
	s.publish(ctx, receipt, changes)
}

// intend tells Options.Audit what is about to be saved. If that fails nothing is.
func (s *core) intend(ctx context.Context, changes []Change) error {
	if s.audit == nil {
		return nil
	}
	var events []Event
	for _, c := range changes {
		events = append(events, c.events...)
	}
	if err := s.audit(ctx, events); err != nil {
		return fmt.Errorf("%w: %w", errAudit, err)
	}
	return nil
}

// errAudit is for a change that is not made, since its audit failed.
var errAudit = errors.New("secretlife: nothing is changed without an audit record")

// publish passes on the events of changes that were saved, with the numbers they got.
func (s *core) publish(ctx context.Context, saved Receipt, changes []Change) {
	if s.observer.Saved == nil {
		return
	}
	seq := saved.FirstSeq
	for _, c := range changes {
		for _, e := range c.events {
			s.observer.Saved(ctx, e.WithSeq(seq))
			if seq > 0 {
				seq++
			}
		}
	}
}

// unsettled are the changes whose outcome the store did not know when the call
// ended. What was written after all is published by the next call, or by the
// [Purger].
type unsettled struct {
	some atomic.Bool // so that reads take no lock that all calls share

	mu    sync.Mutex
	saves []unsettledSave
	later []unsettledSave // of CommitLater, most often settled in order
}

type unsettledSave struct {
	ctx     context.Context
	began   time.Time // see core.save
	changes []Change
	outcome <-chan Outcome

	receipt Receipt // once it is known that they were written
	err     error   // of those that were to be written later
}

// add keeps changes until their outcome is known.
func (u *unsettled) add(s unsettledSave) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.saves = append(u.saves, s)
	u.some.Store(true)
}

// addLater keeps changes that are written later.
func (u *unsettled) addLater(s unsettledSave) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.later = append(u.later, s)
	u.some.Store(true)
}

// writtenLater takes out what is known by now of the first changes that were to be
// written later.
func (u *unsettled) writtenLater(out []unsettledSave) []unsettledSave {
	for len(u.later) > 0 {
		select {
		case o := <-u.later[0].outcome:
			s := u.later[0]
			s.receipt, s.err = o.Receipt, o.Err
			out = append(out, s)
			u.later[0] = unsettledSave{}
			u.later = u.later[1:]
		default:
			return out
		}
	}
	u.later = nil
	return out
}

// written takes out what is known by now, and returns what was written.
func (u *unsettled) written() (out []unsettledSave) {
	if !u.some.Load() {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	rest := u.saves[:0]
	for _, s := range u.saves {
		select {
		case o := <-s.outcome:
			if o.Err == nil {
				s.receipt = o.Receipt
				out = append(out, s)
			}
		default:
			rest = append(rest, s)
		}
	}
	clear(u.saves[len(rest):])
	u.saves = rest
	out = u.writtenLater(out)
	u.some.Store(len(rest) > 0 || len(u.later) > 0)
	return out
}

// publishUnsettled publishes what was written although its call ended before that
// was known.
func (s *core) publishUnsettled() {
	for _, save := range s.unsettled.written() {
		if save.err != nil {
			s.log.WarnContext(save.ctx, "can't note the day a value was read",
				"name", save.changes[0].Key().Name.String(), "error", save.err)
			continue
		}
		if save.changes[0].IsZero() {
			continue
		}
		s.saved(save.ctx, save.began, save.receipt, save.changes)
	}
}
