package postgres

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
)

// retrier does transactions again that the database gave up.
type retrier struct {
	random  func() float64
	timeout time.Duration
}

const (
	mostTries  = 12
	firstWait  = 4 * time.Millisecond
	longestTry = 500 * time.Millisecond
)

// errAgain: what was done is to be done again from the start.
var errAgain = errors.New("sqlstore: others changed the same at the same time")

// do calls once until it succeeds, fails for good, or was tried often enough: for
// some seconds, so that a server that is restarted is waited for. The pauses
// double, and are spread, so that transactions that met do not meet again.
func (r retrier) do(ctx context.Context, once func(ctx context.Context) error) error {
	for try := 0; ; try++ {
		err := r.timed(ctx, once)
		if err == nil || try+1 == mostTries || ctx.Err() != nil || !again(err) {
			return err
		}
		longest := min(firstWait<<try, longestTry)
		pause := time.NewTimer(longest/2 + time.Duration(r.random()*float64(longest/2)))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

func (r retrier) timed(ctx context.Context, once func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return once(ctx)
}

// again reports whether a transaction that failed so was not written, and may
// succeed when it is done again: the database had to choose between several
// (40001, 40P01), or it was not to be reached. What came of a failed COMMIT is
// known only where the database says that it rolled it back.
func again(err error) bool {
	if errors.Is(err, errAgain) {
		return true
	}
	switch state := dberr.State(err); {
	case state == "40001" || state == "40P01":
		return true
	case dberr.AtCommit(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return false
	}
	return unreachable(err)
}

// tooManyConnections is what a server says that has no connection left for now.
const tooManyConnections = "53300"

// unreachable reports whether the connection, or the server, went away, or the
// server has no connection left.
func unreachable(err error) bool {
	state := dberr.State(err)
	if state != "" {
		return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P0") || state == tooManyConnections
	}
	// Drivers have errors of their own for this, so it is all that came from them
	// and is not known to be something else.
	var failed *dberr.DriverError
	return errors.As(err, &failed) && !errors.Is(err, sql.ErrNoRows) && !errors.Is(err, codec.ErrDamaged)
}
