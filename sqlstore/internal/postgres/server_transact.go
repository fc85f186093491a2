package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
)

// transact does something in a transaction, again where that is needed.
//
// It is READ COMMITTED: whatever a transaction here decides by, it has locked
// before with FOR UPDATE, or by writing it, so no other can change it in between;
// and what is not there to be locked is kept from appearing twice by its primary
// key. SERIALIZABLE would come to the same and be given up more often. Engines
// that know nothing else, or treat it as something stronger, are right, too.
func (p *server) transact(ctx context.Context, do func(ctx context.Context, tx *transaction) error) error {
	return p.retry.do(ctx, func(ctx context.Context) error { return p.transactOnce(ctx, do) })
}

// transactOnce is transact without another try. A context that ends cuts the
// transaction off before its COMMIT; the COMMIT itself it waits for, so that its outcome
// is known.
func (p *server) transactOnce(caller context.Context, do func(ctx context.Context, tx *transaction) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(caller), p.retry.timeout)
	defer cancel()
	detach := context.AfterFunc(caller, cancel)
	defer detach()
	began, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return &dberr.DriverError{Err: endedBy(caller, err)}
	}
	tx := &transaction{numbered: numbered{began}}
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
			return &dberr.DriverError{Err: err}
		}
		return err
	}
	if err := began.Commit(); err != nil {
		return fmt.Errorf("committing: %w", &dberr.CommitError{Err: err})
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
