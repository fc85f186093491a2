package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/secretlife-go/secretlife/internal/schema"
	"github.com/secretlife-go/secretlife/sqlstore/internal/anchor"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Open opens the store in a database: see sqlstore.OpenSQLite.
func Open(ctx context.Context, db *sql.DB, keys engine.KeyKeeper, options Options) (*Engine, error) {
	o := &opening{db: db, keys: keys}
	e, err := o.open(ctx, options)
	if err != nil {
		o.undo()
		return nil, err
	}
	return e, nil
}

// opening is a store on its way.
type opening struct {
	db   *sql.DB
	keys engine.KeyKeeper

	options  Options
	path     string
	conn     *sql.Conn // the writer's
	second   *sql.Conn // the checkpointer's
	lock     *os.File
	slots    *slotFile
	ring     *seal.Keyring
	anchored *anchor.Anchored
	stmts    *writeStatements
	held     []*sql.Conn // readers' connections that were set up
}

func (o *opening) open(ctx context.Context, options Options) (*Engine, error) {
	if err := o.begin(ctx, options); err != nil {
		return nil, err
	}
	if err := o.identify(ctx); err != nil {
		return nil, err
	}
	if options.ReadOnly {
		return o.forReading()
	}
	e := o.engine(o.db)
	w := &writer{
		anchored:   o.anchored,
		conn:       o.conn,
		ring:       o.ring,
		slots:      o.slots,
		log:        o.options.Logger,
		scrubAfter: o.options.ScrubAfter,
		recent:     e.recent,
		background: e.background,
		version:    unknownVersion,
		later:      e.later,
	}
	if err := w.recover(ctx); err != nil {
		return nil, fmt.Errorf("sqlstore: recovering: %w", dberr.Explain(err))
	}
	o.stmts = &w.stmts
	if err := w.stmts.prepare(ctx, w.conn); err != nil {
		return nil, fmt.Errorf("sqlstore: preparing: %w", dberr.Explain(err))
	}
	if err := o.setUpOthers(ctx); err != nil {
		return nil, fmt.Errorf("sqlstore: connecting: %w", dberr.Explain(err))
	}
	w.checkpoints = newCheckpointer(o.second)
	prepare := func(query string) (engine.Statement, error) { return o.db.PrepareContext(ctx, query) }
	if err := o.prepare(e, prepare); err != nil {
		return nil, err
	}
	go w.checkpoints.run()
	go func() {
		defer close(e.stopped)
		defer w.checkpoints.end()
		w.loop(e.jobs.Requests(), e.upkeep.Requests())
	}()
	return e, nil
}

// engine is what is opened, before its statements are prepared.
func (o *opening) engine(db engine.Database) *Engine {
	gate := &queue.Gate{}
	return &Engine{
		db: db, path: o.path, ring: o.ring, slots: o.slots, recent: newRecent(), master: engine.NewMaster(o.keys),
		gate: gate, readOnly: o.options.ReadOnly, background: &engine.Background{}, stopped: make(chan struct{}),
		jobs: queue.NewQueue[job](gate, queue.Length), upkeep: queue.NewQueue[upkeep](gate, 0), free: o.free,
		later: newLaterQueue(),
	}
}

func (o *opening) prepare(e *Engine, prepare engine.PrepareFunc) (err error) {
	if e.Reader, err = newReader(e.db, e.ring, e.gate, prepare); err == nil {
		err = e.stmts.prepare(prepare)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: preparing: %w", dberr.Explain(err))
	}
	return nil
}

func newReader(
	db engine.Database, ring *seal.Keyring, gate *queue.Gate, prepare engine.PrepareFunc,
) (*engine.Reader, error) {
	// A file can always be reached.
	once := func(ctx context.Context, once func(ctx context.Context) error) error { return once(ctx) }
	return engine.NewReader(engine.Source{
		DB: db, Ring: ring, Slots: true, Now: "NULL", Prepare: prepare, Again: once, Gate: gate,
	})
}

