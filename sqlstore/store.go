package sqlstore

import (
	"context"
	"errors"
	"sync"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Store is what a store in SQLite and one in PostgreSQL have in common, over the
// engine of its database. [OpenSQLite] and [OpenPostgres] make it, as a part of
// [SQLite] and [Postgres]. It must be closed.
type Store struct {
	secretlife.BaseStore

	engine engine
	d      *dialect
	reads  database
	ring   *seal.Keyring
	stmts  statements

	queue   chan *request // nil where the store is only read
	stopped chan struct{} // closed when the writer has ended
	// background is what failed in the background and was not put right.
	background healthError

	mu     sync.RWMutex // held for reading while something is put into a queue
	closed bool
	master master
}

// engine is what differs from database to database.
type engine interface {
	// load is Store.Load.
	load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error)
	// seal encrypts the values of a change.
	seal(ctx context.Context, w *write, next secretlife.Secret) error
	// value is Store.Value.
	value(ctx context.Context, of seal.Owner, id secretlife.VersionID) (secretlife.Value, error)
	// claim is Store.Claim.
	claim(ctx context.Context, c claim) (secretlife.Receipt, error)
	// swapNote is Store.SwapNote.
	swapNote(ctx context.Context, j noteJob) error
	// rewrap writes the store's key as another master key wraps it, and overwrites
	// what the old one wrapped, where it can. done is called in between.
	rewrap(ctx context.Context, j rewrapJob, done func()) error
	// health is Store.Health, but for what failed in the background.
	health(ctx context.Context) error
	// read reads, again where the database can't be reached for a moment.
	read(ctx context.Context, once func(ctx context.Context) error) error
	// free releases what the store holds, the database included.
	free() error
}

var _ secretlife.Store = (*Store)(nil)

// Close lets commits that are waiting finish, scrubs SQLite's files, and closes the
// database.
// No goroutine of the store is left.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.closed = true
	if s.queue != nil { // it is not there for reading
		close(s.queue)
	}
	s.mu.Unlock()
	<-s.stopped
	return errors.Join(s.background.get(), s.engine.free())
}

// failed says what the store was doing when the database failed. Drivers do not
// show the arguments of queries, and values reach them only encrypted.
//
// After a COMMIT that failed the outcome is unknown.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	told := unwritten(doing, err)
	var unknown *secretlife.OutcomeUnknownError
	switch is := errors.As(told, &unknown); {
	case ctx.Err() != nil && is:
		return &secretlife.OutcomeUnknownError{Cause: ctx.Err()}
	case ctx.Err() != nil: // drivers have words of their own for what this cuts off
		return ctx.Err()
	case is:
		return told
	}
	s.mu.RLock()
	closed := s.closed
	s.mu.RUnlock()
	if closed {
		return ErrClosed
	}
	return &failure{told}
}

// failure is what the database, or the way to it, answered.
type failure struct{ error }

func (f *failure) Unwrap() error { return f.error }

// reading reads by the engine's read.
func reading[T any](ctx context.Context, s *Store, do func(ctx context.Context) (T, error)) (out T, err error) {
	err = s.engine.read(ctx, func(ctx context.Context) error {
		out, err = do(ctx)
		return err
	})
	return out, err
}
