package secretlife_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

const textQuota = "The request failed because it would exceed one of the Secrets Manager quotas."

// uncounted is a store that can't count.
type uncounted struct{ secretlife.Store }

func (uncounted) Count(context.Context, secretlife.Account, secretlife.Region) (int, error) {
	return 0, errors.ErrUnsupported
}

func TestQuotas(t *testing.T) {
	t.Run("secrets", func(t *testing.T) {
		for name, store := range map[string]secretlife.Store{"counted": memstore.New(),
			"gone through": uncounted{memstore.New()}} {
			t.Run(name, func(t *testing.T) {
				w := newWorldOver(t, store, func(o *secretlife.Options) { o.Emulate.Quotas.Secrets = 2 })
				w.create("a")
				w.create("b")
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "c"})
				requireError(t, err, "LimitExceededException", textQuota)
				require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
				w.create("b") // the same call again makes no further secret

				w.delete("a", 7)
				_, err = w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "c"})
				require.ErrorIs(t, err, secretlife.ErrLimitExceeded, "a scheduled secret counts")
				_, err = w.in("210987654321", "us-east-1").CreateSecret(ctx, secretlife.CreateSecretInput{Name: "c"})
				require.NoError(t, err, "other accounts have a quota of their own")
				_, err = w.in("123456789012", "eu-west-1").CreateSecret(ctx, secretlife.CreateSecretInput{Name: "c"})
				require.NoError(t, err, "and so has every Region")
				w.advance(7 * aDay)
				w.create("c")
			})
		}
	})

	// There are more than are read at a time. The Manager reads no further than it must, and
	// the newest secret once more, whose place in the order of creation the new one follows.
	t.Run("many secrets", func(t *testing.T) {
		w, store := manySecrets(t, 2500, 0, 0)
		for _, c := range []struct {
			quota, read int
			room        bool
		}{
			{quota: 1000, read: 1000}, {quota: 1001, read: 2000}, {quota: 2500, read: 2500},
			{quota: 2501, read: 2500, room: true}, {quota: 2501, read: 2501},
		} {
			store.read = 0
			m, err := secretlife.New(uncounted{store}, func(o *secretlife.Options) {
				o.Clock, o.Emulate.Quotas.Secrets = w.clock, c.quota
			})
			require.NoError(t, err)
			_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: fmt.Sprint("new", c.room)})
			if c.room {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
			}
			require.Equal(t, c.read+1, store.read)
		}
	})

	t.Run("secrets exactly", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.Quotas.Secrets, o.Observer = 10, secretlife.Observer{} })
		var made atomic.Int32
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				if _, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: fmt.Sprint(i)}); err == nil {
					made.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 10, made.Load())
	})

	t.Run("versions", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) {
			o.Emulate.Quotas = secretlife.AWSQuotas()
			o.Emulate.Quotas.Rates = nil
		})
		w.create("s")
		add := func() error {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v")})
			return err
		}
		for range 99 {
			require.NoError(t, add())
		}
		requireError(t, add(), "LimitExceededException", textQuota)
		_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", Value: secretlife.SecretString("v")})
		require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
		_, err = w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", ClientRequestToken: tokenA,
			Value: secretlife.SecretString("value of s")})
		require.NoError(t, err, "a call repeated adds none")
		require.Len(t, w.load("s").Versions(), 100)

		w.clock.Set(start.Add(aDay))
		require.ErrorIs(t, add(), secretlife.ErrLimitExceeded, "all are under or at 24 hours old")
		w.clock.Set(start.Add(aDay + time.Millisecond))
		require.NoError(t, add(), "the oldest is deprecated, and may go")
		w.advance(aDay + time.Second)
		require.Len(t, w.load("s").Versions(), 100)
	})

	// The secret has more versions than the quota already.
	t.Run("other changes than new versions", func(t *testing.T) {
		w := newWorld(t)
		versionsOf(w)
		m, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Clock, o.Emulate.Quotas.Versions = w.clock, 2 })
		require.NoError(t, err)
		require.NoError(t, m.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "k"}}}))
		_, err = m.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretString("x")})
		require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
	})

	t.Run("AWSQuotas name every operation once", func(t *testing.T) {
		seen := map[secretlife.Operation]int{}
		for _, r := range secretlife.AWSQuotas().Rates {
			for _, op := range r.Operations {
				seen[op]++
			}
		}
		for _, op := range secretlife.Operations() {
			require.Equal(t, 1, seen[op], op)
		}
	})

	t.Run("refused", func(t *testing.T) {
		made := func(q secretlife.Quotas) error {
			_, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Emulate.Quotas = q })
			return err
		}
		for _, q := range []secretlife.Quotas{{Secrets: -1}, {Versions: -1}, {Rates: []secretlife.Rate{{nil, 0}}},
			{Rates: []secretlife.Rate{{nil, 1e9 + 1}}}} {
			require.Error(t, made(q), "%v", q)
		}
		require.NoError(t, made(secretlife.Quotas{Secrets: 1, Versions: 1, Rates: []secretlife.Rate{{nil, 1}, {nil, 1e9}}}))
	})
}

