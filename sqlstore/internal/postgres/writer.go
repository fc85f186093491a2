package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
)

// writer writes what the callers of one Store have in its queue. Others, in
// other processes, write at the same time.
type writer struct {
	*server
	purges chan<- int64    // tells the destroyer how many data keys were taken away
	grown  chan<- struct{} // tells it that the store has grown
	made   int             // secrets
}

func (w *writer) loop(requests <-chan *queue.Request[commitJob]) {
	ctx := context.Background() // what callers gave up is finished or refused as a whole
	var last queue.Round[commitJob]
	for r := range requests {
		last = last.Next(r, requests, func(together []*queue.Request[commitJob]) { w.serve(ctx, together) })
	}
}

// serve writes requests together, and each by itself where the database refused
// them: what one of them can't do must not be refused to the others.
func (w *writer) serve(ctx context.Context, requests []*queue.Request[commitJob]) {
	if len(requests) == 0 {
		return
	}
	outcomes, err := w.attempt(ctx, requests)
	if err != nil && len(requests) > 1 && !dberr.AtCommit(err) && dberr.State(err) != "" && !again(err) {
		for i := range requests {
			w.serve(ctx, requests[i:i+1])
		}
		return
	}
	for i, r := range requests {
		forgetKeys(r)
		if err != nil {
			r.End(secretlife.Outcome{Err: dberr.Unwritten("writing", err)})
		} else {
			r.End(outcomes[i])
		}
	}
}

// attempt writes requests in one transaction, again where others or the epoch
// came in between.
func (w *writer) attempt(
	ctx context.Context, requests []*queue.Request[commitJob],
) (outcomes []secretlife.Outcome, err error) {
	for {
		var g *group
		err = w.transact(ctx, func(ctx context.Context, tx *transaction) (err error) {
			g, outcomes, err = w.together(ctx, tx, requests)
			return err
		})
		var moved *movedError
		if !errors.As(err, &moved) {
			if err == nil {
				w.wrote(g)
			}
			return outcomes, err
		}
		if err := w.follow(ctx, requests, moved.to); err != nil && !w.overtaken(ctx, moved.to, err) {
			return nil, err
		}
	}
}

// together does all requests but those that are refused.
func (w *writer) together(
	ctx context.Context, tx *transaction, requests []*queue.Request[commitJob],
) (g *group, outcomes []secretlife.Outcome, err error) {
	g = &group{
		server: w.server,
		tx:     tx,
		there:  map[secretlife.Key]*codec.Row{},
		taken:  map[secretlife.Key]bool{},
		counts: map[region]int64{},
	}
	if err := g.lock(ctx, requests); err != nil {
		return nil, nil, err
	}
	outcomes = make([]secretlife.Outcome, len(requests))
	events := make([]int, len(requests)+1) // how many come before those of each request
	for i, r := range requests {
		outcomes[i].Err = g.judge(r.Job)
		events[i+1] = len(g.events)
	}
	if len(g.taken) == 0 {
		return g, outcomes, nil
	}
	if err := g.write(ctx); err != nil {
		return nil, nil, err
	}
	for i := range outcomes {
		outcomes[i].Receipt = g.receipt(events[i], events[i+1])
	}
	return g, outcomes, nil
}

// wrote notes what a group wrote.
func (w *writer) wrote(g *group) {
	if g.purged > 0 {
		tellOf(w.purges, g.purged)
	}
	before := w.made
	w.made += len(g.inserts)
	if hasDoubled(before, w.made) {
		select {
		case w.grown <- struct{}{}:
		default: // it was told before
		}
	}
}

// leastAnalyzed is how many secrets are few enough to be found by any index.
const leastAnalyzed = 1024

// hasDoubled reports whether a number has become twice as large, from a power of two on.
func hasDoubled(from, to int) bool {
	return to >= leastAnalyzed && bits.Len(uint(from)) < bits.Len(uint(to))
}

// movedError: the database is in another epoch than the data keys are wrapped
// for.
type movedError struct{ to int64 }

func (e *movedError) Error() string { return fmt.Sprintf("sqlstore: epoch %d has begun", e.to) }

// follow wraps the data keys for the epoch that has begun.
func (w *writer) follow(ctx context.Context, requests []*queue.Request[commitJob], epoch int64) error {
	ctx, cancel := context.WithTimeout(ctx, w.options.Timeout)
	defer cancel()
	if err := w.enter(ctx, epoch); err != nil {
		return err
	}
	for _, r := range requests {
		for _, c := range r.Job {
			for i := range c.values {
				v := &c.values[i]
				var err error
				if v.wrapped, err = w.epochs.wrap(ctx, epoch, v.incarnation, v.version, v.dataKey); err != nil {
					return err
				}
				v.epoch = epoch
			}
		}
	}
	return nil
}

// forgetKeys clears the data keys of what is written.
func forgetKeys(r *queue.Request[commitJob]) {
	for _, c := range r.Job {
		for _, v := range c.values {
			clear(v.dataKey)
		}
	}
}

// tellOf tells the destroyer how many data keys were taken away.
func tellOf(purges chan<- int64, n int64) {
	select {
	case purges <- n:
	default: // it is busy, and will look for itself
	}
}
