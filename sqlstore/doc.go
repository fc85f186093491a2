// Package sqlstore is the durable [secretlife.Store], over a database/sql
// database. It knows SQLite; the program picks the driver:
//
//	db, err := sql.Open("sqlite", "secrets.db") // modernc.org/sqlite, say
//	store, err := sqlstore.OpenSQLite(ctx, db, sqlstore.NewFileKeeper("secrets.master"))
//	m, err := secretlife.New(store)
//
// # Files
//
// Beside the database there are its write-ahead log (secrets.db-wal), the key
// slots (secrets.db.keys) and a lock (secrets.db.lock). Back up the database
// together with its key slots, or not the key slots at all: see docs/permanence.md.
//
// # What is promised
//
// A Commit that returned nil is on the disk. Commits that come at the same time
// are written together, each accepted or refused by itself.
//
// Values are encrypted with AES-256-GCM under a data key of their secret's
// incarnation, and open in their place only. Everything else is stored as it is,
// with a code in every row: what others change in the database is found when it
// is read, and answered with [ErrTampered]. A row put back as it was once is not
// found, nor is one that was taken away.
//
// The data keys are in the key slots only, wrapped, and a purge overwrites them
// there before it is acknowledged. From then on nothing decrypts the values, not
// even with the master key and every byte of the database. The ciphertexts are
// overwritten in the files soon after: see [Store.Wash].
//
// All events are kept.
package sqlstore
