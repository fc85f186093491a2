package postgres

import (
	"context"
	"database/sql"
)

// transaction is one that is durable when it is committed, whatever the server's
// settings are by then.
type transaction struct {
	numbered
	wrote   bool
	durable bool // it was asked for already
}

func (tx *transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	tx.wrote = true
	return tx.numbered.ExecContext(ctx, query, args...)
}

// makeDurable asks for durability, where something was written and it was not asked
// for yet.
func (tx *transaction) makeDurable(ctx context.Context, d dialect) error {
	if !tx.wrote || tx.durable {
		return nil
	}
	var is string
	return tx.QueryRowContext(ctx, `SELECT `+d.durable).Scan(&is)
}
