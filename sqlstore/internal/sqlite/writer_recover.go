package sqlite

import (
	"context"
	"database/sql"
)

// recover finishes what was interrupted: it empties the slots of what was purged
// and those that no row names, and finds the slots that are free.
func (w *writer) recover(ctx context.Context) error {
	noted, err := numbers(ctx, w.conn, "SELECT slot FROM secretlife_purging ORDER BY slot")
	if err != nil {
		return err
	}
	used, err := numbers(ctx, w.conn, "SELECT slot FROM secretlife_secrets ORDER BY slot")
	if err != nil {
		return err
	}
	taken, err := w.slots.taken()
	if err != nil {
		return err
	}
	if err := w.slots.zero(difference(taken, used)...); err != nil {
		return err
	}
	if lost := difference(used, taken); len(lost) > 0 {
		w.log.WarnContext(ctx, "secrets have lost their values: their data keys are not in the key slots",
			"secrets", len(lost))
	}
	// A slot that is noted and that a row names is in use: the note should have
	// gone with the transaction that used it again.
	w.emptied = difference(noted, used)
	w.next = w.slots.size()
	for _, list := range [][]int64{used, w.emptied} {
		if n := len(list); n > 0 {
			w.next = max(w.next, list[n-1]+1)
		}
	}
	all := make([]int64, w.next)
	for at := range all {
		all[at] = int64(at)
	}
	w.free = difference(difference(all, used), w.emptied)
	return nil
}

func numbers(ctx context.Context, conn *sql.Conn, query string) ([]int64, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// difference returns what is in a and not in b; both are in order.
func difference(a, b []int64) []int64 {
	var out []int64
	for _, n := range a {
		for len(b) > 0 && b[0] < n {
			b = b[1:]
		}
		if len(b) == 0 || b[0] != n {
			out = append(out, n)
		}
	}
	return out
}
