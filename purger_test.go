package secretlife_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// faulty fails where it is told to.
type faulty struct {
	secretlife.Store
	commit func(secretlife.Change) error
	due    error
	load   error
	list   error
	value  error
}

func (f *faulty) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	for _, c := range batch.Changes {
		if f.commit == nil {
			break
		}
		if err := f.commit(c); err != nil {
			return secretlife.Receipt{}, err
		}
	}
	return f.Store.Commit(ctx, batch)
}

func (f *faulty) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if f.due != nil {
		return nil, f.due
	}
	return f.Store.Due(ctx, query)
}

// Claim is what the store does not have: each purge is a Commit, which can fail by itself.
func (f *faulty) Claim(
	context.Context, secretlife.DueQuery, func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return secretlife.Receipt{}, errors.ErrUnsupported
}

func (f *faulty) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	if f.load != nil {
		return secretlife.Secret{}, f.load
	}
	return f.Store.Load(ctx, key)
}

func (f *faulty) List(ctx context.Context, q secretlife.ListQuery) ([]secretlife.Secret, error) {
	if f.list != nil {
		return nil, f.list
	}
	return f.Store.List(ctx, q)
}

func (f *faulty) Value(ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID) (
	secretlife.Value, error) {
	if f.value != nil {
		return secretlife.Value{}, f.value
	}
	return f.Store.Value(ctx, key, in, id)
}

func TestPurger(t *testing.T) {
	t.Run("date order", func(t *testing.T) {
		w := newWorld(t)
		for i, days := range []int64{9, 7, 30, 8} {
			name := fmt.Sprint("s", i)
			w.create(name)
			w.delete(name, days)
		}
		r := w.advance(31 * aDay)
		var got []string
		for _, d := range r {
			require.Equal(t, secretlife.WorkPurge, d.Work)
			got = append(got, fmt.Sprint(d.ARN.Name(), " ", int(d.At.Sub(start)/aDay)))
		}
		require.Equal(t, []string{"s1 7", "s3 8", "s0 9", "s2 30"}, got)
		require.Len(t, r.Purged(), 4)

		purged := 0
		for _, e := range w.events() {
			if e.Name() == "SecretPurged" {
				purged++
				require.Equal(t, start.Add(aDay*time.Duration(map[string]int{"s0": 9, "s1": 7, "s2": 30,
					"s3": 8}[e.Key().Name.String()])), e.Time(), "at its own instant")
			}
		}
		require.Equal(t, 4, purged)
		require.Equal(t, start.Add(31*aDay), w.clock.Now())
	})

	t.Run("Step does one thing", func(t *testing.T) {
		w := newWorld(t)
		for _, name := range []string{"a", "b"} {
			w.create(name)
			w.delete(name, 0)
		}
		for _, name := range []string{"a", "b"} {
			done, ok, err := w.purger.Step(ctx)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, name, done.ARN.Name().String())
		}
		_, ok, err := w.purger.Step(ctx)
		require.NoError(t, err)
		require.False(t, ok)
	})

	t.Run("aging", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		for i := range 119 {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a",
				ClientRequestToken: fmt.Sprintf("%032d", i), Value: secretlife.SecretString("x")})
			require.NoError(t, err)
		}
		require.Empty(t, w.advance(aDay), "nothing is over 24 hours old")
		r := w.advance(time.Millisecond)
		require.Len(t, r, 1)
		require.Equal(t, secretlife.WorkAge, r[0].Work)
		require.Len(t, w.load("a").Versions(), 120, "that they are old is only marked")
		require.Empty(t, w.advance(aDay-time.Millisecond))
		r = w.advance(time.Millisecond)
		require.Len(t, r, 1)
		require.Equal(t, secretlife.WorkAge, r[0].Work)
		require.Empty(t, r.Purged())
		require.Len(t, w.load("a").Versions(), 100)
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a", VersionID: tokenA})
		require.ErrorIs(t, err, secretlife.ErrVersionNotFound)
	})

	// The clock is clock.New(), the default, in a bubble of virtual time: nothing waits, and no
	// goroutine is left.
	t.Run("Run on the real clock", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var log strings.Builder
			m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
				o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			})
			require.NoError(t, err)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			p := secretlife.NewPurger(m, func(o *secretlife.PurgerOptions) { o.Interval = time.Minute })
			go func() { ended <- p.Run(ctx) }()

			_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString(hidden)})
			require.NoError(t, err)
			_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", RecoveryWindowInDays: secretlife.Days(7)})
			require.NoError(t, err)
			exists := func() bool {
				_, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
				return err == nil
			}
			time.Sleep(7*aDay - time.Millisecond)
			synctest.Wait()
			require.True(t, exists())
			time.Sleep(16 * time.Minute) // a thousandth of the window, and some strides of counting
			synctest.Wait()
			require.False(t, exists())
			stop()
			require.NoError(t, <-ended)
			require.Contains(t, log.String(), "purger started")
			require.Contains(t, log.String(), "work=purge")
			require.NotContains(t, log.String(), hidden)
		})
	})
}

