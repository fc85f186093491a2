package storetest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/storetest"
)

var (
	ctx     = context.Background()
	errDown = errors.New("the database is down")
)

// calls are one call of each method.
func calls(t *testing.T, s secretlife.Store) map[storetest.Method]func() error {
	t.Helper()
	key, accesses := secretlife.Key{}, s.(access.Store)
	return map[storetest.Method]func() error{
		storetest.Load: func() error { _, err := s.Load(ctx, key); return ignore(err, secretlife.ErrSecretNotFound) },
		storetest.Value: func() error {
			_, err := s.Value(ctx, key, secretlife.Incarnation{}, secretlife.VersionID{})
			return ignore(err, secretlife.ErrVersionNotFound)
		},
		storetest.Commit: func() error {
			_, err := s.Commit(ctx, secretlife.Batch{})
			return ignore(err, secretlife.ErrInvalidParameter)
		},
		storetest.List: func() error { _, err := s.List(ctx, secretlife.ListQuery{Limit: 1}); return err },
		storetest.Due: func() error {
			_, err := s.Due(ctx, secretlife.DueQuery{By: time.Unix(0, 0), Limit: 1})
			return err
		},
		storetest.Events: func() error { _, err := s.Events(ctx, 0, 1); return err },
		storetest.Note:   func() error { _, err := s.Note(ctx, "note"); return err },
		storetest.Count:  func() error { _, err := s.Count(ctx, key.Account, key.Region); return err },
		storetest.Health: func() error { return s.Health(ctx) },
		storetest.AddAccesses: func() error {
			return ignore(accesses.AddAccesses(ctx, access.Group{}), secretlife.ErrInvalidParameter)
		},
		storetest.Accesses:       func() error { _, err := accesses.Accesses(ctx, access.Query{}); return err },
		storetest.ForgetAccesses: func() error { _, err := accesses.ForgetAccesses(ctx, time.Time{}, 0); return err },
		storetest.SwapNote: func() error {
			return ignore(s.SwapNote(ctx, "note", nil, []byte("value")), secretlife.ErrConflict)
		},
	}
}

// ignore drops the error a call on an empty store answers.
func ignore(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
}

func TestFaultsOfEveryMethod(t *testing.T) {
	faults := storetest.NewFaults(memstore.New())
	for method, call := range calls(t, faults) {
		t.Run(string(method), func(t *testing.T) {
			require.NoError(t, call(), "at first nothing goes wrong")
			faults.Next(method, storetest.Fault{Err: errDown})
			faults.Next(method, storetest.Fault{Lost: errDown})
			faults.Nth(method, 5, storetest.Fault{Err: errDown})
			require.ErrorIs(t, call(), errDown)
			require.ErrorIs(t, call(), errDown)
			require.NoError(t, call())
			require.ErrorIs(t, call(), errDown)
			require.NoError(t, call())
			require.Equal(t, 6, faults.Calls(method))

			faults.Decide(func(c storetest.Call) storetest.Fault {
				if c.Method == method && c.N == 8 {
					return storetest.Fault{Err: errDown}
				}
				return storetest.Fault{}
			})
			require.NoError(t, call())
			require.ErrorIs(t, call(), errDown)
			faults.Decide(nil)
			require.NoError(t, call())
		})
	}
}

func newSecret(t *testing.T, name string) secretlife.Change {
	t.Helper()
	n, err := secretlife.ParseName(name)
	require.NoError(t, err)
	a, err := secretlife.ParseAccount("123456789012")
	require.NoError(t, err)
	r, err := secretlife.ParseRegion("us-east-1")
	require.NoError(t, err)
	c, err := secretlife.NewSecret(secretlife.Exactly(time.Unix(0, 0)), secretlife.Creation{
		ARN:         secretlife.Must(secretlife.Key{Account: a, Region: r, Name: n}.ARN("aB3xY9")),
		Incarnation: secretlife.Incarnation{1},
	})
	require.NoError(t, err)
	return c
}

func TestAnErrorComesBeforeTheEffect(t *testing.T) {
	store := memstore.New()
	faults := storetest.NewFaults(store)
	faults.Next(storetest.Commit, storetest.Fault{Err: errDown})
	_, err := faults.Commit(ctx, secretlife.BatchOf(newSecret(t, "a")))
	require.ErrorIs(t, err, errDown)
	require.Zero(t, store.Len())
}

