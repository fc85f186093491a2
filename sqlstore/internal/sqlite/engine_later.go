package sqlite

import (
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
)

// CommitLater implements [secretlife.Store].
func (e *Engine) CommitLater(
	ctx context.Context, key secretlife.Key, decide func(secretlife.Secret) secretlife.Change,
) (<-chan secretlife.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := e.writable(); err != nil {
		return nil, err
	}
	if !e.gate.Enter() {
		return nil, queue.ErrClosed
	}
	defer e.gate.Leave()
	l := &later{key, decide, make(chan secretlife.Outcome, 1), make(chan struct{})}
	for {
		full := e.later.add(l)
		if full == nil {
			return l.outcome, nil
		}
		if err := e.later.until(ctx, full); err != nil {
			return nil, err
		}
	}
}

// List implements [secretlife.Store].
func (e *Engine) List(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, error) {
	if err := e.later.until(ctx, e.later.lastOfAll()); err != nil {
		return nil, err
	}
	return e.Reader.List(ctx, query)
}

// Due implements [secretlife.Store].
func (e *Engine) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if err := e.later.until(ctx, e.later.lastOfAll()); err != nil {
		return nil, err
	}
	return e.Reader.Due(ctx, query)
}

// Events implements [secretlife.Store].
func (e *Engine) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	if err := e.later.until(ctx, e.later.lastOfAll()); err != nil {
		return nil, err
	}
	return e.Reader.Events(ctx, after, limit)
}

// EventCount returns how many events there are.
func (e *Engine) EventCount(ctx context.Context) (uint64, error) {
	if err := e.later.until(ctx, e.later.lastOfAll()); err != nil {
		return 0, err
	}
	return e.Reader.EventCount(ctx)
}
