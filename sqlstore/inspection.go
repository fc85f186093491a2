package sqlstore

import (
	"context"
	"database/sql"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/sqlite"
)

// Inspection looks at the files of a store over SQLite as an attacker who has all of
// them and the master key could: it opens no store, so that nothing is finished,
// swept or counted before it was looked at, and changes nothing but for the lock
// file, which keeps stores away as long as it is open.
type Inspection struct{ of *sqlite.Inspection }

// InspectSQLite begins an inspection of the store in a database of SQLite, which
// db is connected to, best with mode=ro. Where [OpenSQLite] would find the
// database, the key or the slots wrong, it returns the same errors, but for
// [ErrRestored]: whether copies were put back is what it is to be used after,
// too. A schema that is not the present one is refused, as it is not brought
// forward. db stays the caller's to close, after the inspection.
func InspectSQLite(ctx context.Context, db *sql.DB, keys KeyKeeper, edits ...func(*Options)) (*Inspection, error) {
	of, err := sqlite.Inspect(ctx, db, keys, sqliteOptions(edits))
	if err != nil {
		return nil, err
	}
	return &Inspection{of}, nil
}

// Events is [Store.Events].
func (i *Inspection) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	return i.of.Events(ctx, after, limit)
}

// Remains looks for what is left of the incarnations that events tell the end of:
// rows, ciphertexts, data keys in slots that decrypt anything of theirs, and
// bytes of their rows anywhere in the database's file and its logs. It returns a
// list for each event, empty where nothing is left. It reads the files once, so
// it is better asked about many events than often.
func (i *Inspection) Remains(ctx context.Context, of []secretlife.Event) ([][]string, error) {
	return i.of.Remains(ctx, of)
}

// FreePages counts the pages of the database's file that are not in use, and of
// those the ones that are not empty: the store overwrites what it frees, so
// something else wrote them, or kept a copy.
func (i *Inspection) FreePages(ctx context.Context) (free, notEmpty int, err error) {
	return i.of.FreePages(ctx)
}

// Close ends the inspection.
func (i *Inspection) Close() error { return i.of.Close() }
