// Package machine runs random histories on a service and on the reference model, and
// compares the two.
package machine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// machine runs one history on a world and on its model.
type machine struct {
	*world
	t        *trial
	set      setting
	model    *model.Model
	coverage *Coverage

	walls []model.WallClock // what the purgers believe

	seen   uint64                          // the last event that was checked
	known  map[model.Key]secretlife.Secret // as last verified
	trails map[secretlife.Incarnation]*invariants.Trail
	arns   map[string]bool        // ever given to a created secret
	ended  map[model.Key][]string // versions of the last secret that had the name

	scheduled map[secretlife.Incarnation]int64 // when, in elapsed time
	// deletedInTry has the secrets that another caller deleted during a try at a rotation in
	// this step, and when, by the wall clock. The purger may go by another time.
	deletedInTry map[secretlife.Incarnation]int64

	drift  time.Duration // sum of the jumps of the wall clock
	values int           // made so far
	idle   bool          // the step did nothing
	losing bool          // the answer to the step's call is lost once, if it can be repeated

	// Everything is checked once in so many steps, and at the end. Other steps check
	// only what they touched.
	every   int
	steps   int
	touched []model.Key   // by this step
	got     []model.Event // that this step saved

	// A machine with a subject sees outputs only. It has no world.
	subject   *Subject
	places    []model.Place
	generated map[string]bool // IDs of versions that a subject drew

	nestedRefusals int     // reads within a batch that the observer records as refused
	outage         *outage // nil for a store that never fails
	unordered      bool    // the events of this step are not known in order
	virtual        bool    // a purger moves the clock by itself
}

func newMachine(t *trial, w *world, set setting, cov *Coverage) *machine {
	cov.Histories++
	mo := model.NewModel()
	mo.RotationDenied, mo.FunctionsAsked = w.function == nil, set.asked
	mo.ReleasedByAnother, mo.ReleaseDelay, mo.Protection = set.another, set.delay, set.protection
	if set.few {
		mo.ReplicaRegions = history.Regions[:2]
	}
	m := &machine{
		world: w, t: t, set: set, model: mo, walls: make([]model.WallClock, len(w.purgers)), coverage: cov,
		known: map[model.Key]secretlife.Secret{}, trails: map[secretlife.Incarnation]*invariants.Trail{},
		arns: map[string]bool{}, ended: map[model.Key][]string{}, scheduled: map[secretlife.Incarnation]int64{},
		deletedInTry: map[secretlife.Incarnation]int64{},
	}
	m.record()
	return m
}

// request is one call of an operation.
type request[I, O any] struct {
	op   secretlife.Operation
	at   model.Place // who calls
	id   string      // the secret's id, or its name for CreateSecret
	in   I
	call func(service.Service, context.Context, I) (O, error)
	// predict runs the operation on the model. It takes what is random from the
	// output. The expected output is a function, because it can be made only after
	// the model has learned what the store drew at random.
	predict func(got O) (want func() O, f *model.Fault)
}

// about is a request about one secret whose output follows from the secret afterwards.
func about[I, O any](op secretlife.Operation, at model.Place, id string, in I,
	call func(service.Service, context.Context, I) (O, error),
	predict func() (*model.Secret, *model.Fault), output func(*model.Secret) O,
) request[I, O] {
	return request[I, O]{op, at, id, in, call, func(O) (func() O, *model.Fault) {
		s, f := predict()
		return func() O { return output(s) }, f
	}}
}

// silent is a request about one secret that has no output.
func silent[I any](op secretlife.Operation, at model.Place, id string, in I,
	call func(service.Service, context.Context, I) error, predict func() *model.Fault,
) request[I, struct{}] {
	return request[I, struct{}]{op, at, id, in,
		func(on service.Service, ctx context.Context, in I) (struct{}, error) {
			return struct{}{}, call(on, ctx, in)
		},
		func(struct{}) (func() struct{}, *model.Fault) {
			return func() struct{} { return struct{}{} }, predict()
		},
	}
}

