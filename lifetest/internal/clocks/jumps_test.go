package clocks_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/memstore"
)

var (
	jumps       = flag.Int("clocks.jumps", 30_000, "how often a wall clock is set in TestJumpsPurgeNothingEarly")
	jumpSecrets = flag.Int("clocks.secrets", 1_000, "how many secrets are scheduled in TestJumpsPurgeNothingEarly")
)

// TestJumpsPurgeNothingEarly sets the wall clocks of three machines forward and back, by a
// nanosecond to a hundred years each time, and restarts processes and machines. Meanwhile
// secrets are scheduled for deletion, for 7 days, until 6.9 days have really passed.
// Purgers look for work all the time: none may be purged. When all clocks are right again
// all are purged.
func TestJumpsPurgeNothingEarly(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, 3)
	store := memstore.New(func(o *memstore.Options) { o.KeepEvents = 1 })
	c.front = durable{store, c}
	random := rand.New(rand.NewPCG(9, 9))
	nodes := []*node{c.start(0), c.start(1), c.start(2)}
	step := 69 * day / 10 / time.Duration(*jumps)
	runs := 0
	for i := range *jumps {
		setWall(c, c.hosts[random.IntN(3)], random)
		k := random.IntN(3)
		switch random.IntN(50) {
		case 0:
			nodes[k] = c.start(k)
		case 1:
			c.hosts[k].Reboot()
			nodes[k] = c.start(k)
		}
		_, err := nodes[k].At(ctx) // counts when it is time for that
		require.NoError(t, err)
		if i%max(1, *jumps / *jumpSecrets) == 0 && len(c.scheduled) < *jumpSecrets {
			nodes[k].schedule(fmt.Sprintf("s%06d", len(c.scheduled)), 7)
		}
		if i%max(1, *jumps/300) == 0 {
			runs++
			require.Zero(t, nodes[k].work(), "purged at jump %d", i)
		}
		c.pass(1 + time.Duration(random.Int64N(2*int64(step))))
	}
	require.Len(t, c.scheduled, *jumpSecrets)
	require.Equal(t, *jumpSecrets, store.Len())
	t.Logf("%d jumps over %d secrets, %d runs of purgers, %v", *jumps, *jumpSecrets, runs, c.truth.Sub(history.Epoch))

	for _, h := range c.hosts {
		h.SetWall(c.truth)
	}
	purged := 0
	for purged < *jumpSecrets && c.truth.Before(history.Epoch.AddDate(300, 0, 0)) {
		for range 3 {
			purged += nodes[0].work()
			c.pass(30 * time.Second)
		}
		c.pass(30 * day) // dates lie in the future of clocks that were ahead
		for range 3 {
			purged += nodes[0].work()
			c.pass(30 * time.Second)
		}
	}
	require.Equal(t, *jumpSecrets, purged)
	require.Zero(t, c.early)
}

// setWall sets a wall clock right, or forward, or back.
func setWall(c *cluster, h *hosttest.Host, random *rand.Rand) {
	by := time.Duration(1 + random.Int64N(1<<random.IntN(62)))
	switch random.IntN(3) {
	case 0:
		h.SetWall(c.truth)
	case 1:
		h.SetWall(c.truth.Add(min(by, 100*365*day)))
	default:
		h.SetWall(c.truth.Add(-min(by, 100*365*day)))
	}
}
