package secretlife_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestImportSecret(t *testing.T) {
	t.Run("same secret", func(t *testing.T) {
		w := newWorld(t)
		w.create("back")
		w.create("gone")
		w.delete("gone", 0)
		w.advance(0)
		w.delete("back", 7)
		s := w.load("back")
		value, err := w.store.Value(ctx, s.Key(), s.Incarnation(), version(t, tokenA))
		require.NoError(t, err)

		there := newWorldOver(t, memstore.New())
		events, err := secretlife.ImportEvents(w.events())
		require.NoError(t, err)
		_, err = there.store.Commit(ctx, secretlife.BatchOf(events))
		require.NoError(t, err)
		secret, err := secretlife.ImportSecret(secretlife.At{}, s,
			[]secretlife.VersionValue{{ID: version(t, tokenA), Value: value}})
		require.NoError(t, err)
		_, err = there.store.Commit(ctx, secretlife.BatchOf(secret))
		require.NoError(t, err)
		require.Equal(t, w.events(), there.events())
		require.Equal(t, s, there.load("back"))

		_, err = there.RestoreSecret(ctx, secretlife.SecretInput{SecretID: s.ARN().String()})
		require.NoError(t, err)
		out, err := there.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "back"})
		require.NoError(t, err)
		require.Equal(t, "value of back", out.Value.Reveal())
		there.create("gone") // its name is free
	})

	t.Run("with the age of its window", func(t *testing.T) {
		w, there := newWorld(t), newWorld(t)
		w.create("back")
		w.delete("back", 7)
		w.advance(3 * aDay)
		from, err := w.At(ctx)
		require.NoError(t, err)
		s := from.Tally.Carry(w.load("back"))

		there.advance(3 * aDay) // its own tally does not know what the other counted
		at, err := there.At(ctx)
		require.NoError(t, err)
		secret, err := secretlife.ImportSecret(at, s, []secretlife.VersionValue{
			{ID: version(t, tokenA), Value: secretlife.SecretString("value of back")},
		})
		require.NoError(t, err)
		_, err = there.store.Commit(ctx, secretlife.BatchOf(secret))
		require.NoError(t, err)
		require.Equal(t, 4*aDay, at.Tally.Missing(there.load("back")).Round(hour))
		require.Empty(t, there.advance(4*aDay-hour).Purged())
		require.Len(t, there.advance(hour).Purged(), 1)

		active := put(t, born(t), tokenB, "X")
		require.Equal(t, active, from.Tally.Carry(active))
	})

	t.Run("refused", func(t *testing.T) {
		s := put(t, born(t), tokenB, "X")
		value := func(id, text string) secretlife.VersionValue {
			return secretlife.VersionValue{ID: version(t, id), Value: secretlife.SecretString(text)}
		}
		_, err := secretlife.ImportSecret(secretlife.At{}, s, []secretlife.VersionValue{value(tokenA, "a"),
			value(tokenB, "b")})
		require.NoError(t, err)
		for name, values := range map[string][]secretlife.VersionValue{
			"has no value":        {value(tokenA, "a")},
			"has no value there":  {value(tokenA, "a"), value(tokenB, "b"), value(tokenC, "hunter2")},
			"has two values":      {value(tokenA, "a"), value(tokenA, "hunter2"), value(tokenB, "b")},
			"that no secret can":  {value(tokenA, ""), value(tokenB, "hunter2")},
			"that no secret can ": {value(tokenA, "hunter2"), {ID: version(t, tokenB)}},
		} {
			_, err := secretlife.ImportSecret(secretlife.At{}, s, values)
			require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
			require.ErrorContains(t, err, name)
			require.NotContains(t, err.Error(), "hunter2")
		}
		_, err = secretlife.ImportSecret(secretlife.At{}, secretlife.Secret{}, nil)
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
		_, err = secretlife.ImportEvents(nil)
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
		_, err = secretlife.ImportEvents([]secretlife.Event{{}})
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
		_, err = secretlife.ImportEvents([]secretlife.Event{gapEvent(t)})
		require.NoError(t, err, "an event that is about no secret")
	})
}

// slowStore is a store that is still writing when the context of a Commit ends.
type slowStore struct {
	secretlife.Store
	end  func()        // ends the context; nil: the store is not slow
	goOn chan struct{} // until when the store writes
	err  error         // what the store then says, having written nothing
}

func (s *slowStore) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if s.end == nil {
		return s.Store.Commit(ctx, batch)
	}
	s.end()
	s.end = nil
	outcome := make(chan secretlife.Outcome, 1)
	go func() {
		<-s.goOn
		if s.err != nil {
			outcome <- secretlife.Outcome{Err: s.err}
			return
		}
		receipt, err := s.Store.Commit(context.WithoutCancel(ctx), batch)
		outcome <- secretlife.Outcome{Receipt: receipt, Err: err}
	}()
	return secretlife.Receipt{}, &secretlife.OutcomeUnknownError{Cause: ctx.Err(), Outcome: outcome}
}

