package stores_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

func remove(m *secretlife.Manager, name string) error {
	_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name})
	return err
}

// TestConnectionsAreCutAnywhere cuts the connection at every message of a change,
// before and after the server has it. What was answered holds; where the answer
// is an error there is all of the change or nothing; and what was not at its
// COMMIT is done again, so that no caller hears of it.
func TestConnectionsAreCutAnywhere(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	direct := d.open(t)
	p := newProxy(t, c.Addr())
	through := d
	through.url = p.url(d.url)
	s := through.open(t)
	m, witness := manager(t, s), manager(t, direct)
	cuts, unknown := 0, 0
	for where, arm := range map[string]func(at int){
		"before": func(at int) { p.cutAt(at, false) },
		"after":  func(at int) { p.cutAt(at, true) },
		// The number of messages before a commit depends on how long all took.
		"commit": p.cutAfterCommit,
	} {
		for at := 0; ; at++ {
			name := fmt.Sprintf("%s-%d", where, at)
			create(t, m, name, "v")
			events := lastEvent(t, direct)

			arm(at)
			err := remove(m, name)
			cut := p.disarm()
			c.settled(t)
			now, describeErr := witness.DescribeSecret(ctx, secretlife.SecretInput{SecretID: name})
			require.NoError(t, describeErr)
			done := !now.DeletedDate.IsZero()
			require.True(t, done || err != nil, "answered, and not done: cut at message %d", at)
			added := uint64(0)
			if done {
				added = 2 // DeleteSecret and StartSecretVersionDelete
			}
			require.Equal(t, events+added, lastEvent(t, direct), "events without gaps, once for each change")
			if err != nil {
				unknown++
			}
			if !cut {
				break
			}
			cuts++
			// Nothing is stuck.
			err = witness.TagResource(
				ctx,
				secretlife.TagResourceInput{SecretID: name, Tags: []secretlife.Tag{{Key: "k", Value: "v"}}},
			)
			if done {
				_, err = witness.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
			}
			require.NoError(t, err)
		}
	}
	t.Logf("%d cuts, of which %d were answered with an error", cuts, unknown)
	require.Greater(t, cuts, 30)
	require.Less(t, unknown, cuts/4, "only those at the COMMIT")
	require.NotZero(t, unknown)
}

