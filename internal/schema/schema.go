// Package schema brings the schema of a database forward to the version that a
// program knows. It is apart from the durable store so that tests can bring forward
// a schema that has more versions than the store's.
//
// A version is a list of definitions. The table secretlife_meta, which the first
// version must make, has the number of the version that the database has.
//
// There is no migration library below this: the small ones need packages beyond the
// standard library, and every importer of the store would inherit them.
package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var (
	// ErrNewer means that a newer version of the program made the schema.
	ErrNewer = errors.New("sqlstore: the schema is of a newer version")
	// ErrVersion means that the number of the version is not a number.
	ErrVersion = errors.New("the version of the schema is not a number")
)

// Database is a connection to a database, or a pool of them.
type Database interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// name is the name of the version's number in secretlife_meta.
const name = "schema"

// SQLite brings a database of SQLite forward, over the one connection that writes
// to it. Each version is a transaction together with its number, so that an
// interrupted migration continues with the version it had come to.
func SQLite(ctx context.Context, conn Database, versions [][]string) error {
	at, err := known(ctx, conn, len(versions))
	for ; err == nil && at < len(versions); at++ {
		if err = together(ctx, conn, versions[at], at+1); err != nil {
			err = fmt.Errorf("sqlstore: bringing the schema to version %d: %w", at+1, err)
		}
	}
	return err
}

func together(ctx context.Context, conn Database, definitions []string, version int) error {
	exec := func(query string, args ...any) error {
		_, err := conn.ExecContext(ctx, query, args...)
		return err
	}
	err := exec("BEGIN IMMEDIATE")
	for _, definition := range definitions {
		if err == nil {
			err = exec(definition)
		}
	}
	if err == nil {
		err = exec(`INSERT INTO secretlife_meta (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, number(version))
	}
	if err == nil {
		err = exec("COMMIT")
	}
	if err != nil {
		// Where BEGIN or COMMIT failed there may be no transaction: then this fails, too.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}

// Postgres brings a database of PostgreSQL forward. Several processes may do it at
// the same time. Definitions and the number of their version are not in one
// transaction, as not all engines allow that: so each definition must be one that
// can be run again (IF NOT EXISTS), and an interrupted migration repeats the
// version it was at. The number only goes up by ones.
//
// The arguments of queries are written as $1, $2. once runs a step of it, and may
// repeat it.
func Postgres(ctx context.Context, db Database, once func(context.Context, func(context.Context) error) error,
	versions [][]string,
) error {
	at, err := known(ctx, db, len(versions))
	for err == nil && at < len(versions) {
		if err = once(ctx, func(ctx context.Context) error { return apart(ctx, db, versions[at], at+1) }); err != nil {
			return fmt.Errorf("sqlstore: bringing the schema to version %d: %w", at+1, err)
		}
		at, err = known(ctx, db, len(versions))
	}
	return err
}

func apart(ctx context.Context, db Database, definitions []string, version int) error {
	for _, definition := range definitions {
		if err := define(ctx, db, definition); err != nil {
			return err
		}
	}
	if version == 1 {
		_, err := db.ExecContext(ctx, `INSERT INTO secretlife_meta (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO NOTHING`, name, number(1))
		return err
	}
	_, err := db.ExecContext(ctx, `UPDATE secretlife_meta SET value = $1 WHERE name = $2 AND value = $3`,
		number(version), name, number(version-1))
	return err
}

// mostDefiners bounds how often a definition is tried that another process makes
// at the same time.
const mostDefiners = 10

// define runs a definition, again where another process made the same at the same
// time: IF NOT EXISTS looks first, so one of the two can fail (23505
// unique_violation, 42P07 duplicate_table, 42710 duplicate_object).
func define(ctx context.Context, db Database, definition string) (err error) {
	for range mostDefiners {
		_, err = db.ExecContext(ctx, definition)
		if err == nil || !slices.Contains([]string{"23505", "42P07", "42710"}, sqlState(err)) {
			return err
		}
	}
	return err
}

func number(version int) []byte { return []byte(strconv.Itoa(version)) }

// known is Version, but refuses a version that is above the last.
func known(ctx context.Context, db Database, last int) (int, error) {
	version, err := Version(ctx, db)
	if err == nil && version > last {
		err = fmt.Errorf("%w: it has version %d, and this program knows %d", ErrNewer, version, last)
	}
	return version, err
}

// Version returns the version that a database has; 0 where it has none.
func Version(ctx context.Context, db Database) (int, error) {
	var text []byte
	err := db.QueryRowContext(ctx, `SELECT value FROM secretlife_meta WHERE name = '`+name+`'`).Scan(&text)
	switch {
	case errors.Is(err, sql.ErrNoRows), sqlState(err) == "42P01": // undefined_table
		return 0, nil
	case err != nil && strings.Contains(err.Error(), "no such table"): // SQLite has no code that all drivers show
		return 0, nil
	case err != nil:
		return 0, err
	}
	version, err := strconv.Atoi(string(text))
	if err != nil || version < 1 {
		return 0, fmt.Errorf("%w: it is %q", ErrVersion, text)
	}
	return version, nil
}

// sqlState is the code by which a server of PostgreSQL names an error, "" where the
// error is not the server's.
func sqlState(err error) string {
	var stated interface{ SQLState() string }
	if errors.As(err, &stated) {
		return stated.SQLState()
	}
	return ""
}
