package sqlstore

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/secretlife-go/secretlife/internal/disk"
	"github.com/secretlife-go/secretlife/internal/schema"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// OpenSQLite opens the store in a database of SQLite, which db is connected to,
// and makes it where the database is new. It brings an older schema forward,
// finishes what a crash interrupted, and starts the store's one goroutine.
//
// The Store takes db over: it sets up its connections, nobody else may use it,
// and [Store.Close] closes it. Where OpenSQLite fails, db is still the caller's
// to close. Only one Store at a time can have a database.
func OpenSQLite(ctx context.Context, db *sql.DB, keys KeyKeeper, edits ...func(*Options)) (*SQLite, error) {
	var o Options
	for _, edit := range edits {
		edit(&o)
	}
	opening := &opening{db: db, d: sqlite, keys: keys}
	s, err := opening.open(ctx, o)
	if err != nil {
		opening.undo()
		return nil, err
	}
	return s, nil
}

// opening is a store on its way.
type opening struct {
	db   *sql.DB
	d    *dialect
	keys KeyKeeper

	options  Options
	path     string
	conn     *sql.Conn // the writer's
	lock     *os.File
	slots    *slotFile
	ring     *seal.Keyring
	anchored *anchored
	stmts    *writeStatements
	held     []*sql.Conn // readers' connections that were set up
}

func (o *opening) open(ctx context.Context, options Options) (*SQLite, error) {
	if err := o.begin(ctx, options); err != nil {
		return nil, err
	}
	if err := o.identify(ctx); err != nil {
		return nil, err
	}
	if options.ReadOnly {
		return o.forReading()
	}
	w := &writer{
		anchored:   o.anchored,
		conn:       o.conn,
		d:          o.d,
		ring:       o.ring,
		slots:      o.slots,
		log:        o.options.Logger,
		scrubAfter: o.options.ScrubAfter,
		recent:     newRecent(),
		version:    unknownVersion,
	}
	if err := w.recover(ctx, o.slots); err != nil {
		return nil, fmt.Errorf("sqlstore: recovering: %w", explain(err))
	}
	o.stmts = &w.stmts
	if err := w.prepare(ctx); err != nil {
		return nil, fmt.Errorf("sqlstore: preparing: %w", explain(err))
	}
	if err := o.setUpReaders(ctx); err != nil {
		return nil, fmt.Errorf("sqlstore: connecting: %w", explain(err))
	}
	s := &Store{
		d: o.d, reads: o.db, ring: o.ring, queue: make(chan *request, queue.Length), stopped: make(chan struct{}),
		master: master{keys: o.keys},
	}
	e := &sqliteEngine{
		Store: s, path: o.path, slots: o.slots, recent: w.recent, scrubs: make(chan *request), close: o.free,
	}
	s.engine = e
	ready := func(query string) (statement, error) { return o.db.PrepareContext(ctx, query) }
	if err := s.stmts.prepare(o.d, ready); err != nil {
		return nil, fmt.Errorf("sqlstore: preparing: %w", explain(err))
	}
	w.background = &s.background
	go func() {
		defer close(s.stopped)
		w.loop(s.queue, e.scrubs)
	}()
	return &SQLite{s, e}, nil
}

// begin checks that the database is one of ours or empty, locks it, and brings its
// schema forward.
func (o *opening) begin(ctx context.Context, options Options) (err error) {
	if o.conn, err = o.db.Conn(ctx); err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", explain(err))
	}
	if options.ReadOnly {
		if err := execAll(ctx, o.conn, o.d.forReading); err != nil {
			return fmt.Errorf("sqlstore: opening the database: %w", explain(err))
		}
	}
	if o.path, err = sqliteFile(ctx, o.conn); err != nil {
		return err
	}
	o.options = options.withDefaults(o.path)
	if err := checkSQLiteFile(o.path); err != nil {
		return err
	}
	if err := o.checkLockable(); err != nil {
		return err
	}
	if err := checkOurs(ctx, o.d, o.conn, o.path); err != nil {
		return err
	}
	if o.lock, err = lockFile(o.path + ".lock"); err != nil {
		return err
	}
	if options.ReadOnly {
		return checkSchema(ctx, o.conn, o.path)
	}
	if err := useWAL(ctx, o.conn); err != nil {
		return fmt.Errorf("sqlstore: %s: %w", o.path, explain(err))
	}
	if err := execAll(ctx, o.conn, o.d.perWriter); err != nil {
		return fmt.Errorf("sqlstore: %s: %w", o.path, explain(err))
	}
	if err := schema.SQLite(ctx, o.conn, sqliteVersions); err != nil {
		return fmt.Errorf("%s: %w", o.path, misread(err))
	}
	return nil
}

