package stores_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest"
	"github.com/secretlife-go/secretlife/sqlstore"
	"github.com/secretlife-go/secretlife/storetest"
)

// TestWhyPostgresDoesNotOpen holds the reasons, each for errors.Is.
func TestWhyPostgresDoesNotOpen(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	require.NoError(t, d.open(t).Close())

	x := d
	x.url = "postgres://u@127.0.0.1:1/d"
	_, err := x.try()
	require.ErrorIs(t, err, sqlstore.ErrNoAnswer)

	x = d
	x.files = newFiles(t)
	x.ring = d.keyring()
	_, err = x.try()
	require.ErrorIs(t, err, sqlstore.ErrWrongKey, "no key")
	require.NoError(t, os.WriteFile(x.master(), []byte(strings.Repeat("ab", 32)), 0o600))
	_, err = x.try()
	require.ErrorIs(t, err, sqlstore.ErrWrongKey)

	x = c.database(t)
	x.url += "&default_transaction_read_only=on"
	_, err = x.try()
	require.ErrorIs(t, err, sqlstore.ErrReadOnly)

	_, err = c.db.ExecContext(ctx, "UPDATE "+d.schema()+".secretlife_meta SET value = '999' WHERE name = 'schema'")
	require.NoError(t, err)
	_, err = d.try()
	require.ErrorIs(t, err, sqlstore.ErrNewer)
}

// TestNamesAreComparedByteByByte holds the order of names in a database whose
// collation is a language's.
func TestNamesAreComparedByteByByte(t *testing.T) {
	c := newCluster(t)
	_, err := c.db.ExecContext(
		ctx,
		"CREATE DATABASE english TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
	)
	require.NoError(t, err)
	d := c.database(t)
	d.url = c.URL("english")
	s := d.open(t)
	names := []string{"+a", "B", "Z/a", "a", "a-b", "aB", "a_b", "ab", "b"} // in order
	m := manager(t, s)
	for i := range names {
		create(t, m, names[(i*5)%len(names)], "v")
	}
	var got []string
	key := keyOf(t, "a")
	query := secretlife.ListQuery{Account: key.Account, Region: key.Region, Order: secretlife.OrderByName, Limit: 2}
	for {
		page, err := s.List(ctx, query)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, x := range page {
			got = append(got, x.Name().String())
		}
		query.After = secretlife.CursorOf(page[len(page)-1], secretlife.OrderByName)
	}
	require.Equal(t, names, got)
	query.After, query.Prefix, query.Limit = secretlife.Cursor{}, "a", 100
	page, err := s.List(ctx, query)
	require.NoError(t, err)
	require.Len(t, page, 5)
}

// TestAServerThatNeverAnswers checks that opening ends with its context.
func TestAServerThatNeverAnswers(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0") // nobody accepts
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	db, err := sql.Open("pgx", "postgres://u@"+l.Addr().String()+"/d?sslmode=disable")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	f := newFiles(t)
	_, err = sqlstore.OpenPostgres(soon, db, sqlstore.NewFileKeeper(f.master()), sqlstore.NewEpochFile(f.keys()))
	require.ErrorIs(t, err, sqlstore.ErrNoAnswer)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// isolated is the driver for a server that does not do READ COMMITTED and takes
// something stronger instead: SERIALIZABLE as CockroachDB where nobody allowed it
// the other, or REPEATABLE READ as YugabyteDB.
type isolated struct {
	lent
	level sql.IsolationLevel
}

func (c isolated) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	opts.Isolation = driver.IsolationLevel(c.level)
	return c.Conn.BeginTx(ctx, opts)
}

type isolatedConnector struct {
	lentTo
	level sql.IsolationLevel
	made  *atomic.Int64
}

func (c isolatedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.lentTo.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c.made.Add(1)
	return isolated{conn.(lent), c.level}, nil
}

// openIsolated opens two Stores on one database, for whom every transaction is as
// isolated as level says.
func (c *cluster) openIsolated(t *testing.T, level sql.IsolationLevel) *several {
	t.Helper()
	d := c.database(t)
	var made atomic.Int64
	out := &several{}
	for range 2 {
		s, err := sqlstore.OpenPostgres(ctx, sql.OpenDB(isolatedConnector{lentTo{c.lender, d.schema()}, level, &made}),
			sqlstore.NewFileKeeper(d.master()), sqlstore.NewEpochFile(d.keyring()))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		out.stores = append(out.stores, s)
	}
	require.NotZero(t, made.Load())
	out.Store = out.stores[0]
	return out
}

// stronger are the levels of isolation at which a database gives up transactions
// that met (40001).
var stronger = []sql.IsolationLevel{sql.LevelRepeatableRead, sql.LevelSerializable}

