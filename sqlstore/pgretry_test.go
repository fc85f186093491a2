package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// state is an error as drivers have them for what the server says.
type state string

func (s state) Error() string    { return "the server's error " + string(s) }
func (s state) SQLState() string { return string(s) }

func TestWhatIsTriedAgain(t *testing.T) {
	wrapped := func(err error) error { return fmt.Errorf("doing something: %w", err) }
	for _, err := range []error{
		state("40001"), state("40P01"), wrapped(&commitError{state("40001")}), wrapped(state("57P01")), state("08006"),
		&failure{io.ErrUnexpectedEOF}, wrapped(errAgain),
	} {
		require.True(t, again(err), "%v", err)
	}
	for _, err := range []error{
		state("23514"), state("40003"), &commitError{io.ErrUnexpectedEOF}, &commitError{state("57P01")},
		&commitError{state("40003")},
		io.ErrUnexpectedEOF, &failure{context.DeadlineExceeded}, &failure{context.Canceled}, &failure{sql.ErrNoRows},
		ErrTampered, secretlife.ErrSecretNotFound, &movedError{2},
	} {
		require.False(t, again(err), "%v", err)
	}
}

func TestTriesAreBounded(t *testing.T) {
	r := retrier{random: func() float64 { return 0 }, timeout: time.Minute}
	tries := 0
	err := r.do(t.Context(), func(context.Context) error { tries++; return state("40001") })
	require.Equal(t, state("40001"), err)
	require.Equal(t, mostTries, tries)

	ctx, cancel := context.WithCancel(t.Context())
	tries = 0
	require.Error(t, r.do(ctx, func(context.Context) error { tries++; cancel(); return state("40001") }))
	require.Equal(t, 1, tries, "the context ends it")

	tries = 0
	require.NoError(t, r.do(t.Context(), func(context.Context) error {
		if tries++; tries < 3 {
			return state("40P01")
		}
		return nil
	}))
	require.Equal(t, 3, tries)
}

func TestDollars(t *testing.T) {
	require.Equal(t, "a = $1 AND b IN ($2, $3)", dollars("a = ? AND b IN (?, ?)"))
	require.Equal(t, "SELECT 1", dollars("SELECT 1"))
}

func TestStatementsArePlannedAnewAsAStoreGrows(t *testing.T) {
	var g growth
	texts := map[string]bool{}
	for n := range 100_000 {
		g.secrets.Store(int64(n))
		texts[g.text("a = ?")] = true
	}
	require.Len(t, texts, 8)
	for _, text := range []string{"a = $1", "a = $1 -- 2^10", "a = $1 -- 2^16"} {
		require.Contains(t, texts, text)
	}
}

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

func TestTimeToDestroy(t *testing.T) {
	now := time.UnixMilli(1_000_000_000_000)
	o := PostgresOptions{DestroyKeysAfter: time.Hour, DestroyKeysEvery: 100}
	began := func(ago time.Duration) epochRow {
		return epochRow{began: now.Add(-ago).UnixMilli(), purged: 1000, settled: sql.NullInt64{Valid: true}}
	}
	require.False(t, timeToDestroy(began(2*time.Hour), 1000, now, o), "nothing was purged")
	require.False(t, timeToDestroy(began(time.Minute), 1001, now, o), "too soon")
	require.True(t, timeToDestroy(began(time.Hour), 1001, now, o))
	require.True(t, timeToDestroy(began(time.Minute), 1100, now, o), "many")
	o.DestroyKeysEvery = 0
	require.False(t, timeToDestroy(began(time.Minute), 1100, now, o))
	unsettled := began(longestLook)
	unsettled.settled.Valid = false
	require.True(t, timeToDestroy(unsettled, 1000, now, o), "another did not finish")
	unsettled = began(time.Second)
	unsettled.settled.Valid = false
	require.False(t, timeToDestroy(unsettled, 1000, now, o), "another is at it")
}
