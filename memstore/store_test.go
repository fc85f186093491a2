package memstore

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/storetest"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func service(t *testing.T, store secretlife.Store) (*secretlife.Manager, *secretlife.Purger) {
	t.Helper()
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = secretlife.NewVirtualClock(start) })
	require.NoError(t, err)
	return m, secretlife.NewPurger(m)
}

func create(t *testing.T, m *secretlife.Manager, name string) {
	t.Helper()
	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("v")})
	require.NoError(t, err)
}

func purge(t *testing.T, m *secretlife.Manager, p *secretlife.Purger, name string) {
	t.Helper()
	_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: true})
	require.NoError(t, err)
	_, err = p.RunDue(ctx)
	require.NoError(t, err)
}

// TestKeysMayHashAlike holds the contract where hashes are of little or no
// help.
func TestKeysMayHashAlike(t *testing.T) {
	for name, hash := range map[string]func(secretlife.Key) uint64{
		"all alike": func(secretlife.Key) uint64 { return 7 },
		"by length": func(k secretlife.Key) uint64 { return uint64(len(k.Name.String())) },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(*testing.T) secretlife.Store {
				s := New()
				s.hash = hash
				return s
			})
		})
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	s := New()
	m, p := service(t, s)
	for i := range 100 {
		in, err := m.In(fmt.Sprintf("%012d", i), "eu-west-1")
		require.NoError(t, err)
		create(t, in, "a")
		create(t, in, "b")
		require.Len(t, s.index.realms, 1)
		purge(t, in, p, "a")
		require.Equal(t, 1, s.Len())
		purge(t, in, p, "b")
	}
	require.Zero(t, s.Len())
	require.Empty(t, s.index.realms)
	require.Zero(t, s.index.byDue.len)
	for i := range s.shards {
		require.Empty(t, s.shards[i].records)
	}
}

func TestKeepEvents(t *testing.T) {
	const keep = 1000
	s := New(func(o *Options) { o.KeepEvents = keep })
	m, _ := service(t, s)
	create(t, m, "a")
	for n := range 3 * keep {
		_, err := m.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a"})
		require.NoError(t, err)
		if n%97 != 0 {
			continue
		}
		last := uint64(n) + 2
		events, err := s.Events(ctx, 0, 10*keep)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(events), min(keep, int(last)))
		require.Less(t, len(events), keep+logChunk)
		for i, e := range events {
			require.Equal(t, last-uint64(len(events)-1-i), e.Seq())
		}
		page, err := s.Events(ctx, last-3, 2)
		require.NoError(t, err)
		if last > 3 {
			require.Len(t, page, 2)
			require.Equal(t, last-2, page[0].Seq())
		}
	}
}

func TestReset(t *testing.T) {
	s := New(func(o *Options) { o.KeepEvents = 5 })
	m, _ := service(t, s)
	for i := range 1000 {
		create(t, m, fmt.Sprint("before-", i))
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, s.Reset(done), context.Canceled)
	require.Equal(t, 1000, s.Len())

	require.NoError(t, s.Reset(ctx))
	require.Zero(t, s.Len())
	events, err := s.Events(ctx, 0, 10)
	require.NoError(t, err)
	require.Empty(t, events)
	_, err = m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "before-1"})
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)

	create(t, m, "after")
	events, err = s.Events(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Equal(t, uint64(1), events[0].Seq())
	out, err := m.ListSecrets(ctx, secretlife.ListSecretsInput{})
	require.NoError(t, err)
	require.Len(t, out.SecretList, 1)
}

func TestClone(t *testing.T) {
	s := New()
	m, p := service(t, s)
	for i := range 300 { // more events than a chunk has
		create(t, m, fmt.Sprint("s", i))
	}
	_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "s7", RecoveryWindowInDays: secretlife.Days(7)})
	require.NoError(t, err)
	c := s.Clone()
	before := everything(t, c)
	require.Equal(t, everything(t, s), before)

	purge(t, m, p, "s7")
	create(t, m, "new")
	require.Equal(t, before, everything(t, c), "what happens in the store does not happen in its clone")
	after := everything(t, s)
	other, purger := service(t, c)
	_, err = other.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s299"})
	require.NoError(t, err)
	purge(t, other, purger, "s1")
	create(t, other, "other")
	require.Equal(t, after, everything(t, s), "nor the reverse")
}

