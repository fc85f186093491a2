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
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
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
	value string        // of create
	by    time.Duration // of tick
}

// answer is the result of a call: the exception, or the ARN and, for get, the value.
type answer struct{ fault, arn, value string }

// nameState is the state of one name. arn is "" if there is no secret.
type nameState struct {
	now        time.Duration
	arn, value string
	scheduled  bool
	forced     bool
	date       time.Duration
}

func (s nameState) awaits() bool { return s.scheduled && (s.forced || s.now >= s.date) }

const window = 7 * 24 * time.Hour

// step is the sequential model. It reports whether an answer is right in a state, and
// returns the next state.
func (s nameState) step(c call, a answer) (bool, nameState) {
	gone, marked := a.fault == model.CodeNotFound, a.fault == model.CodeRequest
	done := a.fault == "" && a.arn == s.arn
	switch c.op {
	case "tick":
		s.now += c.by
		return true, s
	case "purge":
		return s.awaits() && a.arn == s.arn, nameState{now: s.now}
	case "create":
		if s.arn == "" {
			return a.fault == "" && a.arn != "", nameState{now: s.now, arn: a.arn, value: c.value}
		}
		return a.fault == model.CodeExists && !s.scheduled || marked && s.scheduled, s
	case "force":
		if s.arn == "" {
			return a.fault == "", s
		}
		if !s.awaits() {
			s.scheduled, s.forced, s.date = true, true, s.now
		}
		return done, s
	case "delete":
		if s.arn == "" || s.scheduled {
			return gone && s.arn == "" || marked && s.scheduled, s
		}
		s.scheduled, s.date = true, s.now+window
		return done, s
	case "restore":
		if s.arn == "" || s.awaits() {
			return gone, s
		}
		s.scheduled = false
		return done, s
	default: // get
		if s.arn == "" || s.scheduled {
			return gone && s.arn == "" || marked && s.scheduled, s
		}
		return done && a.value == s.value, s
	}
}

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

func (b *recorder) call(ctx context.Context, c call) (answer, error) {
	switch c.op {
	case "create":
		out, err := b.CreateSecret(
			ctx,
			secretlife.CreateSecretInput{Name: c.name, Value: secretlife.SecretString(c.value)},
		)
		return answer{arn: out.ARN}, err
	case "delete", "force":
		in := secretlife.DeleteSecretInput{SecretID: c.name, ForceDeleteWithoutRecovery: c.op == "force"}
		if c.op == "delete" {
			in.RecoveryWindowInDays = secretlife.Days(7)
		}
		out, err := b.DeleteSecret(ctx, in)
		return answer{arn: out.ARN}, err
	case "restore":
		out, err := b.RestoreSecret(ctx, secretlife.SecretInput{SecretID: c.name})
		return answer{arn: out.ARN}, err
	default:
		out, err := b.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: c.name})
		return answer{arn: out.ARN, value: out.Value.Reveal()}, err
	}
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
			ops := []string{
				"create",
				"create",
				"delete",
				"delete",
				"restore",
				"restore",
				"get",
				"get",
				"force",
				"purge",
				"purge",
				"tick",
			}
			ctx := withPace(context.Background(), client, b.seed)
			<-start
			for n := range c.Calls {
				x := call{op: ops[random.IntN(len(ops))], name: history.Names[random.IntN(2)]}
				switch x.op {
				case "create":
					x.value = fmt.Sprintf("%d-%d", client, n)
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
