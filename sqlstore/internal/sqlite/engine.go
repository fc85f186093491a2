// Package sqlite is the engine of a store in SQLite: it has one data key for each
// incarnation, in the key slots, and one writer.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Engine is a store in a database of SQLite. Its methods that [secretlife.Store] has
// are implementations of that.
type Engine struct {
	*engine.Reader
	db     engine.Database // for reading
	path   string          // of the database
	ring   *seal.Keyring
	slots  *slotFile
	recent *recent
	stmts  readStatements
	master *engine.Master

	gate       *queue.Gate
	readOnly   bool // there is no writer
	jobs       queue.Queue[job]
	upkeep     queue.Queue[upkeep]
	later      *laterQueue
	stopped    chan struct{} // closed when the writer has ended
	background *engine.Background
	free       func() error
}

// readStatements are the queries of values, which this engine makes in its way.
type readStatements struct{ value, sealed engine.Statement }

func (st *readStatements) prepare(prepare engine.PrepareFunc) (err error) {
	if st.value, err = prepare(`SELECT s.slot, v.sealed FROM secretlife_secrets s
		JOIN secretlife_versions v ON v.incarnation = s.incarnation
		WHERE s.account = ? AND s.region = ? AND s.name = ? AND s.incarnation = ? AND v.version = ?`); err != nil {
		return err
	}
	st.sealed, err = prepare(`SELECT sealed FROM secretlife_versions WHERE incarnation = ? AND version = ?`)
	return err
}

// Close lets commits that are waiting finish, scrubs the files, and closes the database.
// No goroutine of the store is left.
func (e *Engine) Close() error {
	if err := e.gate.Close(); err != nil {
		return err
	}
	e.jobs.End()
	<-e.stopped
	err := e.background.Err()
	e.recent.forget()
	return errors.Join(err, e.free())
}

// do has the writer do a job.
func (e *Engine) do(ctx context.Context, j job) (secretlife.Receipt, error) {
	if err := e.writable(); err != nil {
		return secretlife.Receipt{}, err
	}
	return e.jobs.Do(ctx, j)
}

// withoutEvents has the writer do a job that writes no events.
func (e *Engine) withoutEvents(ctx context.Context, do func(ctx context.Context, tx *transaction) error) error {
	_, err := e.do(ctx, func(ctx context.Context, tx *transaction) (secretlife.Receipt, error) {
		return secretlife.Receipt{}, do(ctx, tx)
	})
	return err
}

func (e *Engine) writable() error {
	if e.readOnly && !e.gate.Closed() {
		return fmt.Errorf("%w: it was opened for reading (Options.ReadOnly)", dberr.ErrReadOnly)
	}
	return nil
}

// Commit implements [secretlife.Store].
func (e *Engine) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	for _, c := range batch.Changes {
		if err := e.later.until(ctx, e.later.lastOf(c.Key())); err != nil {
			return secretlife.Receipt{}, err
		}
	}
	writes, err := engine.Prepare(ctx, batch, e.prepare)
	if err != nil {
		return secretlife.Receipt{}, err
	}
	return e.do(ctx, commitJob(writes).apply)
}

// SwapNote implements [secretlife.Store].
func (e *Engine) SwapNote(ctx context.Context, name string, old, next []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	swap, err := engine.NewNoteSwap(name, old, next)
	if err != nil {
		return err
	}
	return e.withoutEvents(ctx, func(ctx context.Context, tx *transaction) error {
		return swap.Swap(ctx, tx.conn, tx.ring)
	})
}

// AddAccesses implements access.Store.
func (e *Engine) AddAccesses(ctx context.Context, group access.Group) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	job, err := engine.NewAccessesJob(group)
	if err != nil {
		return err
	}
	return e.withoutEvents(ctx, func(ctx context.Context, tx *transaction) error { return job.Write(ctx, tx.conn) })
}

// ForgetAccesses implements access.Store.
func (e *Engine) ForgetAccesses(ctx context.Context, before time.Time, limit int) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	removed := make(chan int, 1) // the caller may have gone
	err = e.withoutEvents(ctx, func(ctx context.Context, tx *transaction) error {
		n, err := engine.ForgetAccesses(ctx, tx.conn, before, limit)
		removed <- n
		return err
	})
	if err != nil {
		return 0, err
	}
	return <-removed, nil
}