func execAll(ctx context.Context, conn *sql.Conn, statements []string) error {
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// Names in the meta table.
const (
	metaStore    = "store"   // the storeID
	metaKey      = "key"     // the store's own key, wrapped by the KeyKeeper
	metaKeeperID = "master"  // which master key wrapped it
	metaOpened   = "opened"  // how often the store was opened
	metaOpening  = "opening" // the same, before the key slots know
)

// identify finds out which store it is, gets its key, and checks that its key
// slots are the ones. It makes all that where the store is new.
func (o *opening) identify(ctx context.Context) error {
	id, err := getMeta(ctx, o.conn, metaStore)
	if err != nil {
		return err
	}
	if id == nil && o.options.ReadOnly {
		return fmt.Errorf("%w: %s has no store yet", ErrNotOurs, o.path)
	}
	if id == nil {
		return o.make(ctx)
	}
	if len(id) != len(seal.StoreID{}) {
		return fmt.Errorf("%w: the store's id has %d bytes", ErrDamaged, len(id))
	}
	if err := o.unwrap(ctx, seal.StoreID(id)); err != nil {
		return err
	}
	opened, err := getNumber(ctx, o.conn, o.ring, metaOpened)
	if err != nil {
		return err
	}
	opening, err := getNumber(ctx, o.conn, o.ring, metaOpening)
	if err != nil {
		return err
	}
	var h header
	how := os.O_RDWR
	if o.options.ReadOnly {
		how = os.O_RDONLY
	}
	if o.slots, h, err = openSlots(disk.Of(ctx), o.options.KeySlots, how); err != nil {
		return err
	}
	if h.store != o.ring.ID {
		return fmt.Errorf("%w: %s", ErrOtherKeySlots, o.options.KeySlots)
	}
	if h.opened != opened && h.opened != opening && !o.options.Restored {
		older := "key slots are older than the database"
		if h.opened > opened {
			older = "database is older than the key slots"
		}
		return fmt.Errorf(
			"%w: the %s; if a copy was put back on purpose, say so (Options.Restored)",
			ErrRestored,
			older,
		)
	}
	last, err := o.lastEvent(ctx, h.seq)
	if err != nil {
		return err
	}
	if err := o.anchor(ctx); err != nil || o.options.ReadOnly {
		return err
	}
	return o.countOpening(ctx, header{o.ring.ID, max(opened, opening, h.opened) + 1, last})
}

// lastEvent returns the number of the last event, and refuses a database that lost
// events: the key slots know of them. What was committed last is in the write-ahead log
// alone, until it is written into the database.
func (o *opening) lastEvent(ctx context.Context, known int64) (last int64, err error) {
	err = o.conn.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM secretlife_events").Scan(&last)
	if err != nil || last >= known || o.options.Restored {
		return last, explain(err)
	}
	return last, fmt.Errorf("%w: the database ends with event %d, and the key slots know of event %d. "+
		"Its write-ahead log, %s-wal, is missing, or an older copy of it was put back. Put the log back beside it; "+
		"or, if this copy is meant, say so (Options.Restored), and the data keys of secrets that it does not have are "+
		"destroyed",
		ErrRestored, last, known, o.path)
}

// make gives a new store its id, its key and its slots. The id is written last:
// before, the store is still to be made.
func (o *opening) make(ctx context.Context) error {
	var id seal.StoreID
	copy(id[:], seal.NewKey())
	storeKey := seal.NewKey()
	wrapped, keeperID, err := o.keys.Wrap(ctx, storeKey, id[:])
	if err != nil {
		return fmt.Errorf("sqlstore: wrapping the store's key: %w", err)
	}
	if o.ring, err = seal.NewKeyring(id, storeKey); err != nil {
		return err
	}
	if o.slots, err = createSlots(disk.Of(ctx), o.options.KeySlots, header{store: id}); err != nil {
		return err
	}
	err = inTransaction(ctx, o.d, o.conn, func() error {
		return errors.Join(
			setMeta(ctx, o.conn, metaKey, wrapped),
			setMeta(ctx, o.conn, metaKeeperID, []byte(keeperID)),
			setNumber(ctx, o.conn, o.ring, metaOpened, 0),
			setMeta(ctx, o.conn, metaStore, id[:]),
		)
	})
	if err != nil {
		return err
	}
	return o.anchor(ctx)
}

// unwrap gets the store's key from the keeper. The key is bound to the store's
// id, so that it proves itself.
func (o *opening) unwrap(ctx context.Context, id seal.StoreID) error {
	ring, err := unwrapRing(ctx, o.conn, o.keys, id)
	if err != nil {
		return fmt.Errorf("%s: %w", o.path, err)
	}
	o.ring = ring
	return nil
}

func unwrapRing(ctx context.Context, q database, keys KeyKeeper, id seal.StoreID) (*seal.Keyring, error) {
	wrapped, err := getMeta(ctx, q, metaKey)
	if err != nil {
		return nil, err
	}
	keeperID, err := getMeta(ctx, q, metaKeeperID)
	if err != nil {
		return nil, err
	}
	storeKey, err := keys.Unwrap(ctx, string(keeperID), wrapped, id[:])
	if err != nil {
		return nil, err
	}
	return seal.NewKeyring(id, storeKey)
}

// countOpening counts in the database and in the key slots. A crash between
// leaves the number of metaOpening in one or both.
func (o *opening) countOpening(ctx context.Context, h header) error {
	set := func(name string) error {
		err := inTransaction(ctx, o.d, o.conn, func() error { return setNumber(ctx, o.conn, o.ring, name, h.opened) })
		if err != nil {
			return fmt.Errorf("sqlstore: %s: %w", o.path, explain(err))
		}
		return nil
	}
	if err := set(metaOpening); err != nil {
		return err
	}
	if err := o.slots.writeHeader(h); err != nil {
		return fmt.Errorf("sqlstore: the key slots in %s: %w", o.options.KeySlots, err)
	}
	return set(metaOpened)
}

// A number in the meta table has its code behind it.

func getNumber(ctx context.Context, q database, k *seal.Keyring, name string) (int64, error) {
	b, err := getMeta(ctx, q, name)
	if err != nil || b == nil {
		return 0, err
	}
	if len(b) < 8 || !hmac.Equal(b[8:], numberCode(k, name, b[:8])) {
		return 0, fmt.Errorf("%w: %s in secretlife_meta", ErrTampered, name)
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}

func setNumber(ctx context.Context, q database, k *seal.Keyring, name string, n int64) error {
	b := binary.BigEndian.AppendUint64(nil, uint64(n))
	return setMeta(ctx, q, name, append(b, numberCode(k, name, b)...))
}

func numberCode(k *seal.Keyring, name string, b []byte) []byte {
	c := k.Code("meta")
	c.Text(name)
	c.Bytes(b)
	return c.Sum()
}

// setUpReaders opens all connections readers will have, and prepares each. The
// pool keeps them.
func (o *opening) setUpReaders(ctx context.Context) error {
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	o.db.SetMaxOpenConns(readers + 1)
	o.db.SetMaxIdleConns(readers)
	o.db.SetConnMaxLifetime(0)
	o.db.SetConnMaxIdleTime(0)
	for range readers {
		conn, err := o.db.Conn(ctx)
		if err != nil {
			return err
		}
		o.held = append(o.held, conn)
		if err := execAll(ctx, conn, o.d.perReader); err != nil {
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
	if o.conn != nil {
		_ = o.conn.Close()
	}
	_ = o.freeFiles()
}

// free gives everything back, db included. The writer's connection goes last: it
// is the one that may write what SQLite writes at the end.
func (o *opening) free() error {
	return errors.Join(o.stmts.close(), o.db.Close(), o.conn.Close(), o.freeFiles())
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