func TestSeveralPurgers(t *testing.T) {
	t.Run("nothing twice", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Observer = secretlife.Observer{} })
		for i := range 300 {
			name := fmt.Sprint("s", i)
			w.create(name)
			w.delete(name, 0)
		}
		var total atomic.Int64
		done := make(chan error)
		for range 4 {
			p := secretlife.NewPurger(w.Manager)
			go func() {
				r, err := p.RunDue(ctx)
				total.Add(int64(len(r)))
				done <- err
			}()
		}
		for range 4 {
			require.NoError(t, <-done)
		}
		require.EqualValues(t, 300, total.Load())
		purged := 0
		for _, e := range w.events() {
			if e.Name() == "SecretPurged" {
				purged++
			}
		}
		require.Equal(t, 300, purged)
	})

	// A Purger that came second goes on in the middle of what is left, and comes back.
	t.Run("meeting", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		for i := range 7 {
			name := fmt.Sprint("s", i)
			w.create(name)
			w.delete(name, 0)
		}
		met := map[string]bool{"s1": true, "s5": true}
		store.commit = func(c secretlife.Change) error {
			if name := c.Key().Name.String(); met[name] {
				delete(met, name)
				return secretlife.ErrConflict
			}
			return nil
		}
		r, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		var order []string
		for _, arn := range r.Purged() {
			order = append(order, arn.Name().String())
		}
		require.Equal(t, []string{"s0", "s4", "s2", "s3", "s6", "s1", "s5"}, order)
	})
}

func TestPurgeConflict(t *testing.T) {
	// The restore comes between the Purger's load and its commit.
	t.Run("restored between load and commit", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		w.create("a")
		del := w.delete("a", 7)
		// The purger sees the DeletionDate come; another machine's clock does not.
		behind, err := secretlife.New(store.Store, func(o *secretlife.Options) {
			o.Clock = secretlife.NewVirtualClock(del.DeletionDate.Add(-time.Millisecond))
		})
		require.NoError(t, err)
		store.commit = func(c secretlife.Change) error {
			store.commit = nil
			_, err := behind.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
			require.NoError(t, err)
			return nil
		}
		require.Empty(t, w.advance(8*aDay))
		require.Equal(t, secretlife.PhaseActive, w.load("a").Phase(w.clock.Now()))
	})

	// It was restored, or restored and deleted again, after the store was asked.
	t.Run("due no more", func(t *testing.T) {
		store := &behind{Store: memstore.New()}
		w := newWorldOver(t, store)
		w.create("restored")
		w.create("again")
		w.delete("again", 7)
		told := len(w.events())
		for _, name := range []string{"restored", "again"} {
			store.due = append(store.due, secretlife.Due{At: start, Key: w.load(name).Key()})
		}
		r, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Empty(t, r)
		require.Empty(t, w.told(told))
	})

	// The name is purged and created again between the Purger's load and its commit.
	t.Run("next secret of the name", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		w.create("a")
		w.delete("a", 0)
		other := newWorldOver(t, store.Store, func(o *secretlife.Options) { o.Random = rand.NewChaCha8([32]byte{9}) })
		store.commit = func(secretlife.Change) error {
			store.commit = nil
			_, err := other.purger.RunDue(ctx)
			require.NoError(t, err)
			other.create("a")
			other.delete("a", 7) // at the same revision as the old one
			return nil
		}
		r, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Empty(t, r)
		require.Equal(t, secretlife.PhaseScheduledForDeletion, w.load("a").Phase(start))
	})

	t.Run("without end", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		w.create("a")
		store.commit = func(secretlife.Change) error { return secretlife.ErrConflict }
		for _, err := range []error{
			w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a"}),
			func() error {
				_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
				return err
			}(),
			func() error { _, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b"}); return err }(),
		} {
			requireError(t, err, "InternalServiceError", "An error occurred on the server side.")
			require.ErrorIs(t, err, secretlife.ErrConflict)
		}
		store.commit = nil
		w.create("p", func(in *secretlife.CreateSecretInput) {
			in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
		})
		store.commit = func(secretlife.Change) error { return secretlife.ErrConflict }
		_, err := w.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "p",
			RemoveReplicaRegions: []string{"eu-west-1"}})
		require.ErrorIs(t, err, secretlife.ErrConflict)
	})
}