func TestRates(t *testing.T) {
	t.Run("calls per second", func(t *testing.T) {
		reads := []secretlife.Operation{secretlife.OpDescribeSecret, secretlife.OpGetSecretValue}
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.Quotas.Rates = []secretlife.Rate{{reads, 4}} })
		w.create("s")
		describe := func() error {
			_, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
			return err
		}
		get := func() error {
			_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s"})
			return err
		}
		for range 2 {
			require.NoError(t, describe())
			require.NoError(t, get())
		}
		requireError(t, describe(), "ThrottlingException", "Rate exceeded")
		require.ErrorIs(t, get(), secretlife.ErrThrottled)
		var throttled *secretlife.ThrottlingError
		require.ErrorAs(t, get(), &throttled)
		_, err := w.in("210987654321", "us-east-1").DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.ErrorIs(t, err, secretlife.ErrSecretNotFound, "each account has a rate of its own")
		w.delete("s", 7) // other operations are not counted

		w.clock.Set(start.Add(249 * time.Millisecond))
		require.ErrorIs(t, describe(), secretlife.ErrThrottled)
		w.clock.Set(start.Add(250 * time.Millisecond))
		require.NoError(t, describe())
		require.ErrorIs(t, describe(), secretlife.ErrThrottled)
		w.clock.Set(start.Add(hour))
		for range 4 {
			require.NoError(t, describe())
		}
		require.ErrorIs(t, describe(), secretlife.ErrThrottled, "what was not used is not saved up")

		w.clock.Jump(-hour)
		require.NoError(t, describe(), "a clock that was set back locks nobody out")
	})

	// Every call names another account.
	t.Run("idle accounts are forgotten", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.Quotas = secretlife.AWSQuotas() })
		for i := range 10_000 {
			m := w.in(fmt.Sprintf("%012d", i), "us-east-1")
			_, err := m.GetRandomPassword(ctx, secretlife.GetRandomPasswordInput{})
			require.NoError(t, err)
			w.clock.Set(w.clock.Now().Add(time.Millisecond))
			require.LessOrEqual(t, secretlife.RatesKept(w.Manager), 128)
		}
	})
}

// Eventual consistency.

