package sqlite

import (
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
)

// writeLater writes the first changes that wait, and returns how many are left.
func (w *writer) writeLater(ctx context.Context) (left int) {
	changes := w.later.first()
	if len(changes) == 0 {
		return 0
	}
	j := &laterJob{changes: changes}
	r := queue.New(job(j.apply))
	w.serve(ctx, []*queue.Request[job]{r})
	if _, err := r.Wait(ctx); err != nil {
		j.outcomes = make([]secretlife.Outcome, len(changes))
		for i := range j.outcomes {
			j.outcomes[i].Err = err
		}
	}
	left = w.later.remove(changes)
	for i, l := range changes {
		l.outcome <- j.outcomes[i]
		close(l.written)
	}
	return left
}