// behind is a store whose list of due secrets is that of a while ago.
type behind struct {
	secretlife.Store
	due []secretlife.Due
}

func (b *behind) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if due := b.due; due != nil {
		b.due = nil
		return due, nil
	}
	return b.Store.Due(ctx, query)
}

func TestPurgerFailure(t *testing.T) {
	t.Run("one secret", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		for i := range 200 { // more than a page
			name := fmt.Sprintf("s%03d", i)
			w.create(name)
			w.delete(name, 0)
		}
		store.commit = func(c secretlife.Change) error {
			if strings.HasPrefix(c.Key().Name.String(), "s00") {
				return errors.New("bad sector")
			}
			return nil
		}
		r, err := w.purger.RunDue(ctx)
		require.Len(t, r.Purged(), 190)
		require.Len(t, multierr.Errors(err), 10)
		require.ErrorContains(t, err, "s003 in us-east-1 of 123456789012: bad sector")

		// The pause doubles: nothing is tried again at the same instant.
		r, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Empty(t, r)
		require.Empty(t, w.purger.Stuck())
		_, err = w.purger.Advance(ctx, 7*time.Second) // tries two to four, after 1, 2 and 4 seconds
		require.Len(t, multierr.Errors(err), 30)
		require.Empty(t, w.purger.Stuck())
		_, err = w.purger.Advance(ctx, 8*time.Second)
		require.Len(t, multierr.Errors(err), 10)
		require.Len(t, w.purger.Stuck(), 10, "the fifth time")
		_, err = w.purger.Advance(ctx, time.Minute)
		require.Error(t, err)
		stuck := w.purger.Stuck()
		require.Len(t, stuck, 10)
		require.GreaterOrEqual(t, stuck[0].Tries, 5)
		require.ErrorContains(t, stuck[0].Err, "bad sector")

		store.commit = nil
		require.Len(t, w.advance(2*hour).Purged(), 10, "they are still tried")
		require.Empty(t, w.purger.Stuck())
	})

	// The Purger looks behind them.
	t.Run("a page of secrets", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		for i := range 129 { // 128 are a page
			name := fmt.Sprintf("s%03d", i)
			w.create(name)
			w.delete(name, 0)
		}
		store.commit = func(c secretlife.Change) error {
			if c.Key().Name.String() != "s128" {
				return errors.New("bad sector")
			}
			return nil
		}
		r, err := w.purger.RunDue(ctx)
		require.Len(t, multierr.Errors(err), 128)
		require.Len(t, r.Purged(), 1)
	})

	t.Run("store", func(t *testing.T) {
		down := errors.New("down")
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		w.create("a")
		w.create("gone")
		w.delete("gone", 0)

		store.due = down
		_, err := w.purger.RunDue(ctx)
		require.ErrorIs(t, err, down)
		_, err = w.purger.Advance(ctx, hour)
		require.ErrorIs(t, err, down)
		require.Equal(t, start, w.clock.Now(), "who knows what would have been due")
		_, ok, err := w.purger.Step(ctx)
		require.ErrorIs(t, err, down)
		require.False(t, ok)
		store.due = nil

		store.load = down
		_, err = w.purger.RunDue(ctx)
		require.ErrorIs(t, err, down)
		for op, call := range calls {
			if op.Rule(secretlife.PhaseActive) == secretlife.RuleUnaffected {
				continue // it asks no store
			}
			requireError(t, call(w.Manager), "InternalServiceError", "An error occurred on the server side.")
			require.ErrorIs(t, call(w.Manager), down, op)
		}
		store.load = nil
		store.list = down
		_, err = w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.ErrorIs(t, err, down)
		_, err = w.ListSecrets(ctx,
			secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "name", Values: []string{"a"}}}})
		require.ErrorIs(t, err, down)
		store.value = down
		_, err = w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.ErrorIs(t, err, down)
		_, err = w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: tokenA,
			Value: secretlife.SecretString("x")})
		require.ErrorIs(t, err, down)
		_, err = w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", ClientRequestToken: tokenA,
			Value: secretlife.SecretString("x")})
		require.ErrorIs(t, err, down)
		store.value = nil

		store.commit = func(secretlife.Change) error { return down }
		out, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err, "a store that can't write still gives values")
		require.Equal(t, "value of a", out.Value.Reveal())
		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err, "nothing to write")
		require.ErrorIs(t, w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a"}), down)
	})

	t.Run("store keeps what is purged", func(t *testing.T) {
		w := newWorldOver(t, keeping{memstore.New()})
		w.create("a")
		w.delete("a", 0)
		r, err := w.purger.RunDue(ctx)
		require.ErrorContains(t, err, "the store still has "+w.load("a").ARN().String()+" after its purge")
		require.Len(t, r, 1)
	})

	t.Run("logged once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var log strings.Builder
			store := &faulty{Store: memstore.New(), due: errors.New("down")}
			m, err := secretlife.New(store, func(o *secretlife.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			require.NoError(t, err)
			ctx, stop := context.WithTimeout(t.Context(), hour)
			defer stop()
			err = secretlife.NewPurger(m, func(o *secretlife.PurgerOptions) { o.Interval = 0 }).Run(ctx)
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(log.String(), "purger failed"))
		})
	})
}