func TestListLag(t *testing.T) {
	t.Run("changes show late", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.ListLag = secretlife.FixedDelay(time.Minute) })
		names := func(planned bool) (out []string) {
			page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{IncludePlannedDeletion: planned})
			require.NoError(t, err)
			for _, s := range page.SecretList {
				out = append(out, s.Name)
			}
			return out
		}
		w.create("s")
		require.Empty(t, names(true), "created a moment ago")
		_, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err, "but it is there")
		w.advance(time.Minute - time.Millisecond)
		require.Empty(t, names(true))
		w.advance(time.Millisecond)
		require.Equal(t, []string{"s"}, names(false))

		w.delete("s", 7)
		require.Equal(t, []string{"s"}, names(false), "its deletion does not show yet")
		page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		require.Nil(t, page.SecretList[0].DeletedDate)
		w.advance(time.Minute)
		require.Empty(t, names(false))
		require.Equal(t, []string{"s"}, names(true))

		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err)
		require.Empty(t, names(false), "nor does its restoration")
		w.advance(time.Minute)
		require.Equal(t, []string{"s"}, names(false))

		w.delete("s", 0)
		w.advance(time.Millisecond)
		w.create("s")
		require.Empty(t, names(true), "another secret of that name is a new one")
	})

	t.Run("filters see what lists show", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.ListLag = secretlife.FixedDelay(time.Minute) })
		w.create("s", func(in *secretlife.CreateSecretInput) { in.Description = "old" })
		w.advance(time.Minute)
		now := "new"
		_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", Description: &now})
		require.NoError(t, err)
		count := func(word string) int {
			page, err := w.ListSecrets(ctx,
				secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "description", Values: []string{word}}}})
			require.NoError(t, err)
			return len(page.SecretList)
		}
		require.Equal(t, []int{1, 0}, []int{count("old"), count("new")})
		w.advance(time.Minute)
		require.Equal(t, []int{0, 1}, []int{count("old"), count("new")})
	})

	// A secret has its present place in the order, so that pages go on behind it.
	t.Run("pages end", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.ListLag = secretlife.FixedDelay(time.Hour) })
		for i := range 5 {
			w.create(fmt.Sprint(i))
		}
		w.advance(2 * time.Hour)
		for i := range 5 {
			w.clock.Set(w.clock.Now().Add(time.Second))
			_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: fmt.Sprint(4 - i)})
			require.NoError(t, err)
		}
		var names, next string
		for range 6 {
			page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{SortBy: secretlife.SortByLastChangedDate, MaxResults: 1,
				NextToken: next})
			require.NoError(t, err)
			for _, s := range page.SecretList {
				names += s.Name
				require.Equal(t, start.UnixMilli(), s.LastChangedDate.UnixMilli(), "as it was")
			}
			if next = page.NextToken; next == "" {
				break
			}
		}
		require.Equal(t, "43210", names)
	})

	// A secret that another process created again is not taken for the one before.
	t.Run("of one incarnation", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.ListLag = secretlife.FixedDelay(time.Minute) })
		w.create("s")
		w.advance(time.Minute)
		w.delete("s", 0)
		w.advance(0)
		other, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Clock = w.clock })
		require.NoError(t, err)
		again, err := other.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "s"})
		require.NoError(t, err)
		page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		require.Len(t, page.SecretList, 1)
		require.Equal(t, again.ARN, page.SecretList[0].ARN)
		require.Zero(t, secretlife.PastKept(other), "without a lag nothing is kept")
	})

	t.Run("past states are forgotten", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) {
			o.Emulate.ListLag, o.Observer = secretlife.FixedDelay(time.Second), secretlife.Observer{}
		})
		for i := range 1000 {
			w.create(fmt.Sprint(i))
			w.clock.Set(w.clock.Now().Add(100 * time.Millisecond))
		}
		require.Less(t, secretlife.PastKept(w.Manager), 200)
	})
}

func TestDescribeLag(t *testing.T) {
	t.Run("deletions show late", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.DescribeLag = secretlife.FixedDelay(5 * time.Second) })
		deleted := func() *time.Time {
			d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
			require.NoError(t, err)
			return d.DeletedDate
		}
		w.create("s")
		w.delete("s", 7)
		require.Nil(t, deleted())
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s"})
		require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion, "only what is shown comes late")
		w.advance(5 * time.Second)
		require.NotNil(t, deleted())
		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err)
		require.NotNil(t, deleted())
		w.advance(5 * time.Second)
		require.Nil(t, deleted())
		page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		require.Len(t, page.SecretList, 1, "lists have a lag of their own")
	})

	// Earlier changes do not matter.
	t.Run("counted from the deletion", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.DescribeLag = secretlife.FixedDelay(5 * time.Second) })
		w.create("s")
		require.NoError(t, w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "s", Tags: []secretlife.Tag{{Key: "k"}}}))
		w.advance(3 * time.Second)
		w.delete("s", 7)
		w.advance(5*time.Second - time.Millisecond)
		require.Nil(t, w.describe("s").DeletedDate)
		w.advance(time.Millisecond)
		require.NotNil(t, w.describe("s").DeletedDate)
	})
}
