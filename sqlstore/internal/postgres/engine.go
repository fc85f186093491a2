// Package postgres is the engine of a store in PostgreSQL: it has one data key for each
// version, wrapped in the database under the key of an epoch.
package postgres

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Engine is a store in a database of PostgreSQL. Its methods that [secretlife.Store]
// has are implementations of that.
type Engine struct {
	*engine.Reader
	*destroyer
	master  *engine.Master
	value   engine.Statement
	gate    *queue.Gate
	jobs    queue.Queue[commitJob]
	stopped chan struct{} // closed when the writer has ended
}

// Open opens the store in a database: see sqlstore.OpenPostgres.
func Open(
	ctx context.Context, db *sql.DB, keys engine.KeyKeeper, epochs EpochKeys, options Options,
) (*Engine, error) {
	s, err := openServer(ctx, db, keys, epochs, options.withDefaults())
	if err != nil {
		return nil, err
	}
	gate := &queue.Gate{}
	prepare := engine.Unprepared(s.q)
	// A server that was restarted is noticed on every connection there was to it.
	reader, err := engine.NewReader(engine.Source{
		DB: s.q, Ring: s.ring, Now: "clock_timestamp()", Prepare: prepare, Again: s.retry.do, Gate: gate,
	})
	if err != nil {
		return nil, err
	}
	e := &Engine{
		Reader: reader, destroyer: newDestroyer(s), master: engine.NewMaster(keys),
		gate: gate, jobs: queue.NewQueue[commitJob](gate, queue.Length), stopped: make(chan struct{}),
	}
	if e.value, err = prepare(`SELECT k.epoch, k.wrapped, v.sealed FROM secretlife_secrets s
		JOIN secretlife_versions v ON v.incarnation = s.incarnation
		JOIN secretlife_keys k ON k.incarnation = v.incarnation AND k.version = v.version
		WHERE s.account = ? AND s.region = ? AND s.name = ? AND s.incarnation = ? AND v.version = ?`); err != nil {
		return nil, err
	}
	w := &writer{server: s, purges: e.purges, grown: e.grown}
	go func() {
		defer close(e.stopped)
		w.loop(e.jobs.Requests())
	}()
	go e.loop()
	return e, nil
}

// Close lets commits that are waiting finish, and closes the database. No goroutine of
// the store is left.
func (e *Engine) Close() error {
	if err := e.gate.Close(); err != nil {
		return err
	}
	e.jobs.End()
	<-e.stopped
	err := e.background.Err()
	e.stop()
	return errors.Join(err, e.anchorLast(), e.db.Close())
}

// Load implements [secretlife.Store].
func (e *Engine) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Secret{}, err
	}
	_, s, err := e.LoadSecret(ctx, key)
	return s, err
}

// Commit implements [secretlife.Store].
func (e *Engine) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	writes, err := engine.Prepare(ctx, batch, e.prepare)
	if err != nil {
		return secretlife.Receipt{}, err
	}
	return e.jobs.Do(ctx, writes)
}

// SwapNote implements [secretlife.Store]. It is a transaction of its own, from the
// caller's goroutine.
func (e *Engine) SwapNote(ctx context.Context, name string, old, next []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	swap, err := engine.NewNoteSwap(name, old, next)
	if err != nil {
		return err
	}
	return e.apart(ctx, "swapping a note", func(ctx context.Context, tx *transaction) error {
		return swap.Swap(ctx, tx, e.ring)
	})
}

// AddAccesses implements access.Store. It is a transaction of its own, as SwapNote's.
func (e *Engine) AddAccesses(ctx context.Context, group access.Group) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	job, err := engine.NewAccessesJob(group)
	if err != nil {
		return err
	}
	return e.apart(ctx, "writing entries of access", func(ctx context.Context, tx *transaction) error {
		return job.Write(ctx, tx)
	})
}

// ForgetAccesses implements access.Store.
func (e *Engine) ForgetAccesses(ctx context.Context, before time.Time, limit int) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err = e.apart(ctx, "removing entries of access", func(ctx context.Context, tx *transaction) (err error) {
		n, err = engine.ForgetAccesses(ctx, tx, before, limit)
		return err
	})
	return n, err
}

// apart does something in a transaction beside the writer's, from the caller's goroutine.
func (e *Engine) apart(
	ctx context.Context, doing string, do func(ctx context.Context, tx *transaction) error,
) error {
	if !e.gate.Enter() {
		return queue.ErrClosed
	}
	defer e.gate.Leave()
	err := e.transact(ctx, do)
	if err != nil && !engine.Refused(err) {
		return e.Failed(ctx, doing, err)
	}
	return err
}

// CommitLater returns [errors.ErrUnsupported].
func (e *Engine) CommitLater(
	context.Context, secretlife.Key, func(secretlife.Secret) secretlife.Change,
) (<-chan secretlife.Outcome, error) {
	return nil, errors.ErrUnsupported
}

