package secretlife

import (
	"context"
	"slices"
	"sync"
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
	// before the store knew the outcome, as reads do where the store has CommitLater, is
	// passed on by the next call or the Purger, once it is known that it was saved. Between
	// goroutines the events are in no order; for all saved events in order, read
	// [Store.Events].
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
	// Caller is who called, as [WithCaller] says; zero if nothing does.
	Caller Caller
	// SecretID is the id of the secret as the caller gave it, and for CreateSecret the
	// name; "" for operations that take none.
	SecretID string
	// Secret is the secret that the call found, as it was then, or that it created. It is
	// zero without one, or if the caller may not know whether the secret exists.
	Secret Secret
	// Time is when the call began, to the millisecond.
	Time time.Time
	// Saved reports whether the call saved an event: a read does once a day, when it moves
	// LastAccessedDate, and a change does unless there was nothing to change.
	Saved bool
	// Err is what the caller got: an [Error] if the call was refused, nil if it succeeded.
	Err error

	in    input     // nil for requests that an endpoint refused, or that have an id only
	who   *Caller   // Caller, which records share; it may be nil
	clock Clock     // the Manager's; nil for requests that an endpoint refused
	began time.Time // Time, as the clock said it
}

// Took returns how long ago the call began, by the Manager's clock. For [Observer].Called that
// is how long it took.
func (c Call) Took() time.Duration {
	if c.clock == nil {
		return 0
	}
	return c.clock.Now().Sub(c.began)
}

// Event returns the call as an [Event], in the shape of a CloudTrail record: with the
// members of the request, and the refusal if it was refused. It is not the event that a call
// which changed a secret saved: that has a revision.
func (c Call) Event() Event { return c.event(new(about)) }

// about is what an event of a call points to, in one piece: there is one for every read.
type about struct {
	call     call
	identity identity
}

