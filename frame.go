package secretlife

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// frame is one call of an operation: the caller, the time, and what it is about.
type frame struct {
	core *core
	in   scope // of the caller
	// strict and own are the Manager's.
	strict, own bool

	ctx context.Context
	op  Operation
	now time.Time
	id  string // as the caller gave it
}

// begin reads the clock, once for the operation.
func (m *Manager) begin(ctx context.Context, op Operation, id string) (frame, error) {
	f := frame{
		core: m.core, in: m.in, strict: m.strict, own: m.own,
		ctx: ctx, op: op, now: instant(m.core.clock.Now()), id: id,
	}
	m.core.publishUnsettled()
	if err := ctx.Err(); err != nil {
		return f, err
	}
	if y := f.now.Year(); y < 1 || y > lastYear {
		return f, internal(fmt.Errorf("the clock says year %d", y))
	}
	return f, m.core.quotas.admit(m.in, op, f.now)
}

// stamped is the instant of the operation, with the stamp of a deletion.
func (f *frame) stamped() (At, error) {
	at, err := f.core.counter.stamped(f.ctx)
	return f.counted(at, err)
}

// present is the instant of the operation, with all that has been counted.
func (f *frame) present() (At, error) {
	at, err := f.core.counter.present(f.ctx)
	return f.counted(at, err)
}

func (f *frame) counted(at At, err error) (At, error) {
	at.Time = f.now
	if err != nil {
		return at, f.failed(err)
	}
	return at, nil
}

// end reports a refused call to the sink.
func (f *frame) end(err *error) {
	if *err == nil || f.core.sink == nil {
		return
	}
	e, ok := asError(*err)
	if !ok {
		return
	}
	ev := Event{
		kind: EventKind(f.op),
		at:   momentOf(f.now),
		on:   &identity{scope: scopeOf(f.in.account, f.in.region)},
		call: &call{
			caller:   f.in.account,
			secretID: f.id,
			refused:  &refusal{e.ErrorCode(), e.ErrorMessage()},
		},
	}
	if arn, err := ParseARN(e.Details().ARN); err == nil {
		ev.on = &identity{scope: scopeOf(arn.account, arn.region), name: arn.name}
	} else if id, err := ParseSecretID(f.id); err == nil {
		ev.on.name = id.name
	}
	f.core.sink(f.ctx, ev)
}

// maxAttempts bounds how often an operation decides again because others
// changed the secret between its load and its commit. Each such conflict means
// that another operation went through.
const maxAttempts = 64

// load finds the secret an id means, in the account and Region it is in.
func (f *frame) load(id SecretID) (Secret, error) {
	if f.own && id.foreign(f.in) {
		return Secret{}, f.errAccessDenied(id)
	}
	key, ok := id.keyFor(f.in)
	if !ok {
		return Secret{}, errNotFound()
	}
	s, err := f.core.store.Load(f.ctx, key)
	switch {
	case errors.Is(err, ErrSecretNotFound):
		s = Secret{}
	case err != nil:
		return Secret{}, f.failed(err)
	}
	if !s.IsZero() && !id.matches(s) {
		s = Secret{}
	}
	if id.foreign(f.in) && s.ResourcePolicy() == "" {
		return Secret{}, f.errAccessDenied(id)
	}
	if s.IsZero() {
		return Secret{}, errNotFound()
	}
	return s, nil
}

// read is load for operations that only look.
func (f *frame) read(id SecretID) (Secret, error) {
	s, err := f.load(id)
	if err != nil {
		return Secret{}, err
	}
	_, err = s.admit(f.op, f.now)
	return s, err
}

// errAccessDenied is what callers of another account get: nothing tells them
// whether the secret exists.
func (f *frame) errAccessDenied(id SecretID) error {
	action := "secretsmanager:" + f.op.String()
	return &AccessDeniedError{Fault{
		Message: fmt.Sprintf("User: arn:%s:iam::%s:root is not authorized to perform: %s on resource: %s "+
			"because no resource-based policy allows the %s action",
			f.in.region.partition(), f.in.account, action, id, action),
		Reason: ErrAccessDenied,
	}}
}

// checkKey refuses values across accounts under the default key.
func (f *frame) checkKey(s Secret) error {
	if s.Key().Account != f.in.account && s.KmsKeyID() == "" {
		return &InvalidRequestError{
			Fault{Message: textAcrossKMS, Reason: ErrDefaultKeyAcrossAccounts, ARN: s.ARN().String()},
		}
	}
	return nil
}

// failed is the error for a store that failed: the context's own, or internal.
func (f *frame) failed(err error) error { return f.core.failed(f.ctx, err) }

// change is every operation that changes a secret: load, decide, commit, and again
// where another change came between.
func (f *frame) change(id SecretID, decide func(Secret) (Change, error)) (Secret, error) {
	return f.changeAll(id, func(s Secret) ([]Change, error) { return one(decide(s)) })
}

func one(c Change, err error) ([]Change, error) { return []Change{c}, err }

// changeAll is change where other secrets change together with the first.
func (f *frame) changeAll(id SecretID, decide func(Secret) ([]Change, error)) (Secret, error) {
	return settle(func() (Secret, error) {
		s, err := f.load(id)
		if err != nil {
			return Secret{}, err
		}
		changes, err := decide(s)
		switch {
		case err != nil:
			return Secret{}, err
		case changes[0].IsZero():
			return s, nil
		}
		return changes[0].next, f.commit(changes...)
	})
}

