package secretlife

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// request is one call of an operation: the caller, the time, and what it is about.
type request struct {
	core *core
	in   scope // of the caller
	// strict and own are the Manager's.
	strict, own bool

	ctx context.Context
	who *Caller // nil: nothing says so
	op  Operation
	now time.Time
	id  string // as the caller gave it
	of  input  // for the Observer; nil where it is not told of calls

	began  time.Time // now, as the clock said it
	target Secret    // that was found or created; zero if no secret was
	saved  bool      // an event
}

// begin reads the clock, once for the operation.
func begin[T input](ctx context.Context, m *Manager, op Operation, id string, of T) (request, error) {
	began := m.core.clock.Now()
	req := request{
		core: m.core, in: m.in, strict: m.strict, own: m.own,
		ctx: ctx, who: whoCalls(ctx), op: op, now: instant(began), id: id, began: began,
	}
	if m.core.observer.Called != nil {
		req.of = of
	}
	m.core.publishUnsettled()
	if err := ctx.Err(); err != nil {
		return req, err
	}
	if y := req.now.Year(); y < 1 || y > lastYear {
		return req, internal(fmt.Errorf("the clock says year %d", y))
	}
	return req, m.core.quotas.admit(m.in, op, req.now)
}

// at is the instant of the operation, for decisions that count no time.
func (req *request) at() At {
	at := At{Time: req.now, Account: req.in.account, Protection: req.core.protection}
	if req.who != nil {
		at.Principal = req.who.Principal
	}
	return at
}

// end tells the observer of the call.
func (req *request) end(err *error) {
	called := req.core.observer.Called
	if called == nil {
		return
	}
	called(req.ctx, Call{
		Operation: req.op,
		Account:   req.in.account,
		Region:    req.in.region,
		Caller:    req.who.value(),
		SecretID:  req.id,
		Secret:    req.target,
		Time:      req.now,
		Saved:     req.saved,
		Err:       *err,
		in:        req.of,
		who:       req.who,
		clock:     req.core.clock,
		began:     req.began,
	})
}

// maxAttempts bounds how often an operation decides again because others
// changed the secret between its load and its commit. Each such conflict means
// that another operation went through.
const maxAttempts = 64

// load finds the secret an id means, in the account and Region it is in.
func (req *request) load(id SecretID) (Secret, error) {
	if req.own && id.foreign(req.in) {
		return Secret{}, req.errAccessDenied(id)
	}
	key, ok := id.keyFor(req.in)
	if !ok {
		return Secret{}, errNotFound()
	}
	s, err := req.core.store.Load(req.ctx, key)
	switch {
	case errors.Is(err, ErrSecretNotFound):
		s = Secret{}
	case err != nil:
		return Secret{}, req.failed(err)
	}
	if !s.IsZero() && !id.matches(s) {
		s = Secret{}
	}
	if id.foreign(req.in) && s.ResourcePolicy() == "" {
		return Secret{}, req.errAccessDenied(id)
	}
	if s.IsZero() {
		return Secret{}, errNotFound()
	}
	req.target = s
	return s, nil
}

// read is load for operations that only look.
func (req *request) read(id SecretID) (Secret, error) {
	s, err := req.load(id)
	if err != nil {
		return Secret{}, err
	}
	_, err = s.admit(req.op, req.now)
	return s, err
}

// errAccessDenied is what callers of another account get: nothing tells them
// whether the secret exists.
func (req *request) errAccessDenied(id SecretID) error {
	action := "secretsmanager:" + req.op.String()
	return &AccessDeniedError{ErrorDetails{
		Message: fmt.Sprintf("User: arn:%s:iam::%s:root is not authorized to perform: %s on resource: %s "+
			"because no resource-based policy allows the %s action",
			req.in.region.partition(), req.in.account, action, id, action),
		Reason: ErrAccessDenied,
	}}
}

// checkKey refuses values across accounts under the default key, and what KMS refuses.
func (req *request) checkKey(s Secret, id string, use keyUse) error {
	if s.Key().Account != req.in.account && isDefaultKey(s.KMSKeyID()) {
		return &InvalidRequestError{
			ErrorDetails{Message: textAcrossKMS, Reason: ErrDefaultKeyAcrossAccounts, ARN: s.ARN().String()},
		}
	}
	return req.useKey(s.Key(), id, use)
}

// update decides UpdateSecret. With another key, the values that get it are read under the
// old one: "Change the encryption key for a secret", Secrets Manager user guide.
func (req *request) update(s Secret, u Update) (Change, error) {
	c, err := s.Update(req.at(), u)
	if err == nil && u.KMSKeyID != nil {
		err = req.useKey(s.Key(), *u.KMSKeyID, keyNamed)
		if err == nil && *u.KMSKeyID != s.KMSKeyID() && len(s.data().stages) > 0 {
			err = req.useKey(s.Key(), s.KMSKeyID(), keyDecrypts)
		}
	}
	return c, err
}

// useKey asks whether the caller can use the KMS key of a secret, or a key for it.
func (req *request) useKey(secret Key, id string, use keyUse) error {
	return req.core.useKey(req.ctx, req.in.account, secret, id, use)
}

