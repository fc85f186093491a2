package tally_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/tally"
)

const (
	day     = 24 * time.Hour
	unknown = time.Duration(math.MaxInt64)
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// at is a reading of a machine whose wall clock is right.
func at(boot string, d time.Duration) tally.Reading {
	return tally.Reading{Boot: boot, Elapsed: d, Wall: epoch.Add(d)}
}

func first() tally.Tally { return tally.First(tally.ID{1}, at("a", 0), 1) }

// beats lets one boot count every half minute up to an instant.
func beats(t tally.Tally, boot string, from, to time.Duration) tally.Tally {
	for d := from + 30*time.Second; d <= to; d += 30 * time.Second {
		t = t.Beat(tally.Real(), at(boot, d), at(boot, d), unknown, 0)
	}
	return t
}

func TestBeatsOfOneBootCount(t *testing.T) {
	c := beats(first(), "a", 0, day)
	require.Equal(t, day, c.Count())
	require.Empty(t, c.Gaps())
	require.Equal(t, uint64(1+2880), c.N())
}

func TestEveryOtherClockOnlyLimits(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*tally.Reading)
		want time.Duration
	}{
		"all agree":              {func(*tally.Reading) {}, 30 * time.Second},
		"the wall is ahead":      {func(r *tally.Reading) { r.Wall = r.Wall.Add(day) }, 30 * time.Second},
		"the wall is behind":     {func(r *tally.Reading) { r.Wall = r.Wall.Add(-10 * time.Second) }, 20 * time.Second},
		"the wall went back":     {func(r *tally.Reading) { r.Wall = r.Wall.Add(-day) }, 0},
		"the store is behind":    {func(r *tally.Reading) { r.Store = epoch.Add(7 * time.Second) }, 7 * time.Second},
		"the store is far ahead": {func(r *tally.Reading) { r.Store = epoch.Add(day) }, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			begin := at("a", 0)
			begin.Store = epoch
			now := at("a", 30*time.Second)
			tc.edit(&now)
			next := tally.First(tally.ID{1}, begin, 1).Beat(tally.Real(), now, now, unknown, 2)
			require.Equal(t, tc.want, next.Count())
		})
	}
}

func TestALongStrideIsAGapOfTheBoot(t *testing.T) {
	before := beats(first(), "a", 0, 10*time.Minute)
	older, exact := before.Stamp(tally.Real(), false), before.Stamp(tally.Real(), true)
	next := before.Beat(tally.Real(), at("a", 3*day), at("a", 3*day), unknown, 0)
	require.Equal(t, 10*time.Minute, next.Count())
	require.Len(t, next.Gaps(), 1)
	require.Equal(t, tally.ProofBoot, next.Gaps()[0].Proof)
	require.Equal(t, 3*day-10*time.Minute, next.Age(exact), "it was decided at that beat")
	require.Zero(t, next.Age(older), "it may have been decided within the gap")
	early := first().Stamp(tally.Real(), false)
	require.Equal(t, 3*day-2*time.Minute, next.Age(early))
}

func TestAnotherBootProvesNothingOfTheTimeBefore(t *testing.T) {
	c := beats(first(), "a", 0, 10*time.Minute)
	stamp := first().Stamp(tally.Real(), true)
	seen, now := at("b", 9*day), at("b", 9*day+30*time.Second)
	c = c.Beat(tally.Real(), seen, now, unknown, 0)
	require.Equal(t, 10*time.Minute+30*time.Second, c.Count(), "only since it saw the tally")
	require.Len(t, c.Gaps(), 1)
	g := c.Gaps()[0]
	require.Equal(t, tally.ProofNone, g.Proof)
	require.Equal(t, 9*day-10*time.Minute, g.Length)
	require.Equal(t, c.Count(), c.Age(stamp))

	c, err := c.Confirm(g.N, 8*day, 7)
	require.NoError(t, err)
	require.Less(t, c.Age(stamp), day, "a confirmation can be taken back for an hour")
	require.Greater(t, c.Settled().Age(stamp), 8*day)
	later := beats(c, "b", 9*day+30*time.Second, 9*day+2*time.Hour)
	require.Greater(t, later.Age(stamp), 8*day)
	require.Less(t, later.Age(c.Stamp(tally.Real(), false)), day, "what is newer than the gap does not age by it")
	later, err = later.Withdraw(g.N, 8)
	require.NoError(t, err)
	require.Less(t, later.Age(stamp), day)
	require.Equal(t, g.Length, later.Gaps()[0].Length)

	for _, bad := range []func() (tally.Tally, error){
		func() (tally.Tally, error) { return later.Confirm(g.N+1, 0, 0) },
		func() (tally.Tally, error) { return later.Confirm(g.N, 10*day, 0) },
		func() (tally.Tally, error) { return later.Confirm(g.N, -1, 0) },
		func() (tally.Tally, error) { return c.Confirm(g.N, 0, 0) },
		func() (tally.Tally, error) { return later.Withdraw(g.N, 0) },
	} {
		_, err := bad()
		require.Error(t, err)
	}
}

func TestAWitnessVouchesForTheTimeBetween(t *testing.T) {
	witnessed := func(r tally.Reading, d time.Duration) tally.Reading {
		r.Witness = epoch.Add(d)
		return r
	}
	c := tally.First(tally.ID{1}, witnessed(at("a", 0), 0), 1)
	stamp := c.Stamp(tally.Real(), true)
	seen := at("b", 9*day)
	c = c.Beat(tally.Real(), seen, witnessed(seen, 8*day), unknown, 0)
	require.Equal(t, tally.ProofWitness, c.Gaps()[0].Proof)
	require.Equal(t, 8*day, c.Age(stamp), "as far as the witness says")
}

