package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
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
	return errors.Is(err, secretlife.ErrConflict) || errors.Is(err, ErrTampered) ||
		errors.Is(err, secretlife.ErrInvalidParameter)
}

// request is a job that waits for the writer.
type request = queue.Request[job]

// submit has the writer do a job, and waits for it; see [queue.Request.Wait].
func (s *Store) submit(ctx context.Context, to chan<- *request, j job) error {
	r := queue.New(j)
	if err := s.enqueue(ctx, to, r); err != nil {
		return err
	}
	return r.Wait(ctx)
}

func (s *Store) enqueue(ctx context.Context, to chan<- *request, r *request) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch {
	case s.closed:
		return ErrClosed
	case s.queue == nil:
		return fmt.Errorf("%w: it was opened for reading (Options.ReadOnly)", ErrReadOnly)
	}
	select {
	case to <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loop does what is asked of the writer until the queue is closed, and what is
// left in it. It then scrubs a last time.
func (w *writer) loop(requests, scrubs <-chan *request) {
	// What callers gave up is finished or refused as a whole: no context of
	// theirs cuts a transaction off.
	ctx := context.Background()
	timer := time.NewTimer(w.scrubAfter)
	timer.Stop()
	defer timer.Stop()
	var last queue.Round[job]
	for {
		select {
		case r, open := <-requests:
			if !open {
				w.lastScrub(ctx)
				return
			}
			wasClean := !w.dirty
			last = last.Next(r, requests, func(together []*request) { w.serve(ctx, together) })
			if wasClean && w.dirty {
				timer.Reset(w.scrubAfter)
			}
		case r := <-scrubs:
			if r.Take() {
				r.End(w.scrubAs(ctx, r.Job))
			}
		case <-timer.C:
			if err := w.scrub(ctx); err != nil {
				w.log.WarnContext(ctx, "overwriting what was purged failed; it is tried again", "error", err)
				timer.Reset(w.scrubAfter)
			}
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
		r.End(unwritten("writing", err))
	}
}
