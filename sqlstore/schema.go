package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/schema"
)

// sqliteVersions are the versions of the schema over SQLite, each with its
// definitions. Only ever append: what is here was run by somebody.
//
// The dates of a secret stand beside its state so that lists can be ordered by
// them; mac is over all columns of a row. accessed is the zero Time's
// milliseconds where no value was ever read, which comes before all others.
var sqliteVersions = [][]string{{
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
		CHECK (deletion IS NULL OR (due IS NOT NULL AND due = purge AND purge >= deletion))
	)`,
	`CREATE UNIQUE INDEX secretlife_by_slot ON secretlife_secrets (slot)`,
	`CREATE INDEX secretlife_by_due ON secretlife_secrets (due, account, region, name)
		WHERE due IS NOT NULL`,
	`CREATE INDEX secretlife_by_created ON secretlife_secrets (account, region, created, name)`,
	`CREATE INDEX secretlife_by_changed ON secretlife_secrets (account, region, changed, name)`,
	`CREATE INDEX secretlife_by_accessed ON secretlife_secrets (account, region, accessed, name)`,
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
}}

const metaSchema = "schema"

// checkOurs refuses a database that has tables, and none of this package. It
// changes nothing.
func checkOurs(ctx context.Context, d *dialect, conn *sql.Conn, path string) error {
	rows, err := conn.QueryContext(ctx, d.tables)
	if err != nil {
		return explain(err)
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
	return explain(rows.Err())
}

// misread gives the errors of package schema their meaning.
func misread(err error) error {
	if errors.Is(err, schema.ErrVersion) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return explain(err)
}

// inTransaction commits what do did, or nothing.
func inTransaction(ctx context.Context, d *dialect, conn *sql.Conn, do func() error) error {
	exec := func(query string) func() error {
		return func() error {
			_, err := conn.ExecContext(ctx, query)
			return err
		}
	}
	return between(ctx, conn, exec(d.begin), exec("COMMIT"), do)
}

// between does something between the beginning and the end of a transaction.
func between(ctx context.Context, conn *sql.Conn, begin, commit, do func() error) error {
	err := begin()
	if err == nil {
		err = do()
	}
	if err == nil {
		if err = commit(); err != nil && !full(err) { // where there is no room, the end was not written
			err = &commitError{err}
		}
	}
	if err != nil {
		// Where BEGIN or COMMIT failed there may be no transaction: then this
		// fails, too.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}

// commitError is a failed COMMIT: what was to be written may have been.
type commitError struct{ error }

func (e *commitError) Unwrap() error { return e.error }

// unwritten is the error for a transaction that failed. After a failed COMMIT the
// outcome is unknown, unless the database says that it rolled the transaction back.
func unwritten(doing string, err error) error {
	told := fmt.Errorf("sqlstore: %s: %w", doing, explain(err))
	var atEnd *commitError
	if !errors.As(err, &atEnd) || slices.Contains(rolledBack, sqlState(err)) {
		return told
	}
	return &secretlife.OutcomeUnknownError{Cause: told}
}

// rolledBack are the SQLSTATEs of a COMMIT that wrote nothing.
var rolledBack = []string{"40000", "40001", "40002", "40P01"}

// getMeta returns a value of the meta table, nil if the table has no such row.
func getMeta(ctx context.Context, q database, name string) ([]byte, error) {
	var value []byte
	err := q.QueryRowContext(ctx, `SELECT value FROM secretlife_meta WHERE name = ?`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return value, explain(err)
}

func setMeta(ctx context.Context, q database, name string, value []byte) error {
	_, err := q.ExecContext(ctx, `INSERT INTO secretlife_meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}
