//go:build unix

package stores_test

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// TestADatabaseThatIsFull lets the database grow no further. What can't be
// written is refused and leaves nothing; what is there can be read, purged, and
// purging makes room.
func TestADatabaseThatIsFull(t *testing.T) {
	f := newFiles(t)
	s, err := openSQLite("sqlite", "file:"+f.db()+"?_pragma=max_page_count(60)", f.master())
	require.NoError(t, err)
	m := manager(t, s)
	big := secretlife.SecretString(strings.Repeat("x", 20_000))
	create := func(i int) error {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: fmt.Sprint("secret-", i), Value: big})
		return err
	}
	require.NoError(t, create(0))
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "secret-0", ForceDeleteWithoutRecovery: true})
	require.NoError(t, err)
	n := 1
	for err = create(n); err == nil; err = create(n) {
		n++
	}
	require.Greater(t, n, 3)
	require.ErrorContains(t, err, "full")
	for range 5 { // each takes no slot with it
		require.Error(t, create(n))
	}
	for i := range n {
		secret, err := s.Load(ctx, key(t, m, fmt.Sprint("secret-", i)))
		require.NoError(t, err)
		v, err := s.Value(ctx, secret.Key(), secret.Incarnation(), secret.Versions()[0].ID())
		require.NoError(t, err)
		require.True(t, v.Equal(big))
	}
	_, err = secretlife.NewPurger(m).RunDue(ctx)
	require.NoError(t, err)
	require.NoError(t, create(n))
	count, err := s.Count(ctx, m.Account(), m.Region())
	require.NoError(t, err)
	require.Equal(t, n, count)
	require.NoError(t, s.Close())
	require.Equal(t, n, takenSlots(t, f))
}

// TestAFullDatabaseIsEmptied fills a database to its last page, and deletes and purges
// in turns. A deletion that finds no room says so, and nothing of it is written; each
// purge makes room for the next ones.
func TestAFullDatabaseIsEmptied(t *testing.T) {
	f := newFiles(t)
	s, err := openSQLite("sqlite", "file:"+f.db()+"?_pragma=max_page_count(60)", f.master())
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	m := manager(t, s)
	secrets := 0
	for size := 20_000; size > 10; size /= 10 {
		for err = nil; err == nil; secrets++ {
			_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{
				Name: fmt.Sprint("secret-", secrets), Value: secretlife.SecretString(strings.Repeat("x", size)),
			})
		}
		secrets--
		require.ErrorIs(t, err, sqlstore.ErrFull)
		require.NotErrorIs(t, err, secretlife.ErrOutcomeUnknown)
	}
	p := secretlife.NewPurger(m)
	for rounds := 0; count(t, s) > 0; rounds++ {
		require.Less(t, rounds, secrets, "no room was made")
		for i := range secrets {
			_, err := m.DeleteSecret(
				ctx,
				secretlife.DeleteSecretInput{SecretID: fmt.Sprint("secret-", i), ForceDeleteWithoutRecovery: true},
			)
			if err != nil {
				require.ErrorIs(t, err, sqlstore.ErrFull)
				require.ErrorContains(t, err, "needs room")
				break
			}
		}
		_, err := p.RunDue(ctx)
		require.NoError(t, err)
	}
}

// limitFiles lets no file of the process be written beyond a size.
func limitFiles(t *testing.T, size uint64) (lift func()) {
	t.Helper()
	var was syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was))
	signal.Ignore(syscall.SIGXFSZ)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: was.Max}))
	return func() {
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was))
		signal.Reset(syscall.SIGXFSZ)
	}
}

// TestADiskThatIsFull lets files grow no further: first the key slots, then the
// write-ahead log too. When there is room again the store goes on.
func TestADiskThatIsFull(t *testing.T) {
	f := newFiles(t)
	s := f.open(t, func(o *sqlstore.Options) { o.KeySlots = f.keys() })
	m := manager(t, s)
	const secrets = 100
	fill(t, s, secrets)
	require.NoError(t, s.Scrub(ctx)) // the log is empty, and has room
	create := func(name string) error {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("v")})
		return err
	}
	remove := func(name string) error {
		_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name})
		return err
	}
	info, err := os.Stat(f.keys())
	require.NoError(t, err)
	whole := uint64(info.Size())

	lift := limitFiles(t, whole)
	err = create("more")
	lift()
	require.ErrorContains(t, err, "key slot")
	require.NotContains(t, err.Error(), "SecretString")

	lift = limitFiles(t, 100)
	errCreate, errRemove := create("more"), remove("secret-3")
	_, errRead := s.Load(ctx, key(t, m, "secret-3"))
	errScrub := s.Scrub(ctx)
	lift()
	require.Error(t, errCreate)
	require.Error(t, errRemove)
	require.NoError(t, errRead)
	_ = errScrub // it may have had nothing to do

	require.NoError(t, create("more"))
	require.NoError(t, remove("secret-3"))
	require.NoError(t, s.Scrub(ctx))
	require.NoError(t, s.Health(ctx))
	require.Equal(t, secrets+1, takenSlots(t, f))
	require.NoError(t, s.Close())
	s = f.open(t)
	intact20(t, s)
}

// intact20 is intact but for the secret that was deleted.
func intact20(t *testing.T, s *sqlstore.SQLite) {
	t.Helper()
	m := manager(t, s)
	for i := range 20 {
		out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: fmt.Sprint("secret-", i)})
		if i == 3 {
			require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("value-", i), out.Value.Reveal())
	}
}

// TestAPurgeIsNotDoneWhileItsKeyIsThere checks that a purge whose key can't be
// destroyed is no success, and that the key is destroyed as soon as it can be.
func TestAPurgeIsNotDoneWhileItsKeyIsThere(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	fill(t, s, 20)
	require.NoError(t, s.Scrub(ctx))
	_, err := m.DeleteSecret(
		ctx,
		secretlife.DeleteSecretInput{SecretID: "secret-19", ForceDeleteWithoutRecovery: true},
	)
	require.NoError(t, err)
	secret, err := s.Load(ctx, key(t, m, "secret-19"))
	require.NoError(t, err)
	at, _ := secret.Deletion().PurgeAt()
	purge, err := secret.Purge(secretlife.Exactly(at))
	require.NoError(t, err)

	// The last slots can't be written, and the log is no longer than they are.
	lift := limitFiles(t, 4096+15*64)
	_, err = s.Commit(ctx, secretlife.BatchOf(purge))
	lift()
	require.Error(t, err)
	require.NoError(t, s.Scrub(ctx))
	require.NoError(t, s.Health(ctx))
	if _, err := s.Load(ctx, key(t, m, "secret-19")); err == nil {
		_, err := s.Commit(ctx, secretlife.BatchOf(purge))
		require.NoError(t, err) // it was the log that could not be written
	}
	require.Equal(t, 19, takenSlots(t, f))
}
