package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// retrier does transactions again that the database gave up.
type retrier struct {
	random  func() float64
	timeout time.Duration
}

const (
	mostTries  = 12
	firstWait  = 4 * time.Millisecond
	longestTry = 500 * time.Millisecond
)

// errAgain: what was done is to be done again from the start.
var errAgain = errors.New("sqlstore: others changed the same at the same time")

// do calls once until it succeeds, fails for good, or was tried often enough: for
// some seconds, so that a server that is restarted is waited for. The pauses
// double, and are spread, so that transactions that met do not meet again.
func (r retrier) do(ctx context.Context, once func(ctx context.Context) error) error {
	for try := 0; ; try++ {
		err := r.timed(ctx, once)
		if err == nil || try+1 == mostTries || ctx.Err() != nil || !again(err) {
			return err
		}
		longest := min(firstWait<<try, longestTry)
		pause := time.NewTimer(longest/2 + time.Duration(r.random()*float64(longest/2)))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

func (r retrier) timed(ctx context.Context, once func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return once(ctx)
}

// again reports whether a transaction that failed so was not written, and may
// succeed when it is done again: the database had to choose between several
// (40001, 40P01), or it was not to be reached. What came of a failed COMMIT is
// known only where the database says that it rolled it back.
func again(err error) bool {
	if errors.Is(err, errAgain) {
		return true
	}
	var atEnd *commitError
	state, unknown := sqlState(err), errors.As(err, &atEnd)
	switch {
	case state == "40001" || state == "40P01":
		return true
	case unknown || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return false
	}
	return unreachable(err)
}

// tooManyConnections is what a server says that has no connection left for now.
const tooManyConnections = "53300"

// unreachable reports whether the connection, or the server, went away, or the
// server has no connection left.
func unreachable(err error) bool {
	state := sqlState(err)
	if state != "" {
		return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P0") || state == tooManyConnections
	}
	// Drivers have errors of their own for this, so it is all that came from them
	// and is not known to be something else.
	var failed *failure
	return errors.As(err, &failed) && !errors.Is(err, sql.ErrNoRows) && !errors.Is(err, ErrDamaged)
}

// sqlState is the five letters by which the server names an error, "" where it
// did not come from the server. The drivers' error types all have this method.
func sqlState(err error) string {
	var stated interface{ SQLState() string }
	if errors.As(err, &stated) {
		return stated.SQLState()
	}
	return ""
}

// transact does something in a transaction, again where that is needed.
//
// It is READ COMMITTED: whatever a transaction here decides by, it has locked
// before with FOR UPDATE, or by writing it, so no other can change it in between;
// and what is not there to be locked is kept from appearing twice by its primary
// key. SERIALIZABLE would come to the same and be given up more often. Engines
// that know nothing else, or treat it as something stronger, are right, too.
func (p *postgres) transact(ctx context.Context, do func(ctx context.Context, tx *pgTx) error) error {
	return p.retry.do(ctx, func(ctx context.Context) error { return p.transactOnce(ctx, do) })
}

// transactOnce is transact without another try. A context that ends cuts the
// transaction off before its COMMIT; the COMMIT itself it waits for, so that its outcome
// is known.
func (p *postgres) transactOnce(caller context.Context, do func(ctx context.Context, tx *pgTx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(caller), p.retry.timeout)
	defer cancel()
	detach := context.AfterFunc(caller, cancel)
	defer detach()
	began, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return &failure{endedBy(caller, err)}
	}
	tx := &pgTx{numbered: numbered{began, p.growth}}
	err = do(ctx, tx)
	if err == nil {
		err = tx.makeDurable(ctx, p.d)
	}
	if err == nil && !detach() {
		err = caller.Err()
	}
	if err != nil {
		err = endedBy(caller, err)
		if began.Rollback() != nil { // the connection is gone
			return &failure{err}
		}
		return err
	}
	if err := began.Commit(); err != nil {
		return fmt.Errorf("committing: %w", &commitError{err})
	}
	return nil
}

// endedBy is the error of what a caller's context cut off: the driver knows only that it
// was canceled.
func endedBy(caller context.Context, err error) error {
	if ended := caller.Err(); ended != nil && !errors.Is(err, ended) {
		return fmt.Errorf("%w: %w", ended, err)
	}
	return err
}

// pgTx is a transaction that is durable when it is committed, whatever the server's
// settings are by then.
type pgTx struct {
	numbered
	wrote   bool
	durable bool // it was asked for already
}

func (tx *pgTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	tx.wrote = true
	return tx.numbered.ExecContext(ctx, query, args...)
}

// makeDurable asks for durability, where something was written and it was not asked
// for yet.
func (tx *pgTx) makeDurable(ctx context.Context, d *dialect) error {
	if !tx.wrote || tx.durable {
		return nil
	}
	var is string
	return tx.QueryRowContext(ctx, `SELECT `+d.durable).Scan(&is)
}
