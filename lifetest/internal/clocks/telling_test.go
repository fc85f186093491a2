package clocks_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/storetest"
)

// The API node's clock is 8 days behind that of the purger.
func TestAPINodeBehind(t *testing.T) {
	c := newCluster(t, 2)
	purger, api := c.start(0), c.start(1)
	c.hosts[1].Step(-8 * day)
	purger.work()
	api.schedule("a", 7)
	require.Zero(t, c.live(purger, 7*day))
	require.Equal(t, 1, c.live(purger, 30*time.Minute))
	require.Zero(t, c.early)
}

// A machine without a battery boots in 2020, schedules, gets the time, and restarts 366
// times.
func TestBootInThePastAndRestarts(t *testing.T) {
	c := newCluster(t, 1)
	c.hosts[0].SetWall(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	n := c.start(0)
	n.schedule("a", 30)
	c.hosts[0].SetWall(c.truth)
	for range 366 {
		c.pass(time.Second)
		require.Zero(t, c.start(0).work())
	}
	require.Zero(t, c.live(c.start(0), 29*day))
	require.Equal(t, 1, c.live(c.start(0), 2*day))
	require.Zero(t, c.early)
}

// A purger is paused between reading its clock and swapping the tally, over two beats of
// another, while a deletion commits.
func TestPurgerPausedBeforeItsSwap(t *testing.T) {
	c := newCluster(t, 2)
	other := c.start(1)
	faults := storetest.NewFaults(c.front)
	c.front = faults
	paused := c.start(0)
	paused.work()
	other.work()
	pauses := 0
	faults.Decide(func(call storetest.Call) storetest.Fault {
		if call.Method != storetest.SwapNote || pauses > 0 {
			return storetest.Fault{}
		}
		pauses++
		return storetest.Fault{Before: func() {
			c.pass(45 * time.Second)
			other.work()
			other.schedule("a", 7)
			c.pass(45 * time.Second)
			other.work()
		}}
	})
	c.pass(45 * time.Second)
	paused.work()
	require.Equal(t, 1, pauses)
	require.Zero(t, c.live(paused, 7*day))
	require.Equal(t, 1, c.live(paused, 30*time.Minute))
	require.Zero(t, c.early)
}

// Purgers run once an hour on one boot, and a secret is deleted in the gap between two
// runs: the gap does not count for it, those after it do.
func TestCronOnOneBoot(t *testing.T) {
	c := newCluster(t, 1)
	hours := func(n int) {
		for range n {
			c.pass(time.Hour)
			c.start(0).work()
		}
	}
	hours(3)
	c.pass(30 * time.Minute)
	c.start(0).schedule("a", 7)
	c.pass(30 * time.Minute)
	c.start(0).work()
	hours(7*24 - 1)
	require.Empty(t, c.lateness, "nothing before the second run after the deletion counts")
	hours(3)
	require.Len(t, c.lateness, 1)
	require.Zero(t, c.early)
}

// A virtual machine stalls for ten days, and schedules a deletion with its stale clock.
func TestStalledMachineSchedules(t *testing.T) {
	c := newCluster(t, 2)
	purger, api := c.start(0), c.start(1)
	api.work()
	purger.work()
	c.hosts[1].Stall(true)
	require.Zero(t, c.live(purger, 10*day))
	api.schedule("a", 7)
	c.hosts[1].Stall(false)
	require.Zero(t, c.live(purger, 7*day))
	require.Equal(t, 1, c.live(purger, 30*time.Minute))
	require.Zero(t, c.early)
}

// Two machines are clones: they share a boot, and one's elapsed time is three days behind.
// A database with a right clock limits what they count; without it one is early.
func TestClonesOfASnapshot(t *testing.T) {
	for _, limited := range []bool{true, false} {
		c := newCluster(t, 2)
		if limited {
			c.server = hosttest.New("database", c.truth)
		}
		c.pass(5 * day)
		c.hosts[0].Clone(c.hosts[1], 3*day)
		c.hosts[1].Step(-3 * day) // its wall clock agrees, until it is set right below
		older, newer := c.start(1), c.start(0)
		older.work()
		older.schedule("a", 7)
		c.hosts[1].SetWall(c.truth.Add(-3 * day))
		for range 2 * 3 * 24 * 60 {
			c.pass(30 * time.Second)
			older.work()
		}
		c.pass(30 * time.Second)
		newer.work() // its clock of the same boot says that three more days have passed
		c.live(newer, 4*day)
		if limited {
			require.Zero(t, c.early)
			require.Empty(t, c.lateness)
		}
		c.live(newer, 4*day)
		require.Equal(t, limited, c.early == 0, "with the clock of the store: %v; %v", limited, c.lateness)
	}
}

// An NTP accident sets all clocks 30 days forward while a pod moves to another machine. A
// witness that has the same time makes the purge early: that is its documented price.
func TestNTPAccidentWhileAPodMoves(t *testing.T) {
	for _, witness := range []bool{false, true} {
		c := newCluster(t, 2)
		edit := func(o *secretlife.Options) {
			if witness {
				o.Witness = func(context.Context) (time.Time, error) { return c.hosts[1].Now(), nil }
			}
		}
		n := c.start(0, edit)
		n.work()
		n.schedule("a", 7)
		c.live(n, time.Hour)
		for _, h := range c.hosts {
			h.Step(30 * day)
		}
		c.pass(20 * time.Second)
		moved := c.start(1, edit)
		c.live(moved, 2*time.Hour)
		require.Equal(t, witness, c.early > 0, "with a witness: %v", witness)
	}
}

// Nobody counts for ten days. A deletion before the gap ages by it when an operator has
// confirmed it, one after the gap does not; and the confirmation can be withdrawn.
func TestConfirmTenDaysOff(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, 1)
	n := c.start(0)
	n.work()
	n.schedule("older", 8)
	c.live(n, 10*time.Minute)
	c.pass(10 * day)
	c.hosts[0].Reboot()
	n = c.start(0)
	n.schedule("newer", 8)
	require.Zero(t, c.live(n, 2*time.Hour))
	gaps := c.gaps(n)
	require.Len(t, gaps, 1)
	_, err := n.ConfirmGap(ctx, gaps[0].Number, 0, "")
	require.NoError(t, err)
	require.Zero(t, c.live(n, 50*time.Minute), "it counts after an hour")
	_, err = n.WithdrawGap(ctx, gaps[0].Number)
	require.NoError(t, err)
	require.Zero(t, c.live(n, 2*time.Hour))
	_, err = n.ConfirmGap(ctx, gaps[0].Number, 0, "")
	require.NoError(t, err)
	require.Equal(t, 1, c.live(n, 2*time.Hour))
	require.Zero(t, c.live(n, 7*day))
	require.Equal(t, 1, c.live(n, day))
	require.Zero(t, c.early)
}

