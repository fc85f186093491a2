package stores_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestScheduledReadsOnlyThese checks that SQLite reads a list of what is scheduled in an
// index that has nothing else, and in order.
func TestScheduledReadsOnlyThese(t *testing.T) {
	f := newFiles(t)
	require.NoError(t, f.open(t).Close())
	db, err := sql.Open("sqlite", f.db())
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var plan []string
	rows, err := db.QueryContext(ctx, `EXPLAIN QUERY PLAN SELECT state FROM secretlife_secrets
		WHERE account = '1' AND region = 'r' AND (deletion, name) > (1, 'n') AND deletion IS NOT NULL
		ORDER BY deletion ASC, name ASC LIMIT 100`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		plan = append(plan, detail)
	}
	require.NoError(t, rows.Err())
	require.Contains(t, strings.Join(plan, "\n"), "USING INDEX secretlife_by_deletion (account=? AND region=?")
	require.NotContains(t, strings.Join(plan, "\n"), "TEMP B-TREE")
}
