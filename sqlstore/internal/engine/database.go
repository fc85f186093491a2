package engine

import (
	"context"
	"database/sql"
)

// Database is a *sql.DB, a connection of it, or a transaction. Queries have ? for
// arguments.
type Database interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Statement is a query that is ready: an *sql.Stmt, or its text with a database.
type Statement interface {
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
}

// PrepareFunc makes a statement of a query.
type PrepareFunc func(query string) (Statement, error)

// Unprepared makes statements that the driver prepares where it likes to.
func Unprepared(q Database) PrepareFunc {
	return func(query string) (Statement, error) { return unprepared{q, query}, nil }
}

type unprepared struct {
	q     Database
	query string
}

func (u unprepared) QueryRowContext(ctx context.Context, args ...any) *sql.Row {
	return u.q.QueryRowContext(ctx, u.query, args...)
}

func (u unprepared) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return u.q.QueryContext(ctx, u.query, args...)
}
