package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// claim implements engine. It is a transaction of its own beside
// the writer's, from the caller's goroutine.
//
// The two can't wait for each other in a circle. A claim takes rows of secrets
// only as far as nobody has them (SKIP LOCKED), so it waits for none, as the
// writer does in the order of names; after that both take the counts in their
// order and then the head. The rows of data keys, which a destroyer locks in the
// order of incarnations, are taken away in that order.
func (s *postgresEngine) claim(ctx context.Context, c claim) (receipt secretlife.Receipt, err error) {
	if !s.claims.begin() {
		return receipt, ErrClosed
	}
	defer s.claims.end()
	for {
		var purged int64
		err := s.transact(ctx, func(ctx context.Context, tx *pgTx) (err error) {
			purged, receipt, err = s.claimOnce(ctx, tx, c)
			return err
		})
		var moved *movedError
		if errors.As(err, &moved) { // what was wrapped for the epoch before is wrapped again
			if err = s.enter(ctx, moved.to); err == nil || s.overtaken(ctx, moved.to, err) {
				continue
			}
		}
		switch {
		case err == nil && purged > 0:
			tellOf(s.purges, purged)
		case err != nil && !refusal(err):
			err = s.failed(ctx, "claiming due secrets", err)
		}
		return receipt, err
	}
}

func (s *postgresEngine) claimOnce(
	ctx context.Context, tx *pgTx, c claim,
) (purged int64, receipt secretlife.Receipt, err error) {
	there, secrets, err := c.read(ctx, tx, s.Store.d, s.Store.ring, " FOR UPDATE SKIP LOCKED")
	if err != nil {
		return 0, receipt, err
	}
	writes, err := s.writesOf(ctx, there, c.decide(secrets))
	if err != nil || len(writes) == 0 {
		return 0, receipt, err
	}
	g := &group{postgres: s.postgres, tx: tx, there: there, counts: map[home]int64{}}
	for i := range writes {
		g.add(&writes[i])
		for _, v := range writes[i].values {
			clear(v.dataKey)
		}
	}
	slices.SortFunc(g.lives, func(a, b []any) int { return bytes.Compare(a[0].([]byte), b[0].([]byte)) })
	if err = g.write(ctx); err == nil {
		receipt.FirstSeq = g.seqOf(0, len(g.events))
	}
	return g.purged, receipt, err
}

// gate lets claims in until it is closed.
type gate struct {
	mu     sync.Mutex
	closed bool
	inside sync.WaitGroup
}

func (g *gate) begin() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.inside.Add(1)
	}
	return !g.closed
}

func (g *gate) end() { g.inside.Done() }

// close waits for those inside.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.inside.Wait()
}
