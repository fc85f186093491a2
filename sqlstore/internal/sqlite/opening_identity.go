package sqlite

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/secretlife-go/secretlife/internal/disk"
	"github.com/secretlife-go/secretlife/sqlstore/internal/anchor"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Names in the meta table.
const (
	metaOpened  = "opened"  // how often the store was opened
	metaOpening = "opening" // the same, before the key slots know
)

// identify finds out which store it is, gets its key, and checks that its key
// slots are the ones. It makes all that where the store is new.
func (o *opening) identify(ctx context.Context) error {
	id, made, err := engine.StoredID(ctx, o.conn)
	if err != nil {
		return err
	}
	if !made && o.options.ReadOnly {
		return fmt.Errorf("%w: %s has no store yet", ErrNotOurs, o.path)
	}
	if !made {
		return o.make(ctx)
	}
	if o.ring, err = engine.Keyring(ctx, o.conn, o.keys, id); err != nil {
		return fmt.Errorf("%s: %w", o.path, err)
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
		return fmt.Errorf("%w: the %s; if a copy was put back on purpose, say so (Options.Restored)",
			anchor.ErrRestored, older)
	}
	last, err := o.lastEvent(ctx, h.seq)
	if err != nil {
		return err
	}
	if err := o.checkAnchor(ctx); err != nil || o.options.ReadOnly {
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
		return last, dberr.Explain(err)
	}
	return last, fmt.Errorf("%w: the database ends with event %d, and the key slots know of event %d. "+
		"Its write-ahead log, %s-wal, is missing, or an older copy of it was put back. Put the log back beside it; "+
		"or, if this copy is meant, say so (Options.Restored), and the data keys of secrets that it does not have are "+
		"destroyed",
		anchor.ErrRestored, last, known, o.path)
}

// make gives a new store its id, its key and its slots. The id is written last:
// before, the store is still to be made.
func (o *opening) make(ctx context.Context) error {
	identity, err := engine.NewIdentity(ctx, o.keys)
	if err != nil {
		return err
	}
	o.ring = identity.Ring
	if o.slots, err = createSlots(disk.Of(ctx), o.options.KeySlots, header{store: o.ring.ID}); err != nil {
		return err
	}
	err = inTransaction(ctx, o.conn, func() error {
		return errors.Join(
			identity.WriteKey(ctx, o.conn),
			setNumber(ctx, o.conn, o.ring, metaOpened, 0),
			engine.SetMeta(ctx, o.conn, engine.MetaStore, o.ring.ID[:]),
		)
	})
	if err != nil {
		return err
	}
	return o.checkAnchor(ctx)
}

// countOpening counts in the database and in the key slots. A crash between
// leaves the number of metaOpening in one or both.
func (o *opening) countOpening(ctx context.Context, h header) error {
	set := func(name string) error {
		err := inTransaction(ctx, o.conn, func() error { return setNumber(ctx, o.conn, o.ring, name, h.opened) })
		if err != nil {
			return fmt.Errorf("sqlstore: %s: %w", o.path, dberr.Explain(err))
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

// getNumber reads a number of the meta table, which has its code behind it.
func getNumber(ctx context.Context, q engine.Database, k *seal.Keyring, name string) (int64, error) {
	b, err := engine.GetMeta(ctx, q, name)
	if err != nil || b == nil {
		return 0, err
	}
	if len(b) < 8 || !hmac.Equal(b[8:], numberCode(k, name, b[:8])) {
		return 0, fmt.Errorf("%w: %s in secretlife_meta", seal.ErrTampered, name)
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}

func setNumber(ctx context.Context, q engine.Database, k *seal.Keyring, name string, n int64) error {
	b := binary.BigEndian.AppendUint64(nil, uint64(n))
	return engine.SetMeta(ctx, q, name, append(b, numberCode(k, name, b)...))
}

func numberCode(k *seal.Keyring, name string, b []byte) []byte {
	c := k.Code("meta")
	c.Text(name)
	c.Bytes(b)
	return c.Sum()
}

// checkAnchor refuses a store that is behind its anchor.
func (o *opening) checkAnchor(ctx context.Context) error {
	o.anchored = anchor.New(o.options.Anchor, o.ring, o.options.Logger)
	begin := o.anchored.Begin
	if o.options.ReadOnly {
		begin = o.anchored.Check
	}
	if err := begin(ctx, o.conn, o.options.Restored); err != nil {
		return fmt.Errorf("%s: %w", o.path, err)
	}
	return nil
}