// TestCloneKeepsEvents goes on in a store until it has forgotten what its clone has.
func TestCloneKeepsEvents(t *testing.T) {
	s := New(func(o *Options) { o.KeepEvents = 1 })
	m, _ := service(t, s)
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			create(t, m, fmt.Sprint("s", i))
		}
	}
	numbers := func(s *Store) (out []uint64) {
		events, err := s.Events(ctx, 0, 10*logChunk)
		require.NoError(t, err)
		for _, e := range events {
			require.Equal(t, fmt.Sprint("s", e.Seq()), e.Key().Name.String())
			out = append(out, e.Seq())
		}
		return out
	}
	fill(1, logChunk+1)
	c := s.Clone()
	before := numbers(c)
	require.Len(t, before, logChunk)
	fill(logChunk+1, 3*logChunk)
	require.Equal(t, before, numbers(c))
	var want []uint64
	for n := 2*logChunk + 1; n < 3*logChunk; n++ {
		want = append(want, uint64(n))
	}
	require.Equal(t, want, numbers(s))
}

// TestCloneIsAStore holds the contract in clones of stores that were used.
func TestCloneIsAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) secretlife.Store {
		s := New()
		m, p := service(t, s)
		create(t, m, "a")
		purge(t, m, p, "a")
		c := s.Clone()
		c.log.init(0)
		c.notes.reset()
		return c
	})
}

func TestRemoveAccount(t *testing.T) {
	s := New()
	m, _ := service(t, s)
	other, err := m.In("222222222222", "eu-west-1")
	require.NoError(t, err)
	for _, m := range []*secretlife.Manager{m, other} {
		create(t, m, "a")
		create(t, m, "b")
		_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "b", RecoveryWindowInDays: secretlife.Days(7)})
		require.NoError(t, err)
	}
	require.NoError(t, s.RemoveAccount(ctx, other.Account()))
	require.Equal(t, 2, s.Len())
	due, err := s.Due(ctx, secretlife.DueQuery{By: start.AddDate(1, 0, 0), Limit: 10})
	require.NoError(t, err)
	require.Len(t, due, 1)
	require.Equal(t, m.Account(), due[0].Key.Account)
	create(t, other, "a")
	events, err := s.Events(ctx, 0, 100)
	require.NoError(t, err)
	require.Len(t, events, 9, "events stay, and their numbers go on")

	done, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, s.RemoveAccount(done, m.Account()), context.Canceled)
}

// everything is what can be read out of a store.
func everything(t *testing.T, s *Store) string {
	t.Helper()
	var out []any
	events, err := s.Events(ctx, 0, 10_000)
	require.NoError(t, err)
	due, err := s.Due(ctx, secretlife.DueQuery{By: start.AddDate(1, 0, 0), Limit: 1000})
	require.NoError(t, err)
	note, err := s.Note(ctx, "tally")
	require.NoError(t, err)
	out = append(out, events, due, note.Value, s.Len())
	for id := range s.index.realms {
		for _, order := range []secretlife.Order{secretlife.OrderByName, secretlife.OrderByCreatedDate} {
			page, err := s.List(ctx, secretlife.ListQuery{Account: id.account, Region: id.region, Order: order, Limit: 1000})
			require.NoError(t, err)
			for _, secret := range page {
				out = append(out, secret.Revision(), secret.ARN())
			}
		}
	}
	text, err := json.Marshal(out)
	require.NoError(t, err)
	return string(text)
}

func TestResetAmongCommits(t *testing.T) {
	s := New()
	m, _ := service(t, s)
	done := make(chan error)
	for g := range 4 {
		go func() {
			for i := range 200 {
				_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: fmt.Sprint("n-", g, "-", i)})
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 20 {
		require.NoError(t, s.Reset(ctx))
	}
	for range 4 {
		require.NoError(t, <-done)
	}
	events, err := s.Events(ctx, 0, 1000)
	require.NoError(t, err)
	require.Len(t, events, s.Len(), "every secret has the event of its creation and no other event is there")
}

// TestAChangeIsNotShared checks that the caller may keep and change what a
// change gave out.
func TestAChangeIsNotShared(t *testing.T) {
	s := New()
	m, _ := service(t, s)
	id, err := secretlife.ParseVersionID("11111111-2222-3333-4444-555555555555")
	require.NoError(t, err)
	create(t, m, "other")
	key := secretlife.Key{Account: m.Account(), Region: m.Region()}
	key.Name, err = secretlife.ParseName("a")
	require.NoError(t, err)
	c, err := secretlife.NewSecret(secretlife.Exactly(start), secretlife.Creation{
		ARN: secretlife.Must(key.ARN("aB3xY9")), Incarnation: secretlife.Incarnation{1}, VersionID: id,
		Value: secretlife.SecretString("kept"),
	})
	require.NoError(t, err)
	_, err = s.Commit(ctx, secretlife.BatchOf(c))
	require.NoError(t, err)
	clear(c.Values())
	v, err := s.Value(ctx, key, secretlife.Incarnation{1}, id)
	require.NoError(t, err)
	require.Equal(t, "kept", v.Reveal())
}
