package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// state is an error as drivers have them for what the server says.
type state string

func (s state) Error() string    { return "the server's error " + string(s) }
func (s state) SQLState() string { return string(s) }

func TestWhatIsTriedAgain(t *testing.T) {
	wrapped := func(err error) error { return fmt.Errorf("doing something: %w", err) }
	atEnd := func(err error) error { return &dberr.CommitError{Err: err} }
	fromDriver := func(err error) error { return &dberr.DriverError{Err: err} }
	for _, err := range []error{
		state("40001"), state("40P01"), wrapped(atEnd(state("40001"))), wrapped(state("57P01")), state("08006"),
		fromDriver(io.ErrUnexpectedEOF), wrapped(errAgain),
	} {
		require.True(t, again(err), "%v", err)
	}
	for _, err := range []error{
		state("23514"), state("40003"), atEnd(io.ErrUnexpectedEOF), atEnd(state("57P01")), atEnd(state("40003")),
		io.ErrUnexpectedEOF, fromDriver(context.DeadlineExceeded), fromDriver(context.Canceled),
		fromDriver(sql.ErrNoRows), seal.ErrTampered, secretlife.ErrSecretNotFound, &movedError{2},
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
