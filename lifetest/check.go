package lifetest

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// Check runs random histories over stores that open makes, each empty, and
// fails the test at the first answer or state that is against the rules. A
// history calls every operation of the Manager, from several accounts and
// Regions, and two purgers; lets time pass, also to the very millisecond of a
// DeletionDate; rotates secrets with functions that work, and that fail; and sets
// the wall clock wrong. Check sets Clock, Random, PurgeDelay, Rotator,
// ParseSchedule and Logger of the options itself, after edits.
//
// How many histories there are, and how long they are, the flags -rapid.checks
// and -rapid.steps tell; -rapid.shrinktime is how long a history that fails is
// made shorter for.
func Check(t *testing.T, open func(t *testing.T) secretlife.Store, edits ...func(*secretlife.Options)) {
	t.Helper()
	t.Log(check(t, open, edits))
}

func check(t *testing.T, open func(t *testing.T) secretlife.Store, edits []func(*secretlife.Options)) *tally {
	t.Helper()
	c := storeCourse(func() secretlife.Store { return open(t) }, edits)
	c.check(t)
	return c.tally
}

// storeCourse plays histories over stores.
func storeCourse(open func() secretlife.Store, edits []func(*secretlife.Options)) course {
	ta := newTally()
	c := course{tally: ta, every: seldom}
	c.begin = func(t *trial, choose chooser) drawer {
		set := drawSetting(choose)
		store := open()
		return drawer{machine: newMachine(t, newWorld(t, store, store, set, edits), set, ta), chooser: choose}
	}
	c.end = func(d drawer) {
		d.finish()
		if d.set.again {
			ta.replays++
			c.again(d, d.chooser.(*tape).made)
		}
	}
	return c
}

// outageCourse plays histories over stores that fail now and then.
func outageCourse(open func() secretlife.Store) course {
	ta := newTally()
	return course{
		tally: ta,
		begin: func(t *trial, choose chooser) drawer {
			set := drawSetting(choose)
			store := open()
			out := newOutage(store, set.seed)
			m := newMachine(t, newWorld(t, store, out, set, nil), set, ta)
			m.outage, m.keeper = out, false
			return drawer{machine: m, chooser: choose}
		},
		end: func(d drawer) {
			d.finish()
			ta.outages += d.outage.total
		},
	}
}

// seldom is how many steps there are between looks at everything.
const seldom = 16

func drawSetting(c chooser) setting {
	set := setting{seed: uint64(c.below(1 << 16))}
	switch c.below(3) {
	case 1:
		set.least, set.most = 5*time.Hour, 5*time.Hour
	case 2:
		set.most = 48 * time.Hour
	}
	set.rotates = !c.chance(10)
	set.again = c.chance(4)
	return set
}

// finish looks at everything once more, and at every value.
func (m *machine) finish() {
	m.checkAll()
	for k, s := range m.known {
		for _, v := range m.model.secrets[k].versions {
			if !v.empty() {
				m.checkValue(s, v)
			}
		}
	}
	differences, err := secretlife.Replay(context.Background(), m.store)
	require.NoError(m.t, err)
	require.Empty(m.t, differences, "the events and the store")
}

// again makes the same history on another world, which must have the same
// events: choices are a history.
func (c course) again(d drawer, h history) {
	quiet := course{tally: newTally(), begin: c.begin}
	var other drawer
	begin := quiet.begin
	quiet.begin = func(t *trial, choose chooser) drawer { other = begin(t, choose); return other }
	t := &trial{}
	if !quiet.run(t, play(h, nil), 0, d.every) {
		d.t.failf("the same history went wrong when it was played again: %s", t.failure)
	}
	want, got := d.eventsAfter(d.t, 0), other.eventsAfter(d.t, 0)
	if reflect.DeepEqual(want, got) {
		return
	}
	wantText, err := json.Marshal(want) // a store may keep their parts in another order
	require.NoError(d.t, err)
	gotText, err := json.Marshal(got)
	require.NoError(d.t, err)
	require.Equal(d.t, string(wantText), string(gotText), "events of the same history")
}
