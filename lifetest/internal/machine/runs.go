package machine

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/audit"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// Check runs histories over stores that open returns, each empty, and reports what
// they covered.
func Check(t *testing.T, open func(t *testing.T) secretlife.Store, edits []func(*secretlife.Options)) *Coverage {
	t.Helper()
	c := OverStores(func() secretlife.Store { return open(t) }, edits)
	c.Check(t)
	return c.Coverage
}

// OverStores plays histories over stores.
func OverStores(open func() secretlife.Store, edits []func(*secretlife.Options)) Runner {
	cov := newCoverage()
	c := Runner{Coverage: cov, every: thoroughEvery}
	c.begin = func(t *trial, choose history.Chooser) drawer {
		set := drawSetting(choose)
		store := open()
		return drawer{machine: newMachine(t, newWorld(t, store, store, set, edits), set, cov), Chooser: choose}
	}
	c.end = func(d drawer) {
		d.finish()
		if d.set.replay {
			cov.replays++
			c.replay(d, d.Chooser.(*history.Tape).Made)
		}
	}
	return c
}

// OverFailingStores plays histories over stores with calls that fail at random.
func OverFailingStores(open func() secretlife.Store) Runner {
	cov := newCoverage()
	return Runner{
		Coverage: cov,
		begin: func(t *trial, choose history.Chooser) drawer {
			set := drawSetting(choose)
			store := open()
			out := newOutage(store, set.seed)
			m := newMachine(t, newWorld(t, store, out, set, nil), set, cov)
			m.outage = out
			return drawer{machine: m, Chooser: choose}
		},
		end: func(d drawer) {
			d.finish()
			cov.outages += d.outage.total
		},
	}
}

// thoroughEvery is the number of steps between two checks of everything.
const thoroughEvery = 16

func drawSetting(c history.Chooser) setting {
	set := setting{seed: uint64(c.Below(1 << 16))}
	switch c.Below(3) {
	case 1:
		set.least, set.most = 5*time.Hour, 5*time.Hour
	case 2:
		set.most = 48 * time.Hour
	}
	set.rotates = !c.Chance(10)
	set.replay = c.Chance(4)
	set.asked, set.few = c.Chance(70), c.Chance(10)
	if c.Chance(30) {
		set.another, set.delay = c.Chance(50), history.Pick(c, 0, time.Hour, 48*time.Hour)
	}
	if c.Chance(10) {
		set.protection = secretlife.Protection{
			NoForce: c.Chance(50), MinimumWindow: history.Pick(c, 0, 8), CoolingOff: history.Pick(c, 0, time.Hour),
		}
	}
	return set
}

// finish checks everything once more, and every value.
func (m *machine) finish() {
	m.checkAll()
	for k, s := range m.known {
		for _, v := range m.model.Secrets[k].Versions {
			if !v.Empty() {
				m.checkValue(s, v)
			}
		}
	}
	differences, err := audit.Verify(context.Background(), m.store)
	require.NoError(m.t, err)
	require.Empty(m.t, differences, "the events and the store")
}

// replay plays the same choices on another world, which must have the same events.
func (c Runner) replay(d drawer, h history.Choices) {
	quiet := Runner{Coverage: newCoverage(), begin: c.begin}
	var other drawer
	begin := quiet.begin
	quiet.begin = func(t *trial, choose history.Chooser) drawer { other = begin(t, choose); return other }
	t := &trial{}
	if !quiet.run(t, history.Play(h, nil), 0, d.every) {
		d.t.failf("the same history went wrong when it was played again: %s", t.failure)
	}
	want, got := d.eventsAfter(d.t, 0), other.eventsAfter(d.t, 0)
	if reflect.DeepEqual(want, got) {
		return
	}
	wantText, err := json.Marshal(want) // a store may keep the parts in another order
	require.NoError(d.t, err)
	gotText, err := json.Marshal(got)
	require.NoError(d.t, err)
	require.Equal(d.t, string(wantText), string(gotText), "events of the same history")
}
