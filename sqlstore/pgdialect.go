package sqlstore

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"
)

// postgresDialect is PostgreSQL. Names are compared byte by byte, whatever the
// database's collation is.
var postgresDialect = &dialect{
	types: strings.NewReplacer("{name}", `TEXT COLLATE "C"`, "{text}", "TEXT", "{int}", "BIGINT", "{blob}", "BYTEA"),
	value: `SELECT k.epoch, k.wrapped, v.sealed FROM secretlife_secrets s
		JOIN secretlife_versions v ON v.incarnation = s.incarnation
		JOIN secretlife_keys k ON k.incarnation = v.incarnation AND k.version = v.version
		WHERE s.account = ? AND s.region = ? AND s.name = ? AND s.incarnation = ? AND v.version = ?`,
}

// cockroachDialect is CockroachDB, which compares byte by byte anyway and takes
// a collation for another type.
var cockroachDialect = &dialect{
	types: strings.NewReplacer("{name}", "STRING", "{text}", "STRING", "{int}", "INT8", "{blob}", "BYTES"),
	value: postgresDialect.value,
}

// postgresFor is the dialect of a server, by what it says of itself.
func postgresFor(version string) *dialect {
	if strings.HasPrefix(version, "CockroachDB") {
		return cockroachDialect
	}
	return postgresDialect
}

// numbered is a database whose queries have $1, $2 and so on for arguments,
// where they are written with ? here.
type numbered struct{ database }

var _ database = numbered{}

func (n numbered) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return n.database.ExecContext(ctx, dollars(query), args...)
}

func (n numbered) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return n.database.QueryContext(ctx, dollars(query), args...)
}

func (n numbered) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return n.database.QueryRowContext(ctx, dollars(query), args...)
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

// unprepared is a statement that the driver prepares where it likes to. Statements
// of database/sql would not get through a pool of connections on the way.
type unprepared struct {
	q     database
	query string
}

func (u unprepared) QueryRowContext(ctx context.Context, args ...any) *sql.Row {
	return u.q.QueryRowContext(ctx, u.query, args...)
}

func (u unprepared) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return u.q.QueryContext(ctx, u.query, args...)
}

// bulk is a statement about many rows: its text is row repeated between head and
// tail. Rows go in portions of few sizes, so that few texts have to be planned, and
// the largest for who has many.
type bulk struct {
	head, row, tail string
	texts           sync.Map // of size to text
}

var portions = []int{512, 64, 16, 4, 1}

func (b *bulk) text(size int) string {
	if t, ok := b.texts.Load(size); ok {
		return t.(string)
	}
	t := dollars(b.head + strings.TrimSuffix(strings.Repeat(b.row+", ", size), ", ") + b.tail)
	b.texts.Store(size, t)
	return t
}

// each has do done for one portion after the other.
func (b *bulk) each(rows [][]any, do func(text string, args []any) error) error {
	for _, size := range portions {
		for len(rows) >= size {
			var args []any
			for _, row := range rows[:size] {
				args = append(args, row...)
			}
			if err := do(b.text(size), args); err != nil {
				return err
			}
			rows = rows[size:]
		}
	}
	return nil
}

// exec answers how many rows the statement met.
func (b *bulk) exec(ctx context.Context, tx database, rows [][]any) (met int64, err error) {
	err = b.each(rows, func(text string, args []any) error {
		done, err := tx.ExecContext(ctx, text, args...)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		met += n
		return err
	})
	return met, err
}
