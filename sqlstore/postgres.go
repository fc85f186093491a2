package sqlstore

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/postgres"
)

// Postgres is a [Store] in a database of PostgreSQL. [OpenPostgres] makes it.
type Postgres struct {
	*Store
	engine *postgres.Engine
}

// PostgresOptions are what [OpenPostgres] can be told. Their zero values are
// good defaults.
type PostgresOptions struct {
	// DestroyKeysAfter is how long after a purge its data keys are destroyed at the
	// latest, as far as a Store is running; one day by default. Copies of the
	// database that are older than that can't be read any more: see
	// docs/permanence.md.
	DestroyKeysAfter time.Duration
	// DestroyKeysEvery is the number of purged versions at which it is done at once;
	// without it only time counts.
	DestroyKeysEvery int
	// Anchor, if it is not nil, keeps how far the store has come, as this process saw
	// it. Without it a backup that is put back before its epoch's key was destroyed is not
	// noticed.
	Anchor Anchor
	// Restored confirms that the database was put back from a copy deliberately.
	// Without it a database that is behind its anchor, or whose present epoch key was
	// destroyed, is refused with [ErrRestored]. Versions whose epoch key was destroyed
	// have lost their values.
	Restored bool
	// Connections is how many connections to the server a Store has at most; 8 by
	// default. They are kept open. All Stores together must stay below the server's
	// max_connections; a Store that finds none left tries again for some seconds.
	Connections int
	// Timeout is how long a transaction may take before it is given up; 30
	// seconds by default.
	Timeout time.Duration
	// Random spreads the pauses before transactions are tried again: a number
	// from 0 up to 1. It is math/rand's by default.
	Random func() float64
	// Logger gets warnings about what can't be answered to a caller, and a line
	// when data keys were destroyed; none by default.
	Logger *slog.Logger
}

// OpenPostgres opens the store in a database of PostgreSQL, or of an engine that
// speaks its protocol, which db is connected to, and makes it where the database
// has none. Any number of Stores, in any number of processes and on any number
// of machines, can have the same database open, with the same keys and epochs.
//
// [Store.Close] closes db. Where OpenPostgres fails, db is still the caller's to
// close. All connections must reach the primary: a standby, which shows secrets as
// they were, is refused with [ErrReadOnly].
func OpenPostgres(
	ctx context.Context, db *sql.DB, keys KeyKeeper, epochs EpochKeys, edits ...func(*PostgresOptions),
) (*Postgres, error) {
	var o PostgresOptions
	for _, edit := range edits {
		edit(&o)
	}
	e, err := postgres.Open(ctx, db, keys, epochs, postgres.Options{
		DestroyKeysAfter: o.DestroyKeysAfter, DestroyKeysEvery: o.DestroyKeysEvery, Anchor: o.Anchor,
		Restored: o.Restored, Connections: o.Connections, Timeout: o.Timeout, Random: o.Random, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Postgres{&Store{engine: e}, e}, nil
}

// DestroyKeys destroys the data keys of all that was purged before it was called, and
// of versions that were removed, instead of waiting for it to be done in the
// background: it wraps all other data keys again, under a new epoch's key, and
// destroys the keys of the epochs before. It may be called from several Stores
// at the same time, and be cut off: the next goes on.
func (s *Postgres) DestroyKeys(ctx context.Context) error { return s.engine.DestroyKeys(ctx) }

// KeysDestroyed says how far the destruction of data keys has come, over PostgreSQL.
type KeysDestroyed struct {
	// Events is an event's number: of secrets and versions whose purge or
	// removal is this event, or one before it, no data key is left. It is 0
	// before the first time.
	Events uint64
	// At is when they were destroyed, by the clock of the process that did it.
	At time.Time
	// Waiting is how many versions were taken away since, whose data keys wait.
	Waiting int
}

// KeysDestroyed reports how far the destruction of data keys has come.
func (s *Postgres) KeysDestroyed(ctx context.Context) (KeysDestroyed, error) {
	out, err := s.engine.KeysDestroyed(ctx)
	return KeysDestroyed(out), err
}

// Remains looks for what is left of the incarnations that events
// tell the end of: rows, wrapped data keys, and epoch keys that old copies of
// those can be unwrapped with. It returns a list for each event, empty where
// nothing is left.
func (s *Postgres) Remains(ctx context.Context, of []secretlife.Event) ([][]string, error) {
	return s.engine.Remains(ctx, of)
}