// run makes a call on the service and on the model, and compares the two.
func run[I, O any](m *machine, r request[I, O]) {
	m.begin()
	if m.subject != nil {
		runOn(m, r)
		return
	}
	phase := m.model.PhaseOf(m.resolve(r.at, r.id))
	m.coverage.called(r.op, phase)
	if m.outage != nil {
		runWhileOut(m, r)
		m.begin() // and again, as a client does that got no response
	}
	before := len(m.observed)
	m.calling(r.at, r.op, r.in)
	got, err := r.call(m.managers[r.at], context.Background(), r.in)
	m.coverage.succeeded(r.op, phase, err)
	if m.thorough() {
		require.False(m.t, canary.Leaks(fmt.Sprintf("%+v", got)), "%s shows a value", r.op)
	}
	want, f := r.predict(got)
	m.tellCall(r.at, r.op, r.in, err)
	m.checkFault(r.op, f, err)
	m.learn()
	if f == nil {
		m.checkOutput(r.op, r.in, want(), got)
	}
	m.t.script.draws(got)
	m.checkObservedRefusal(r.op, f, m.observed[before:])
	m.settle()
}

// begin starts a step of the model at the present time.
func (m *machine) begin() {
	m.model.Now, m.model.Elapsed = m.present().UnixMilli(), m.elapsed()
	m.model.Events = m.model.Events[:0]
	clear(m.deletedInTry)
}

// elapsed returns how much time has passed, in milliseconds.
func (m *machine) elapsed() int64 {
	if m.subject != nil {
		return m.present().UnixMilli()
	}
	return m.clock.Elapsed().Time.Milliseconds()
}

// present returns the time.
func (m *machine) present() time.Time {
	if m.subject != nil {
		return m.subject.Now().UTC()
	}
	return m.clock.Now()
}

// resolve returns the secret that an id means to a caller, or nil. It ignores
// permissions.
func (m *machine) resolve(at model.Place, id string) *model.Secret {
	p, ok := model.ParseID(id)
	if !ok {
		return nil
	}
	if p.Account == "" {
		p.Place = at
	} else if p.Region != at.Region {
		return nil
	}
	s := m.model.Secrets[p.Key]
	if s != nil && p.Suffix != "" && p.Suffix != s.Suffix {
		return nil
	}
	return s
}

// checkObservedRefusal checks that the observer gets a refused call once, and no other
// refusal.
func (m *machine) checkObservedRefusal(op secretlife.Operation, f *model.Fault, sunk []secretlife.Event) {
	refusals := 0
	inner := m.nestedRefusals
	m.nestedRefusals = 0
	for _, e := range sunk {
		if _, _, refused := e.Refusal(); refused {
			if inner > 0 && e.Name() == secretlife.OpGetSecretValue.String() {
				inner--
				continue
			}
			refusals++
			equal(m, op.String(), e.Name(), "the refused operation that the sink was told")
		}
	}
	require.Zero(m.t, inner, "refused reads within %s", op)
	if f == nil {
		require.Zero(m.t, refusals, "%s succeeded, but was reported as refused", op)
		return
	}
	equal(m, 1, refusals, "times that the sink was told of the refused %s", op)
}

// advance lets time pass on one purger.
func (m *machine) advance(i int, d time.Duration) {
	m.begin()
	now := m.model.Now
	m.tellAdvance(i, d)
	m.log.expect(1000 + 3*len(m.model.Secrets)*int(d/time.Hour)) // a rotation is tried again every hour
	report, err := m.purgers[i].Advance(context.Background(), d)
	require.NoError(m.t, err)
	m.virtual = true
	var last model.Task
	for _, done := range report {
		next := m.task(done)
		m.passTo(max(m.model.Now, m.model.Ready(next)))
		if next.Work == secretlife.WorkPurge {
			next.Ready = m.model.Now
			require.False(m.t, next.Before(last), "%+v was done after %+v", next, last)
			last = next
		}
		m.follow(done)
	}
	m.virtual = false
	m.passTo(now + d.Milliseconds())
	m.nothingDue()
	equal(m, m.model.Now, m.clock.Now().UnixMilli(), "the time after Advance by %v", d)
	equal(m, m.model.Elapsed, m.elapsed(), "the time that has passed after Advance by %v", d)
	m.walls[i].Trust(m.model.Now, m.model.Elapsed)
	m.settle()
}

