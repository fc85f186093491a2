package lifetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestMain(m *testing.M) { testrun.Main(m) }

// keeper is a store that keeps the mark of the purger's clock.
type keeper struct {
	secretlife.Store
	mark time.Time
}

func (k *keeper) ClockMark(context.Context) (time.Time, error) { return k.mark, nil }

func (k *keeper) SetClockMark(_ context.Context, mark time.Time) error {
	if mark.After(k.mark) {
		k.mark = mark
	}
	return nil
}

// TestRestartsKeepTheClockMark runs histories over a store from which a new
// purger learns how late it can be at most.
func TestRestartsKeepTheClockMark(t *testing.T) {
	testrun.FewerHistories(t, testrun.UnlessRace("100", "50"))
	var edited bool
	Check(
		t,
		func(*testing.T) secretlife.Store { return &keeper{Store: memstore.New()} },
		func(*secretlife.Options) { edited = true },
	)
	require.True(t, edited, "the options were not edited")
}
