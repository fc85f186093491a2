package engine

import (
	"context"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
)

// RowsOf counts what a database has of an incarnation, table by table.
func RowsOf(ctx context.Context, q Database, e secretlife.Event, tables ...string) (left []string, err error) {
	in := e.Incarnation()
	for _, table := range tables {
		var n int
		query, args := "SELECT COUNT(*) FROM secretlife_"+table+" WHERE incarnation = ?", []any{in[:]}
		if table == "secrets" { // its index is by name
			query, args = query+" AND account = ? AND region = ? AND name = ?", append(args, codec.KeyArgs(e.Key())...)
		}
		if err := q.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
			return nil, fmt.Errorf("sqlstore: looking for rows: %w", dberr.Explain(err))
		}
		if n > 0 {
			left = append(left, fmt.Sprintf("%d of its rows in the table secretlife_%s", n, table))
		}
	}
	return left, nil
}