// settle is again for operations, whose error is internal if conflicts go on.
func settle[T any](try func() (T, error)) (T, error) {
	out, err := again(try)
	if errors.Is(err, ErrConflict) {
		err = internal(err)
	}
	return out, err
}

// again tries until there is no conflict, up to maxAttempts times.
func again[T any](try func() (T, error)) (T, error) {
	for range maxAttempts {
		out, err := try()
		if !errors.Is(err, ErrConflict) {
			return out, err
		}
	}
	var none T
	return none, fmt.Errorf("%w %d times in a row", ErrConflict, maxAttempts)
}

// commit saves changes and then publishes their events.
func (f *frame) commit(changes ...Change) error {
	for _, c := range changes {
		if err := f.core.quotas.limits.admitVersions(c, f.now); err != nil {
			return err
		}
	}
	saved := func() {
		for _, c := range changes {
			f.noteChange(c)
		}
	}
	err := f.core.save(f.ctx, saved, changes...)
	if err == nil || errors.Is(err, ErrConflict) {
		return err
	}
	return f.failed(err)
}

func (s *core) publish(ctx context.Context, changes []Change) {
	if s.sink == nil {
		return
	}
	for _, c := range changes {
		for _, e := range c.events {
			s.sink(ctx, e)
		}
	}
}

// call starts the request part of the operation's event.
func (f *frame) call(params ...param) *call {
	return &call{caller: f.in.account, secretID: f.id, params: params}
}

// keyFor is where to look for the secret when a caller in account and region
// names it by id.
func (id SecretID) keyFor(in scope) (Key, bool) {
	if id.form == plainName {
		return in.key(id.name), true
	}
	// A secret of another Region is not there, whatever the ARN says.
	if id.region != in.region || id.partition != in.region.partition() {
		return Key{}, false
	}
	return Key{id.account, id.region, id.name}, true
}

// matches reports whether the secret found at the id's key is the one meant: a
// full ARN names one incarnation only.
func (id SecretID) matches(s Secret) bool {
	return id.form != fullARN || id.suffix == s.data().id.suffix
}

// foreign reports whether the id names another account's secret.
func (id SecretID) foreign(in scope) bool {
	return id.form != plainName && id.account != in.account
}

// noteChange tells the two lags of a change: that of lists of any, the other
// of deletions and restorations.
func (f *frame) noteChange(c Change) {
	f.core.lists.note(f.now, c, f.core.random)
	if !c.base.IsZero() && c.base.Deletion() != c.next.Deletion() {
		f.core.states.note(f.now, c, f.core.random)
	}
}

// token parses a ClientRequestToken, or draws one where the Manager may.
func (f *frame) token(p *problems, s string, needed bool) VersionID {
	switch {
	case s != "":
		p.add(checkToken("clientRequestToken", s))
		return VersionID{strings.Clone(s)}
	case !needed:
	case f.strict:
		p.add(badRequest(textNoToken, ErrTokenMissing))
	default:
		id, err := f.core.random.versionID()
		p.add(err)
		return id
	}
	return VersionID{}
}

// stored fetches the value of a version, the zero Value where s has no such
// version, or one without a value. A version that went meanwhile is a conflict.
func (f *frame) stored(s Secret, id VersionID) (Value, error) {
	if _, ok := s.Version(id); !ok || s.Reserved(id) {
		return Value{}, nil
	}
	v, err := f.core.store.Value(f.ctx, s.Key(), s.Incarnation(), id)
	switch {
	case errors.Is(err, ErrVersionNotFound):
		return Value{}, ErrConflict
	case err != nil:
		return Value{}, f.failed(err)
	}
	return v, nil
}

func cloneStages(labels []Stage) []Stage {
	out := make([]Stage, len(labels))
	for i, l := range labels {
		out[i] = Stage(strings.Clone(string(l)))
	}
	return out
}

// unsettled are the changes whose outcome the store did not know when the call
// ended. What was written after all is published by the next call, or by the
// [Purger].
type unsettled struct {
	some atomic.Bool // so that a call with nothing to settle costs nothing

	mu    sync.Mutex
	saves []unsettledSave
}

type unsettledSave struct {
	ctx     context.Context
	changes []Change
	outcome <-chan error
	saved   func()
}

// add keeps changes until their outcome is known.
func (u *unsettled) add(s unsettledSave) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.saves = append(u.saves, s)
	u.some.Store(true)
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
		case err := <-s.outcome:
			if err == nil {
				out = append(out, s)
			}
		default:
			rest = append(rest, s)
		}
	}
	clear(u.saves[len(rest):])
	u.saves = rest
	u.some.Store(len(rest) > 0)
	return out
}

// save commits changes and publishes their events; saved, if not nil, is called
// before that. Where the outcome is not known yet, both wait for it.
func (s *core) save(ctx context.Context, saved func(), changes ...Change) error {
	if err := s.intend(ctx, changes); err != nil {
		return err
	}
	err := s.store.Commit(ctx, changes...)
	var unknown *OutcomeUnknownError
	if errors.As(err, &unknown) && unknown.Outcome != nil {
		s.unsettled.add(unsettledSave{context.WithoutCancel(ctx), changes, unknown.Outcome, saved})
	}
	if err != nil {
		return err
	}
	if saved != nil {
		saved()
	}
	s.publish(ctx, changes)
	return nil
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

// publishUnsettled publishes what was written although its call ended before that
// was known.
func (s *core) publishUnsettled() {
	for _, save := range s.unsettled.written() {
		if save.saved != nil {
			save.saved()
		}
		s.publish(save.ctx, save.changes)
	}
}