// settled waits until the server has done what it was told over connections that
// are cut.
func (c *cluster) settled(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		var busy int
		err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`).Scan(&busy)
		return err == nil && busy == 0
	}, time.Minute, time.Millisecond)
}

// TestAServerThatStalls checks that no caller waits for it for ever, nor Close.
func TestAServerThatStalls(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	p := newProxy(t, c.Addr())
	through := d
	through.url = p.url(d.url)
	s := through.open(t, func(o *sqlstore.PostgresOptions) { o.Timeout = 3 * time.Second })
	m := manager(t, s)
	create(t, m, "a", "v")
	p.stall(true)
	_, err := s.Commit(ctx, secretlife.BatchOf(deleting(t, d, "a")))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = s.Load(ctx, keyOf(t, "a"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	p.stall(false)
	create(t, m, "b", "v")
	p.stall(true)
	require.NoError(t, s.Close())
}

func keyOf(t testing.TB, name string) secretlife.Key {
	t.Helper()
	n, err := secretlife.ParseName(name)
	require.NoError(t, err)
	a, err := secretlife.ParseAccount("123456789012")
	require.NoError(t, err)
	r, err := secretlife.ParseRegion("us-east-1")
	require.NoError(t, err)
	return secretlife.Key{Account: a, Region: r, Name: n}
}

// deleting decides a deletion, and does not write it.
func deleting(t testing.TB, d database, name string) secretlife.Change {
	t.Helper()
	s := d.open(t)
	var change secretlife.Change
	m := manager(t, tap{s, func(changes []secretlife.Change) { change = changes[0] }})
	require.ErrorIs(t, remove(m, name), errTapped)
	require.False(t, change.IsZero())
	return change
}

// tap is a store whose commits go elsewhere.
type tap struct {
	secretlife.Store
	to func([]secretlife.Change)
}

var errTapped = errors.New("tapped")

func (w tap) Commit(_ context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	w.to(batch.Changes)
	return secretlife.Receipt{}, errTapped
}

// TestAServerIsRestartedUnderLoad crashes the server twice while clients of two
// stores write. What was acknowledged is there, and nothing else is half.
func TestAServerIsRestartedUnderLoad(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	stores := []*sqlstore.Postgres{d.open(t), d.open(t)}
	managers := []*secretlife.Manager{manager(t, stores[0]), manager(t, stores[1])}
	var mu sync.Mutex
	acknowledged, failed := map[string]bool{}, 0
	again := make(chan struct{})
	clients := make(chan struct{})
	go func() {
		defer close(clients)
		everyone(t, 8, func(client int) error {
			m := managers[client%2]
			for n := 0; ; n++ {
				select {
				case <-again:
					if n > 20 {
						return nil
					}
				default:
				}
				name := fmt.Sprintf("%d-%d", client, n)
				_, err := m.CreateSecret(
					ctx,
					secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("of " + name)},
				)
				mu.Lock()
				if err == nil {
					acknowledged[name] = true
				} else {
					failed++
				}
				mu.Unlock()
			}
		})
	}()
	so := func() int { mu.Lock(); defer mu.Unlock(); return len(acknowledged) }
	for range 2 {
		before := so()
		require.Eventually(t, func() bool { return so() > before+20 }, time.Minute, time.Millisecond)
		c.Kill()
		c.Run()
	}
	before := so()
	require.Eventually(
		t,
		func() bool { return so() > before+20 },
		time.Minute,
		time.Millisecond,
		"after the crashes it goes on",
	)
	close(again)
	<-clients
	t.Logf("%d acknowledged, %d failed", len(acknowledged), failed)
	key := keyOf(t, "a")
	n, err := stores[1].Count(ctx, key.Account, key.Region)
	require.NoError(t, err)
	require.GreaterOrEqual(t, n, len(acknowledged))
	require.LessOrEqual(t, n, len(acknowledged)+failed)
	require.EqualValues(t, n, lastEvent(t, stores[1]), "an event for each, numbered without gaps")
	m := manager(t, stores[0])
	for name := range acknowledged {
		require.Equal(t, "of "+name, value(t, m, name))
	}
}

// many makes scheduled secrets, and a Manager for whom they are due.
func many(t testing.TB, s secretlife.Store, n int) {
	t.Helper()
	m := manager(t, s)
	everyone(t, 16, func(client int) error {
		for i := client; i < n; i += 16 {
			name := fmt.Sprint("due-", i)
			created := secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("v")}
			if _, err := m.CreateSecret(ctx, created); err != nil {
				return err
			}
			deleted := secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: true}
			if _, err := m.DeleteSecret(ctx, deleted); err != nil {
				return err
			}
		}
		return nil
	})
}

// purges counts the events of purges by secret.
func purges(t testing.TB, s secretlife.Store) map[string]int {
	t.Helper()
	out := map[string]int{}
	var last uint64
	for {
		page, err := s.Events(ctx, last, 1000)
		require.NoError(t, err)
		if len(page) == 0 {
			return out
		}
		for _, e := range page {
			if e.Name() == "SecretPurged" {
				out[e.ARN().String()]++
			}
		}
		last = page[len(page)-1].Seq()
	}
}

// TestPurgersShareTheWork runs four purgers over two stores: each secret is
// purged once, and reported by one.
func TestPurgersShareTheWork(t *testing.T) {
	c := newCluster(t)
	due := atLeisure(600, 200)
	d := c.database(t)
	stores := []*sqlstore.Postgres{d.open(t), d.open(t)}
	many(t, stores[0], due)
	var mu sync.Mutex
	reported := map[string]int{}
	everyone(t, 4, func(i int) error {
		report, err := secretlife.NewPurger(manager(t, stores[i%2])).RunDue(ctx)
		mu.Lock()
		defer mu.Unlock()
		for _, arn := range report.Purged() {
			reported[arn.String()]++
		}
		return err
	})
	require.Len(t, reported, due)
	require.Equal(t, reported, purges(t, stores[0]))
	for arn, n := range reported {
		require.Equal(t, 1, n, arn)
	}
	for _, table := range []string{"secrets", "versions", "keys"} {
		require.Zero(t, c.rows(t, d, table), table)
	}
}

func (c *cluster) rows(t testing.TB, d database, table string) (n int) {
	t.Helper()
	require.NoError(t, c.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+d.schema()+".secretlife_"+table).Scan(&n))
	return n
}
