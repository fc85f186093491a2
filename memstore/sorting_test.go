package memstore

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestOrderWhileSecretsChange makes every kind of change in every step of the making of an order by
// date, and compares it with what the secrets say.
func TestOrderWhileSecretsChange(t *testing.T) {
	for i, o := range dateOrders {
		t.Run(fmt.Sprint("order ", i), func(t *testing.T) {
			w := newChanging(t)
			w.changeAll()
			r, b, mine := w.store.begin(w.realm, i)
			require.True(t, mine)
			_, again, mine := w.store.begin(w.realm, i)
			require.False(t, mine)
			require.Same(t, b, again)
			w.changeAll()
			entries, ok := w.store.entries(ctx, r, o)
			require.True(t, ok)
			w.changeAll()
			l := inOrder(entries, w.store.take(b))
			w.changeAll()
			noted := len(b.moves)
			require.NotZero(t, noted)
			b.list = l
			w.changeAll()
			require.Len(t, b.moves, noted, "what changes when there is a list is not noted")
			w.store.carry(b, l)
			require.Empty(t, b.moves)
			w.changeAll()
			require.Empty(t, b.moves)
			w.store.end(r, i, l)
			w.check(o)
			w.changeAll()
			w.check(o)
		})
	}
}

// TestOrderBesideChanges lists by date while others change secrets, and once with a context that has
// ended.
func TestOrderBesideChanges(t *testing.T) {
	w := newChanging(t)
	for range 10 {
		w.changeAll()
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	w.store.order(ended, w.realm, 0)
	require.Nil(t, w.store.index.realms[w.realm].byDate[0])
	require.Nil(t, w.store.index.realms[w.realm].sorting[0])
	var wait sync.WaitGroup
	wait.Go(func() {
		for range 20 {
			w.changeAll()
		}
	})
	for _, o := range dateOrders {
		for range 2 { // two want the same order
			wait.Go(func() {
				_, err := w.store.List(ctx, w.query(o))
				require.NoError(t, err)
			})
		}
	}
	wait.Wait()
	for _, o := range dateOrders {
		w.check(o)
	}
}

// changing is a store whose secrets change all the time.
type changing struct {
	t      *testing.T
	store  *Store
	m      *secretlife.Manager
	purger *secretlife.Purger
	clock  *secretlife.VirtualClock
	realm  realmID
	n      int
}

func newChanging(t *testing.T) *changing {
	w := &changing{t: t, store: New(), clock: secretlife.NewVirtualClock(start)}
	var err error
	w.m, err = secretlife.New(w.store, func(o *secretlife.Options) { o.Clock = w.clock })
	require.NoError(t, err)
	w.purger = secretlife.NewPurger(w.m)
	w.realm = realmID{w.m.Account(), w.m.Region()}
	return w
}

// changeAll creates secrets, and changes, reads, deletes, restores and purges some of all.
func (w *changing) changeAll() {
	w.clock.Jump(25 * time.Hour)
	for range 30 {
		create(w.t, w.m, fmt.Sprintf("%02d-%d", w.n*37%100, w.n))
		w.n++
	}
	all, err := w.store.List(ctx, w.query(secretlife.OrderByName))
	require.NoError(w.t, err)
	for i, s := range all {
		w.clock.Jump(time.Millisecond)
		id := s.Name().String()
		switch (i + w.n) % 7 {
		case 0:
			_, err = w.m.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: id})
		case 1:
			if s.Deletion().Scheduled() {
				_, err = w.m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: id})
			} else {
				_, err = w.m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: id})
			}
		case 2, 3:
			_, err = w.m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: id})
		case 4:
			if i%3 == 0 {
				_, err = w.m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: id, ForceDeleteWithoutRecovery: true})
			}
		}
		var refused secretlife.Error
		if err != nil {
			require.ErrorAs(w.t, err, &refused)
		}
	}
	_, err = w.purger.RunDue(ctx)
	require.NoError(w.t, err)
}

func (w *changing) query(o secretlife.Order) secretlife.ListQuery {
	return secretlife.ListQuery{Account: w.realm.account, Region: w.realm.region, Order: o, Limit: 10_000}
}

// check compares an order with that of all secrets.
func (w *changing) check(o secretlife.Order) {
	w.t.Helper()
	want, err := w.store.List(ctx, w.query(secretlife.OrderByName))
	require.NoError(w.t, err)
	require.NotEmpty(w.t, want)
	want = slices.DeleteFunc(want, func(s secretlife.Secret) bool { return !o.Has(s) })
	slices.SortStableFunc(want, func(a, b secretlife.Secret) int {
		return secretlife.CursorOf(a, o).Compare(secretlife.CursorOf(b, o))
	})
	got, err := w.store.List(ctx, w.query(o))
	require.NoError(w.t, err)
	names := func(of []secretlife.Secret) (out []string) {
		for _, s := range of {
			out = append(out, s.Name().String())
		}
		return out
	}
	require.Equal(w.t, names(want), names(got))
}