// begin checks that the database is one of ours or empty, locks it, and brings its
// schema forward.
func (o *opening) begin(ctx context.Context, options Options) (err error) {
	if o.conn, err = o.db.Conn(ctx); err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", dberr.Explain(err))
	}
	if options.ReadOnly {
		if err := execAll(ctx, o.conn, forReading); err != nil {
			return fmt.Errorf("sqlstore: opening the database: %w", dberr.Explain(err))
		}
	}
	if o.path, err = fileOf(ctx, o.conn); err != nil {
		return err
	}
	o.options = options.withDefaults(o.path)
	if err := checkFile(o.path); err != nil {
		return err
	}
	if err := o.checkLockable(); err != nil {
		return err
	}
	if err := checkOurs(ctx, o.conn, o.path); err != nil {
		return err
	}
	if o.lock, err = lockFile(o.path + ".lock"); err != nil {
		return err
	}
	if options.ReadOnly {
		return checkSchema(ctx, o.conn, o.path)
	}
	if err := useWAL(ctx, o.conn); err != nil {
		return fmt.Errorf("sqlstore: %s: %w", o.path, dberr.Explain(err))
	}
	if err := execAll(ctx, o.conn, perWriter); err != nil {
		return fmt.Errorf("sqlstore: %s: %w", o.path, dberr.Explain(err))
	}
	if err := schema.SQLite(ctx, o.conn, versions); err != nil {
		return fmt.Errorf("%s: %w", o.path, engine.SchemaError(err))
	}
	return nil
}

// setUpOthers opens the checkpointer's connection, and all that readers will have, and
// prepares each. The pool keeps the readers'.
func (o *opening) setUpOthers(ctx context.Context) (err error) {
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	o.db.SetMaxOpenConns(readers + 2)
	o.db.SetMaxIdleConns(readers)
	o.db.SetConnMaxLifetime(0)
	o.db.SetConnMaxIdleTime(0)
	if o.second, err = o.db.Conn(ctx); err != nil {
		return err
	}
	if err := execAll(ctx, o.second, perWriter); err != nil {
		return err
	}
	for range readers {
		conn, err := o.db.Conn(ctx)
		if err != nil {
			return err
		}
		o.held = append(o.held, conn)
		if err := execAll(ctx, conn, perReader); err != nil {
			return err
		}
	}
	return o.release()
}

func (o *opening) release() error {
	var errs []error
	for _, conn := range o.held {
		errs = append(errs, conn.Close())
	}
	o.held = nil
	return errors.Join(errs...)
}

// undo gives everything back but the caller's db.
func (o *opening) undo() {
	_ = o.release()
	if o.stmts != nil {
		_ = o.stmts.close()
	}
	for _, conn := range []*sql.Conn{o.second, o.conn} {
		if conn != nil {
			_ = conn.Close()
		}
	}
	_ = o.freeFiles()
}

// free gives everything back, db included. The writer's connection goes last: it
// is the one that may write what SQLite writes at the end.
func (o *opening) free() error {
	err := o.stmts.close()
	if o.second != nil {
		err = errors.Join(err, o.second.Close())
	}
	return errors.Join(err, o.db.Close(), o.conn.Close(), o.freeFiles())
}

func (o *opening) freeFiles() error {
	var errs []error
	if o.slots != nil {
		errs = append(errs, o.slots.close())
	}
	if o.lock != nil {
		errs = append(errs, o.lock.Close())
	}
	return errors.Join(errs...)
}

// forReading is a store without a writer, over the one connection.
func (o *opening) forReading() (*Engine, error) {
	o.stmts = &writeStatements{}
	e := o.engine(o.conn)
	close(e.stopped)
	return e, o.prepare(e, engine.Unprepared(o.conn))
}

// checkLockable refuses a file that SQLite can't lock for a store that is only read.
func (o *opening) checkLockable() error {
	if !o.options.ReadOnly {
		return nil
	}
	file, err := os.OpenFile(o.path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("%w: %s: locking it needs the permission to write", dberr.ErrReadOnly, o.path)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", err)
	}
	return file.Close()
}
