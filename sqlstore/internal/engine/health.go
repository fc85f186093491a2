package engine

import (
	"context"
	"sync"

	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Background is what failed in the background and was not put right.
type Background struct {
	mu  sync.Mutex
	err error
}

// Set notes an error, or nil when it was put right.
func (h *Background) Set(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

// Err returns what was noted last.
func (h *Background) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// metaHealth is what Beat writes.
const metaHealth = "health"

// Beat writes as little as can be written, so that a database that can't be written is
// noticed. It is random, as SQLite writes nothing where nothing changes.
func Beat(ctx context.Context, q Database) error {
	return SetMeta(ctx, q, metaHealth, seal.NewKey()[:8])
}
