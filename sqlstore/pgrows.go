package sqlstore

import (
	"context"

	"github.com/secretlife-go/secretlife"
)

// readRows reads the rows that a statement about keys finds.
func readRows(ctx context.Context, q database, d *dialect, statement *bulk, keys [][]any, into map[secretlife.Key]*row) error {
	text, args := statement.with(keys)
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		r := &row{}
		if err := rows.Scan(r.targets(d)...); err != nil {
			return err
		}
		key, err := parseKey(r.account, r.region, r.name)
		if err != nil {
			return err
		}
		into[key] = r
	}
	return rows.Err()
}
