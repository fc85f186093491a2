package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

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

func (o PostgresOptions) withDefaults() PostgresOptions {
	if o.DestroyKeysAfter <= 0 {
		o.DestroyKeysAfter = 24 * time.Hour
	}
	if o.Connections <= 0 {
		o.Connections = 8
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
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
	ctx context.Context,
	db *sql.DB,
	keys KeyKeeper,
	epochs EpochKeys,
	edits ...func(*PostgresOptions),
) (*Postgres, error) {
	var options PostgresOptions
	for _, edit := range edits {
		edit(&options)
	}
	options = options.withDefaults()
	db.SetMaxOpenConns(options.Connections)
	db.SetMaxIdleConns(options.Connections)
	p := &postgres{
		db:      db,
		growth:  &growth{},
		d:       postgresDialect,
		options: options,
		retry:   retrier{options.Random, options.Timeout},
	}
	p.q = numbered{db, p.growth}
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	if err := p.identify(ctx, keys); err != nil {
		return nil, err
	}
	p.epochs = newEpochs(epochs, p.ring)
	p.anchored = &anchored{anchor: options.Anchor, ring: p.ring, log: options.Logger}
	if err := p.anchored.begin(ctx, p.q, options.Restored); err != nil {
		return nil, err
	}
	if err := p.findEpoch(ctx); err != nil {
		return nil, err
	}
	return p.start(keys)
}

// postgres is what the parts of a store over PostgreSQL share.
type postgres struct {
	db         *sql.DB
	q          database
	growth     *growth
	d          *dialect
	options    PostgresOptions
	retry      retrier
	ring       *seal.Keyring
	epochs     *epochs
	background *healthError
	anchored   *anchored
}

// begin checks that the server answers, keeps what it acknowledges, and has the
// schema.
func (p *postgres) begin(ctx context.Context) error {
	if err := p.reach(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	var version string
	if err := p.q.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", explain(err))
	}
	p.d = postgresFor(version)
	if is := p.setting(ctx, "server_encoding"); is != "" && is != "UTF8" {
		return fmt.Errorf(
			"sqlstore: the database has the encoding %s: descriptions need all characters, so it must be UTF8",
			is,
		)
	}
	if err := p.isPrimary(ctx); err != nil {
		return err
	}
	if p.setting(ctx, "fsync") == "off" { // where storage is not a disk this can be right
		p.options.Logger.WarnContext(ctx, "the server has fsync = off: what it acknowledges may not be on its disk")
	}
	return p.migrate(ctx)
}

// reach waits for a connection, for as long as the retrier does, where the server has
// none left or is starting.
func (p *postgres) reach(ctx context.Context) error {
	var last error
	err := p.retry.do(ctx, func(ctx context.Context) error {
		last = p.db.PingContext(ctx)
		if state := sqlState(last); state == tooManyConnections || state == startingUp {
			return last
		}
		return nil
	})
	if err != nil {
		return err
	}
	return last
}

// startingUp is what a server says that does not take connections yet.
const startingUp = "57P03"

// isPrimary refuses a standby, which shows secrets as they were.
func (p *postgres) isPrimary(ctx context.Context) error {
	var standby bool
	if err := p.q.QueryRowContext(ctx, p.d.standby).Scan(&standby); err != nil {
		return fmt.Errorf("sqlstore: asking whether the server is a standby: %w", explain(err))
	}
	if standby {
		return fmt.Errorf(
			"%w: the server is a standby, which shows secrets as they were: connect to the primary",
			ErrReadOnly,
		)
	}
	return nil
}

// setting is "" where the engine does not have it.
func (p *postgres) setting(ctx context.Context, name string) string {
	var is string
	if err := p.q.QueryRowContext(ctx, "SHOW "+name).Scan(&is); err != nil {
		return ""
	}
	return is
}

// identify finds out which store it is and gets its key; it makes both where the
// store is new. Of several that make it at the same time one wins.
func (p *postgres) identify(ctx context.Context, keys KeyKeeper) error {
	id, err := getMeta(ctx, p.q, metaStore)
	if err == nil && id == nil {
		if err = p.make(ctx, keys); err == nil {
			id, err = getMeta(ctx, p.q, metaStore)
		}
	}
	if err != nil {
		return err
	}
	if len(id) != len(seal.StoreID{}) {
		return fmt.Errorf("%w: the store's id has %d bytes", ErrDamaged, len(id))
	}
	p.ring, err = unwrapRing(ctx, p.q, keys, seal.StoreID(id))
	return err
}

func (p *postgres) make(ctx context.Context, keys KeyKeeper) error {
	var id seal.StoreID
	copy(id[:], seal.NewKey())
	storeKey := seal.NewKey()
	wrapped, keeperID, err := keys.Wrap(ctx, storeKey, id[:])
	if err != nil {
		return fmt.Errorf("sqlstore: wrapping the store's key: %w", err)
	}
	return p.transact(ctx, func(ctx context.Context, tx *pgTx) error {
		done, err := tx.ExecContext(
			ctx,
			`INSERT INTO secretlife_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`,
			metaStore,
			id[:],
		)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err // another was first
		}
		return errors.Join(
			setMeta(ctx, tx, metaKey, wrapped),
			setMeta(ctx, tx, metaKeeperID, []byte(keeperID)),
		)
	})
}

