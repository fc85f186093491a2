package engine

import (
	"context"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// Due implements [secretlife.Store]. It reads the index only; whether the secrets
// are as the store wrote them is checked when they are loaded.
func (r *Reader) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if err := ctx.Err(); err != nil || query.Limit <= 0 {
		return nil, err
	}
	return Read(ctx, r, func(ctx context.Context) ([]secretlife.Due, error) { return r.dueOnce(ctx, query) })
}

func (r *Reader) dueOnce(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	text, args := dueSQL("due, account, region, name", query)
	rows, err := r.from.DB.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, r.Failed(ctx, "looking for due secrets", err)
	}
	defer func() { _ = rows.Close() }()
	var out []secretlife.Due
	for rows.Next() {
		var ms int64
		var account, region, name string
		if err := rows.Scan(&ms, &account, &region, &name); err != nil {
			return nil, r.Failed(ctx, "looking for due secrets", err)
		}
		key, err := codec.ParseKey(account, region, name)
		if err != nil {
			return nil, err
		}
		out = append(out, secretlife.Due{At: time.UnixMilli(ms).UTC(), Key: key})
	}
	if err := rows.Err(); err != nil {
		return nil, r.Failed(ctx, "looking for due secrets", err)
	}
	return out, nil
}

// dueSQL writes the query of columns of what is due, which begins at its place in the
// index.
func dueSQL(columns string, q secretlife.DueQuery) (string, []any) {
	text, args := "SELECT "+columns+" FROM secretlife_secrets WHERE due <= ?", []any{q.By.UnixMilli()}
	if q.After != (secretlife.Due{}) {
		text += " AND (due, account, region, name) > (?, ?, ?, ?)"
		args = append(append(args, q.After.At.UnixMilli()), codec.KeyArgs(q.After.Key)...)
	}
	return text + " ORDER BY due, account, region, name LIMIT ?", append(args, q.Limit)
}
