package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// checkpointer writes the write-ahead log into the database while the writer goes on. The
// writer's own checkpoint (autoCheckpoint), from which on the log begins anew, then finds
// little left to do: without that, one commit in some hundreds took the time of all 4,000
// pages (BenchmarkWriteLatency, docs/benchmarks.md).
type checkpointer struct {
	conn *sql.Conn
	// mu is held during a checkpoint. The writer holds it while it scrubs, which another
	// checkpoint would keep from emptying the log.
	mu    sync.Mutex
	wake  chan struct{}
	ended chan struct{}
	pages int // that the writer wrote since it woke the checkpointer, at a guess
}

const (
	// checkpointEvery is how many pages of the log the writer leaves to the next
	// checkpoint.
	checkpointEvery = autoCheckpoint / 8
	// pagesOfChange is how many pages a change writes, with indexes and events, if they
	// are anywhere in the database.
	pagesOfChange = 8
)

func newCheckpointer(conn *sql.Conn) *checkpointer {
	return &checkpointer{conn: conn, wake: make(chan struct{}, 1), ended: make(chan struct{})}
}

// run does a checkpoint each time it is woken, until the end.
func (c *checkpointer) run() {
	defer close(c.ended)
	for range c.wake {
		c.checkpoint(context.Background())
	}
}

// checkpoint does what no reader and not the writer keep it from doing. If it fails, the log
// grows, which Health reports.
func (c *checkpointer) checkpoint(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.conn.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
}

// wrote is told by the writer how much a transaction wrote.
func (c *checkpointer) wrote(changes, bytes int) {
	c.pages += pagesOfChange*changes + bytes/pageSize
	if c.pages < checkpointEvery {
		return
	}
	c.pages = 0
	select {
	case c.wake <- struct{}{}:
	default: // it is awake
	}
}

// end lets the checkpoint that goes on finish.
func (c *checkpointer) end() {
	close(c.wake)
	<-c.ended
}
