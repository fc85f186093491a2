package machine

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
	"github.com/secretlife-go/secretlife/storetest"
)

// outage makes calls of a store fail at random while it is on: calls that do nothing,
// and commits whose acknowledgement is lost.
type outage struct {
	*storetest.Faults
	on    bool
	fired int // since it was switched on
	total int
}

var errOutage = errors.New("the store is out")

// oneIn is the number of calls per failure.
const oneIn = 6

func newOutage(store secretlife.Store, seed uint64) *outage {
	o := &outage{Faults: storetest.NewFaults(store)}
	random := rand.New(rand.NewPCG(seed, seed))
	o.Decide(func(c storetest.Call) storetest.Fault {
		if !o.on || random.IntN(oneIn) > 0 {
			return storetest.Fault{}
		}
		o.fired++
		o.total++
		if saves(c) && random.IntN(2) == 0 {
			return storetest.Fault{Lost: errOutage}
		}
		return storetest.Fault{Err: errOutage}
	})
	return o
}

// saves reports whether a call of the store writes.
func saves(c storetest.Call) bool {
	return c.Method == storetest.Commit || c.Method == storetest.Claim || c.Method == storetest.SwapNote
}

// during runs a call while the store may fail, and reports whether it did.
func (o *outage) during(call func()) bool {
	o.on, o.fired = true, 0
	call()
	o.on = false
	return o.fired > 0
}

// runWhileOut makes a call while the store may fail. If it fails, the store must be as
// before the call or as after it, and the output must agree with one of the two.
func runWhileOut[I, O any](m *machine, r request[I, O]) {
	before := m.model.Clone()
	var got O
	var err error
	failed := m.outage.during(func() { got, err = r.call(m.managers[r.at], context.Background(), r.in) })
	want, f := r.predict(got)
	switch {
	case err == nil:
		require.Nil(m.t, f, "%s succeeded", r.op)
	case failed:
		m.checkOutage(err)
	default:
		m.checkFault(r.op, f, err)
	}
	m.tellCall(r.at, r.op, r.in, err)
	if !describes(m.model, m.all(m.t)) {
		m.model = before
	}
	m.settleUnordered()
	if err == nil {
		m.checkOutput(r.op, r.in, want(), got)
	}
}

// describes reports whether the model is what the store has.
func describes(m *model.Model, all map[model.Key]secretlife.Secret) bool {
	if len(all) != len(m.Secrets) {
		return false
	}
	for k, s := range all {
		if !model.Agrees(m.Secrets[k], plain.Of(s)) {
			return false
		}
	}
	return true
}

func (m *machine) checkOutage(err error) {
	var e *secretlife.InternalServiceError
	require.ErrorAs(m.t, err, &e)
	require.ErrorIs(m.t, err, errOutage)
	require.False(m.t, canary.Leaks(err.Error()))
}

func (m *machine) settleUnordered() {
	m.unordered = true
	m.settle()
	m.unordered = false
}

// runDueWhileOut lets a purger work while the store may fail. Afterwards the
// purger is replaced, as after a crash, so that it forgets which work failed.
func (m *machine) runDueWhileOut(i int, call func() (secretlife.Report, error)) {
	var err error
	m.outage.during(func() { _, err = call() })
	if err != nil {
		require.ErrorIs(m.t, err, errOutage)
	}
	m.observe(i)
	m.catchUp()
	if m.function != nil {
		m.function.Tries = nil
	}
	m.restart(i)
}

// catchUp finds out which background work was done while the store failed, whatever the
// report says: some order of due tasks must lead to the state of the store.
func (m *machine) catchUp() {
	all := m.all(m.t)
	var events []model.Event
	for _, e := range m.eventsAfter(m.t, m.seen) {
		events = append(events, modelEvent(e))
	}
	tries := 0
	var search func(x *model.Model) *model.Model
	search = func(x *model.Model) *model.Model {
		if describes(x, all) && sameUnordered(x.Events, events) {
			return x
		}
		for _, t := range x.ReadyTasks() {
			if s, there := all[t.Key]; there && model.Agrees(x.Secrets[t.Key], plain.Of(s)) {
				continue // nothing was done to it
			}
			for _, next := range m.outcomes(x, t) {
				if tries++; tries > 2000 {
					return nil
				}
				if found := search(next); found != nil {
					return found
				}
			}
		}
		return nil
	}
	found := search(m.model)
	require.NotNil(m.t, found, "no due work leads to what the store has")
	m.model = found
	m.settleUnordered()
}

// sameUnordered compares events and ignores their order.
func sameUnordered(a, b []model.Event) bool {
	sorted := func(list []model.Event) []model.Event {
		return slices.SortedFunc(slices.Values(list), func(x, y model.Event) int {
			return cmp.Or(
				cmp.Compare(x.Name, y.Name),
				model.CompareKeys(x.Key, y.Key),
				cmp.Compare(x.Version, y.Version),
			)
		})
	}
	return slices.Equal(sorted(a), sorted(b))
}