// TestOutcomeUnknownError ends calls, and a purge, while the store writes. Each error says so,
// and the event reaches the sink once it is known that it was saved.
func TestOutcomeUnknownError(t *testing.T) {
	for _, failed := range []error{nil, errors.New("disk on fire")} {
		store := &slowStore{Store: memstore.New(), goOn: make(chan struct{}), err: failed}
		clock := secretlife.NewVirtualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		var events []string
		m, err := secretlife.New(store, func(o *secretlife.Options) {
			o.Clock = clock
			o.Observer = secretlife.EventObserver(func(ctx context.Context, e secretlife.Event) {
				require.NoError(t, ctx.Err())
				events = append(events, e.Name())
			})
		})
		require.NoError(t, err)
		soon := func() context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			store.end, store.goOn = cancel, make(chan struct{})
			return ctx
		}
		unknown := func(err error) {
			t.Helper()
			require.ErrorIs(t, err, secretlife.ErrOutcomeUnknown)
			require.ErrorIs(t, err, context.Canceled)
			require.Empty(t, events)
		}
		// found lets the store go on, and returns the events when it has.
		found := func(next func()) []string {
			t.Helper()
			next()
			require.Empty(t, events, "nothing is known yet")
			close(store.goOn)
			if failed != nil {
				next()
				return events
			}
			require.Eventually(t, func() bool { next(); return len(events) > 0 }, time.Minute, time.Millisecond)
			defer func() { events = nil }()
			return events
		}

		_, err = m.CreateSecret(soon(), secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")})
		unknown(err)
		read := func() { _, _ = m.ListSecrets(t.Context(), secretlife.ListSecretsInput{}) }
		if failed != nil {
			require.Empty(t, found(read))
			continue
		}
		require.Equal(t, []string{"CreateSecret"}, found(read))

		p := secretlife.NewPurger(m)
		_, err = p.RunDue(t.Context()) // the clock guard begins
		require.NoError(t, err)
		_, err = m.DeleteSecret(t.Context(), secretlife.DeleteSecretInput{SecretID: "a", ForceDeleteWithoutRecovery: true})
		require.NoError(t, err)
		events = nil
		_, err = p.RunDue(soon())
		unknown(err)
		close(store.goOn)
		gone := func() bool { return store.Store.(*memstore.Store).Len() == 0 }
		require.Eventually(t, gone, time.Minute, time.Millisecond)
		purged := func() bool { _, _ = p.RunDue(t.Context()); return len(events) > 0 }
		require.Eventually(t, purged, time.Minute, time.Millisecond)
		require.Equal(t, []string{"EndSecretVersionDelete", "SecretPurged"}, events)
	}
}

// durable is a store that outlives its processes, as far as it says.
type durable struct {
	secretlife.Store
	server *hosttest.Host // the store's own clock; nil: it has none
}

func (d durable) Note(ctx context.Context, name string) (secretlife.Note, error) {
	n, err := d.Store.Note(ctx, name)
	n.Durable = true
	if d.server != nil {
		n.Now = d.server.Now()
	}
	return n, err
}

// node is a process on a machine.
type node struct {
	*secretlife.Manager
	purger *secretlife.Purger
}

func start1(t testing.TB, store secretlife.Store, host secretlife.Clock) node {
	t.Helper()
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = host })
	require.NoError(t, err)
	return node{m, secretlife.NewPurger(m)}
}

func (n node) create(t testing.TB, name string) {
	t.Helper()
	_, err := n.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("x")})
	require.NoError(t, err)
}

func (n node) delete(t testing.TB, name string, days int64) time.Time {
	t.Helper()
	out, err := n.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, RecoveryWindowInDays: &days})
	require.NoError(t, err)
	return out.DeletionDate
}

func (n node) purged(t testing.TB) int {
	t.Helper()
	r, err := n.purger.RunDue(ctx)
	require.NoError(t, err)
	return len(r.Purged())
}

// live lets a purger work for a while on machines that go on together.
func live(t testing.TB, n node, d time.Duration, hosts ...*hosttest.Host) int {
	t.Helper()
	sum := 0
	for ; d > 0; d -= 30 * time.Second {
		for _, h := range hosts {
			h.Pass(30 * time.Second)
		}
		sum += n.purged(t)
	}
	return sum
}

