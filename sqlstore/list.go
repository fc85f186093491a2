package sqlstore

import (
	"context"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// orderColumns are the columns of the orders by date.
var orderColumns = map[secretlife.Order]string{
	secretlife.OrderByCreatedDate:      "created",
	secretlife.OrderByLastChangedDate:  "changed",
	secretlife.OrderByLastAccessedDate: "accessed",
}

// List implements [secretlife.Store]. Every order has an index.
func (s *Store) List(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if query.Limit <= 0 || !couldBegin(query.Prefix) {
		return nil, nil
	}
	return reading(ctx, s, func(ctx context.Context) ([]secretlife.Secret, error) { return s.list(ctx, query) })
}

func (s *Store) list(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, error) {
	text, args := listSQL(query)
	rows, err := s.reads.QueryContext(ctx, s.d.sql(text), args...)
	if err != nil {
		return nil, s.failed(ctx, "listing secrets", err)
	}
	defer func() { _ = rows.Close() }()
	var out []secretlife.Secret
	for rows.Next() {
		var r codec.Row
		if err := rows.Scan(r.Targets(s.d.slots)...); err != nil {
			return nil, s.failed(ctx, "listing secrets", err)
		}
		secret, err := r.Secret(s.ring)
		if err != nil {
			return nil, err
		}
		out = append(out, secret)
	}
	if err := rows.Err(); err != nil {
		return nil, s.failed(ctx, "listing secrets", err)
	}
	return out, nil
}

// couldBegin: no name begins with what could be none itself.
func couldBegin(prefix string) bool {
	_, err := secretlife.ParseName(prefix)
	return prefix == "" || err == nil
}

// listSQL writes the query of one page, which begins at its place in an index.
func listSQL(q secretlife.ListQuery) (string, []any) {
	than, direction := ">", " ASC"
	if q.Descending {
		than, direction = "<", " DESC"
	}
	var b strings.Builder
	args := []any{q.Account.String(), q.Region.String()}
	b.WriteString("SELECT {columns} FROM secretlife_secrets WHERE account = ? AND region = ?")
	and := func(condition string, a ...any) {
		b.WriteString(" AND " + condition)
		args = append(args, a...)
	}
	column, byDate := orderColumns[q.Order]
	above, below := q.Prefix, endOf(q.Prefix) // the bounds of the prefix
	switch {
	case q.After.IsZero():
	case byDate:
		and("("+column+", name) "+than+" (?, ?)", q.After.At.UnixMilli(), q.After.Name)
	// By name there is one bound on each side, the nearer one: with two the
	// database may begin at the wrong one.
	case !q.Descending && q.After.Name >= above:
		and("name > ?", q.After.Name)
		above = ""
	case q.Descending && (below == "" || q.After.Name < below):
		and("name < ?", q.After.Name)
		below = ""
	}
	if above != "" {
		and("name >= ?", above)
	}
	if below != "" {
		and("name < ?", below)
	}
	b.WriteString(" ORDER BY ")
	if byDate {
		b.WriteString(column + direction + ", ")
	}
	b.WriteString("name" + direction + " LIMIT ?")
	return b.String(), append(args, q.Limit)
}

// endOf is the first text behind all that begin with a prefix, "" for none. Names
// are ASCII.
func endOf(prefix string) string {
	if prefix == "" {
		return ""
	}
	last := len(prefix) - 1
	return prefix[:last] + string(rune(prefix[last]+1))
}

// Due implements [secretlife.Store]. It reads the index only; that the secrets
// are as the store wrote them is held when they are loaded.
func (s *Store) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if err := ctx.Err(); err != nil || query.Limit <= 0 {
		return nil, err
	}
	return reading(ctx, s, func(ctx context.Context) ([]secretlife.Due, error) { return s.due(ctx, query) })
}

func (s *Store) due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	text := "SELECT due, account, region, name FROM secretlife_secrets WHERE due <= ?"
	args := []any{query.By.UnixMilli()}
	if query.After != (secretlife.Due{}) {
		text += " AND (due, account, region, name) > (?, ?, ?, ?)"
		args = append(append(args, query.After.At.UnixMilli()), codec.KeyArgs(query.After.Key)...)
	}
	text += " ORDER BY due, account, region, name LIMIT ?"
	rows, err := s.reads.QueryContext(ctx, text, append(args, query.Limit)...)
	if err != nil {
		return nil, s.failed(ctx, "looking for due secrets", err)
	}
	defer func() { _ = rows.Close() }()
	var out []secretlife.Due
	for rows.Next() {
		var ms int64
		var account, region, name string
		if err := rows.Scan(&ms, &account, &region, &name); err != nil {
			return nil, s.failed(ctx, "looking for due secrets", err)
		}
		key, err := codec.ParseKey(account, region, name)
		if err != nil {
			return nil, err
		}
		out = append(out, secretlife.Due{At: time.UnixMilli(ms).UTC(), Key: key})
	}
	if err := rows.Err(); err != nil {
		return nil, s.failed(ctx, "looking for due secrets", err)
	}
	return out, nil
}
