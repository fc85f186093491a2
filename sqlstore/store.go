package sqlstore

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Store is a [secretlife.Store] in a database. It is made by [OpenSQLite] or
// [OpenPostgres], and must be closed.
type Store struct {
	d      *dialect
	path   string // of the database, over SQLite
	reads  database
	ring   *keyring
	values values
	stmts  statements
	recent *recent // over SQLite

	queue   chan *request
	washes  chan *request
	stopped chan struct{} // closed when the writer has ended
	// background is what failed in the background and was not put right.
	background healthError

	mu     sync.RWMutex // held for reading while something is put into queue or washes
	closed bool
	master master
	// shredder and loader are there over PostgreSQL.
	shredder *shredder
	loader   *loader
	// free gives back what a store holds beside its database.
	free func() error
}

var (
	_ secretlife.Store   = (*Store)(nil)
	_ secretlife.Counter = (*Store)(nil)
	_ secretlife.Claimer = (*Store)(nil)
)

// Options are what [OpenSQLite] can be told. Their zero values are good
// defaults.
type Options struct {
	// KeySlots is the file of the key slots; by default the database's name with
	// ".keys" after it. It should be on a file system that overwrites in place,
	// and not in snapshots.
	KeySlots string
	// WashAfter is how long after a purge the ciphertexts are overwritten in the
	// files, so that many are done together; one second by default.
	WashAfter time.Duration
	// Anchor, if it is not nil, keeps how far the store has come. Without it a backup of
	// all of the store's files that is put back is not noticed.
	Anchor Anchor
	// Restored confirms that the database, its key slots, or both were put back from a
	// copy deliberately. Without it they are refused with [ErrRestored] where that can
	// be seen. Data keys of secrets that the database does not have are then destroyed;
	// secrets whose data key is not in the slots have lost their values.
	Restored bool
	// ReadOnly opens a store that is there for reading. It writes nothing, so that it works
	// while the disk is full. Changes are refused with [ErrReadOnly], what a crash
	// interrupted stays to be finished, and a schema that is not the present one is
	// refused.
	ReadOnly bool
	// Logger gets warnings about what can't be answered to a caller; none by
	// default.
	Logger *slog.Logger
}

func (o Options) withDefaults(path string) Options {
	if o.KeySlots == "" {
		o.KeySlots = path + ".keys"
	}
	if o.WashAfter <= 0 {
		o.WashAfter = time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Close lets commits that are waiting finish, washes, and closes the database.
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
	if s.recent != nil {
		s.recent.forget()
	}
	return errors.Join(s.background.get(), s.free())
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

// reading reads, again where the database is not to be reached for a moment: a
// server that was restarted is found out on every connection there was to it.
func reading[T any](ctx context.Context, s *Store, do func(ctx context.Context) (T, error)) (out T, err error) {
	if s.shredder == nil { // a file is always to be reached
		return do(ctx)
	}
	err = s.shredder.retry.do(ctx, func(ctx context.Context) error {
		out, err = do(ctx)
		return err
	})
	return out, err
}
