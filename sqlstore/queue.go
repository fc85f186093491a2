package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/secretlife-go/secretlife"
)

const (
	// queueLength is how many requests wait before callers do.
	queueLength = 1024
	// mostTogether is how many requests share a transaction. A transaction that
	// is much larger keeps its first caller waiting.
	mostTogether = 256
)

// job is one request's part of a transaction. apply either refuses it, with a
// refusal, before it wrote anything; or writes; or fails, and with it the
// transaction.
type job interface {
	apply(ctx context.Context, tx *transaction) error
}

// refusal reports whether a job was refused by itself: nothing of it is written,
// and others in the transaction are not concerned.
func refusal(err error) bool {
	return errors.Is(err, secretlife.ErrConflict) || errors.Is(err, ErrTampered) || errors.Is(err, secretlife.ErrInvalidParameter)
}

// request is a job that waits for the writer.
type request struct {
	job   job
	state atomic.Int32
	done  chan error // has room for the answer, so that nobody need wait for it
}

const (
	waiting = iota
	taken
	dropped // its caller has gone before it was taken: nothing is to be done
)

func newRequest(j job) *request { return &request{job: j, done: make(chan error, 1)} }

func (r *request) take() bool { return r.state.CompareAndSwap(waiting, taken) }

// submit has the writer do a job, and waits for it. Where the context ends
// before the writer took it, nothing is done and the error is the context's; where
// it ends after, it is an OutcomeUnknownError that receives the writer's answer.
func (s *Store) submit(ctx context.Context, queue chan<- *request, j job) error {
	r := newRequest(j)
	if err := s.enqueue(ctx, queue, r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
	}
	if r.state.CompareAndSwap(waiting, dropped) {
		return ctx.Err()
	}
	select {
	case err := <-r.done: // it came at the same time
		return err
	default:
		return &secretlife.OutcomeUnknownError{Cause: ctx.Err(), Outcome: r.done}
	}
}

func (s *Store) enqueue(ctx context.Context, queue chan<- *request, r *request) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch {
	case s.closed:
		return ErrClosed
	case s.queue == nil:
		return fmt.Errorf("%w: it was opened for reading (Options.ReadOnly)", ErrReadOnly)
	}
	select {
	case queue <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loop does what is asked of the writer until the queue is closed, and what is
// left in it. It then scrubs a last time.
func (w *writer) loop(queue, scrubs <-chan *request) {
	// What callers gave up is finished or refused as a whole: no context of
	// theirs cuts a transaction off.
	ctx := context.Background()
	timer := time.NewTimer(w.scrubAfter)
	timer.Stop()
	defer timer.Stop()
	var last round
	for {
		select {
		case r, open := <-queue:
			if !open {
				w.lastScrub(ctx)
				return
			}
			wasClean := !w.dirty
			last = served(queue, last.gather(r, queue), func(together []*request) { w.serve(ctx, together) })
			if wasClean && w.dirty {
				timer.Reset(w.scrubAfter)
			}
		case r := <-scrubs:
			if r.take() {
				r.done <- w.scrubAs(ctx, r.job)
			}
		case <-timer.C:
			if err := w.scrub(ctx); err != nil {
				w.log.WarnContext(ctx, "overwriting what was purged failed; it is tried again", "error", err)
				timer.Reset(w.scrubAfter)
			}
		}
	}
}

// round is a transaction that ended. The writer waits a moment for its callers, which
// are about to come again where a service is busy. Without that, two halves of them
// would alternate, each waiting for a whole transaction of the other's: with 16
// callers and a sync of 5 ms that made 7 times as many commits as one caller makes,
// and 13 times with it (BenchmarkSlowDisk, docs/benchmarks.md).
type round struct {
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

// served has requests served, and is the round of that.
func served(queue <-chan *request, together []*request, serve func([]*request)) round {
	began := time.Now()
	serve(together)
	ended := time.Now()
	last := round{callers: len(together) + len(queue)}
	if patience := ended.Sub(began) / 4; patience >= leastPatience {
		last.patience = ended.Add(min(patience, mostPatience))
	}
	return last
}

// gather takes what else waits, up to a limit, and for a moment what is expected.
func (last round) gather(first *request, queue <-chan *request) []*request {
	var out []*request
	var late <-chan time.Time
	for r := first; ; {
		if r.take() {
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

// serve writes requests together, and each by itself where that fails: what one
// of them can't do must not be refused to the others. Where it failed at the very
// end that would be wrong, as they may have been written: all are told.
func (w *writer) serve(ctx context.Context, requests []*request) {
	if len(requests) == 0 {
		return
	}
	err := w.attempt(ctx, requests)
	if err == nil {
		return
	}
	var atEnd *commitError
	if len(requests) > 1 && !errors.As(err, &atEnd) {
		for i := range requests {
			w.serve(ctx, requests[i:i+1])
		}
		return
	}
	for _, r := range requests {
		r.done <- unwritten("writing", err)
	}
}
