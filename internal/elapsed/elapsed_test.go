package elapsed_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/elapsed"
)

func TestHostGoesOnWithinOneBoot(t *testing.T) {
	a, b := elapsed.Host(), elapsed.Host()
	require.NotEmpty(t, a.Boot)
	require.Equal(t, a.Boot, b.Boot)
	require.GreaterOrEqual(t, b.Elapsed, a.Elapsed)
}

func TestProcessFollowsABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := elapsed.Process(time.Now())
		time.Sleep(31 * 24 * time.Hour)
		b := elapsed.Process(time.Now())
		require.Equal(t, a.Boot, b.Boot)
		require.Equal(t, 31*24*time.Hour, b.Elapsed-a.Elapsed)
	})
}

func TestProcessIgnoresAWallClock(t *testing.T) {
	a := elapsed.Process(time.Now().Round(0))
	b := elapsed.Process(time.Now().Round(0).Add(365 * 24 * time.Hour))
	require.Less(t, b.Elapsed-a.Elapsed, time.Hour)
}