// Claim implements [secretlife.Store]. It is a transaction of its own beside
// the writer's, from the caller's goroutine.
//
// The two can't wait for each other in a circle. A claim takes rows of secrets
// only as far as nobody has them (SKIP LOCKED), so it waits for none, as the
// writer does in the order of names; after that both take the counts in their
// order and then the head. The rows of data keys, which a destroyer locks in the
// order of incarnations, are taken away in that order.
func (e *Engine) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func(due []secretlife.Secret) []secretlife.Change,
) (receipt secretlife.Receipt, err error) {
	if err := ctx.Err(); err != nil || query.Limit <= 0 {
		return receipt, err
	}
	if !e.gate.Enter() {
		return receipt, queue.ErrClosed
	}
	defer e.gate.Leave()
	c := engine.NewClaim(query, decide)
	for {
		var purged int64
		err := e.transact(ctx, func(ctx context.Context, tx *transaction) (err error) {
			receipt, purged, err = e.claim(ctx, tx, c)
			return err
		})
		var moved *movedError
		if errors.As(err, &moved) { // what was wrapped for the epoch before is wrapped again
			if err = e.enter(ctx, moved.to); err == nil || e.overtaken(ctx, moved.to, err) {
				continue
			}
		}
		switch {
		case err == nil && purged > 0:
			tellOf(e.purges, purged)
		case err != nil && !engine.Refused(err):
			err = e.Failed(ctx, "claiming due secrets", err)
		}
		return receipt, err
	}
}

func (e *Engine) claim(
	ctx context.Context, tx *transaction, c *engine.Claim,
) (receipt secretlife.Receipt, purged int64, err error) {
	handed, err := c.Read(ctx, tx, false, e.ring, " FOR UPDATE SKIP LOCKED")
	if err != nil {
		return receipt, 0, err
	}
	writes, err := engine.Decide(ctx, c, handed, e.prepare)
	if err != nil || len(writes) == 0 {
		return receipt, 0, err
	}
	g := &group{server: e.server, tx: tx, there: handed.Rows, counts: map[region]int64{}}
	for i := range writes {
		g.add(&writes[i])
		for _, v := range writes[i].values {
			clear(v.dataKey)
		}
	}
	slices.SortFunc(g.lives, func(a, b []any) int { return bytes.Compare(a[0].([]byte), b[0].([]byte)) })
	if err := g.write(ctx); err != nil {
		return receipt, 0, err
	}
	return g.receipt(0, len(g.events)), g.purged, nil
}

// Rewrap puts the store under the master key of another keeper. What the old one wrapped
// can't be overwritten.
func (e *Engine) Rewrap(ctx context.Context, to engine.KeyKeeper) error {
	return e.master.Change(ctx, e.Reader, to, func(j engine.Rewrapped) error {
		return dberr.Explain(e.transact(ctx, func(ctx context.Context, tx *transaction) error { return j.Write(ctx, tx) }))
	})
}

// Health implements [secretlife.Store]. It writes, which a standby and a server that is
// full refuse, and looks how long data keys wait for their destruction.
func (e *Engine) Health(ctx context.Context) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	for range 1 + e.options.Connections { // a server that was restarted is found out on each
		if err = e.health(ctx); err == nil || ctx.Err() != nil || !unreachable(err) {
			break
		}
	}
	return errors.Join(err, e.background.Err())
}

func (e *Engine) health(ctx context.Context) error {
	if err := e.isPrimary(ctx); err != nil {
		return e.Failed(ctx, "asking the server", err)
	}
	beat := func(ctx context.Context, tx *transaction) error { return engine.Beat(ctx, tx) }
	if err := e.transactOnce(ctx, beat); err != nil {
		return e.Failed(ctx, "writing", err)
	}
	h, r, err := e.state(ctx)
	if err != nil {
		return e.Failed(ctx, "looking at the epoch", err)
	}
	if late := destructionIsLate(r, h.purged, time.Now(), e.options); late > 0 {
		return fmt.Errorf("sqlstore: %d data keys of what was purged are not destroyed; that is late by %s",
			h.purged-r.purged, late)
	}
	return nil
}

// DestroyKeys destroys the data keys of what was purged: see sqlstore.Postgres.
func (e *Engine) DestroyKeys(ctx context.Context) error {
	if e.gate.Closed() {
		return queue.ErrClosed
	}
	return e.destroy(ctx)
}

// KeysDestroyed reports how far the destruction of data keys has come.
func (e *Engine) KeysDestroyed(ctx context.Context) (KeysDestroyed, error) {
	out, err := e.keysDestroyed(ctx)
	if err != nil && !errors.Is(err, seal.ErrTampered) {
		err = e.Failed(ctx, "looking which data keys were destroyed", err)
	}
	return out, err
}

// Remains looks for what is left of the incarnations that events tell the end of.
func (e *Engine) Remains(ctx context.Context, of []secretlife.Event) ([][]string, error) {
	done, err := e.KeysDestroyed(ctx)
	if err != nil {
		return nil, err
	}
	found := make([][]string, len(of))
	for n, end := range of {
		if found[n], err = engine.RowsOf(ctx, e.q, end, "secrets", "versions", "blocks", "keys"); err != nil {
			return nil, err
		}
		if end.Seq() > done.Events {
			found[n] = append(found[n], "the key of its epoch, which opens its data keys in old copies of the database: "+
				"it was not destroyed yet")
		}
	}
	return found, nil
}