// TestStrongerIsolationIsAStore holds the contract at the strongest.
func TestStrongerIsolationIsAStore(t *testing.T) {
	t.Parallel()
	c := newCluster(t).lends(t)
	storetest.Run(t, func(t *testing.T) secretlife.Store { return c.openIsolated(t, sql.LevelSerializable) })
}

func TestStrongerIsolationIsLinearizable(t *testing.T) {
	c := newCluster(t).lends(t)
	for _, level := range stronger {
		t.Run(level.String(), func(t *testing.T) {
			open := func(t *testing.T) secretlife.Store { return c.openIsolated(t, level) }
			require.NotZero(t, lifetest.CheckConcurrent(t, open, manyClients()))
		})
	}
}

// TestPostgresFindsWhatWasTouched changes rows as somebody with the database
// could, and looks for each change at the answers.
func TestPostgresFindsWhatWasTouched(t *testing.T) {
	c := newCluster(t)
	for name, x := range map[string]struct {
		change string
		notice func(s *sqlstore.Postgres, m *secretlife.Manager) error
	}{
		"a date": {"UPDATE @secrets SET deletion = deletion - 1, purge = purge - 1, due = due - 1 WHERE name = 'scheduled'",
			describes("scheduled")},
		"a state": {"UPDATE @secrets SET state = (SELECT state FROM @secrets WHERE name = 'other') WHERE name = 'a'",
			describes("a")},
		"a value": {"UPDATE @versions SET sealed = sealed || '\\x00'::bytea", gets("a")},
		"another's value": {`UPDATE @versions v SET sealed = o.sealed FROM @versions o, @secrets s
			WHERE s.name = 'a' AND v.incarnation = s.incarnation AND o.incarnation <> s.incarnation`, gets("a")},
		"a data key":           {"UPDATE @keys SET wrapped = wrapped || '\\x00'::bytea", gets("a")},
		"a block of versions":  {"UPDATE @blocks SET form = form || '\\x00'::bytea", describes("long")},
		"a block that is gone": {"DELETE FROM @blocks", describes("long")},
		"an event": {"UPDATE @events SET record = overlay(record placing '\\x04'::bytea from 2)", func(s *sqlstore.Postgres,
			_ *secretlife.Manager) error {
			_, err := s.Events(ctx, 0, 100)
			return err
		}},
		"an event that is gone": {"DELETE FROM @events WHERE seq = 2", func(s *sqlstore.Postgres,
			_ *secretlife.Manager) error {
			_, err := s.Events(ctx, 0, 100)
			return err
		}},
		"a note": {"UPDATE @notes SET value = value || '\\x00'::bytea", func(s *sqlstore.Postgres,
			_ *secretlife.Manager) error {
			_, err := s.Note(ctx, "touched")
			return err
		}},
		"an epoch": {"UPDATE @epochs SET seq = seq + 1", func(s *sqlstore.Postgres, _ *secretlife.Manager) error {
			_, err := s.KeysDestroyed(ctx)
			return err
		}},
		"a row that is written": {"UPDATE @secrets SET changed = changed + 1 WHERE name = 'a'", func(_ *sqlstore.Postgres,
			m *secretlife.Manager) error {
			return remove(m, "a")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := c.database(t)
			s := d.open(t)
			m := manager(t, s)
			for _, name := range []string{"a", "other", "scheduled"} {
				create(t, m, name, "the value of "+name)
			}
			commit(t, s, withHistory(t, key(t, m, "long"), 200), nil)
			require.NoError(t, remove(m, "scheduled"))
			require.NoError(t, touch(s))
			require.NoError(t, x.notice(s, m), "before it was touched")
			if name == "a row that is written" {
				_, err := m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
				require.NoError(t, err)
			}
			done, err := c.db.ExecContext(ctx, strings.ReplaceAll(x.change, "@", d.schema()+".secretlife_"))
			require.NoError(t, err)
			n, err := done.RowsAffected()
			require.NoError(t, err)
			require.NotZero(t, n)
			err = x.notice(s, m)
			require.ErrorIs(t, err, sqlstore.ErrTampered)
			require.NotContains(t, err.Error(), "the value of")
		})
	}
}

func describes(name string) func(*sqlstore.Postgres, *secretlife.Manager) error {
	return func(_ *sqlstore.Postgres, m *secretlife.Manager) error {
		_, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: name})
		return err
	}
}

func gets(name string) func(*sqlstore.Postgres, *secretlife.Manager) error {
	return func(_ *sqlstore.Postgres, m *secretlife.Manager) error {
		_, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
		return err
	}
}
