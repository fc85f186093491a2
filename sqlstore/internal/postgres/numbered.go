package postgres

import (
	"context"
	"database/sql"
	"math/bits"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
)

// numbered is a database whose queries have $1, $2 and so on for arguments,
// where they are written with ? here.
type numbered struct {
	engine.Database
	*growth
}

func (n numbered) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return n.Database.ExecContext(ctx, n.text(query), args...)
}

func (n numbered) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return n.Database.QueryContext(ctx, n.text(query), args...)
}

func (n numbered) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return n.Database.QueryRowContext(ctx, n.text(query), args...)
}

// growth has statements planned anew each time that the secrets this process made
// are twice as many. A server keeps the plan of a prepared statement until it has
// looked through the tables, which may be a minute later: one from when they were
// nearly empty reads all of them, and a store that is being filled would get slower
// with every secret.
type growth struct{ secrets atomic.Int64 }

// text is a query with its arguments numbered, and with a comment that changes
// when it is to be planned anew.
func (g *growth) text(query string) string {
	thousands := bits.Len64(uint64(g.secrets.Load()) >> 10)
	if thousands == 0 {
		return dollars(query)
	}
	return dollars(query) + " -- 2^" + strconv.Itoa(9+thousands)
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
