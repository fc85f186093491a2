package stores_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// TestAPostgresCommitThatIsLeftAlone ends the contexts of a CreateSecret and of a purge
// while the server is at their COMMIT, which waits for a standby. The create says that
// its outcome is unknown; the purge waits. Of both the events reach the sink.
func TestAPostgresCommitThatIsLeftAlone(t *testing.T) {
	c := newCluster(t)
	s := &hooked{Postgres: c.database(t).open(t)}
	var mu sync.Mutex
	var events []string
	m, err := secretlife.New(s, func(o *secretlife.Options) {
		o.Clock = secretlife.NewVirtualClock(start)
		o.Observer = secretlife.EventObserver(func(_ context.Context, e secretlife.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e.Name()+" "+e.Key().Name.String())
		})
	})
	require.NoError(t, err)
	seen := func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string{}, events...)
	}
	for _, name := range []string{"a", "b"} {
		create(t, m, name, "v")
		_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: true})
		require.NoError(t, err)
	}
	p := secretlife.NewPurger(m)

	// leave runs a call, and ends its context while the server is at its COMMIT.
	leave := func(call func(ctx context.Context) error, returns bool) (err error) {
		probe := make(chan error, 1)
		stop := func() { c.stopCommits(t, probe) }
		if returns {
			stop()
		} else {
			s.claims = stop
		}
		gone, cancel := context.WithCancel(ctx)
		answer := make(chan error, 1)
		go func() { answer <- call(gone) }()
		require.Eventually(t, func() bool { return c.committing(t) == 2 }, time.Minute, time.Millisecond)
		cancel()
		if returns {
			err = <-answer
		}
		c.set(t, "synchronous_standby_names = ''")
		if !returns {
			err = <-answer
		}
		require.NoError(t, <-probe)
		return err
	}
	err = leave(func(ctx context.Context) error {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "new", Value: secretlife.SecretString("v")})
		return err
	}, true)
	require.ErrorIs(t, err, secretlife.ErrOutcomeUnknown)
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool {
		_, err := m.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		return seen()[len(seen())-1] == "CreateSecret new"
	}, time.Minute, time.Millisecond)

	var report secretlife.Report
	_ = leave(func(ctx context.Context) (err error) {
		report, err = p.RunDue(ctx, secretlife.WorkPurge)
		return err
	}, false)
	require.Len(t, report.Purged(), 2)
	require.Contains(t, seen(), "SecretPurged a")
	require.Contains(t, seen(), "SecretPurged b")
}

// stopCommits has the server stop at COMMITs. It takes a moment, so a probe goes first,
// which is answered when COMMITs go on.
func (c *cluster) stopCommits(t *testing.T, probe chan<- error) {
	t.Helper()
	_, err := c.db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS probe (n INT)")
	require.NoError(t, err)
	c.set(t, "synchronous_standby_names = 'nobody'")
	for {
		done := make(chan error, 1)
		go func() {
			_, err := c.db.ExecContext(ctx, "INSERT INTO probe VALUES (1)")
			done <- err
		}()
		for {
			select {
			case err := <-done:
				require.NoError(t, err)
			default:
				if c.committing(t) == 0 {
					continue
				}
				go func() { probe <- <-done }()
				return
			}
			break
		}
	}
}

// committing is how many transactions wait at their COMMIT.
func (c *cluster) committing(t *testing.T) (n int) {
	t.Helper()
	require.NoError(
		t,
		c.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").Scan(&n),
	)
	return n
}

// hooked is a store with something to be done before each claim.
type hooked struct {
	*sqlstore.Postgres
	claims func()
}

func (h *hooked) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	if h.claims != nil {
		h.claims()
		h.claims = nil
	}
	return h.Postgres.Claim(ctx, query, decide)
}

// set changes a setting of the server, and waits until it is in effect.
func (c *cluster) set(t *testing.T, setting string) {
	t.Helper()
	for _, query := range []string{"ALTER SYSTEM SET " + setting, "SELECT pg_reload_conf()"} {
		_, err := c.db.ExecContext(ctx, query)
		require.NoError(t, err)
	}
}
