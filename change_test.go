package secretlife_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// What no sequence of operations could lead to is refused by the decisions, with an
// error of the caller's, so that no store can be asked to keep it.
func TestIllegalDecisionsAreRefused(t *testing.T) {
	refused := func(t *testing.T, c secretlife.Change, err error) {
		t.Helper()
		require.Error(t, err)
		require.True(t, c.IsZero())
	}
	for name, edit := range map[string]func(*secretlife.Creation){
		"no account":             func(c *secretlife.Creation) { c.Key.Account = secretlife.Account{} },
		"no Region":              func(c *secretlife.Creation) { c.Key.Region = secretlife.Region{} },
		"no name":                func(c *secretlife.Creation) { c.Key.Name = secretlife.Name{} },
		"no incarnation":         func(c *secretlife.Creation) { c.Incarnation = secretlife.Incarnation{} },
		"a suffix of zeros":      func(c *secretlife.Creation) { c.Suffix = [6]byte{} },
		"a value and no version": func(c *secretlife.Creation) { c.VersionID = secretlife.VersionID{} },
		"a version and no value": func(c *secretlife.Creation) { c.Value = secretlife.Value{} },
		"a value that is empty":  func(c *secretlife.Creation) { c.Value = secretlife.SecretString("") },
		"a value not in UTF-8":   func(c *secretlife.Creation) { c.Value = secretlife.SecretString("\xff") },
		"a tag without key":      func(c *secretlife.Creation) { c.Tags = []secretlife.Tag{{}} },
		"a Region of no name":    func(c *secretlife.Creation) { c.Replicas = []secretlife.ReplicaTarget{{}} },
	} {
		t.Run("NewSecret/"+name, func(t *testing.T) {
			c := creation(t)
			edit(&c)
			ch, err := secretlife.NewSecret(start, c)
			refused(t, ch, err)
		})
	}
	s := born(t)
	a, b := version(t, tokenA), version(t, tokenB)
	value := secretlife.SecretString("x")
	for name, decide := range map[string]func() (secretlife.Change, error){
		"PutValue/no id":          func() (secretlife.Change, error) { return s.PutValue(start, secretlife.VersionID{}, value, nil) },
		"PutValue/no value":       func() (secretlife.Change, error) { return s.PutValue(start, b, secretlife.Value{}, nil) },
		"PutValue/a used id":      func() (secretlife.Change, error) { return s.PutValue(start, a, value, nil) },
		"PutValue/an empty label": func() (secretlife.Change, error) { return s.PutValue(start, b, value, []secretlife.Stage{""}) },
		"Update/a value without id": func() (secretlife.Change, error) {
			return s.Update(start, secretlife.Update{Value: value})
		},
		"Update/a used id": func() (secretlife.Change, error) {
			return s.Update(start, secretlife.Update{Value: value, VersionID: a})
		},
		"MoveStage/no label": func() (secretlife.Change, error) { return s.MoveStage(start, "", secretlife.VersionID{}, a) },
		"AddReplicas/no Region": func() (secretlife.Change, error) {
			return s.AddReplicas(start, []secretlife.ReplicaTarget{{}}, false)
		},
		"Tag/no key":       func() (secretlife.Change, error) { return s.Tag(start, []secretlife.Tag{{}}) },
		"PutPolicy/none":   func() (secretlife.Change, error) { return s.PutPolicy(start, secretlife.Policy{}, false) },
		"Delete/no time":   func() (secretlife.Change, error) { return s.Delete(secretlife.At{}, secretlife.DeletionMode{}, 0) },
		"PutValue/no time": func() (secretlife.Change, error) { return s.PutValue(time.Time{}, b, value, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			c, err := decide()
			refused(t, c, err)
		})
	}
}

// A value that is forged in what Values returns is not written.
func TestAChangeCannotBeForged(t *testing.T) {
	store := memstore.New()
	c, err := secretlife.NewSecret(start, creation(t))
	require.NoError(t, err)
	c.Values()[0].Value = secretlife.SecretString("forged")
	c.Events()[0] = secretlife.Event{}
	require.NoError(t, store.Commit(ctx, c))
	next, _ := c.Next()
	got, err := store.Value(ctx, next.Key(), next.Incarnation(), version(t, tokenA))
	require.NoError(t, err)
	require.NotEqual(t, "forged", got.Reveal())
	events, err := store.Events(ctx, 0, 10)
	require.NoError(t, err)
	require.Equal(t, "CreateSecret", events[0].Name())
}

func TestANoOpIsNoPurge(t *testing.T) {
	require.False(t, secretlife.Change{}.Purges())
	s := born(t)
	c, err := s.Restore(secretlife.Exactly(start)) // it is active
	require.NoError(t, err)
	require.False(t, c.Purges())
	forced := then(t)(s.Delete(secretlife.Exactly(start), byForce(t), 0))
	c, err = forced.Purge(secretlife.Exactly(start))
	require.NoError(t, err)
	require.True(t, c.Purges())
}