func TestALostAnswerComesAfterTheEffect(t *testing.T) {
	store := memstore.New()
	faults := storetest.NewFaults(store)
	faults.Next(storetest.Commit, storetest.Fault{Lost: errDown})
	c := newSecret(t, "a")
	_, err := faults.Commit(ctx, secretlife.BatchOf(c))
	require.ErrorIs(t, err, errDown)
	require.Equal(t, 1, store.Len())

	faults.Next(storetest.Load, storetest.Fault{Lost: errDown})
	s, err := faults.Load(ctx, c.Key())
	require.ErrorIs(t, err, errDown)
	require.True(t, s.IsZero())
}

func TestHooksRunAroundTheCall(t *testing.T) {
	store := memstore.New()
	faults := storetest.NewFaults(store)
	var seen []int
	look := func() { seen = append(seen, store.Len()) }
	faults.Next(storetest.Commit, storetest.Fault{Before: look, After: look})
	_, err := faults.Commit(ctx, secretlife.BatchOf(newSecret(t, "a")))
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, seen)

	faults.Next(storetest.Commit, storetest.Fault{Before: look, Err: errDown, After: look})
	_, err = faults.Commit(ctx, secretlife.BatchOf(newSecret(t, "b")))
	require.ErrorIs(t, err, errDown)
	require.Equal(t, []int{0, 1, 1, 1}, seen)
}

func TestDecideSeesWhatIsCalled(t *testing.T) {
	faults := storetest.NewFaults(memstore.New())
	var got []storetest.Call
	faults.Decide(func(c storetest.Call) storetest.Fault {
		got = append(got, c)
		return storetest.Fault{}
	})
	a, b := newSecret(t, "a"), newSecret(t, "b")
	_, err := faults.Commit(ctx, secretlife.BatchOf(a, b))
	require.NoError(t, err)
	_, err = faults.Load(ctx, b.Key())
	require.NoError(t, err)
	require.Equal(t, []storetest.Call{
		{Method: storetest.Commit, N: 1, Key: a.Key(), Changes: []secretlife.Change{a, b}},
		{Method: storetest.Load, N: 1, Key: b.Key()},
	}, got)
}

// noClaims is a store that can't be claimed from.
type noClaims struct{ secretlife.Store }

func (noClaims) Claim(
	context.Context, secretlife.DueQuery, func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return secretlife.Receipt{}, errors.ErrUnsupported
}

// TestFaultsOfClaims checks that claims of a store that knows them go wrong, too,
// before or after they took effect.
func TestFaultsOfClaims(t *testing.T) {
	store := memstore.New()
	claim := func(f *storetest.Faults) (asked bool, err error) {
		query := secretlife.DueQuery{By: time.Unix(1, 0), Limit: 10}
		_, err = f.Claim(ctx, query, func(due []secretlife.Secret) []secretlife.Change {
			asked = true
			c, err := due[0].Purge(secretlife.Exactly(time.Unix(1, 0)))
			require.NoError(t, err)
			return []secretlife.Change{c}
		})
		return asked, err
	}
	none := storetest.NewFaults(noClaims{store})
	_, err := claim(none)
	require.ErrorIs(t, err, errors.ErrUnsupported)

	faults := storetest.NewFaults(store)
	asked, err := claim(faults)
	require.NoError(t, err)
	require.False(t, asked)
	made := newSecret(t, "a")
	_, err = store.Commit(ctx, secretlife.BatchOf(made))
	require.NoError(t, err)
	s := made.Next()
	yes := true
	mode, err := secretlife.ParseDeletionMode(nil, &yes)
	require.NoError(t, err)
	deleted, err := s.Delete(secretlife.Exactly(time.Unix(0, 0)), mode, 0)
	require.NoError(t, err)
	_, err = store.Commit(ctx, secretlife.BatchOf(deleted))
	require.NoError(t, err)

	faults.Next(storetest.Claim, storetest.Fault{Err: errDown})
	faults.Next(storetest.Claim, storetest.Fault{Lost: errDown})
	asked, err = claim(faults)
	require.ErrorIs(t, err, errDown)
	require.False(t, asked)
	require.Equal(t, 1, store.Len())
	asked, err = claim(faults)
	require.ErrorIs(t, err, errDown)
	require.True(t, asked)
	require.Zero(t, store.Len())
	require.Equal(t, 3, faults.Calls(storetest.Claim))
}
