// Package machine runs random histories on a service and on the reference model, and
// compares the two.
package machine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
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

	guards []*model.Guard // of the purgers; nil until a purger looked at the clock
	mark   time.Time      // kept by the store, if it is a ClockKeeper
	keeper bool           // whether it is

	seen   uint64                          // the last event that was checked
	known  map[model.Key]secretlife.Secret // as last verified
	trails map[secretlife.Incarnation]*invariants.Trail
	arns   map[string]bool // ever given to a created secret

	drift  time.Duration // sum of the jumps of the wall clock
	values int           // made so far
	idle   bool          // the step did nothing

	// Everything is checked once in so many steps, and at the end. Other steps check
	// only what they touched.
	every   int
	steps   int
	touched []model.Key   // by this step
	got     []model.Event // that this step saved

	// A machine with a subject sees outputs only. It has no world.
	subject *Subject
	places  []model.Place

	nestedRefusals int     // reads within a batch that the sink records as refused
	outage         *outage // nil for a store that never fails
	unordered      bool    // the events of this step are not known in order
	virtual        bool    // a purger moves the clock by itself
}

func newMachine(t *trial, w *world, set setting, cov *Coverage) *machine {
	_, keeper := w.store.(secretlife.ClockKeeper)
	cov.Histories++
	mo := model.NewModel()
	mo.RotationDenied = w.function == nil
	return &machine{
		world: w, t: t, set: set, model: mo, guards: make([]*model.Guard, len(w.purgers)), keeper: keeper, coverage: cov,
		known: map[model.Key]secretlife.Secret{}, trails: map[secretlife.Incarnation]*invariants.Trail{}, arns: map[string]bool{},
	}
}

// request is one call of an operation.
type request[O any] struct {
	op secretlife.Operation
	at model.Place // who calls
	id string      // the secret's id, or its name for CreateSecret
	in any         // the request, for the report
	do func(context.Context, service.Service) (O, error)
	// predict runs the operation on the model. It takes what is random from the
	// output. The expected output is a function, because it can be made only after
	// the model has learned what the store drew at random.
	predict func(got O) (want func() O, f *model.Fault)
}

// run makes a call on the service and on the model, and compares the two.
func run[O any](m *machine, r request[O]) {
	m.begin()
	phase := m.model.PhaseOf(m.resolve(r.at, r.id))
	m.coverage.called(r.op, phase)
	if m.subject != nil {
		runOn(m, r)
		return
	}
	if m.outage != nil {
		runWhileOut(m, r)
		m.begin() // and again, as a client does that got no response
	}
	before := len(m.sinkEvents)
	got, err := r.do(context.Background(), m.managers[r.at])
	m.coverage.succeeded(r.op, phase, err)
	if m.thorough() {
		require.False(m.t, canary.Leaks(fmt.Sprintf("%+v", got)), "%s shows a value", r.op)
	}
	want, f := r.predict(got)
	m.tellCall(r.at, r.op, r.in, err, f)
	m.checkFault(r.op, f, err)
	m.checkSinkRefusal(r.op, f, m.sinkEvents[before:])
	m.settle()
	if f == nil {
		m.checkOutput(r.op, want(), got)
	}
}

func (m *machine) checkOutput(op secretlife.Operation, want, got any) {
	if !reflect.DeepEqual(want, got) {
		require.Equal(m.t, want, got, "answer of %s", op)
		require.Fail(m.t, "answers differ", "%s: %+v, not %+v", op, got, want)
	}
}

// begin starts a step of the model at the present time.
func (m *machine) begin() {
	m.model.Now = m.present().UnixMilli()
	m.model.Events = m.model.Events[:0]
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

func (m *machine) checkFault(op secretlife.Operation, f *model.Fault, err error) {
	if f == nil {
		require.NoError(m.t, err, "%s", op)
		return
	}
	require.Error(m.t, err, "%s must be refused: %+v", op, f)
	require.False(m.t, canary.Leaks(err.Error()), "the error of %s shows a value", op)
	var e secretlife.Error
	require.ErrorAs(m.t, err, &e, "%s", op)
	if f.Code != "" {
		require.Equal(m.t, f.Code, e.ErrorCode(), "%s: %s", op, e.ErrorMessage())
	}
	require.NotEmpty(m.t, e.ErrorMessage(), "%s", op)
	if f.Text != "" {
		require.Equal(m.t, f.Text, e.ErrorMessage(), "%s", op)
	}
}

// checkSinkRefusal checks that the sink gets a refused call once, and no other
// refusal.
func (m *machine) checkSinkRefusal(op secretlife.Operation, f *model.Fault, sunk []secretlife.Event) {
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
			require.Equal(m.t, op.String(), e.Name())
		}
	}
	require.Zero(m.t, inner, "refused reads within %s", op)
	if f == nil {
		require.Zero(m.t, refusals, "%s succeeded, but was reported as refused", op)
		return
	}
	require.Equal(m.t, 1, refusals, "refused %s", op)
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
	for _, done := range report {
		m.model.Now = max(m.model.Now, done.At.UnixMilli())
		m.follow(done)
	}
	m.virtual = false
	m.model.Now = now + d.Milliseconds()
	m.nothingDue(m.model.Now)
	m.checkPurgeOrder(report)
	wall := m.clock.Now()
	require.Equal(m.t, now+d.Milliseconds(), wall.UnixMilli(), "Advance by %v", d)
	m.guards[i] = &model.Guard{At: wall, Elapsed: m.clock.Elapsed()}
	m.settle()
}

