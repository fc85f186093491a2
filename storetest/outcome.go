package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/secretlife-go/secretlife"
)

// outcomeClauses are about contexts that end while a store is writing.
var outcomeClauses = []clause{
	{
		"of a Commit is told",
		"A Commit that returns the error of its context has written nothing; where it may have written, the error is an " +
			"OutcomeUnknownError, whose Outcome, if there is one, receives what became of it.",
		func(c *check) {
			type receiver = func(secretlife.Receipt)
			c.endings(func(ctx context.Context, n int) (call, written func() error, receipt receiver) {
				ch := c.newSecret(key(fmt.Sprint("ended-", n)), start)
				call = func() error {
					_, err := c.Commit(ctx, secretlife.BatchOf(ch))
					return err
				}
				written = func() error {
					_, err := c.Load(c.ctx, ch.Key())
					return missing(err, secretlife.ErrSecretNotFound)
				}
				return call, written, func(r secretlife.Receipt) { c.isReceipt(r, ch) }
			})
		},
	},
	{
		"of a SwapNote is told",
		"A SwapNote that returns the error of its context has written nothing; where it may have written, the error is " +
			"an OutcomeUnknownError.",
		withNotes(func(c *check) {
			c.endings(func(ctx context.Context, n int) (call, written func() error, _ func(secretlife.Receipt)) {
				name := fmt.Sprint("ended-", n)
				call = func() error { return c.SwapNote(ctx, name, nil, []byte("value")) }
				written = func() error {
					note, err := c.Note(c.ctx, name)
					if err == nil && note.Value == nil {
						err = errNotWritten
					}
					return err
				}
				return call, written, nil
			})
		}),
	},
}

var errNotWritten = errors.New("not written")

// missing turns the error for what is not there into errNotWritten.
func missing(err, not error) error {
	if errors.Is(err, not) {
		return errNotWritten
	}
	return err
}

// ending is a context that ends by itself when it was looked at so often, or while
// somebody waits for it.
type ending struct {
	context.Context
	cancel context.CancelFunc
	looks  atomic.Int64
}

func (e *ending) Err() error {
	if e.looks.Add(-1) == 0 {
		e.cancel()
	}
	return e.Context.Err()
}

func (e *ending) Done() <-chan struct{} {
	if e.looks.Add(-1) == 0 {
		go e.cancel()
	}
	return e.Context.Done()
}

// endings makes calls whose contexts end at different moments, several calls at
// once, and requires that each tells the truth. written reports, without an error,
// that what the call was to write is there; receipt, if it is not nil, checks the receipt of
// a change whose call had ended.
func (c *check) endings(
	begin func(ctx context.Context, n int) (call, written func() error, receipt func(secretlife.Receipt)),
) {
	c.Helper()
	const looks, times = 8, 8
	var wg sync.WaitGroup
	type ended struct {
		err     error
		written func() error
		receipt func(secretlife.Receipt)
	}
	var all [looks * times]ended
	for n := range all {
		ctx, cancel := context.WithCancel(c.ctx)
		defer cancel()
		e := &ending{Context: ctx, cancel: cancel}
		e.looks.Store(int64(1 + n%looks))
		call, written, receipt := begin(e, n)
		wg.Go(func() { all[n] = ended{call(), written, receipt} })
	}
	wg.Wait()
	for _, x := range all {
		c.checkOutcome(x.err, x.written, x.receipt)
	}
}

func (c *check) checkOutcome(err error, written func() error, receipt func(secretlife.Receipt)) {
	c.Helper()
	var unknown *secretlife.OutcomeUnknownError
	if errors.As(err, &unknown) {
		if !errors.Is(err, context.Canceled) {
			c.failf("the error after the context ended is %v, in which there is no context.Canceled", err)
		}
		if unknown.Outcome == nil {
			return
		}
		outcome := <-unknown.Outcome
		if err = outcome.Err; errors.Is(err, secretlife.ErrOutcomeUnknown) {
			return
		}
		if err == nil && receipt != nil {
			receipt(outcome.Receipt)
		}
	}
	switch is := written(); {
	case is != nil && !errors.Is(is, errNotWritten):
		c.noError(is, "looking at what was written")
	case err == nil && is != nil:
		c.failf("the outcome was nil, and nothing was written")
	case err != nil && is == nil:
		c.failf("the error was %v, and the change was written", err)
	}
}
