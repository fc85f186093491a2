package stores_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/schema"
)

// The schema of a program that knows three versions, of which the database of an
// older program has the first. Each can be run again.
var (
	oldVersions = [][]string{{
		`CREATE TABLE IF NOT EXISTS secretlife_meta (name TEXT NOT NULL PRIMARY KEY, value %s NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS things (name TEXT NOT NULL)`,
	}}
	newVersions = append(oldVersions[:1:1], []string{
		`CREATE TABLE IF NOT EXISTS copies (name TEXT NOT NULL PRIMARY KEY)`,
		`INSERT INTO copies SELECT name FROM things WHERE true ON CONFLICT DO NOTHING`,
	}, []string{`CREATE INDEX IF NOT EXISTS by_name ON copies (name)`})
)

func withBinary(versions [][]string, binary string) (out [][]string) {
	for _, definitions := range versions {
		var as []string
		for _, definition := range definitions {
			as = append(as, fmt.Sprintf(definition+" -- %s", binary))
		}
		out = append(out, as)
	}
	out[0][0] = fmt.Sprintf(versions[0][0], binary)
	return out
}

// cameForward checks that a database has the last version, and all that was in it,
// and that the older program refuses it.
func cameForward(t *testing.T, db schema.Database, older func() error) {
	t.Helper()
	version, err := schema.Version(ctx, db)
	require.NoError(t, err)
	require.Equal(t, len(newVersions), version)
	var copied string
	require.NoError(t, db.QueryRowContext(ctx, "SELECT name FROM copies").Scan(&copied))
	require.Equal(t, "kept", copied)
	require.ErrorIs(t, older(), schema.ErrNewer)
}

// TestAnInterruptedMigrationGoesOn interrupts the way from an older version of the
// schema before and after each statement.
func TestAnInterruptedMigrationGoesOn(t *testing.T) {
	defer spy.set(nil)
	older, newer := withBinary(oldVersions, "BLOB"), withBinary(newVersions, "BLOB")
	for interrupted := 0; ; interrupted++ {
		f := newFiles(t)
		open := func(driver string) (*sql.DB, *sql.Conn) {
			db, err := sql.Open(driver, f.db())
			require.NoError(t, err)
			conn, err := db.Conn(ctx)
			require.NoError(t, err)
			return db, conn
		}
		db, conn := open("sqlite")
		version, err := schema.Version(ctx, conn)
		require.NoError(t, err)
		require.Zero(t, version)
		require.NoError(t, schema.SQLite(ctx, conn, older))
		_, err = conn.ExecContext(ctx, "INSERT INTO things VALUES ('kept')")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.NoError(t, db.Close())

		db, conn = open("sqlite-spied")
		points := 0
		spy.set(func() error {
			if points++; points > interrupted {
				return errPlanted
			}
			return nil
		})
		err = schema.SQLite(ctx, conn, newer)
		spy.set(nil)
		require.NoError(t, conn.Close())
		require.NoError(t, db.Close())
		if err != nil {
			require.ErrorIs(t, err, errPlanted)
		}
		db, conn = open("sqlite")
		require.NoError(t, schema.SQLite(ctx, conn, newer))
		cameForward(t, conn, func() error { return schema.SQLite(ctx, conn, older) })
		require.NoError(t, conn.Close())
		require.NoError(t, db.Close())
		if points <= interrupted { // nothing was interrupted
			require.Greater(t, interrupted, 15)
			return
		}
	}
}

// interrupting is a database that refuses statements after some.
type interrupting struct {
	schema.Database
	left int
}

func (i *interrupting) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if i.left--; i.left < 0 {
		return nil, errPlanted
	}
	return i.Database.ExecContext(ctx, query, args...)
}

// TestAnInterruptedMigrationOfPostgresGoesOn does the same where definitions are in no
// transaction, and has several processes bring the schema forward at the same time.
func TestAnInterruptedMigrationOfPostgresGoesOn(t *testing.T) {
	c := newCluster(t)
	older, newer := withBinary(oldVersions, "BYTEA"), withBinary(newVersions, "BYTEA")
	once := func(ctx context.Context, do func(context.Context) error) error { return do(ctx) }
	for interrupted := 0; ; interrupted++ {
		db, err := c.database(t).connect()
		require.NoError(t, err)
		require.NoError(t, schema.Postgres(ctx, db, once, older))
		_, err = db.ExecContext(ctx, "INSERT INTO things VALUES ('kept')")
		require.NoError(t, err)
		i := &interrupting{db, interrupted}
		err = schema.Postgres(ctx, i, once, newer)
		if err != nil {
			require.ErrorIs(t, err, errPlanted)
			everyone(t, 4, func(int) error { return schema.Postgres(ctx, db, once, newer) })
		}
		cameForward(t, db, func() error { return schema.Postgres(ctx, db, once, older) })
		require.NoError(t, db.Close())
		if err == nil {
			require.Greater(t, interrupted, 4)
			return
		}
	}
}