// start starts the store's two goroutines.
func (p *postgres) start(keys KeyKeeper) (*Postgres, error) {
	s := &Store{
		d: p.d, reads: p.q, ring: p.ring,
		queue: make(chan *request, queue.Length), stopped: make(chan struct{}),
		master: master{keys: keys},
	}
	ready := func(query string) (statement, error) { return unprepared{p.q, query}, nil }
	if err := s.stmts.prepare(p.d, ready); err != nil {
		return nil, err
	}
	p.background = &s.background
	e := &postgresEngine{s, newDestroyer(p)}
	s.engine = e
	w := &pgWriter{postgres: p, purges: e.purges}
	go func() {
		defer close(s.stopped)
		w.loop(s.queue)
	}()
	go e.loop()
	return &Postgres{s, e}, nil
}

// Postgres is a [Store] in a database of PostgreSQL. [OpenPostgres] makes it.
type Postgres struct {
	*Store
	engine *postgresEngine
}

// postgresEngine is the engine of a store in PostgreSQL: it has one data key for each
// version, wrapped in the database under the key of an epoch.
type postgresEngine struct {
	*Store
	*destroyer
}

// load implements engine.
func (s *postgresEngine) load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	r, err := s.loadRow(ctx, key)
	if err != nil {
		return secretlife.Secret{}, err
	}
	return r.Secret(s.Store.ring)
}

// read implements engine: it reads again where the database can't be reached for a
// moment. A server that was restarted is noticed on every connection there was to it.
func (s *postgresEngine) read(ctx context.Context, once func(ctx context.Context) error) error {
	return s.retry.do(ctx, once)
}

// swapNote implements engine: it is a transaction of its own, from the caller's
// goroutine.
func (s *postgresEngine) swapNote(ctx context.Context, j noteJob) error {
	if !s.claims.begin() {
		return ErrClosed
	}
	defer s.claims.end()
	err := s.transact(ctx, func(ctx context.Context, tx *pgTx) error { return j.swap(ctx, tx, s.Store.ring) })
	if err != nil && !refusal(err) {
		return s.failed(ctx, "swapping a note", err)
	}
	return err
}

// rewrap implements engine. Nothing can be overwritten.
func (s *postgresEngine) rewrap(ctx context.Context, j rewrapJob, done func()) error {
	err := s.transact(ctx, func(ctx context.Context, tx *pgTx) error { return j.write(ctx, tx) })
	if err != nil {
		return fmt.Errorf("sqlstore: changing the master key: %w", explain(err))
	}
	done()
	return nil
}

// free implements engine.
func (s *postgresEngine) free() error {
	s.stop()
	return errors.Join(s.anchorLast(), s.db.Close())
}
