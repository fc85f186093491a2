package sqlite

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// write is one change in the form in which it is written.
type write struct {
	engine.Write
	slot   seal.Slot // a new incarnation's data key
	values []sealedValue
}

type sealedValue struct {
	version string
	sealed  []byte
}

// commitJob is the changes of one Commit.
type commitJob []write

// apply checks all changes against what is there, and then makes them.
func (j commitJob) apply(ctx context.Context, tx *transaction) (receipt secretlife.Receipt, err error) {
	there := make([]kept, len(j))
	for i := range j {
		if there[i], err = j[i].base(ctx, tx); err != nil {
			return receipt, err
		}
	}
	for i := range j {
		if err := j[i].make(ctx, tx, there[i]); err != nil {
			return receipt, err
		}
	}
	return tx.addEvents(ctx, eventsOf(j))
}

func eventsOf(writes []write) (forms [][]byte) {
	for i := range writes {
		forms = append(forms, writes[i].Events...)
	}
	return forms
}

// base finds what a change was decided at, the zero kept where there must be
// nothing.
func (w *write) base(ctx context.Context, tx *transaction) (kept, error) {
	there, err := tx.find(ctx, w.Change.Key())
	if err != nil {
		return kept{}, err
	}
	inc, revision := w.Change.Base()
	if there.secret.Revision() != revision || revision != 0 && there.secret.Incarnation() != inc {
		return kept{}, secretlife.ErrConflict
	}
	return there, nil
}

// make writes one change, but for its events.
func (w *write) make(ctx context.Context, tx *transaction, there kept) error {
	if err := w.makeRow(ctx, tx, there); err != nil {
		return err
	}
	next := w.Change.Next()
	k := kept{secret: next, slot: w.Next.Slot}
	if w.leaves(there.version) {
		k.version, k.sealed = there.version, there.sealed
	}
	tx.changed[w.Change.Key()] = k
	tx.bytes += len(w.Next.State)
	if err := w.makeBlocks(ctx, tx); err != nil {
		return err
	}
	return w.makeValues(ctx, tx, there)
}

// leaves reports whether a version has the same value after the change.
func (w *write) leaves(id secretlife.VersionID) bool {
	return w.Stays && !w.Fresh && !slices.Contains(w.Change.Removed(), id) &&
		!slices.ContainsFunc(w.Change.Values(), func(v secretlife.VersionValue) bool { return v.ID == id })
}

// makeRow writes the secret itself.
func (w *write) makeRow(ctx context.Context, tx *transaction, there kept) error {
	next := &w.Next
	if !there.secret.IsZero() && w.Stays && !w.Fresh {
		next.Slot = there.slot
		next.Mac = next.Code(tx.ring)
		_, err := tx.stmts.update.ExecContext(ctx, next.Revision, next.Changed, next.Accessed,
			next.Due, next.Deletion, next.Purge, next.State, next.Mac, next.Account, next.Region, next.Name)
		return err
	}
	if !there.secret.IsZero() {
		if err := tx.remove(ctx, there, len(w.Removed) > 0); err != nil {
			return err
		}
	}
	if !w.Stays {
		return nil
	}
	next.Slot = tx.newSlot(w.slot)
	next.Mac = next.Code(tx.ring)
	if _, err := tx.stmts.insert.ExecContext(ctx, next.Values(true)...); err != nil {
		return err
	}
	_, err := tx.stmts.countUp.ExecContext(ctx, next.Account, next.Region)
	return err
}

// makeBlocks takes the blocks of versions away that a secret that stays has no more, and writes
// new ones.
func (w *write) makeBlocks(ctx context.Context, tx *transaction) error {
	if w.Stays && !w.Fresh {
		for _, sum := range w.Removed {
			if _, err := tx.stmts.removeBlock.ExecContext(ctx, w.Next.Incarnation, sum[:]); err != nil {
				return err
			}
		}
	}
	for _, b := range w.Written {
		tx.bytes += len(b)
		sum := sha256.Sum256(b)
		if _, err := tx.stmts.addBlock.ExecContext(ctx, w.Next.Incarnation, sum[:], b); err != nil {
			return err
		}
	}
	return nil
}

// makeValues takes the values away whose versions are gone from a secret that
// stays, and writes new ones.
func (w *write) makeValues(ctx context.Context, tx *transaction, there kept) error {
	if !there.secret.IsZero() && w.Stays && !w.Fresh {
		for _, id := range w.Change.Removed() {
			tx.removed = true
			if _, err := tx.stmts.removeVersion.ExecContext(ctx, w.Next.Incarnation, id.String()); err != nil {
				return err
			}
		}
	}
	for _, v := range w.values {
		tx.bytes += len(v.sealed)
		if _, err := tx.stmts.addVersion.ExecContext(ctx, w.Next.Incarnation, v.version, v.sealed); err != nil {
			return err
		}
	}
	return nil
}
