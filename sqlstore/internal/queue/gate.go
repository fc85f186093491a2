package queue

import (
	"context"
	"errors"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// ErrClosed means that the store was closed.
var ErrClosed = errors.New("sqlstore: the store is closed")

// Gate lets callers into a store until it is closed.
type Gate struct {
	mu     sync.RWMutex
	closed bool
	inside sync.WaitGroup
}

// Enter reports whether the gate is open. A caller that it let in must Leave.
func (g *Gate) Enter() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if !g.closed {
		g.inside.Add(1)
	}
	return !g.closed
}

// Leave ends what began with Enter.
func (g *Gate) Leave() { g.inside.Done() }

// Close closes the gate, and waits for the callers inside. It returns [ErrClosed] if
// it was closed before.
func (g *Gate) Close() error {
	g.mu.Lock()
	was := g.closed
	g.closed = true
	g.mu.Unlock()
	if was {
		return ErrClosed
	}
	g.inside.Wait()
	return nil
}

// Closed reports whether the gate was closed.
func (g *Gate) Closed() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.closed
}

// Queue has the requests of callers that the gate lets in.
type Queue[J any] struct {
	gate     *Gate
	requests chan *Request[J]
}

// NewQueue returns a queue behind a gate, in which so many requests wait before their
// callers do.
func NewQueue[J any](gate *Gate, length int) Queue[J] {
	return Queue[J]{gate, make(chan *Request[J], length)}
}

// Requests are taken from the queue by the goroutine that serves them.
func (q Queue[J]) Requests() <-chan *Request[J] { return q.requests }

// End tells the goroutine that no request comes any more. The gate must be closed.
func (q Queue[J]) End() { close(q.requests) }

// Put puts the request of a job into the queue, unless the context has ended.
func (q Queue[J]) Put(ctx context.Context, job J) (*Request[J], error) {
	if !q.gate.Enter() {
		return nil, ErrClosed
	}
	defer q.gate.Leave()
	if err := ctx.Err(); err != nil { // of two ways that are open, select takes either
		return nil, err
	}
	r := New(job)
	select {
	case q.requests <- r:
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Do has a job served, and waits until it ended: see [Request.Wait].
func (q Queue[J]) Do(ctx context.Context, job J) (secretlife.Receipt, error) {
	r, err := q.Put(ctx, job)
	if err != nil {
		return secretlife.Receipt{}, err
	}
	return r.Wait(ctx)
}
