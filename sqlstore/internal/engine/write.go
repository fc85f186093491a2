package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Write is one change in the form in which it is written, but for its values, which each
// engine encrypts in its way. All that can be done before its turn is done.
type Write struct {
	Change secretlife.Change
	Next   codec.Row // without its slot and code
	Stays  bool      // there is a Next
	Fresh  bool      // Next is a new incarnation
	Events [][]byte  // their binary forms
	// Written are the blocks of versions to write, and Removed the sums of those to take away before.
	Written [][]byte
	Removed [][32]byte
}

// NewWrite encodes a change.
func NewWrite(c secretlife.Change) (Write, error) {
	w := Write{Change: c}
	for _, e := range c.Events() {
		form, err := e.MarshalBinary()
		if err != nil {
			return Write{}, fmt.Errorf("sqlstore: writing an event of %q: %w", c.Key().Name, err)
		}
		w.Events = append(w.Events, form)
	}
	w.Written, w.Removed = c.VersionBlocks()
	next := c.Next()
	if next.IsZero() {
		return w, nil
	}
	var err error
	if w.Next, err = codec.RowOf(next); err != nil {
		return Write{}, err
	}
	inc, revision := c.Base()
	w.Stays, w.Fresh = true, revision == 0 || inc != next.Incarnation()
	return w, nil
}

// Prepare checks the batch of a Commit, and has each change prepared.
func Prepare[W any](
	ctx context.Context, batch secretlife.Batch, prepare func(context.Context, secretlife.Change) (W, error),
) ([]W, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := batch.Check(); err != nil {
		return nil, err
	}
	writes := make([]W, len(batch.Changes))
	for i, c := range batch.Changes {
		var err error
		if writes[i], err = prepare(ctx, c); err != nil {
			return nil, err
		}
	}
	return writes, nil
}

// ErrKeyLost means that the data key of a secret is gone, though the secret is there.
var ErrKeyLost = errors.New("sqlstore: the data key of the secret is lost")

// Refused reports whether a job was refused by itself: nothing of it is written, and
// others in its transaction are not concerned.
func Refused(err error) bool {
	return errors.Is(err, secretlife.ErrConflict) || errors.Is(err, seal.ErrTampered) ||
		errors.Is(err, secretlife.ErrInvalidParameter)
}
