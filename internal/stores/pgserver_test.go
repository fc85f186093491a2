package stores_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
	"github.com/secretlife-go/secretlife/storetest"
)

// TestAServerThatAcknowledgesTooEarly turns synchronous_commit off on the server and
// crashes it. No create that the store acknowledged is lost, and none is refused; a
// control, which writes as the server is set, is lost.
func TestAServerThatAcknowledgesTooEarly(t *testing.T) {
	c := newCluster(t, "wal_writer_delay=10000")
	d := c.database(t)
	s := d.open(t)
	m := manager(t, s)
	_, err := c.db.ExecContext(ctx, "CREATE TABLE control (n INT)")
	require.NoError(t, err)
	create(t, m, "before", "v")
	for _, set := range []string{"ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()"} {
		_, err := c.db.ExecContext(ctx, set)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		var is string
		return c.db.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&is) == nil && is == "off"
	}, time.Minute, time.Millisecond)
	const secrets = 30
	for i := range secrets {
		create(t, m, fmt.Sprint("secret-", i), "v")
	}
	require.NoError(t, s.SwapNote(ctx, "note", nil, []byte("value")))
	_, err = c.db.ExecContext(ctx, "INSERT INTO control VALUES (1)")
	require.NoError(t, err)
	c.Kill()
	c.Run()
	for i := range secrets {
		out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: fmt.Sprint("secret-", i)})
		require.NoError(t, err)
		require.Equal(t, "v", out.Value.Reveal())
	}
	note, err := s.Note(ctx, "note")
	require.NoError(t, err)
	require.Equal(t, "value", string(note.Value))
	rows := -1
	require.Eventually(t, func() bool { // connections from before the crash fail once
		return c.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM control").Scan(&rows) == nil
	}, time.Minute, time.Millisecond)
	require.Zero(t, rows, "the server did acknowledge too early")
}

// TestAStandbyIsRefused makes a standby of the server: a store is not opened, and one
// that was open is not healthy.
func TestAStandbyIsRefused(t *testing.T) {
	c := newCluster(t, "hot_standby=on")
	d := c.database(t)
	s := d.open(t)
	m := manager(t, s)
	create(t, m, "a", "v")
	require.NoError(t, s.Health(ctx))
	c.Stop()
	require.NoError(t, os.WriteFile(filepath.Join(c.Data(), "standby.signal"), nil, 0o644))
	c.Run()
	_, err := d.try()
	require.ErrorIs(t, err, sqlstore.ErrReadOnly)
	require.ErrorContains(t, err, "standby")
	require.ErrorIs(t, s.Health(ctx), sqlstore.ErrReadOnly)
	require.ErrorContains(t, s.Health(ctx), "standby")
}

// TestAServerWithoutConnectionsIsWaitedFor takes all connections of a server, and gives
// them back when the store has asked for one. Opening, reading and writing wait.
func TestAServerWithoutConnectionsIsWaitedFor(t *testing.T) {
	c := newCluster(t, "max_connections=10", "superuser_reserved_connections=0")
	d := c.database(t)
	s := d.open(t)
	m := manager(t, s)
	create(t, m, "a", "v")
	require.NoError(t, s.Close())

	var full []*sql.DB
	free := func() {
		for _, db := range full {
			require.NoError(t, db.Close())
		}
		full = nil
	}
	defer func() { free() }()
	for {
		db, err := sql.Open("pgx", c.url)
		require.NoError(t, err)
		if err := db.PingContext(ctx); err != nil {
			require.ErrorContains(t, err, "53300")
			require.NoError(t, db.Close())
			break
		}
		full = append(full, db)
	}
	var pauses atomic.Int64
	s, err := d.try(func(o *sqlstore.PostgresOptions) {
		o.Connections = 2
		o.Random = func() float64 { // it is asked for each pause
			if pauses.Add(1) == 2 {
				free()
			}
			return 0
		}
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.GreaterOrEqual(t, pauses.Load(), int64(2))
	create(t, manager(t, s), "b", "v")
}

// TestFewConnectionsAreEnough checks the contract through a single connection, on
// which everything waits its turn, and counts what a store uses by default.
func TestFewConnectionsAreEnough(t *testing.T) {
	c := newCluster(t)
	storetest.Run(t, func(t *testing.T) secretlife.Store {
		d := c.database(t)
		d.conns = 1
		return d.open(t)
	})
	d := c.database(t)
	s := d.open(t)
	m := manager(t, s)
	create(t, m, "a", "v")
	everyone(t, 50, func(int) error {
		_, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		return err
	})
	var used int
	require.NoError(
		t,
		c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
		AND pid <> pg_backend_pid() AND query LIKE '%secretlife%'`).Scan(&used),
	)
	require.LessOrEqual(t, used, 8)
}

// TestAStoreThatIsFilledIsAnalyzed checks that a server knows what is in the table of secrets
// before it looks by itself.
func TestAStoreThatIsFilledIsAnalyzed(t *testing.T) {
	c := newCluster(t, "autovacuum=off")
	d := c.database(t)
	m := manager(t, d.open(t))
	inParallel(t, 1_024, func(i int) error {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: benchName(i)})
		return err
	})
	require.Eventually(t, func() bool {
		var rows float64
		table := d.schema() + ".secretlife_secrets"
		err := c.db.QueryRowContext(ctx, "SELECT reltuples FROM pg_class WHERE oid = $1::regclass", table).Scan(&rows)
		return err == nil && rows > 0
	}, time.Minute, time.Millisecond)
}
