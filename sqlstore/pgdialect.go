package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"math/bits"
	"strconv"
	"strings"
	"sync/atomic"
)

// postgresDialect is PostgreSQL. Names are compared byte by byte, whatever the
// database's collation is.
var postgresDialect = &dialect{
	types:   strings.NewReplacer("{name}", `TEXT COLLATE "C"`, "{text}", "TEXT", "{int}", "BIGINT", "{blob}", "BYTEA"),
	now:     "clock_timestamp()",
	standby: "SELECT pg_is_in_recovery()",
	durable: `set_config('synchronous_commit', CASE current_setting('synchronous_commit')
		WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)`,
	value: `SELECT k.epoch, k.wrapped, v.sealed FROM secretlife_secrets s
		JOIN secretlife_versions v ON v.incarnation = s.incarnation
		JOIN secretlife_keys k ON k.incarnation = v.incarnation AND k.version = v.version
		WHERE s.account = ? AND s.region = ? AND s.name = ? AND s.incarnation = ? AND v.version = ?`,
}

// cockroachDialect is CockroachDB, which compares byte by byte anyway and takes
// a collation for another type.
var cockroachDialect = &dialect{
	types:   strings.NewReplacer("{name}", "STRING", "{text}", "STRING", "{int}", "INT8", "{blob}", "BYTES"),
	now:     postgresDialect.now,
	standby: "SELECT false",
	durable: "''", // it knows no other way
	value:   postgresDialect.value,
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
type numbered struct {
	database
	*growth
}

var _ database = numbered{}

func (n numbered) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return n.database.ExecContext(ctx, n.text(query), args...)
}

func (n numbered) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return n.database.QueryContext(ctx, n.text(query), args...)
}

func (n numbered) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return n.database.QueryRowContext(ctx, n.text(query), args...)
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

// bulk is a statement about many rows. Its arguments are the columns of them, each
// an array, so that there is one text to plan for whatever number of rows. Where
// there is but one row, which is what a store with one caller writes, one is the
// statement with its values as arguments: PostgreSQL plans it once, and the other
// each time anew.
type bulk struct{ one, many string }

// with is the text for rows, and its arguments.
func (b *bulk) with(rows [][]any) (text string, args []any) {
	if len(rows) == 1 && b.one != "" {
		return b.one, rows[0]
	}
	return b.many, arrays(rows)
}

// arrays writes rows as the arguments of a bulk. It writes text, as database/sql knows
// no arrays, this package imports no driver, and every driver passes text on. Each
// element is quoted.
func arrays(rows [][]any) []any {
	out := make([]any, len(rows[0]))
	for column := range out {
		b := append(make([]byte, 0, 64*len(rows)), '{')
		for i, row := range rows {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendElement(b, row[column])
		}
		out[column] = string(append(b, '}'))
	}
	return out
}

func appendElement(b []byte, value any) []byte {
	switch x := value.(type) {
	case int64:
		return strconv.AppendInt(b, x, 10)
	case sql.NullInt64:
		if !x.Valid {
			return append(b, "NULL"...)
		}
		return strconv.AppendInt(b, x.Int64, 10)
	case []byte:
		b = append(b, `"\\x`...) // the array takes one of the two away
		return append(hex.AppendEncode(b, x), '"')
	}
	b = append(b, '"')
	for _, c := range []byte(value.(string)) {
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

// exec returns how many rows the statement changed.
func (b *bulk) exec(ctx context.Context, tx database, rows [][]any) (met int64, err error) {
	if len(rows) == 0 {
		return 0, nil
	}
	text, args := b.with(rows)
	done, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}
