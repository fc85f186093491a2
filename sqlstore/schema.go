package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// migrations lead from an empty database to the present schema, one statement
// and one version each, as some databases take no more than one definition in a
// transaction. Only ever append: what is here was run by somebody. There is no
// migration library below this: the small ones need packages beyond the standard
// library, and whoever imports this package would inherit them.
//
// The dates of a secret stand beside its state so that lists can be ordered by
// them; mac is over all columns of a row. accessed is the zero Time's
// milliseconds where no value was ever read, which comes before all others.
var migrations = []string{
	`CREATE TABLE secretlife_meta (
		name {text} NOT NULL PRIMARY KEY,
		value {blob} NOT NULL
	)`,
	`CREATE TABLE secretlife_secrets (
		account {text} NOT NULL,
		region {text} NOT NULL,
		name {text} NOT NULL,
		incarnation {blob} NOT NULL,
		revision {int} NOT NULL CHECK (revision > 0),
		created {int} NOT NULL,
		changed {int} NOT NULL,
		accessed {int} NOT NULL,
		due {int},
		deletion {int},
		purge {int},
		slot {int} NOT NULL CHECK (slot >= 0),
		state {text} NOT NULL,
		mac {blob} NOT NULL,
		PRIMARY KEY (account, region, name),
		CHECK ((deletion IS NULL) = (purge IS NULL)),
		CHECK (deletion IS NULL OR (due IS NOT NULL AND due = purge AND purge >= deletion))
	)`,
	`CREATE UNIQUE INDEX secretlife_by_slot ON secretlife_secrets (slot)`,
	`CREATE INDEX secretlife_by_due ON secretlife_secrets (due, account, region, name)`,
	`CREATE INDEX secretlife_by_created ON secretlife_secrets (account, region, created, name)`,
	`CREATE INDEX secretlife_by_changed ON secretlife_secrets (account, region, changed, name)`,
	`CREATE INDEX secretlife_by_accessed ON secretlife_secrets (account, region, accessed, name)`,
	`CREATE TABLE secretlife_versions (
		incarnation {blob} NOT NULL,
		version {text} NOT NULL,
		sealed {blob} NOT NULL,
		PRIMARY KEY (incarnation, version)
	)`,
	`CREATE TABLE secretlife_events (
		seq {int} NOT NULL PRIMARY KEY,
		record {text} NOT NULL,
		mac {blob} NOT NULL
	)`,
	`CREATE TABLE secretlife_counts (
		account {text} NOT NULL,
		region {text} NOT NULL,
		secrets {int} NOT NULL CHECK (secrets >= 0),
		PRIMARY KEY (account, region)
	)`,
	`CREATE TABLE secretlife_purging (
		slot {int} NOT NULL PRIMARY KEY
	)`,
	// From here on states and events are written in their binary forms, which
	// columns of text take as they are.
	`DROP INDEX secretlife_by_due`,
	`CREATE INDEX secretlife_by_due ON secretlife_secrets (due, account, region, name) WHERE due IS NOT NULL`,
	// From here on rows of events can have several, which programs that don't know
	// it can't read.
	`SELECT 1`,
	`CREATE TABLE secretlife_notes (
		name {text} NOT NULL PRIMARY KEY,
		value {blob} NOT NULL,
		mac {blob} NOT NULL
	)`,
}

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

// migrate brings the schema forward to the last of steps. Each is a transaction
// together with its version, so that after a crash it goes on where it was.
func migrate(ctx context.Context, d *dialect, conn *sql.Conn, steps []string) error {
	version, err := schemaVersion(ctx, conn)
	if err != nil {
		return err
	}
	if version > len(steps) {
		return fmt.Errorf("%w: it has version %d, and this program knows %d", ErrNewer, version, len(steps))
	}
	for ; version < len(steps); version++ {
		err := inTransaction(ctx, d, conn, func() error {
			if _, err := conn.ExecContext(ctx, d.sql(steps[version])); err != nil {
				return err
			}
			return setMeta(ctx, conn, metaSchema, []byte(strconv.Itoa(version+1)))
		})
		if err != nil {
			return fmt.Errorf("sqlstore: bringing the schema to version %d: %w", version+1, explain(err))
		}
	}
	return nil
}

// schemaVersion is 0 for an empty database.
func schemaVersion(ctx context.Context, q database) (int, error) {
	text, err := getMeta(ctx, q, metaSchema)
	if err != nil && strings.Contains(err.Error(), "no such table") {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return parseVersion(text)
}

func parseVersion(text []byte) (int, error) {
	version, err := strconv.Atoi(string(text))
	if err != nil || version < 1 {
		return 0, fmt.Errorf("%w: its schema has the version %q", ErrDamaged, text)
	}
	return version, nil
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

// getMeta returns a value of the meta table, nil where there is none.
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