// event is Event with given memory.
func (c *Call) event(in *about) Event {
	in.call = call{caller: c.Account, who: c.who, secretID: c.SecretID}
	if c.who.value() != c.Caller {
		in.call.who = known(c.Caller)
	}
	in.identity = identity{}
	e := Event{kind: EventKind(c.Operation), at: momentOf(c.Time), call: &in.call, on: &in.identity}
	if c.in != nil {
		c.in.tell(e.call)
	}
	if on := c.Secret.identity(); c.Err == nil && on != nil {
		e.on.scope, e.on.name = on.scope, on.name
		return e
	}
	arn := c.Secret.ARN()
	if refused, ok := asError(c.Err); ok {
		e.call.refused = &refusal{refused.ErrorCode(), refused.ErrorMessage()}
		if of, err := ParseARN(refused.Details().ARN); err == nil {
			arn = of
		}
	}
	if !arn.IsZero() {
		e.on.scope, e.on.name = scopeOf(arn.account, arn.region), arn.name
		return e
	}
	e.on.scope = scopeOf(c.Account, c.Region)
	if id, err := ParseSecretID(c.SecretID); err == nil {
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

type callerKey struct{}

// WithCaller returns a context that says who calls, for events and [Call].Caller. It decides
// nothing.
func WithCaller(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, known(caller))
}

// whoCalls returns who calls, nil if nothing says so.
func whoCalls(ctx context.Context) *Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

func callerOf(ctx context.Context) Caller { return whoCalls(ctx).value() }

// value returns the Caller, zero if c is nil.
func (c *Caller) value() Caller {
	if c == nil {
		return Caller{}
	}
	return *c
}

func (p *parameters) filters(filters []Filter) {
	structures(p, "filters", filters, func(f Filter) shownFilter { return shownFilter{f.Key, slices.Clone(f.Values)} })
}

func (p *parameters) tags(name string, tags []Tag) {
	structures(p, name, tags, func(t Tag) shownTag { return shownTag(t) })
}

func (p *parameters) replicas(regions []ReplicaRegion, overwrite bool) {
	structures(p, "addReplicaRegions", regions, func(r ReplicaRegion) shownReplica {
		return shownReplica{r.KMSKeyID, r.Region}
	})
	p.flag(overwriteMember, overwrite)
}

func (p *parameters) page(most int, token string) {
	p.number("maxResults", int64(most))
	p.text("nextToken", token)
}

// Trail keeps records of calls that no store keeps, in memory: calls that were refused,
// that only read, or that found nothing to change. Together with the saved events these
// are the records that CloudTrail has. Its [Trail.Observer] must be the Manager's, or part
// of it. It is safe for concurrent use.
type Trail struct {
	most int // records

	mu   sync.Mutex
	seq  uint64 // of the last saved event
	last uint64 // the number of the last record
	// records are in a ring, whose memory is used again: there is a record for every read.
	records []kept
	first   int // of the records that are kept
	count   int // of them
	size    int // of them, in bytes
}

// kept is a record of a Trail: an event, what it points to, and its size in bytes.
type kept struct {
	event Event // points to nothing
	about about
	size  int
}

// averageRecord is how many bytes a record may take on average: a client must not fill the
// memory with long requests.
const averageRecord = 1 << 10

// NewTrail makes a Trail for up to a number of records, which take up to a KiB each on
// average. The oldest go first.
func NewTrail(most int) *Trail { return &Trail{most: most} }

// Observer returns what tells the Trail of calls.
func (t *Trail) Observer() Observer {
	return Observer{
		Called: func(_ context.Context, c Call) { t.Add(c) },
		Saved:  func(_ context.Context, e Event) { t.saved(e) },
	}
}

func (t *Trail) saved(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seq = max(t.seq, e.seq)
}

// Add keeps the record of a call, unless a saved event is that. The reads of a batch are
// calls of their own, so a batch that succeeds has none, as in CloudTrail. It is for
// endpoints, which refuse some requests themselves.
func (t *Trail) Add(c Call) {
	if c.Err != nil {
		if _, isException := asError(c.Err); !isException {
			return // the caller has gone
		}
	} else if c.Saved || c.Operation == OpBatchGetSecretValue {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	k := t.add()
	k.event = c.event(&k.about)
	k.event.seq, k.event.call, k.event.on = t.seq, nil, nil
	k.about.call.unsaved = t.last
	k.size = k.about.call.size()
	t.size += k.size
	for t.count > t.most || t.size > t.most*averageRecord {
		t.size -= t.at(0).size
		*t.at(0) = kept{}
		t.skipFirst()
	}
}

// at returns a record, counted from the first that is kept.
func (t *Trail) at(i int) *kept { return &t.records[(t.first+i)%len(t.records)] }

// add returns the memory of a new record, which may be that of the first one.
func (t *Trail) add() *kept {
	switch {
	case t.count == t.most && t.count > 0:
		t.size -= t.at(0).size
		t.skipFirst()
	case t.count == len(t.records):
		more := make([]kept, max(16, min(2*t.count, t.most)))
		n := copy(more, t.records[t.first:])
		copy(more[n:], t.records[:t.first])
		t.records, t.first = more, 0
	}
	t.count++
	return t.at(t.count - 1)
}

func (t *Trail) skipFirst() {
	t.first = (t.first + 1) % len(t.records)
	t.count--
}

// Since returns the records after one, in order: those of calls that ended after the
// saved event with the number seq or, if unsaved is not 0, those after the record of that
// number.
func (t *Trail) Since(seq, unsaved uint64) []Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Event
	for i := range t.count {
		k := t.at(i)
		if unsaved == 0 && k.event.seq >= seq || unsaved > 0 && k.about.call.unsaved > unsaved {
			e, own := k.event, k.about
			e.call, e.on = &own.call, &own.identity
			out = append(out, e)
		}
	}
	return out
}

// Forget removes all records. The numbers of later ones go on.
func (t *Trail) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seq, t.records, t.first, t.count, t.size = 0, nil, 0, 0, 0
}