// A backup is put back beside a purger that goes on: what it counted since then does not
// count.
func TestBackupPutBackBesideALivePurger(t *testing.T) {
	c := newCluster(t, 1)
	n := c.start(0)
	n.work()
	n.schedule("a", 7)
	c.live(n, time.Hour)
	backup := c.content.Backup()
	c.live(n, 5*day)
	c.content.Restore(backup)
	require.Zero(t, c.live(n, 2*day-time.Hour))
	c.live(n, 6*day)
	require.Len(t, c.lateness, 1)
	require.Zero(t, c.early)
}

// A secret is copied into a store that has an older gap, which is confirmed later. It
// carries its age, and the gap does not count for it.
func TestCopyIntoAStoreWithAnOlderGap(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, 1)
	n := c.start(0)
	n.work()
	c.pass(20 * day)
	c.hosts[0].Reboot()
	n = c.start(0)
	n.work()
	c.live(n, time.Hour)

	from := newCluster(t, 1)
	there := from.start(0)
	there.work()
	there.schedule("a", 7)
	from.live(there, 2*day)
	tally, err := there.Tally(ctx)
	require.NoError(t, err)
	x := from.content.At.Secrets[0]
	at, err := n.At(ctx)
	require.NoError(t, err)
	carried := tally.Carry(x.Secret)
	date, _ := carried.Deletion().Date()
	c.hosts[0].SetWall(date) // dates differ between the two, and count for nothing
	change, err := secretlife.ImportSecret(at, carried, x.Values)
	require.NoError(t, err)
	_, err = c.content.Commit(ctx, secretlife.BatchOf(change))
	require.NoError(t, err)
	c.scheduled["a"] = scheduled{c.truth.Add(-2 * day), 7 * day}

	for _, g := range c.gaps(n) {
		if g.Proof == "none" {
			_, err := n.ConfirmGap(ctx, g.Number, 0, "")
			require.NoError(t, err)
		}
	}
	require.Zero(t, c.live(n, 5*day-10*time.Minute))
	require.Equal(t, 1, c.live(n, 2*time.Hour))
	require.Zero(t, c.early)
}

// Virtual time counts by Advance to the millisecond, and not by Jump; a bubble of synctest
// counts its own time; and a virtual clock on a store that counted real time is refused.
func TestVirtualTime(t *testing.T) {
	ctx := context.Background()
	clock := secretlife.NewVirtualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clock })
	require.NoError(t, err)
	purger := secretlife.NewPurger(m)
	remove := func(m *secretlife.Manager, days int64) {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
		require.NoError(t, err)
		_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", RecoveryWindowInDays: &days})
		require.NoError(t, err)
	}
	remove(m, 7)
	clock.Jump(365 * day)
	report, err := purger.RunDue(ctx)
	require.NoError(t, err)
	require.Empty(t, report)
	clock.Jump(-365 * day)
	report, err = purger.Advance(ctx, 7*day-time.Millisecond)
	require.NoError(t, err)
	require.Empty(t, report)
	report, err = purger.Advance(ctx, time.Millisecond)
	require.NoError(t, err)
	require.Len(t, report, 1)

	synctest.Test(t, func(t *testing.T) {
		m, err := secretlife.New(memstore.New())
		require.NoError(t, err)
		remove(m, 30)
		time.Sleep(31 * day)
		report, err := secretlife.NewPurger(m).RunDue(t.Context())
		require.NoError(t, err)
		require.Len(t, report, 1)
	})

	c := newCluster(t, 1)
	c.start(0).schedule("a", 7)
	v, err := secretlife.New(c.front, func(o *secretlife.Options) { o.Clock = clock })
	require.NoError(t, err)
	_, err = secretlife.NewPurger(v).RunDue(ctx)
	require.ErrorIs(t, err, secretlife.ErrClockOfStore)
	_, err = v.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
	require.ErrorIs(t, err, secretlife.ErrClockOfStore)
}
