package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/disk"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Inspection looks at the files of a store over SQLite as somebody who has all of
// them and the master key could: it opens no store, so that nothing is finished,
// swept or counted before it was looked at, and changes nothing but for the lock
// file, which keeps stores away as long as it is open.
type Inspection struct {
	store *Store // for reading
	path  string
	conn  *sql.Conn
	lock  *os.File
	slots *slotFile
}

// InspectSQLite begins an inspection of the store in a database of SQLite, which
// db is connected to, best with mode=ro. Where [OpenSQLite] would find the
// database, the key or the slots wrong, it returns the same errors, but for
// [ErrRestored]: whether copies were put back is what it is to be used after,
// too. A schema that is not the present one is refused, as it is not brought
// forward. db stays the caller's to close, after the inspection.
func InspectSQLite(ctx context.Context, db *sql.DB, keys KeyKeeper, edits ...func(*Options)) (*Inspection, error) {
	var options Options
	for _, edit := range edits {
		edit(&options)
	}
	i := &Inspection{}
	if err := i.open(ctx, db, keys, options); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return i, nil
}

func (i *Inspection) open(ctx context.Context, db *sql.DB, keys KeyKeeper, options Options) (err error) {
	if i.conn, err = db.Conn(ctx); err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", explain(err))
	}
	if i.path, err = sqliteFile(ctx, i.conn); err != nil {
		return err
	}
	options = options.withDefaults(i.path)
	if err := checkSQLiteFile(i.path); err != nil {
		return err
	}
	if err := checkOurs(ctx, sqlite, i.conn, i.path); err != nil {
		return err
	}
	if i.lock, err = lockFile(i.path + ".lock"); err != nil {
		return err
	}
	if err := checkSchema(ctx, i.conn, i.path); err != nil {
		return err
	}
	ring, err := i.identify(ctx, keys, options)
	if err != nil {
		return fmt.Errorf("%s: %w", i.path, err)
	}
	i.store = &Store{d: sqlite, reads: i.conn, ring: ring}
	i.store.engine = &sqliteEngine{Store: i.store}
	return i.store.stmts.prepare(
		sqlite,
		func(query string) (statement, error) { return unprepared{i.conn, query}, nil },
	)
}

func (i *Inspection) identify(ctx context.Context, keys KeyKeeper, options Options) (*seal.Keyring, error) {
	id, err := getMeta(ctx, i.conn, metaStore)
	if err != nil {
		return nil, err
	}
	if len(id) != len(seal.StoreID{}) {
		return nil, fmt.Errorf("%w: the store's id has %d bytes", ErrDamaged, len(id))
	}
	ring, err := unwrapRing(ctx, i.conn, keys, seal.StoreID(id))
	if err != nil {
		return nil, err
	}
	var h header
	if i.slots, h, err = openSlots(disk.OS{}, options.KeySlots, os.O_RDONLY); err != nil {
		return nil, err
	}
	if h.store != ring.ID {
		return nil, fmt.Errorf("%w: %s", ErrOtherKeySlots, options.KeySlots)
	}
	return ring, nil
}

// Close ends the inspection.
func (i *Inspection) Close() error {
	var errs []error
	if i.conn != nil {
		errs = append(errs, i.conn.Close())
	}
	if i.slots != nil {
		errs = append(errs, i.slots.close())
	}
	if i.lock != nil {
		errs = append(errs, i.lock.Close())
	}
	return errors.Join(errs...)
}

// Events is [Store.Events].
func (i *Inspection) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	return i.store.Events(ctx, after, limit)
}

// Remains looks for what is left of the incarnations that events tell the end of:
// rows, ciphertexts, data keys in slots that decrypt anything of theirs, and
// bytes of their rows anywhere in the database's file and its logs. It returns a
// list for each event, empty where nothing is left. It reads the files once, so
// it is better asked about many events than often.
func (i *Inspection) Remains(ctx context.Context, of []secretlife.Event) ([][]string, error) {
	r := &remains{Inspection: i, of: of, at: map[secretlife.Incarnation][]int{}, found: make([][]string, len(of))}
	for n, e := range of {
		r.at[e.Incarnation()] = append(r.at[e.Incarnation()], n)
	}
	if err := r.inRows(ctx); err != nil {
		return nil, err
	}
	if err := r.inSlots(ctx); err != nil {
		return nil, err
	}
	if err := r.inFiles(ctx); err != nil {
		return nil, err
	}
	return r.found, nil
}
