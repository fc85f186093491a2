package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/disk"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Inspection looks at the files of a store: see sqlstore.Inspection.
type Inspection struct {
	*engine.Reader
	path  string
	conn  *sql.Conn
	lock  *os.File
	ring  *seal.Keyring
	slots *slotFile
}

// Inspect begins an inspection: see sqlstore.InspectSQLite.
func Inspect(ctx context.Context, db *sql.DB, keys engine.KeyKeeper, options Options) (*Inspection, error) {
	i := &Inspection{}
	if err := i.open(ctx, db, keys, options); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return i, nil
}

func (i *Inspection) open(ctx context.Context, db *sql.DB, keys engine.KeyKeeper, options Options) (err error) {
	if i.conn, err = db.Conn(ctx); err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", dberr.Explain(err))
	}
	if i.path, err = fileOf(ctx, i.conn); err != nil {
		return err
	}
	options = options.withDefaults(i.path)
	if err := checkFile(i.path); err != nil {
		return err
	}
	if err := checkOurs(ctx, i.conn, i.path); err != nil {
		return err
	}
	if i.lock, err = lockFile(i.path + ".lock"); err != nil {
		return err
	}
	if err := checkSchema(ctx, i.conn, i.path); err != nil {
		return err
	}
	if err := i.identify(ctx, keys, options); err != nil {
		return fmt.Errorf("%s: %w", i.path, err)
	}
	i.Reader, err = newReader(i.conn, i.ring, &queue.Gate{}, engine.Unprepared(i.conn))
	return err
}

func (i *Inspection) identify(ctx context.Context, keys engine.KeyKeeper, options Options) error {
	id, made, err := engine.StoredID(ctx, i.conn)
	if err != nil {
		return err
	}
	if !made {
		return fmt.Errorf("%w: it has no store yet", ErrNotOurs)
	}
	if i.ring, err = engine.Keyring(ctx, i.conn, keys, id); err != nil {
		return err
	}
	var h header
	if i.slots, h, err = openSlots(disk.OS{}, options.KeySlots, os.O_RDONLY); err != nil {
		return err
	}
	if h.store != i.ring.ID {
		return fmt.Errorf("%w: %s", ErrOtherKeySlots, options.KeySlots)
	}
	return nil
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

// Remains looks for what is left of the incarnations that events tell the end of.
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

// FreePages counts the pages of the database's file that are not in use, and of
// those the ones that are not empty: the store overwrites what it frees, so
// something else wrote them, or kept a copy.
func (i *Inspection) FreePages(ctx context.Context) (free, notEmpty int, err error) {
	file, err := os.Open(i.path)
	if err != nil {
		return 0, 0, fmt.Errorf("sqlstore: looking into free pages: %w", err)
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 100)
	if _, err := file.ReadAt(head, 0); err != nil {
		return 0, 0, fmt.Errorf("%w: %s: %w", codec.ErrDamaged, i.path, err)
	}
	size := int64(binary.BigEndian.Uint16(head[16:]))
	if size == 1 {
		size = 65536
	}
	l := freeList{file: file, page: make([]byte, size), leaf: make([]byte, size)}
	err = l.walk(ctx, binary.BigEndian.Uint32(head[32:]), int(binary.BigEndian.Uint32(head[36:])))
	return l.free, l.notEmpty, err
}
