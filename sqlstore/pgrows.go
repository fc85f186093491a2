package sqlstore

import (
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// readRows reads the rows that a statement about keys finds.
func readRows(
	ctx context.Context,
	q database,
	d *dialect,
	statement *bulk,
	keys [][]any,
	into map[secretlife.Key]*codec.Row,
) error {
	text, args := statement.with(keys)
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		r := &codec.Row{}
		if err := rows.Scan(r.Targets(d.slots)...); err != nil {
			return err
		}
		key, err := codec.ParseKey(r.Account, r.Region, r.Name)
		if err != nil {
			return err
		}
		into[key] = r
	}
	return rows.Err()
}
