package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/secretlife-go/secretlife"
)

// SQLite is a [Store] in a database of SQLite. [OpenSQLite] makes it.
type SQLite struct {
	*Store
	engine *sqliteEngine
}

// Options are what [OpenSQLite] can be told. Their zero values are good
// defaults.
type Options struct {
	// KeySlots is the file of the key slots; by default the database's name with
	// ".keys" after it. It should be on a file system that overwrites in place,
	// and not in snapshots.
	KeySlots string
	// ScrubAfter is how long after a purge the ciphertexts are overwritten in the
	// files, so that many are done together; one second by default.
	ScrubAfter time.Duration
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
	if o.ScrubAfter <= 0 {
		o.ScrubAfter = time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Scrub overwrites in the database's files what was purged and removed, instead
// of waiting for it to be done in the background. When it returns nil no
// ciphertext of a purged secret, or of a version that is gone, is in them, but
// for what [SQLite.Rewrite] is for; see docs/permanence.md for that, and for what
// lies below the files. It waits for readers that are in the middle of a page, and
// tries until the context ends.
func (s *SQLite) Scrub(ctx context.Context) error { return s.engine.scrub(ctx, nil) }

// Rewrite is Scrub with all that is left in the database written anew. SQLite
// overwrites what it deletes, but not always the old place of what it moved to
// another page before: now and then a piece of a purged row stays in a part of a
// page that is not in use, where only this removes it. It uses as many bytes as the
// database once more while it runs, and all changes wait for it.
func (s *SQLite) Rewrite(ctx context.Context) error { return s.engine.scrub(ctx, rewriteJob{}) }

// sqliteEngine is the engine of a store in SQLite: it has one data key for each
// incarnation, in the key slots, and one writer.
type sqliteEngine struct {
	*Store
	path   string // of the database
	slots  keySlots
	recent *recent
	scrubs chan *request
	close  func() error
}

// read implements engine. A file can always be reached.
func (s *sqliteEngine) read(ctx context.Context, once func(ctx context.Context) error) error {
	return once(ctx)
}

// swapNote implements engine.
func (s *sqliteEngine) swapNote(ctx context.Context, j noteJob) error {
	return s.submit(ctx, s.queue, j)
}

// rewrap implements engine.
func (s *sqliteEngine) rewrap(ctx context.Context, j rewrapJob, done func()) error {
	if err := s.submit(ctx, s.queue, j); err != nil {
		return fmt.Errorf("sqlstore: changing the master key: %w", err)
	}
	done()
	if err := s.scrub(ctx, nil); err != nil {
		return fmt.Errorf(
			"sqlstore: the master key is changed, but what the old one wrapped is not overwritten yet: %w",
			err,
		)
	}
	return nil
}

// free implements engine.
func (s *sqliteEngine) free() error {
	s.recent.forget()
	return s.close()
}

func (s *sqliteEngine) scrub(ctx context.Context, how job) error {
	for {
		err := s.submit(ctx, s.scrubs, how)
		if errors.Is(err, secretlife.ErrOutcomeUnknown) { // it goes on; the next Scrub waits for it
			return ctx.Err()
		}
		if err == nil || !errors.Is(err, errBusy) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}