// follow does on the model what a purger reports. It must be the next work on that
// secret, and be due.
func (m *machine) follow(done secretlife.Done) {
	m.learn()
	k := model.KeyOf(done.ARN)
	s := m.model.Secrets[k]
	require.NotNil(m.t, s, "%s of %s, which is not there", done.Work, done.ARN)
	require.Equal(m.t, s.ARN(), done.ARN.String(), "%s of another incarnation", done.Work)
	at, work := s.Due()
	require.Equal(m.t, work, done.Work, "work on %s", done.ARN)
	require.Equal(m.t, at, done.At.UnixMilli(), "when %s of %s was due", work, done.ARN)
	require.LessOrEqual(m.t, at, m.model.Now, "%s of %s before its time", work, done.ARN)
	m.coverage.work[work]++
	if work == secretlife.WorkRotate {
		m.followTry(s)
		return
	}
	m.model.Do(model.Task{At: at, Work: work, Key: k})
}

func (m *machine) nothingDue(by int64) {
	require.True(
		m.t,
		m.function == nil || len(m.function.Tries) == 0,
		"a rotation function was called without report",
	)
	if tasks := m.model.Tasks(); len(tasks) > 0 && tasks[0].At <= by {
		require.Fail(m.t, "background left something undone", "%+v at %d", tasks[0], by)
	}
}

func (m *machine) checkPurgeOrder(r secretlife.Report) {
	require.NoError(m.t, invariants.InPurgeOrder(r))
}

// runDue lets one purger do one piece of work, or all that is due, and checks that it
// follows its guard.
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
	now, agrees := m.observe(i)
	if !agrees {
		m.coverage.jumps++
		var jump *secretlife.ClockJumpError
		require.ErrorAs(m.t, err, &jump)
		require.ErrorIs(m.t, err, secretlife.ErrClockJump)
		require.Empty(m.t, report, "work in spite of a clock jump")
		m.settle()
		return
	}
	require.NoError(m.t, err)
	m.model.Now = now
	tasks := m.model.Tasks()
	for j, done := range report {
		if j == 0 {
			require.Equal(m.t, tasks[0].At, done.At.UnixMilli(), "not the oldest work first")
			require.Equal(m.t, tasks[0].Key, model.KeyOf(done.ARN), "not the oldest work first")
		}
		m.follow(done)
	}
	if all || len(report) == 0 {
		m.nothingDue(now)
	}
	m.checkPurgeOrder(report)
	m.settle()
}

// observe asks the model's guard of a purger for the time.
func (m *machine) observe(i int) (int64, bool) {
	wall, elapsed := m.clock.Now(), m.clock.Elapsed()
	if m.guards[i] == nil {
		g := &model.Guard{At: wall, Elapsed: elapsed}
		if m.keeper && !m.mark.IsZero() && wall.Sub(m.mark) > 24*time.Hour {
			g.At = m.mark.Add(24 * time.Hour)
		}
		m.guards[i] = g
	}
	now, agrees := m.guards[i].Observe(wall, elapsed)
	m.keepMark(m.guards[i].At)
	return now.UnixMilli(), agrees
}

func (m *machine) keepMark(t time.Time) {
	if t.After(m.mark) {
		m.mark = t
	}
}

// trust is an operator's confirmation of the clock.
func (m *machine) trust(i int) {
	m.tell(fmt.Sprintf("purger %d trusts the clock", i), fmt.Sprintf("answers(purgers[%d].TrustClock(ctx), \"\")", i))
	require.NoError(m.t, m.purgers[i].TrustClock(context.Background()))
	m.guards[i] = &model.Guard{At: m.clock.Now(), Elapsed: m.clock.Elapsed()}
	m.keepMark(m.clock.Now())
}

// restart replaces a purger by a new one.
func (m *machine) restart(i int) {
	m.tell(fmt.Sprintf("purger %d is made anew", i), fmt.Sprintf("purgers[%d] = secretlife.NewPurger(m)", i))
	m.purgers[i] = secretlife.NewPurger(m.first)
	m.guards[i] = nil
}

// jump moves the wall clock while no time passes.
func (m *machine) jump(d time.Duration) {
	m.tell(fmt.Sprintf("the wall clock jumps by %v", d), fmt.Sprintf("clock.Jump(%s)", goDuration(d)))
	m.clock.Jump(d)
	m.drift += d
}

func isNotFound(err error) bool { return errors.Is(err, secretlife.ErrSecretNotFound) }
