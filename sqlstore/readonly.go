package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/secretlife-go/secretlife/internal/schema"
)

// anchor refuses a store that is behind its anchor.
func (o *opening) anchor(ctx context.Context) error {
	o.anchored = &anchored{anchor: o.options.Anchor, ring: o.ring, log: o.options.Logger}
	begin := o.anchored.begin
	if o.options.ReadOnly {
		begin = func(ctx context.Context, q database, restored bool) error {
			_, err := o.anchored.check(ctx, q, restored)
			return err
		}
	}
	if err := begin(ctx, o.conn, o.options.Restored); err != nil {
		return fmt.Errorf("%s: %w", o.path, err)
	}
	return nil
}

// forReading is a store without a writer, over the one connection.
func (o *opening) forReading() (*SQLite, error) {
	o.stmts = &writeStatements{}
	s := &Store{d: o.d, reads: o.conn, ring: o.ring, stopped: make(chan struct{}), master: master{keys: o.keys}}
	close(s.stopped)
	e := &sqliteEngine{Store: s, path: o.path, slots: o.slots, recent: newRecent(), close: o.free}
	s.engine = e
	ready := func(query string) (statement, error) { return unprepared{o.conn, query}, nil }
	return &SQLite{s, e}, s.stmts.prepare(o.d, ready)
}

// checkLockable refuses a file that SQLite can't lock for a store that is only read.
func (o *opening) checkLockable() error {
	if !o.options.ReadOnly {
		return nil
	}
	file, err := os.OpenFile(o.path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("%w: %s: locking it needs the permission to write", ErrReadOnly, o.path)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", err)
	}
	return file.Close()
}

// checkSchema refuses a schema that is not the present one, where it is not brought
// forward.
func checkSchema(ctx context.Context, conn *sql.Conn, path string) error {
	version, err := schema.Version(ctx, conn)
	switch {
	case err != nil:
		return misread(err)
	case version > len(sqliteVersions):
		return fmt.Errorf("%w: it has version %d, and this program knows %d", ErrNewer, version, len(sqliteVersions))
	case version < len(sqliteVersions):
		return fmt.Errorf(
			"sqlstore: the schema of %s has version %d, and the present one is %d: open the store once",
			path,
			version,
			len(sqliteVersions),
		)
	}
	return nil
}