func TestWallClock(t *testing.T) {
	t.Run("right", func(t *testing.T) {
		host := hosttest.New("a", start)
		n := start1(t, durable{Store: memstore.New()}, host)
		n.create(t, "a")
		require.Zero(t, n.purged(t))
		date := n.delete(t, "a", 7)
		require.Zero(t, live(t, n, date.Sub(host.Now())-time.Millisecond, host))
		_, err := n.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.ErrorIs(t, err, secretlife.ErrRecoveryWindowOver, "its date has come")
		require.Equal(t, 1, live(t, n, 20*time.Minute, host))
		require.Zero(t, n.purger.Waiting())
	})

	// The clock was 30 days back when the secret was scheduled, and is corrected a minute later.
	t.Run("behind and corrected", func(t *testing.T) {
		host := hosttest.New("a", start.Add(-30*aDay))
		n := start1(t, durable{Store: memstore.New()}, host)
		require.Zero(t, n.purged(t))
		n.create(t, "a")
		n.delete(t, "a", 30)
		host.Pass(time.Minute)
		host.SetWall(start)
		require.Zero(t, live(t, n, 29*aDay, host))
		require.Equal(t, 1, n.purger.Waiting().Secrets)
		_, err := n.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err, "a date that came too early keeps nothing from being restored")
		n.delete(t, "a", 7)
		require.Zero(t, live(t, n, 7*aDay, host))
		require.Equal(t, 1, live(t, n, hour, host))
	})

	// A machine without a battery boots in 2020, schedules, and hears of the time then.
	t.Run("boots in the past", func(t *testing.T) {
		host := hosttest.New("a", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
		store := durable{Store: memstore.New()}
		n := start1(t, store, host)
		n.create(t, "a")
		n.delete(t, "a", 30)
		host.SetWall(start.Add(8 * 365 * aDay))
		for range 366 {
			host.Pass(time.Second)
			require.Zero(t, start1(t, store, host).purged(t), "however often it restarts")
		}
	})

	// An API process is 8 days behind a right purger on the same store.
	t.Run("API process behind", func(t *testing.T) {
		store := durable{Store: memstore.New()}
		right, wrong := hosttest.New("purger", start), hosttest.New("api", start.Add(-8*aDay))
		purger, api := start1(t, store, right), start1(t, store, wrong)
		require.Zero(t, purger.purged(t))
		api.create(t, "a")
		api.delete(t, "a", 7)
		require.Zero(t, live(t, purger, 7*aDay, right, wrong))
		require.Equal(t, 1, live(t, purger, 20*time.Minute, right, wrong))
	})

	// A wall clock that is set a year ahead, and back, leaves nothing behind.
	t.Run("ahead and back", func(t *testing.T) {
		host := hosttest.New("a", start)
		store := durable{Store: memstore.New()}
		n := start1(t, store, host)
		n.create(t, "a")
		n.delete(t, "a", 7)
		host.Step(365 * aDay)
		for range 400 {
			host.Pass(time.Minute)
			require.Zero(t, start1(t, store, host).purged(t))
		}
		host.Step(-365 * aDay)
		require.Zero(t, live(t, start1(t, store, host), 6*aDay+16*hour, host))
		require.Equal(t, 1, live(t, start1(t, store, host), 2*hour, host))
	})

	// A machine that sleeps counts it: its elapsed clock goes on.
	t.Run("sleep needs no operator", func(t *testing.T) {
		host := hosttest.New("a", start)
		n := start1(t, durable{Store: memstore.New()}, host)
		require.Zero(t, n.purged(t))
		n.create(t, "a")
		n.delete(t, "a", 7)
		require.Zero(t, live(t, n, 5*time.Minute, host))
		for range 7 {
			host.Pass(16 * hour)
			require.Zero(t, live(t, n, 8*hour-30*time.Second, host))
		}
		require.Equal(t, 1, live(t, n, hour, host))
	})
}

