package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/secretlife-go/secretlife/internal/schema"
	"github.com/secretlife-go/secretlife/sqlstore/internal/anchor"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// server is a database with what all parts of a store over it share.
type server struct {
	db         *sql.DB
	q          engine.Database
	d          dialect
	options    Options
	retry      retrier
	ring       *seal.Keyring
	epochs     *epochs
	background *engine.Background
	anchored   *anchor.Anchored
}

func openServer(
	ctx context.Context, db *sql.DB, keys engine.KeyKeeper, epochs EpochKeys, options Options,
) (*server, error) {
	db.SetMaxOpenConns(options.Connections)
	db.SetMaxIdleConns(options.Connections)
	p := &server{
		db: db, d: postgreSQL, options: options,
		retry: retrier{options.Random, options.Timeout}, background: &engine.Background{},
	}
	p.q = numbered{db}
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	if err := p.identify(ctx, keys); err != nil {
		return nil, err
	}
	p.epochs = newEpochs(epochs, p.ring)
	p.anchored = anchor.New(options.Anchor, p.ring, options.Logger)
	if err := p.anchored.Begin(ctx, p.q, options.Restored); err != nil {
		return nil, err
	}
	return p, p.findEpoch(ctx)
}

// begin checks that the server answers, keeps what it acknowledges, and has the
// schema.
func (p *server) begin(ctx context.Context) error {
	if err := p.reach(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	var version string
	if err := p.q.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", dberr.Explain(err))
	}
	p.d = dialectOf(version)
	if is := p.setting(ctx, "server_encoding"); is != "" && is != "UTF8" {
		return fmt.Errorf("sqlstore: the database has the encoding %s: descriptions need all characters, so it must be UTF8",
			is)
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
func (p *server) reach(ctx context.Context) error {
	var last error
	err := p.retry.do(ctx, func(ctx context.Context) error {
		last = p.db.PingContext(ctx)
		if state := dberr.State(last); state == tooManyConnections || state == startingUp {
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
func (p *server) isPrimary(ctx context.Context) error {
	var standby bool
	if err := p.q.QueryRowContext(ctx, p.d.standby).Scan(&standby); err != nil {
		return fmt.Errorf("sqlstore: asking whether the server is a standby: %w", dberr.Explain(err))
	}
	if standby {
		return fmt.Errorf("%w: the server is a standby, which shows secrets as they were: connect to the primary",
			dberr.ErrReadOnly)
	}
	return nil
}

// setting is "" where the engine does not have it.
func (p *server) setting(ctx context.Context, name string) string {
	var is string
	if err := p.q.QueryRowContext(ctx, "SHOW "+name).Scan(&is); err != nil {
		return ""
	}
	return is
}

// identify finds out which store it is and gets its key; it makes both where the
// store is new. Of several that make it at the same time one wins.
func (p *server) identify(ctx context.Context, keys engine.KeyKeeper) error {
	id, made, err := engine.StoredID(ctx, p.q)
	if err == nil && !made {
		if err = p.make(ctx, keys); err == nil {
			id, _, err = engine.StoredID(ctx, p.q)
		}
	}
	if err != nil {
		return err
	}
	p.ring, err = engine.Keyring(ctx, p.q, keys, id)
	return err
}

func (p *server) make(ctx context.Context, keys engine.KeyKeeper) error {
	identity, err := engine.NewIdentity(ctx, keys)
	if err != nil {
		return err
	}
	return p.transact(ctx, func(ctx context.Context, tx *transaction) error {
		done, err := tx.ExecContext(ctx, `INSERT INTO secretlife_meta (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO NOTHING`, engine.MetaStore, identity.Ring.ID[:])
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err // another was first
		}
		return identity.WriteKey(ctx, tx)
	})
}

// migrate brings the schema forward.
func (p *server) migrate(ctx context.Context) error {
	typed := make([][]string, len(versions))
	for i, definitions := range versions {
		for _, definition := range definitions {
			typed[i] = append(typed[i], p.d.types.Replace(definition))
		}
	}
	return engine.SchemaError(schema.Postgres(ctx, p.db, p.retry.do, typed))
}