// keeping is a store that says yes to purges and does nothing.
type keeping struct{ secretlife.Store }

func (k keeping) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if batch.Changes[0].Purges() {
		return secretlife.Receipt{}, nil
	}
	return k.Store.Commit(ctx, batch)
}

func TestVirtualClock(t *testing.T) {
	c := secretlife.NewVirtualClock(start)
	rung := func(c <-chan time.Time) time.Time {
		select {
		case at := <-c:
			return at
		default:
			return time.Time{}
		}
	}
	wait := c.After(hour)
	require.Equal(t, start, rung(c.After(0)))
	require.Equal(t, start, rung(c.After(-hour)))
	c.Jump(2 * hour)
	require.Equal(t, start.Add(2*hour), c.Now())
	require.Zero(t, c.Elapsed().Time)
	require.Zero(t, rung(wait), "a jump lets no time pass")
	c.Set(c.Now().Add(59 * time.Minute))
	require.Zero(t, rung(wait))
	c.Set(c.Now().Add(time.Minute))
	require.Equal(t, start.Add(3*hour), rung(wait))
	c.Set(c.Now().Add(hour))
	require.Zero(t, rung(wait), "an alarm rings once")
	c.Jump(-hour)
	c.Set(c.Now().Add(-hour))
	require.Equal(t, 2*hour, c.Elapsed().Time)
	c.Set(start)
	require.Equal(t, start, c.Now())
	require.Equal(t, 2*hour, c.Elapsed().Time)
}