// Claim implements [secretlife.Store]. Unlike other callers that leave, its caller
// waits for what the writer has taken: decide may be at work.
func (e *Engine) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func(due []secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	if err := ctx.Err(); err != nil || query.Limit <= 0 {
		return secretlife.Receipt{}, err
	}
	if err := e.writable(); err != nil {
		return secretlife.Receipt{}, err
	}
	if err := e.later.until(ctx, e.later.lastOfAll()); err != nil {
		return secretlife.Receipt{}, err
	}
	c := engine.NewClaim(query, decide)
	r, err := e.jobs.Put(ctx, func(ctx context.Context, tx *transaction) (secretlife.Receipt, error) {
		return e.claim(ctx, tx, c)
	})
	if err != nil {
		return secretlife.Receipt{}, err
	}
	return r.WaitOnceTaken(ctx)
}

// claim hands the secrets out, and makes the changes. Nothing can come in between,
// as there is no other writer.
func (e *Engine) claim(ctx context.Context, tx *transaction, c *engine.Claim) (receipt secretlife.Receipt, err error) {
	handed, err := c.Read(ctx, tx.conn, true, tx.ring, "")
	if err != nil {
		return receipt, err
	}
	writes, err := engine.Decide(ctx, c, handed, e.prepare)
	if err != nil {
		return receipt, err
	}
	secretAt := make(map[secretlife.Key]secretlife.Secret, len(handed.Secrets))
	for _, s := range handed.Secrets {
		secretAt[s.Key()] = s
	}
	for i := range writes {
		key := writes[i].Change.Key()
		if err := writes[i].make(ctx, tx, kept{secret: secretAt[key], slot: handed.Rows[key].Slot}); err != nil {
			return receipt, err
		}
	}
	return tx.addEvents(ctx, eventsOf(writes))
}

// Rewrap puts the store under the master key of another keeper, and overwrites what the
// old one wrapped.
func (e *Engine) Rewrap(ctx context.Context, to engine.KeyKeeper) error {
	err := e.master.Change(ctx, e.Reader, to, func(j engine.Rewrapped) error {
		return e.withoutEvents(ctx, func(ctx context.Context, tx *transaction) error { return j.Write(ctx, tx.conn) })
	})
	if err != nil {
		return err
	}
	if err := e.Scrub(ctx); err != nil {
		return fmt.Errorf("sqlstore: the master key is changed, but what the old one wrapped is not overwritten yet: %w",
			err)
	}
	return nil
}

// Scrub overwrites in the database's files what was purged and removed.
func (e *Engine) Scrub(ctx context.Context) error { return e.untilDone(ctx, (*writer).scrub) }

// Rewrite is Scrub with all that is left in the database written anew.
func (e *Engine) Rewrite(ctx context.Context) error { return e.untilDone(ctx, (*writer).rewrite) }

// untilDone has the writer do what readers can keep from being done.
func (e *Engine) untilDone(ctx context.Context, u upkeep) error {
	if err := e.writable(); err != nil {
		return err
	}
	for {
		_, err := e.upkeep.Do(ctx, u)
		if errors.Is(err, secretlife.ErrOutcomeUnknown) { // it goes on; the next Scrub waits for it
			return ctx.Err()
		}
		if err == nil || !errors.Is(err, errBusy) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// Health implements [secretlife.Store].
func (e *Engine) Health(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(e.health(ctx), e.background.Err())
}

func (e *Engine) health(ctx context.Context) error {
	var one int
	const query = "SELECT 1 FROM secretlife_meta WHERE name = ?"
	if err := e.db.QueryRowContext(ctx, query, engine.MetaStore).Scan(&one); err != nil {
		return e.Failed(ctx, "reading", err)
	}
	beat := func(ctx context.Context, tx *transaction) error { return engine.Beat(ctx, tx.conn) }
	if err := e.withoutEvents(ctx, beat); err != nil {
		return err
	}
	return e.checkpointed(ctx)
}

// checkpointed reports where the write-ahead log is not emptied into the database.
// SQLite tries that by itself after commits, and does not report a failure.
func (e *Engine) checkpointed(ctx context.Context) error {
	if info, err := os.Stat(e.path + "-wal"); err == nil && info.Size() >= longestLog*pageSize {
		_, err = e.upkeep.Do(ctx, (*writer).checkpoint)
		return err
	}
	return nil // there is no log, or a short one
}