func (c *core) useKey(ctx context.Context, caller Account, secret Key, id string, use keyUse) error {
	if c.emulate.CheckKMSKey == nil || isDefaultKey(id) {
		return nil
	}
	arn, region := kmsARN(id, caller, secret.Region)
	if region != secret.Region.s {
		return badParameter(textInvalidKey+"Invalid arn "+region, ErrKMSKeyNotFound)
	}
	if err := c.emulate.CheckKMSKey(ctx, arn); err != nil {
		if refused := keyRefusal(arn, use, err); refused != nil {
			return refused
		}
		return c.failed(ctx, err)
	}
	return nil
}

// failed is the error for a store that failed: the context's own, or internal.
func (req *request) failed(err error) error { return req.core.failed(req.ctx, err) }

// change is every operation that changes a secret: load, decide, commit, and again
// where another change came between.
func (req *request) change(id SecretID, decide func(Secret) (Change, error)) (Secret, error) {
	return req.changeAll(id, func(s Secret) ([]Change, error) { return one(decide(s)) })
}

func one(c Change, err error) ([]Change, error) { return []Change{c}, err }

// changeAll is change where other secrets change together with the first.
func (req *request) changeAll(id SecretID, decide func(Secret) ([]Change, error)) (Secret, error) {
	return settle(func() (Secret, error) {
		s, err := req.load(id)
		if err != nil {
			return Secret{}, err
		}
		changes, err := decide(s)
		switch {
		case err != nil:
			return Secret{}, err
		case changes[0].IsZero():
			return s, nil
		case req.core.emulate.OwningServices && s.isForOwner(req.op, changes[0]):
			return Secret{}, s.errOwned()
		}
		return changes[0].next, req.commit(changes...)
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
func (req *request) commit(changes ...Change) error {
	for _, c := range changes {
		if err := req.core.quotas.limits.admitVersions(c, req.now); err != nil {
			return err
		}
	}
	err := req.core.save(req.ctx, req.now, changes...)
	if err == nil || errors.Is(err, ErrConflict) {
		req.saved = req.saved || err == nil
		return err
	}
	return req.failed(err)
}

// commitLater has a change decided and saved behind the response, where the store can do
// that, and its events published then. With Options.Audit it is not done: an audit comes
// before.
func (req *request) commitLater(key Key, decide func(Secret) Change) error {
	if req.core.audit != nil {
		return errors.ErrUnsupported
	}
	change := make([]Change, 1)
	outcome, err := req.core.store.CommitLater(req.ctx, key, func(present Secret) Change {
		change[0] = decide(present)
		return change[0]
	})
	if err != nil {
		if errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		return req.failed(err)
	}
	req.saved = true
	req.core.unsettled.addLater(unsettledSave{
		ctx: context.WithoutCancel(req.ctx), began: req.now, changes: change, outcome: outcome,
	})
	return nil
}

// withCall adds the request to the event of the operation that has just been decided.
func withCall[T input](req *request, c Change, in T) Change {
	if len(c.events) == 0 || !c.events[0].kind.isOperation() {
		return c
	}
	e := &c.events[0]
	if e.call == nil {
		e.call = &call{}
	}
	e.call.caller, e.call.who, e.call.secretID = req.in.account, req.who, req.id
	in.tell(e.call)
	e.call.token = "" // the event has the version
	if c.next.Deletion().Scheduled() {
		e.call.due = c.next.Deletion().date
	}
	return c
}

// withCalls adds the request to the first of several changes.
func withCalls[T input](req *request, changes []Change, in T) []Change {
	if len(changes) > 0 {
		changes[0] = withCall(req, changes[0], in)
	}
	return changes
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

// noteChanges tells the two lags of changes: that of lists of any, the other
// of deletions and restorations.
func (c *core) noteChanges(began time.Time, changes []Change) {
	for i := range changes {
		change := &changes[i]
		c.lists.note(began, change, c.random)
		if !change.base.IsZero() && change.base.Deletion() != change.next.Deletion() {
			c.states.note(began, change, c.random)
		}
	}
}

// token parses a ClientRequestToken, or draws one where the Manager may.
func (req *request) token(p *problems, s string, needed bool) VersionID {
	switch {
	case s != "":
		p.add(checkToken("clientRequestToken", s))
		return VersionID{strings.Clone(s)}
	case !needed:
	case req.strict:
		p.add(badRequest(textNoToken, ErrTokenMissing))
	default:
		id, err := req.core.random.versionID()
		p.add(err)
		return id
	}
	return VersionID{}
}

// stored fetches the value of a version, the zero Value where s has no such
// version, or one without a value. A version that went meanwhile is a conflict.
func (req *request) stored(s Secret, id VersionID) (Value, error) {
	if _, ok := s.Version(id); !ok || s.Reserved(id) {
		return Value{}, nil
	}
	v, err := req.core.store.Value(req.ctx, s.Key(), s.Incarnation(), id)
	switch {
	case errors.Is(err, ErrVersionNotFound):
		return Value{}, ErrConflict
	case err != nil:
		return Value{}, req.failed(err)
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

// RequireTokens returns the Manager with the rule of the wire: CreateSecret,
// PutSecretValue and UpdateSecret with a value are refused without a
// ClientRequestToken. SDKs fill it in, and so does a Manager without this rule.
func (m *Manager) RequireTokens() *Manager {
	next := *m
	next.strict = true
	return &next
}

// OwnAccountOnly returns the Manager with access to secrets of its own account
// only: an ARN of another account is refused with [ErrAccessDenied], whatever
// the secret's resource policy says. Without it a resource policy of any kind,
// which is not evaluated, gives every other account access.
func (m *Manager) OwnAccountOnly() *Manager {
	next := *m
	next.own = true
	return &next
}
