// Package concurrent makes calls at the same time and looks for an order that explains
// their outputs.
package concurrent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/storetest"
)

// Concurrency is how much [Check] and [CheckInterleavings] do.
type Concurrency struct {
	// Histories is the number of histories, each over its own store.
	Histories int
	// Clients make calls at the same time, Calls each.
	Clients, Calls int
	// Seed determines the random calls of the first history. Each later history has
	// the next seed.
	Seed uint64
}

// Check lets the scheduler decide how the calls interleave. See CheckConcurrent of package
// lifetest.
func Check(t *testing.T, open func(t *testing.T) secretlife.Store, c Concurrency) (met int) {
	t.Helper()
	for i := range uint64(c.Histories) {
		b := newRecorder(t, yielding(open(t)), c.Seed+i)
		b.run(c)
		met += b.check(t, i)
	}
	return met
}

// check checks that some order explains a history, and counts the calls during which
// others were made.
func (b *recorder) check(t *testing.T, i uint64) (met int) {
	t.Helper()
	result := porcupine.CheckOperationsTimeout(sequentialModel, b.history, time.Minute)
	require.Equal(t, porcupine.Ok, result, "history %d: %+v", i, b.history)
	for _, o := range b.history {
		if o.Return > o.Call+1 {
			met++
		}
	}
	return met
}

// call is one operation of a concurrent history on one name.
type call struct {
	op    string
	name  string
	value string        // of create; the hold of hold and release
	by    time.Duration // of tick
}

// answer is the result of a call: the exception, or the ARN and, for get, the value.
type answer struct{ fault, arn, value string }

var sequentialModel = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		byName := map[string][]porcupine.Operation{}
		for _, name := range history.Names[:2] {
			for _, o := range all {
				if c := o.Input.(call); c.name == name || c.op == "tick" {
					byName[name] = append(byName[name], o)
				}
			}
		}
		return [][]porcupine.Operation{byName[history.Names[0]], byName[history.Names[1]]}
	},
	Init: func() any { return nameState{} },
	Step: func(state, input, output any) (bool, any) {
		return state.(nameState).step(input.(call), output.(answer))
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
}

// recorder records a history of several clients of one service.
type recorder struct {
	*secretlife.Manager
	seed    uint64
	clock   *secretlife.VirtualClock
	purgers [2]*secretlife.Purger
	turns   [2]chan struct{} // one client at a time uses a purger
	// A client holds one place in going during a call, and all places while time
	// passes, because an operation happens at one instant.
	going, ticks chan struct{}
	pause        func(context.Context) // after each wait for others, who may go on as well
	time         atomic.Int64          // the order of calls and returns

	mu      sync.Mutex
	history []porcupine.Operation
}

func (b *recorder) record(client int, c call, do func() []answer) {
	called := b.time.Add(1)
	answers := do()
	returned := b.time.Add(1)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range answers {
		op := c
		if c.op == "purge" {
			op.name = a.value
		}
		b.history = append(
			b.history,
			porcupine.Operation{ClientId: client, Input: op, Output: a, Call: called, Return: returned},
		)
	}
}

// enter waits until a client may make a call. leave ends the call.
func (b *recorder) enter(ctx context.Context, client int, c call) (leave func()) {
	b.pause(ctx)
	places := 1
	if c.op == "tick" {
		b.ticks <- struct{}{}
		b.pause(ctx)
		places = cap(b.going)
	}
	for range places {
		b.going <- struct{}{}
	}
	b.pause(ctx)
	if c.op == "purge" {
		b.turns[client%2] <- struct{}{}
		b.pause(ctx)
	}
	return func() {
		if c.op == "purge" {
			<-b.turns[client%2]
		}
		for range places {
			<-b.going
		}
		if c.op == "tick" {
			<-b.ticks
		}
	}
}

func (b *recorder) make(ctx context.Context, client int, c call) {
	defer b.enter(ctx, client, c)()
	if c.op == "tick" {
		b.record(client, c, func() []answer {
			b.clock.Set(b.clock.Now().Add(c.by))
			return []answer{{}}
		})
		return
	}
	b.record(client, c, func() []answer {
		if c.op == "purge" {
			return b.purge(ctx, b.purgers[client%2])
		}
		a, err := b.call(ctx, c)
		var e secretlife.Error
		switch {
		case errors.As(err, &e):
			a = answer{fault: e.ErrorCode()}
		case err != nil:
			a = answer{fault: err.Error()} // no order explains it
		}
		return []answer{a}
	})
}

// purge returns one answer for every secret that was purged, with its name.
func (b *recorder) purge(ctx context.Context, p *secretlife.Purger) []answer {
	report, err := p.RunDue(ctx)
	if err != nil {
		return []answer{{fault: err.Error()}}
	}
	var out []answer
	for _, arn := range report.Purged() {
		out = append(out, answer{arn: arn.String(), value: arn.Name().String()})
	}
	return out
}

// yielding lets other goroutines run before calls of the store, so that operations
// interleave.
func yielding(store secretlife.Store) secretlife.Store {
	f := storetest.NewFaults(store)
	f.Decide(func(c storetest.Call) storetest.Fault {
		if c.N%3 == 0 {
			return storetest.Fault{}
		}
		return storetest.Fault{Before: runtime.Gosched}
	})
	return f
}

func newRecorder(t *testing.T, store secretlife.Store, seed uint64) *recorder {
	t.Helper()
	clock := secretlife.NewVirtualClock(history.Epoch)
	m, err := secretlife.New(store, func(o *secretlife.Options) {
		o.Clock, o.Random = clock, rand.NewChaCha8(
			[32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)},
		)
	})
	require.NoError(t, err)
	b := &recorder{Manager: m, clock: clock, seed: seed, pause: func(context.Context) {}}
	for i := range b.purgers {
		b.turns[i] = make(chan struct{}, 1)
		b.purgers[i] = secretlife.NewPurger(m)
		_, err = b.purgers[i].RunDue(context.Background()) // its guard starts here
		require.NoError(t, err)
	}
	return b
}

// run lets several clients make random calls at the same time.
func (b *recorder) run(c Concurrency) {
	b.going, b.ticks = make(chan struct{}, c.Clients), make(chan struct{}, 1)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for client := range c.Clients {
		random := rand.New(rand.NewPCG(b.seed, uint64(client)))
		wg.Go(func() {
			ctx := withPace(context.Background(), client, b.seed)
			<-start
			for n := range c.Calls {
				x := call{op: often[random.IntN(len(often))], name: history.Names[random.IntN(2)]}
				switch x.op {
				case "create":
					x.value = fmt.Sprintf("%d-%d", client, n)
				case "hold", "release":
					x.value = []string{endlessHold, endingHold}[random.IntN(2)]
				case "tick":
					x.by = time.Duration(random.IntN(2)+1) * window / 2
				}
				b.make(ctx, client, x)
			}
		})
	}
	close(start)
	wg.Wait()
}
