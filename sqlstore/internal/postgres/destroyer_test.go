package postgres

import (
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"testing"
	"time"

	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
	"github.com/stretchr/testify/require"
)

// TestWhenDestructionIsLate: data keys may wait for DestroyKeysAfter, and for the process that looks
// once a minute.
func TestWhenDestructionIsLate(t *testing.T) {
	began := time.UnixMilli(1_000_000_000)
	settled := sql.NullInt64{Int64: began.UnixMilli(), Valid: true}
	options := Options{DestroyKeysAfter: time.Hour}
	for _, x := range []struct {
		what    string
		settled sql.NullInt64
		waiting int64
		age     time.Duration
		late    time.Duration
	}{
		{"nothing waits", settled, 0, 1000 * time.Hour, 0},
		{"it is not time yet", settled, 5, time.Hour, 0},
		{"it is looked at once a minute", settled, 5, time.Hour + 2*time.Minute, 0},
		{"late", settled, 5, time.Hour + 3*time.Minute, time.Minute},
		{"the epoch was not finished", sql.NullInt64{}, 0, 2 * time.Hour, 58 * time.Minute},
		{"a clock that is behind", settled, 5, -time.Hour, 0},
	} {
		r := epochRow{began: began.UnixMilli(), settled: x.settled, purged: 10}
		require.Equal(t, x.late, destructionIsLate(r, 10+x.waiting, began.Add(x.age), options), x.what)
	}
}

func TestTimeToDestroy(t *testing.T) {
	now := time.UnixMilli(1_000_000_000_000)
	o := Options{DestroyKeysAfter: time.Hour, DestroyKeysEvery: 100}
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

// TestAServerThatWentAway is no failure of the background, which Health would tell of after the
// server is back.
func TestAServerThatWentAway(t *testing.T) {
	for _, err := range []error{state("57P01"), fmt.Errorf("looking: %w", state("08006")), state("53300")} {
		require.True(t, wentAway(err), "%v", err)
	}
	for _, err := range []error{nil, state("42501"), io.ErrUnexpectedEOF, seal.ErrTampered, &fs.PathError{Err: fs.ErrExist}} {
		require.False(t, wentAway(err), "%v", err)
	}
}
