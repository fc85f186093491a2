package postgres

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
)

// numbered is a database whose queries have $1, $2 and so on for arguments,
// where they are written with ? here.
type numbered struct{ engine.Database }

func (n numbered) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return n.Database.ExecContext(ctx, dollars(query), args...)
}

func (n numbered) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return n.Database.QueryContext(ctx, dollars(query), args...)
}

func (n numbered) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return n.Database.QueryRowContext(ctx, dollars(query), args...)
}

// dollars numbers the arguments of a query. None has a ? in it otherwise.
func dollars(query string) string {
	var b strings.Builder
	n := 0
	for {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}
