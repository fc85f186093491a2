// Package queue has requests of many callers wait for one goroutine, which serves those
// together that came at the same time.
package queue

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/secretlife-go/secretlife"
)

const (
	// Length is how many requests wait before callers do.
	Length = 1024
	// mostTogether is how many requests are served together. A transaction that is
	// much larger keeps its first caller waiting.
	mostTogether = 256
)

// Request is a job that waits to be served.
type Request[J any] struct {
	Job   J
	done  chan secretlife.Outcome // has room for one, so that the server never waits
	state atomic.Int32
}

const (
	waiting = iota
	taken
	dropped // its caller left before it was taken: nothing is to be done
)

// New returns the request of a job.
func New[J any](job J) *Request[J] {
	return &Request[J]{Job: job, done: make(chan secretlife.Outcome, 1)}
}

// End tells the caller how the job ended.
func (r *Request[J]) End(o secretlife.Outcome) { r.done <- o }

// Take reports whether the request is to be served: its caller has not left.
func (r *Request[J]) Take() bool { return r.state.CompareAndSwap(waiting, taken) }

// drop reports whether the request will not be served, as it was not taken yet.
func (r *Request[J]) drop() bool { return r.state.CompareAndSwap(waiting, dropped) }

// Wait returns how the job ended. If the context ends before the request was taken, nothing
// is done and the error is the context's; if it ends later, the error is a
// [secretlife.OutcomeUnknownError] that receives the outcome.
func (r *Request[J]) Wait(ctx context.Context) (secretlife.Receipt, error) {
	select {
	case o := <-r.done:
		return o.Receipt, o.Err
	case <-ctx.Done():
	}
	if r.drop() {
		return secretlife.Receipt{}, ctx.Err()
	}
	select {
	case o := <-r.done: // it came at the same time
		return o.Receipt, o.Err
	default:
		return secretlife.Receipt{}, &secretlife.OutcomeUnknownError{Cause: ctx.Err(), Outcome: r.done}
	}
}

// WaitOnceTaken is Wait, but waits for a request that was taken, even if the context
// ends.
func (r *Request[J]) WaitOnceTaken(ctx context.Context) (secretlife.Receipt, error) {
	select {
	case o := <-r.done:
		return o.Receipt, o.Err
	case <-ctx.Done():
		if r.drop() {
			return secretlife.Receipt{}, ctx.Err()
		}
		o := <-r.done
		return o.Receipt, o.Err
	}
}

// Round is a transaction that ended. The writer waits a moment for its callers, which
// are about to come again where a service is busy. Without that, two halves of them
// would alternate, each waiting for a whole transaction of the other's: with 16
// callers and a sync of 5 ms that made 7 times as many commits as one caller makes,
// and 13 times with it (BenchmarkSlowDisk, docs/benchmarks.md).
type Round[J any] struct {
	callers  int       // that it answered, and that waited for the next when it ended
	patience time.Time // until when they are waited for
}

const (
	// leastPatience is how long a wait must be allowed to be, as Go's timers are no
	// finer where nothing else runs. A transaction of less than four times as much
	// is over before it would pay.
	leastPatience = 500 * time.Microsecond
	mostPatience  = 2 * time.Millisecond
)

// Next takes the first request, and those that wait or are expected, has them served
// together, and returns the round of that.
func (last Round[J]) Next(first *Request[J], queue <-chan *Request[J], serve func([]*Request[J])) Round[J] {
	return served(queue, last.gather(first, queue), serve)
}

// served has requests served, and returns the round of that.
func served[J any](queue <-chan *Request[J], together []*Request[J], serve func([]*Request[J])) Round[J] {
	began := time.Now()
	serve(together)
	ended := time.Now()
	last := Round[J]{callers: len(together) + len(queue)}
	if patience := ended.Sub(began) / 4; patience >= leastPatience {
		last.patience = ended.Add(min(patience, mostPatience))
	}
	return last
}

// gather takes what else waits, up to a limit, and for a moment what is expected.
func (last Round[J]) gather(first *Request[J], queue <-chan *Request[J]) []*Request[J] {
	var out []*Request[J]
	var late <-chan time.Time
	for r := first; ; {
		if r.Take() {
			out = append(out, r)
		}
		if len(out) == mostTogether {
			return out
		}
		var open bool
		select {
		case r, open = <-queue:
			if !open {
				return out
			}
			continue
		default:
		}
		if late == nil {
			wait := time.Until(last.patience)
			if wait <= 0 {
				return out
			}
			timer := time.NewTimer(wait)
			defer timer.Stop()
			late = timer.C
		}
		if len(out) >= last.callers {
			return out
		}
		select {
		case r, open = <-queue:
			if !open {
				return out
			}
		case <-late:
			return out
		}
	}
}
