package sqlstore

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/secretlife-go/secretlife/sqlstore/internal/sqlite"
)

// SQLite is a [Store] in a database of SQLite. [OpenSQLite] makes it.
type SQLite struct {
	*Store
	engine *sqlite.Engine
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

// OpenSQLite opens the store in a database of SQLite, which db is connected to,
// and makes it where the database is new. It brings an older schema forward,
// finishes what a crash interrupted, and starts the store's one goroutine.
//
// The Store takes db over: it sets up its connections, nobody else may use it,
// and [Store.Close] closes it. Where OpenSQLite fails, db is still the caller's
// to close. Only one Store at a time can have a database.
func OpenSQLite(ctx context.Context, db *sql.DB, keys KeyKeeper, edits ...func(*Options)) (*SQLite, error) {
	e, err := sqlite.Open(ctx, db, keys, sqliteOptions(edits))
	if err != nil {
		return nil, err
	}
	return &SQLite{&Store{engine: e}, e}, nil
}

func sqliteOptions(edits []func(*Options)) sqlite.Options {
	var o Options
	for _, edit := range edits {
		edit(&o)
	}
	return sqlite.Options{
		KeySlots: o.KeySlots, ScrubAfter: o.ScrubAfter, Anchor: o.Anchor, Restored: o.Restored, ReadOnly: o.ReadOnly,
		Logger: o.Logger,
	}
}

// Scrub overwrites in the database's files what was purged and removed, instead
// of waiting for it to be done in the background. When it returns nil no
// ciphertext of a purged secret, or of a version that is gone, is in them, but
// for what [SQLite.Rewrite] is for; see docs/permanence.md for that, and for what
// lies below the files. It waits for readers that are in the middle of a page, and
// tries until the context ends.
func (s *SQLite) Scrub(ctx context.Context) error { return s.engine.Scrub(ctx) }

// Rewrite is Scrub with all that is left in the database written anew. SQLite
// overwrites what it deletes, but not always the old place of what it moved to
// another page before: now and then a piece of a purged row stays in a part of a
// page that is not in use, where only this removes it. It uses as many bytes as the
// database once more while it runs, and all changes wait for it.
func (s *SQLite) Rewrite(ctx context.Context) error { return s.engine.Rewrite(ctx) }
