package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestAPageHasOneBoundOnEachSide checks that a page by name begins at its place,
// wherever among those with its prefix that is.
func TestAPageHasOneBoundOnEachSide(t *testing.T) {
	for _, prefix := range []string{"", "b", "bb"} {
		for _, after := range []string{"", "a", "b", "bb", "bbx", "bc", "c", "z"} {
			for _, descending := range []bool{false, true} {
				q := secretlife.ListQuery{
					Order:      secretlife.OrderByName,
					Prefix:     prefix,
					After:      secretlife.Cursor{Name: after},
					Descending: descending,
					Limit:      1,
				}
				text, _ := listSQL("name", q)
				require.LessOrEqual(t, strings.Count(text, "name >"), 1, "%+v", q)
				require.LessOrEqual(t, strings.Count(text, "name <"), 1, "%+v", q)
			}
		}
	}
}
