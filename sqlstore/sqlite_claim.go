package sqlstore

import (
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
)

// claim has the writer do a claim. Unlike other callers that leave, its caller
// waits for what the writer has taken: decide may be at work.
func (s *sqliteEngine) claim(ctx context.Context, c claim) (secretlife.Receipt, error) {
	j := &claimJob{claim: c, store: s.Store}
	r := queue.New[job](j)
	if err := s.enqueue(ctx, s.queue, r); err != nil {
		return secretlife.Receipt{}, err
	}
	if err := r.WaitOnceTaken(ctx); err != nil {
		return secretlife.Receipt{}, err
	}
	return j.receipt, nil
}

// claimJob is a claim over SQLite.
type claimJob struct {
	claim
	store   *Store
	receipt secretlife.Receipt
}

// Receipt implements queue.Writer.
func (j *claimJob) Receipt() secretlife.Receipt { return j.receipt }

// apply hands the secrets out, and makes the changes. Nothing can come in between,
// as there is no other writer.
func (j *claimJob) apply(ctx context.Context, tx *transaction) error {
	there, secrets, err := j.read(ctx, tx.conn, tx.d, tx.ring, "")
	if err != nil {
		return err
	}
	writes, err := j.store.writesOf(ctx, there, j.decide(secrets))
	if err != nil {
		return err
	}
	secretAt := make(map[secretlife.Key]secretlife.Secret, len(secrets))
	for _, s := range secrets {
		secretAt[s.Key()] = s
	}
	for i := range writes {
		key := writes[i].change.Key()
		if err := writes[i].make(ctx, tx, kept{secret: secretAt[key], slot: there[key].Slot}); err != nil {
			return err
		}
	}
	j.receipt, err = tx.addEvents(ctx, eventsOf(writes))
	return err
}
