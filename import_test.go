package secretlife_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestImportIsTheSameSecret(t *testing.T) {
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
	require.NoError(t, there.store.Commit(ctx, events))
	secret, err := secretlife.ImportSecret(secretlife.At{}, s, []secretlife.VersionValue{{ID: version(t, tokenA), Value: value}})
	require.NoError(t, err)
	require.NoError(t, there.store.Commit(ctx, secret))
	require.Equal(t, w.events(), there.events())
	require.Equal(t, s, there.load("back"))

	_, err = there.RestoreSecret(ctx, secretlife.RestoreSecretInput{SecretID: s.ARN().String()})
	require.NoError(t, err)
	out, err := there.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "back"})
	require.NoError(t, err)
	require.Equal(t, "value of back", out.Value.Reveal())
	there.create("gone") // its name is free
}

func TestImportRefusesWhatCannotBe(t *testing.T) {
	s := put(t, born(t), tokenB, "X")
	value := func(id, text string) secretlife.VersionValue {
		return secretlife.VersionValue{ID: version(t, id), Value: secretlife.SecretString(text)}
	}
	_, err := secretlife.ImportSecret(secretlife.At{}, s, []secretlife.VersionValue{value(tokenA, "a"), value(tokenB, "b")})
	require.NoError(t, err)
	for name, values := range map[string][]secretlife.VersionValue{
		"has no value":        {value(tokenA, "a")},
		"has no value there":  {value(tokenA, "a"), value(tokenB, "b"), value(tokenC, "hunter2")},
		"has two values":      {value(tokenA, "a"), value(tokenA, "hunter2"), value(tokenB, "b")},
		"none that a secret":  {value(tokenA, ""), value(tokenB, "hunter2")},
		"is none that a secr": {value(tokenA, "hunter2"), {ID: version(t, tokenB)}},
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
}
