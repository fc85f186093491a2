package postgres

import (
	"database/sql"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestArrays(t *testing.T) {
	require.Equal(t, []any{
		`{"a","","quoted \"b\" and \\","{,NULL}"}`,
		`{1,-2,9223372036854775807,0}`,
		`{NULL,0,3,NULL}`,
		`{"\\x00ff","\\x","\\x","\\x22"}`,
	}, arrays([][]any{
		{"a", int64(1), sql.NullInt64{}, []byte{0, 0xff}},
		{"", int64(-2), sql.NullInt64{Valid: true}, []byte{}},
		{`quoted "b" and \`, int64(math.MaxInt64), sql.NullInt64{Int64: 3, Valid: true}, []byte(nil)},
		{"{,NULL}", int64(0), sql.NullInt64{Int64: 4}, []byte{'"'}},
	}))
}
