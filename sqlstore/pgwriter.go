package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
)

// pgWriter writes what the callers of one Store have in its queue. Others, in
// other processes, write at the same time.
type pgWriter struct {
	*postgres
	purges chan<- int64 // tells the destroyer how many data keys were taken away
}

func (w *pgWriter) loop(requests <-chan *request) {
	ctx := context.Background() // see writer.loop
	var last queue.Round[job]
	for r := range requests {
		last = last.Next(r, requests, func(together []*request) { w.serve(ctx, together) })
	}
}

// serve writes requests together, and each by itself where the database refused
// them: what one of them can't do must not be refused to the others.
func (w *pgWriter) serve(ctx context.Context, requests []*request) {
	if len(requests) == 0 {
		return
	}
	refused, err := w.attempt(ctx, requests)
	var atEnd *commitError
	if err != nil && len(requests) > 1 && !errors.As(err, &atEnd) && sqlState(err) != "" && !again(err) {
		for i := range requests {
			w.serve(ctx, requests[i:i+1])
		}
		return
	}
	for i, r := range requests {
		forgetKeys(r)
		switch {
		case err != nil:
			r.End(unwritten("writing", err))
		default:
			r.End(refused[i])
		}
	}
}

// attempt writes requests in one transaction, again where others or the epoch
// came in between.
func (w *pgWriter) attempt(ctx context.Context, requests []*request) (refused []error, err error) {
	for {
		var purged int64
		err = w.transact(ctx, func(ctx context.Context, tx *pgTx) (err error) {
			refused = make([]error, len(requests))
			purged, err = w.together(ctx, tx, requests, refused)
			return err
		})
		var moved *movedError
		if !errors.As(err, &moved) {
			if err == nil && purged > 0 {
				tellOf(w.purges, purged)
			}
			return refused, err
		}
		if err := w.follow(ctx, requests, moved.to); err != nil && !w.overtaken(ctx, moved.to, err) {
			return nil, err
		}
	}
}

// together does all requests, and notes why one was refused.
func (w *pgWriter) together(
	ctx context.Context,
	tx *pgTx,
	requests []*request,
	refused []error,
) (purged int64, err error) {
	g := &group{
		postgres: w.postgres,
		tx:       tx,
		there:    map[secretlife.Key]*codec.Row{},
		taken:    map[secretlife.Key]bool{},
		counts:   map[home]int64{},
	}
	var jobs []*commitJob
	for _, r := range requests {
		if j, ok := r.Job.(*commitJob); ok {
			jobs = append(jobs, j)
		}
	}
	if err := g.lock(ctx, jobs); err != nil {
		return 0, err
	}
	for i, r := range requests {
		if j, ok := r.Job.(*commitJob); ok {
			refused[i] = g.judge(j)
		}
	}
	if len(g.taken) == 0 {
		return 0, nil
	}
	if err = g.write(ctx); err != nil {
		return g.purged, err
	}
	for _, j := range jobs {
		j.receipt.FirstSeq = g.seqOf(j.firstEvent, eventCount(j.writes))
	}
	return g.purged, nil
}

// movedError: the database is in another epoch than the data keys are wrapped
// for.
type movedError struct{ to int64 }

func (e *movedError) Error() string { return fmt.Sprintf("sqlstore: epoch %d has begun", e.to) }

// follow wraps the data keys for the epoch that has begun.
func (w *pgWriter) follow(ctx context.Context, requests []*request, epoch int64) error {
	ctx, cancel := context.WithTimeout(ctx, w.options.Timeout)
	defer cancel()
	if err := w.enter(ctx, epoch); err != nil {
		return err
	}
	for _, r := range requests {
		j, ok := r.Job.(*commitJob)
		if !ok {
			continue
		}
		for _, c := range j.writes {
			for i := range c.values {
				v := &c.values[i]
				var err error
				if v.wrapped, err = w.epochs.wrap(ctx, epoch, v.of, v.version, v.dataKey); err != nil {
					return err
				}
				v.epoch = epoch
			}
		}
	}
	return nil
}

// forgetKeys clears the data keys of what is written.
func forgetKeys(r *request) {
	j, ok := r.Job.(*commitJob)
	if !ok {
		return
	}
	for _, c := range j.writes {
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