// TestVirtualClockCopy goes back to a copy of a store and its clock, from before a purge. With a new clock
// the time until then would be a gap, and the purge late.
func TestVirtualClockCopy(t *testing.T) {
	store, clock := memstore.New(), secretlife.NewVirtualClock(start)
	open := func(s *memstore.Store, c *secretlife.VirtualClock) (*secretlife.Manager, *secretlife.Purger) {
		m, err := secretlife.New(s, func(o *secretlife.Options) { o.Clock = c })
		require.NoError(t, err)
		return m, secretlife.NewPurger(m)
	}
	m, p := open(store, clock)
	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
	require.NoError(t, err)
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", RecoveryWindowInDays: secretlife.Days(7)})
	require.NoError(t, err)
	_, err = p.Advance(ctx, 3*24*hour)
	require.NoError(t, err)
	oldStore, oldClock := store.Clone(), clock.Copy()
	for range 2 {
		r, err := p.Advance(ctx, 4*24*hour-time.Millisecond)
		require.NoError(t, err)
		require.Empty(t, r.Purged())
		r, err = p.Advance(ctx, time.Millisecond)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 1)
		_, p = open(oldStore, oldClock)
	}
}

// stuckWorld has a secret whose purge fails again and again for one Purger, and a
// Manager whose Purgers have no such trouble.
func stuckWorld(t *testing.T) (w *world, store *faulty, other *secretlife.Manager) {
	store = &faulty{Store: memstore.New()}
	w = newWorldOver(t, store)
	other, err := secretlife.New(store.Store, func(o *secretlife.Options) { o.Clock = w.clock })
	require.NoError(t, err)
	for _, name := range []string{"a", "b"} {
		w.create(name)
		w.delete(name, 0)
	}
	store.commit = func(c secretlife.Change) error {
		if c.Purges() && c.Key().Name.String() == "b" {
			return errors.New("bad sector")
		}
		return nil
	}
	_, err = w.purger.Advance(ctx, time.Minute)
	require.Error(t, err)
	require.Len(t, w.purger.Stuck(), 1)
	require.Equal(t, w.purger.Stuck(), w.purger.Status().Stuck)
	return w, store, other
}

func TestStuck(t *testing.T) {
	// A secret that is gone is not listed after the next look.
	t.Run("done by another purger", func(t *testing.T) {
		w, _, other := stuckWorld(t)
		r, err := secretlife.NewPurger(other).RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 1)
		require.Len(t, w.purger.Stuck(), 1, "it has not looked yet")
		_, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Empty(t, w.purger.Stuck())
	})

	// Another secret of the same name is due: it is tried at once, and its failures are counted
	// from the first.
	t.Run("secret changed", func(t *testing.T) {
		w, _, other := stuckWorld(t)
		_, err := secretlife.NewPurger(other).RunDue(ctx)
		require.NoError(t, err)
		w.clock.Set(w.clock.Now().Add(time.Second))
		w.create("b")
		w.delete("b", 0)
		_, err = w.purger.RunDue(ctx)
		require.ErrorContains(t, err, "bad sector", "it is tried")
		require.Empty(t, w.purger.Stuck())
		_, err = w.purger.Advance(ctx, time.Minute)
		require.Error(t, err)
		require.Len(t, w.purger.Stuck(), 1)
		require.Less(t, w.purger.Stuck()[0].Tries, 8)
	})

	// A secret that waits for its next try is listed meanwhile.
	t.Run("still due", func(t *testing.T) {
		w, store, _ := stuckWorld(t)
		for range 3 {
			_, err := w.purger.RunDue(ctx)
			require.NoError(t, err)
			require.Len(t, w.purger.Stuck(), 1)
		}
		store.due = errors.New("no answer")
		_, err := w.purger.RunDue(ctx)
		require.Error(t, err)
		require.Len(t, w.purger.Stuck(), 1, "what is due is not known")
	})
}