// A wall clock that differs from machine to machine makes no gap for a process that
// looked all the time.
func TestWallsThatDifferLoseNothing(t *testing.T) {
	behind := at("b", 30*time.Second)
	behind.Wall = behind.Wall.Add(-8 * day)
	c := first().Beat(tally.Real(), behind, behind, time.Second, 0)
	now := at("a", time.Minute)
	require.Empty(t, c.Beat(tally.Real(), now, now, time.Second, 0).Gaps())
	require.Len(t, c.Beat(tally.Real(), now, now, unknown, 0).Gaps(), 1)
}

func TestNeighbouringGapsBecomeOne(t *testing.T) {
	c := first()
	for i := 1; i <= 24; i++ {
		c = c.Beat(tally.Real(), at("a", time.Duration(i)*10*time.Minute), at("a", time.Duration(i)*10*time.Minute),
			unknown, 0)
	}
	require.Len(t, c.Gaps(), 4, "of an hour each")
	require.Equal(t, 4*time.Hour, c.Age(first().Stamp(tally.Real(), true)))
}

func TestGapsThatNobodyNeedsAreDropped(t *testing.T) {
	c := first()
	for i := 1; i <= 5000; i++ {
		now := at("a", time.Duration(i)*2*time.Hour)
		c = c.Beat(tally.Real(), now, now, unknown, 0)
	}
	require.Less(t, len(c.Gaps()), 400)
	require.Greater(t, c.Age(tally.Stamp{Tally: tally.ID{1}}), 31*day)
	form, err := c.MarshalBinary()
	require.NoError(t, err)
	require.Less(t, len(form), 32<<10)
}

// However long its gaps are, a tally fits into a note of a store.
func TestATallyFitsIntoANote(t *testing.T) {
	r := tally.Real()
	r.Longest = math.MaxInt64
	c := first()
	far := time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 2 * r.MaxGaps {
		now := tally.Reading{
			Boot: strings.Repeat("b", 200) + strconv.Itoa(i), Elapsed: math.MaxInt64,
			Wall: far.Add(time.Duration(i%2) * 200 * 365 * day),
		}
		c = c.Beat(r, now, now, unknown, math.MaxUint64)
		if n := c.Gaps(); len(n) > 0 && n[len(n)-1].Proof == tally.ProofNone {
			var err error
			c, err = c.Confirm(n[len(n)-1].N, 0, math.MaxUint64)
			require.NoError(t, err)
		}
	}
	require.Len(t, c.Gaps(), r.MaxGaps)
	form, err := c.MarshalBinary()
	require.NoError(t, err)
	require.Less(t, len(form), 64<<10)
}

func TestVirtualTimeCountsWhole(t *testing.T) {
	virtual := func(d time.Duration) tally.Reading {
		return tally.Reading{Boot: "v", Elapsed: d, Wall: epoch, Virtual: true}
	}
	c := tally.First(tally.ID{1}, virtual(0), 0)
	stamp := c.Stamp(tally.Virtual(), false)
	c = c.Beat(tally.Virtual(), virtual(400*day), virtual(400*day), unknown, 0)
	require.Equal(t, 400*day, c.Age(stamp))
	require.Empty(t, c.Gaps())
}

func TestAStampOfAnotherTally(t *testing.T) {
	c := beats(first(), "a", 0, day)
	require.Equal(t, 5*time.Hour, c.Age(tally.Stamp{Tally: tally.ID{2}, Had: 5 * time.Hour}))
	require.Equal(t, day+5*time.Hour, c.Age(tally.Stamp{Tally: tally.ID{1}, Had: 5 * time.Hour}))
	require.Zero(t, tally.Tally{}.Age(tally.Stamp{}))
}

func FuzzUnmarshalBinary(f *testing.F) {
	c := beats(first(), "a", 0, 10*time.Minute).Beat(tally.Real(), at("b", 9*day), at("b", 9*day), unknown, 3)
	c, err := c.Confirm(c.Gaps()[0].N, 0, 4)
	require.NoError(f, err)
	form, err := c.MarshalBinary()
	require.NoError(f, err)
	f.Add(form)
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var c tally.Tally
		if c.UnmarshalBinary(data) != nil {
			return
		}
		form, err := c.MarshalBinary()
		require.NoError(t, err)
		var again tally.Tally
		require.NoError(t, again.UnmarshalBinary(form))
		require.Equal(t, c, again)
		c.Age(tally.Stamp{Tally: c.ID()})
		c.Beat(tally.Real(), at("a", 0), at("a", day), unknown, 0)
	})
}

// The clock of the store limits what clones can count to what it says itself, not to a
// fraction of a millisecond more in every beat.
func TestInstantsAreCountedAsTheyAreKept(t *testing.T) {
	begin := at("a", 0)
	begin.Store = epoch.Add(900 * time.Microsecond)
	form, err := tally.First(tally.ID{1}, begin, 1).MarshalBinary()
	require.NoError(t, err)
	var kept tally.Tally
	require.NoError(t, kept.UnmarshalBinary(form))
	clone := at("a", time.Minute)
	clone.Store = begin.Store
	require.Zero(t, kept.Beat(tally.Real(), clone, clone, unknown, 2).Count())
}
