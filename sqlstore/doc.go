// Package sqlstore is the durable [secretlife.Store], over a database/sql
// database. It knows SQLite and PostgreSQL; the program picks the driver:
//
//	db, err := sql.Open("sqlite", "secrets.db") // modernc.org/sqlite, say
//	store, err := sqlstore.OpenSQLite(ctx, db, sqlstore.NewFileKeeper("secrets.master"))
//	m, err := secretlife.New(store)
//
// SQLite is for one process. With PostgreSQL any number of processes share a
// database, and keep the keys of epochs outside it: see [OpenPostgres],
// [EpochKeys], docs/scale.md.
//
//	db, err := sql.Open("pgx", "postgres://app@db/secrets") // github.com/jackc/pgx/v5/stdlib, say
//	keys, epochs := sqlstore.NewFileKeeper("secrets.master"), sqlstore.NewEpochFile("secrets.keyring")
//	store, err := sqlstore.OpenPostgres(ctx, db, keys, epochs)
//
// # Files
//
// With SQLite, beside the database there are its write-ahead log (secrets.db-wal), the key
// slots (secrets.db.keys) and a lock (secrets.db.lock). Back up the database
// together with its key slots, or not the key slots at all: see docs/permanence.md.
// An [Anchor], outside of the backups, has a store refused that was put back from one.
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
// With SQLite the data keys are in the key slots only, wrapped, and a purge overwrites them
// there before it is acknowledged. From then on nothing decrypts the values, not
// even with the master key and every byte of the database. The ciphertexts are
// overwritten in the files soon after: see [SQLite.Scrub].
//
// With PostgreSQL a purge and the destruction of its data keys are two instants:
// see [Postgres.DestroyKeys] and [Postgres.KeysDestroyed].
//
// All events are kept.
package sqlstore