// passTo lets time pass on the model until an instant.
func (m *machine) passTo(now int64) {
	m.model.Elapsed += now - m.model.Now
	m.model.Now = now
}

// task returns the model's next work on a secret that a purger reports.
func (m *machine) task(done secretlife.Done) model.Task {
	m.learn()
	k := model.KeyOf(done.ARN)
	s := m.model.Secrets[k]
	require.NotNil(m.t, s, "%s of %s, which is not there", done.Work, done.ARN)
	return m.model.Next(k)
}

// follow does on the model what a purger reports. It must be the next work on that
// secret, and be due.
func (m *machine) follow(done secretlife.Done) {
	next := m.task(done)
	s := m.model.Secrets[next.Key]
	equal(m, s.ARN(), done.ARN.String(), "the secret of %s", done.Work)
	equal(m, next.Work, done.Work, "work on %s", done.ARN)
	equal(m, next.At, done.At.UnixMilli(), "when %s of %s was due", next.Work, done.ARN)
	require.LessOrEqual(m.t, m.model.Ready(next), m.model.Now, "%s of %s before its time", next.Work, done.ARN)
	m.coverage.work[next.Work]++
	if next.Work == secretlife.WorkRotate {
		m.followTry(s)
		return
	}
	m.model.Do(next)
}

func (m *machine) nothingDue() {
	require.True(
		m.t,
		m.function == nil || len(m.function.Tries) == 0,
		"a rotation function was called without report",
	)
	if tasks := m.model.ReadyTasks(); len(tasks) > 0 {
		require.Fail(m.t, "background left something undone", "%+v at %d", tasks[0], m.model.Now)
	}
}

// runDue lets one purger do one piece of work, or all that is due.
func (m *machine) runDue(i int, all bool) {
	m.begin()
	call := func() (secretlife.Report, error) {
		if all {
			return m.purgers[i].RunDue(context.Background())
		}
		done, did, err := m.purgers[i].Step(context.Background())
		if !did {
			return nil, err
		}
		return secretlife.Report{done}, err
	}
	m.tellWork(i, all)
	if m.outage != nil {
		m.runDueWhileOut(i, call)
		return
	}
	report, err := call()
	require.NoError(m.t, err)
	m.observe(i)
	tasks := m.model.ReadyTasks()
	waiting := m.model.Waiting()
	for j, done := range report {
		if j == 0 {
			equal(m, tasks[0].At, done.At.UnixMilli(), "the first work, which must be the oldest,")
			equal(m, tasks[0].Key, model.KeyOf(done.ARN), "the first work, which must be the oldest,")
		}
		m.follow(done)
	}
	if all || len(report) == 0 {
		m.nothingDue()
	}
	if all {
		equal(m, waiting, m.purgers[i].Waiting().Secrets, "secrets that wait for counted time")
		m.coverage.waited += waiting
	}
	require.NoError(m.t, invariants.InPurgeOrder(report))
	m.settle()
}

// observe takes the time that a purger goes by.
func (m *machine) observe(i int) {
	m.model.Now = m.walls[i].Believe(m.clock.Now().UnixMilli(), m.elapsed())
	if m.walls[i].Stepped() {
		m.coverage.disbelieved++
	}
}

// restart replaces a purger by a new one.
func (m *machine) restart(i int) {
	m.tell(fmt.Sprintf("purger %d is made anew", i), fmt.Sprintf("purgers[%d] = secretlife.NewPurger(m)", i))
	m.purgers[i] = secretlife.NewPurger(m.first)
	m.walls[i] = model.WallClock{}
}

// jump moves the wall clock while no time passes.
func (m *machine) jump(d time.Duration) {
	m.tell(fmt.Sprintf("the wall clock jumps by %v", d), fmt.Sprintf("clock.Jump(%s)", literals{}.duration(d)))
	m.clock.Jump(d)
	m.drift += d
}

func isNotFound(err error) bool { return errors.Is(err, secretlife.ErrSecretNotFound) }
