package lifetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestMain(m *testing.M) { testrun.Main(m) }

// noteless is a store that keeps no notes.
type noteless struct{ secretlife.Store }

func (noteless) Note(ctx context.Context, name string) (secretlife.Note, error) {
	return secretlife.BaseStore{}.Note(ctx, name)
}

func (noteless) SwapNote(ctx context.Context, name string, old, next []byte) error {
	return secretlife.BaseStore{}.SwapNote(ctx, name, old, next)
}

// TestCheckWithoutNotes runs histories over a store without notes, for which the process
// counts time, and checks that the options can be edited.
func TestCheckWithoutNotes(t *testing.T) {
	testrun.FewerHistories(t, testrun.UnlessRace("100", "50"))
	var edited bool
	open := func(*testing.T) secretlife.Store { return noteless{memstore.New()} }
	Check(t, open, func(*secretlife.Options) { edited = true })
	require.True(t, edited, "the options were not edited")
}
