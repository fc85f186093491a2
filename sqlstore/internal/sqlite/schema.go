package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/secretlife-go/secretlife/internal/schema"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
)

// versions are the versions of the schema, each with its definitions. Only ever append:
// databases exist that ran what is here.
//
// The dates of a secret stand beside its state so that lists can be ordered by
// them. A secret that is to be purged is due at that date or, as long as a hold keeps it, later or
// never. mac is over all columns of a row. accessed is the zero Time's
// milliseconds where no value was ever read, which comes before all others.
//
// secretlife_blocks has older versions of secrets with many, 128 in a row, so that a
// change of the secret does not write them again. The state has their sums.
var versions = [][]string{{
	`CREATE TABLE secretlife_meta (
		name TEXT NOT NULL PRIMARY KEY,
		value BLOB NOT NULL
	)`,
	`CREATE TABLE secretlife_secrets (
		account TEXT NOT NULL,
		region TEXT NOT NULL,
		name TEXT NOT NULL,
		incarnation BLOB NOT NULL,
		revision INTEGER NOT NULL CHECK (revision > 0),
		created INTEGER NOT NULL,
		ordinal INTEGER NOT NULL,
		changed INTEGER NOT NULL,
		accessed INTEGER NOT NULL,
		due INTEGER,
		deletion INTEGER,
		purge INTEGER,
		slot INTEGER NOT NULL CHECK (slot >= 0),
		state BLOB NOT NULL,
		mac BLOB NOT NULL,
		PRIMARY KEY (account, region, name),
		CHECK ((deletion IS NULL) = (purge IS NULL)),
		CHECK (deletion IS NULL OR purge >= deletion),
		CHECK (purge IS NULL OR due IS NULL OR due >= purge)
	)`,
	`CREATE UNIQUE INDEX secretlife_by_slot ON secretlife_secrets (slot)`,
	`CREATE INDEX secretlife_by_due ON secretlife_secrets (due, account, region, name)
		WHERE due IS NOT NULL`,
	`CREATE INDEX secretlife_by_created ON secretlife_secrets (account, region, created, ordinal, name)`,
	`CREATE INDEX secretlife_by_changed ON secretlife_secrets (account, region, changed, name)`,
	`CREATE INDEX secretlife_by_accessed ON secretlife_secrets (account, region, accessed, name)`,
	`CREATE INDEX secretlife_by_deletion ON secretlife_secrets (account, region, deletion, name)
		WHERE deletion IS NOT NULL`,
	`CREATE TABLE secretlife_versions (
		incarnation BLOB NOT NULL,
		version TEXT NOT NULL,
		sealed BLOB NOT NULL,
		PRIMARY KEY (incarnation, version)
	)`,
	`CREATE TABLE secretlife_events (
		seq INTEGER NOT NULL PRIMARY KEY,
		record BLOB NOT NULL,
		mac BLOB NOT NULL
	)`,
	`CREATE TABLE secretlife_counts (
		account TEXT NOT NULL,
		region TEXT NOT NULL,
		secrets INTEGER NOT NULL CHECK (secrets >= 0),
		PRIMARY KEY (account, region)
	)`,
	`CREATE TABLE secretlife_purging (
		slot INTEGER NOT NULL PRIMARY KEY
	)`,
	`CREATE TABLE secretlife_notes (
		name TEXT NOT NULL PRIMARY KEY,
		value BLOB NOT NULL,
		mac BLOB NOT NULL
	)`,
}, {
	// The entries of access ledgers, and how far each ledger has come. They have no codes, so that a
	// change that others make in the database is not noticed.
	`CREATE TABLE secretlife_accesses (
		account TEXT NOT NULL,
		region TEXT NOT NULL,
		name TEXT NOT NULL,
		incarnation BLOB NOT NULL,
		day INTEGER NOT NULL,
		operation INTEGER NOT NULL,
		scheduled INTEGER NOT NULL,
		principal TEXT NOT NULL,
		arn TEXT NOT NULL,
		calls INTEGER NOT NULL,
		refused INTEGER NOT NULL,
		first_at INTEGER NOT NULL,
		last_at INTEGER NOT NULL,
		PRIMARY KEY (account, region, name, incarnation, day, operation, scheduled, principal)
	)`,
	`CREATE INDEX secretlife_accesses_by_day ON secretlife_accesses (day)`,
	`CREATE INDEX secretlife_accesses_of_scheduled
		ON secretlife_accesses (account, region, name, incarnation, day, operation, principal)
		WHERE scheduled = 1`,
	`CREATE TABLE secretlife_access_writers (
		writer BLOB NOT NULL PRIMARY KEY,
		number INTEGER NOT NULL,
		day INTEGER NOT NULL
	)`,
}, {
	`CREATE TABLE secretlife_blocks (
		incarnation BLOB NOT NULL,
		sum BLOB NOT NULL,
		form BLOB NOT NULL,
		PRIMARY KEY (incarnation, sum)
	)`,
}}

// checkOurs refuses a database that has tables, and none of this package. It
// changes nothing.
func checkOurs(ctx context.Context, conn *sql.Conn, path string) error {
	rows, err := conn.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		return dberr.Explain(err)
	}
	defer func() { _ = rows.Close() }()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		tables = append(tables, name)
	}
	if len(tables) > 0 && !slices.Contains(tables, "secretlife_meta") {
		return fmt.Errorf("%w: %s has tables of something else", ErrNotOurs, path)
	}
	return dberr.Explain(rows.Err())
}

// checkSchema refuses a schema that is not the present one, where it is not brought
// forward.
func checkSchema(ctx context.Context, conn *sql.Conn, path string) error {
	version, err := schema.Version(ctx, conn)
	switch {
	case err != nil:
		return engine.SchemaError(err)
	case version > len(versions):
		return fmt.Errorf("%w: it has version %d, and this program knows %d", schema.ErrNewer, version, len(versions))
	case version < len(versions):
		return fmt.Errorf(
			"sqlstore: the schema of %s has version %d, and the present one is %d: open the store once",
			path,
			version,
			len(versions),
		)
	}
	return nil
}
