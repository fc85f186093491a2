package engine

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// List implements [secretlife.Store]. Every order has an index.
func (r *Reader) List(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if query.Limit <= 0 || !couldBegin(query.Prefix) {
		return nil, nil
	}
	for {
		page, rows, err := r.listRows(ctx, query)
		if err != nil || query.Abridged {
			return page, err
		}
		same, err := r.completePage(ctx, page, rows)
		if err != nil || same {
			return page, err
		}
	}
}

// listRows reads a page of abridged secrets and their rows.
func (r *Reader) listRows(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, []codec.Row, error) {
	var page []secretlife.Secret
	rows, err := Read(ctx, r, func(ctx context.Context) (rows []codec.Row, err error) {
		page, rows, err = r.listOnce(ctx, query)
		return rows, err
	})
	return page, rows, err
}

// completePage gives the secrets of a page their blocks of versions. It reports false where one
// of them was changed meanwhile, so that its place in the order may be another.
func (r *Reader) completePage(ctx context.Context, page []secretlife.Secret, rows []codec.Row) (same bool, err error) {
	for i, s := range page {
		if !s.Abridged() {
			continue
		}
		row, whole, err := r.LoadSecret(ctx, s.Key())
		if errors.Is(err, secretlife.ErrSecretNotFound) || err == nil && !bytes.Equal(row.Mac, rows[i].Mac) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		page[i] = whole
	}
	return true, nil
}

func (r *Reader) listOnce(
	ctx context.Context, query secretlife.ListQuery,
) (page []secretlife.Secret, found []codec.Row, err error) {
	text, args := listSQL(codec.Columns(r.from.Slots), query)
	stmt := r.lists[text]
	if stmt == nil {
		stmt = unprepared{r.from.DB, text}
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, nil, r.Failed(ctx, "listing secrets", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row codec.Row
		if err := rows.Scan(row.Targets(r.from.Slots)...); err != nil {
			return nil, nil, r.Failed(ctx, "listing secrets", err)
		}
		secret, err := row.Secret(r.from.Ring)
		if err != nil {
			return nil, nil, err
		}
		page, found = append(page, secret), append(found, row)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, r.Failed(ctx, "listing secrets", err)
	}
	return page, found, nil
}

// oftenListed are lists that are prepared: the pages of ListSecrets, and the newest secret, which
// every creation asks for.
var oftenListed = []secretlife.ListQuery{
	{},
	{After: secretlife.Cursor{Name: "a"}},
	{After: secretlife.Cursor{Name: "a"}, Descending: true},
}

// orderColumns are the columns of the orders by date, before the name.
var orderColumns = map[secretlife.Order][]string{
	secretlife.OrderByCreatedDate:      {"created", "ordinal"},
	secretlife.OrderByLastChangedDate:  {"changed"},
	secretlife.OrderByLastAccessedDate: {"accessed"},
	secretlife.OrderByDeletionDate:     {"deletion"},
}

// couldBegin: no name begins with what could be none itself.
func couldBegin(prefix string) bool {
	_, err := secretlife.ParseName(prefix)
	return prefix == "" || err == nil
}

// listSQL writes the query of one page, which begins at its place in an index.
func listSQL(columns string, q secretlife.ListQuery) (string, []any) {
	than, direction := ">", " ASC"
	if q.Descending {
		than, direction = "<", " DESC"
	}
	var b strings.Builder
	args := []any{q.Account.String(), q.Region.String()}
	b.WriteString("SELECT " + columns + " FROM secretlife_secrets WHERE account = ? AND region = ?")
	and := func(condition string, a ...any) {
		b.WriteString(" AND " + condition)
		args = append(args, a...)
	}
	before, byDate := orderColumns[q.Order]
	if q.Order == secretlife.OrderByDeletionDate {
		and("deletion IS NOT NULL") // which leads to the index of these
	}
	above, below := q.Prefix, endOf(q.Prefix) // the bounds of the prefix
	switch {
	case q.After.IsZero():
	case byDate:
		place := []any{q.After.At.UnixMilli()}
		if q.Order == secretlife.OrderByCreatedDate {
			place = append(place, int64(q.After.Ordinal))
		}
		marks := strings.Repeat("?, ", len(place)) + "?"
		and("("+strings.Join(before, ", ")+", name) "+than+" ("+marks+")", append(place, q.After.Name)...)
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
	for _, column := range before {
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