func TestVirtualTime(t *testing.T) {
	// In virtual time, Advance and Set count and Jump does not.
	t.Run("counts", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.delete("a", 7)
		w.clock.Jump(365 * aDay)
		r, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Empty(t, r)
		require.Empty(t, w.advance(7*aDay-time.Millisecond))
		require.Len(t, w.advance(time.Millisecond).Purged(), 1)

		w.clock.Jump(-365 * aDay)
		w.create("b")
		date := w.delete("b", 7).DeletionDate
		w.clock.Set(date.Add(-time.Millisecond))
		r, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Empty(t, r)
		w.clock.Set(date)
		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "b"})
		require.ErrorIs(t, err, secretlife.ErrRecoveryWindowOver)
		r, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 1)
	})

	t.Run("clock.Mock", func(t *testing.T) {
		mock := clock.NewMock()
		mock.Set(start)
		n := start1(t, memstore.New(), mock)
		n.create(t, "a")
		date := n.delete(t, "a", 30)
		mock.Set(date.Add(-time.Millisecond))
		require.Zero(t, n.purged(t))
		mock.Set(date)
		require.Equal(t, 1, n.purged(t))
	})

	t.Run("synctest bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, err := secretlife.New(memstore.New())
			require.NoError(t, err)
			n := node{m, secretlife.NewPurger(m)}
			n.create(t, "a")
			n.create(t, "b")
			n.delete(t, "a", 30)
			time.Sleep(time.Minute)
			n.delete(t, "b", 30)
			time.Sleep(29 * aDay)
			require.Zero(t, n.purged(t))
			time.Sleep(2 * aDay)
			require.Equal(t, 2, n.purged(t))
		})
	})

	t.Run("store of real time", func(t *testing.T) {
		store := durable{Store: memstore.New()}
		n := start1(t, store, hosttest.New("a", start))
		n.create(t, "a")
		n.delete(t, "a", 7)
		v := start1(t, store, secretlife.NewVirtualClock(start))
		_, err := v.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.ErrorIs(t, err, secretlife.ErrClockOfStore)
		requireError(t, err, "InternalServiceError", "An error occurred on the server side.")
		_, err = v.purger.Advance(ctx, 365*aDay)
		require.ErrorIs(t, err, secretlife.ErrClockOfStore)
		_, err = v.purger.RunDue(ctx)
		require.ErrorIs(t, err, secretlife.ErrClockOfStore)
		_, err = n.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
	})

	// Work that is due in virtual time is done, though the server of the store is years behind.
	t.Run("clock of the server", func(t *testing.T) {
		clock := secretlife.NewVirtualClock(start)
		m, err := secretlife.New(serverClock{memstore.New(), start.AddDate(-3, 0, 0)},
			func(o *secretlife.Options) { o.Clock = clock })
		require.NoError(t, err)
		p := secretlife.NewPurger(m)
		_, err = m.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")})
		require.NoError(t, err)
		_, err = m.DeleteSecret(t.Context(), secretlife.DeleteSecretInput{SecretID: "a", ForceDeleteWithoutRecovery: true})
		require.NoError(t, err)
		done, some, err := p.Step(t.Context())
		require.NoError(t, err)
		require.True(t, some)
		require.Equal(t, secretlife.WorkPurge, done.Work)
	})
}

// noteless is a store without notes.
type noteless struct{ secretlife.Store }

func (noteless) Note(ctx context.Context, name string) (secretlife.Note, error) {
	return secretlife.BaseStore{}.Note(ctx, name)
}

func (noteless) SwapNote(ctx context.Context, name string, old, next []byte) error {
	return secretlife.BaseStore{}.SwapNote(ctx, name, old, next)
}

func TestBaseStore(t *testing.T) {
	host := hosttest.New("a", start)
	store := noteless{Store: memstore.New()}
	n := start1(t, store, host)
	n.create(t, "a")
	n.delete(t, "a", 7)
	require.Zero(t, live(t, n, 6*aDay, host))
	n = start1(t, store, host)
	require.Zero(t, live(t, n, 6*aDay, host), "the next process begins anew")
	require.Equal(t, 1, n.purger.Waiting().Secrets)
	require.Equal(t, 1, live(t, n, 9*aDay, host))
}

// TestStoreWithoutNotes checks that New and NewPurger say what it can't keep.
func TestStoreWithoutNotes(t *testing.T) {
	vouch := func(o *secretlife.Options) {
		o.Witness = func(context.Context) (time.Time, error) { return start, nil }
	}
	_, err := secretlife.New(noteless{memstore.New()}, vouch)
	require.ErrorContains(t, err, "Options.Witness needs a store that keeps notes")
	_, err = secretlife.New(memstore.New(), vouch)
	require.NoError(t, err)

	for _, c := range []struct {
		store secretlife.Store
		says  string
	}{{memstore.New(), ""}, {noteless{memstore.New()}, "recovery windows begin anew with every process"}} {
		var log strings.Builder
		m, err := secretlife.New(c.store, func(o *secretlife.Options) {
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		})
		require.NoError(t, err)
		secretlife.NewPurger(m)
		if c.says == "" {
			require.Empty(t, log.String())
			continue
		}
		require.Contains(t, log.String(), c.says)
	}
}

// counted is the tally of a store in which virtual time was counted.
func counted(t testing.TB, store secretlife.Store, at time.Time) secretlife.Tally {
	t.Helper()
	n := start1(t, store, secretlife.NewVirtualClock(at))
	require.Zero(t, n.purged(t))
	tally, err := n.Tally(ctx)
	require.NoError(t, err)
	return tally
}

// serverClock is a store with a clock of its own, as a database server has.
type serverClock struct {
	secretlife.Store
	now time.Time
}

func (s serverClock) Note(ctx context.Context, name string) (secretlife.Note, error) {
	note, err := s.Store.Note(ctx, name)
	note.Now = s.now
	return note, err
}