func TestPurgerStatus(t *testing.T) {
	t.Run("after each run", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		require.Equal(t, secretlife.PurgerStatus{}, w.purger.Status())
		_, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Equal(t, secretlife.PurgerStatus{LastRun: start}, w.purger.Status())

		w.clock.Set(start.Add(time.Minute))
		store.due = errors.New("no answer")
		_, err = w.purger.RunDue(ctx)
		require.Error(t, err)
		s := w.purger.Status()
		require.Equal(t, start.Add(time.Minute), s.LastRun)
		require.ErrorIs(t, s.Err, store.due)

		// A caller that leaves says nothing of the store.
		store.due = nil
		gone, leave := context.WithCancel(ctx)
		leave()
		_, err = w.purger.RunDue(gone)
		require.Error(t, err)
		require.Equal(t, s, w.purger.Status())

		// Nor does what fails for one secret.
		w.create("a")
		w.delete("a", 0)
		store.commit = func(secretlife.Change) error { return errors.New("bad sector") }
		_, err = w.purger.RunDue(ctx)
		require.Len(t, multierr.Errors(err), 1)
		require.NoError(t, w.purger.Status().Err)
	})

	// Status and Stuck wait for no work, and tell when it takes too long.
	t.Run("store hangs", func(t *testing.T) {
		store := hanging{memstore.New(), make(chan struct{}), make(chan struct{})}
		w := newWorldOver(t, store)
		running, stop := context.WithCancel(ctx)
		ended := make(chan error)
		go func() { ended <- w.purger.Run(running) }()
		<-store.asked
		require.Empty(t, w.purger.Stuck())
		require.False(t, w.purger.Status().Stalled)
		w.clock.Set(start.Add(time.Minute))
		require.False(t, w.purger.Status().Stalled)
		w.clock.Set(start.Add(time.Minute + 2*time.Second))
		require.True(t, w.purger.Status().Stalled)
		store.release <- struct{}{}
		for w.purger.Status().LastRun.IsZero() { // until it noticed
			runtime.Gosched()
		}
		require.False(t, w.purger.Status().Stalled)
		stop()
		require.NoError(t, <-ended)
		w.clock.Set(start.Add(time.Hour))
		require.False(t, w.purger.Status().Stalled, "it does not run any more")
	})
}

// hanging is a store whose Due waits to be released.
type hanging struct {
	secretlife.Store
	asked, release chan struct{}
}

func (h hanging) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	h.asked <- struct{}{}
	select {
	case <-h.release:
		return h.Store.Due(ctx, query)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestHold looks at states that are over in a moment.
func TestHold(t *testing.T) {
	t.Run("of purges", func(t *testing.T) {
		w := newWorld(t)
		for _, name := range []string{"a", "b", "c"} {
			w.create(name)
			w.delete(name, 7)
		}
		resume := w.purger.Pause(secretlife.WorkPurge)
		again := w.purger.Pause()
		require.Empty(t, w.advance(8*24*time.Hour).Purged())
		require.Equal(t, start.Add(8*24*time.Hour), w.clock.Now())
		require.Equal(t, secretlife.PhaseAwaitingPurge, w.load("a").Phase(w.clock.Now()))

		done, did, err := w.purger.Step(t.Context())
		require.NoError(t, err)
		require.True(t, did)
		require.Equal(t, "a", done.ARN.Name().String(), "one by one, the oldest first")
		resume()
		resume()
		report, err := w.purger.RunDue(t.Context())
		require.NoError(t, err)
		require.Empty(t, report, "the other pause has it, too")
		again()
		require.Len(t, w.advance(0).Purged(), 2)
	})
	t.Run("of replication", func(t *testing.T) {
		w := newWorld(t)
		resume := w.purger.Pause(secretlife.WorkReplicate)
		w.create("a", func(in *secretlife.CreateSecretInput) {
			in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
		})
		w.advance(24 * time.Hour)
		require.Equal(t, secretlife.ReplicaInProgress, w.load("a").Replicas()[0].Status)
		resume()
		w.advance(0)
		require.Equal(t, secretlife.ReplicaInSync, w.load("a").Replicas()[0].Status)
	})
}
