package lifetest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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
// and -rapid.steps tell.
func Check(t *testing.T, open func(t *testing.T) secretlife.Store, edits ...func(*secretlife.Options)) {
	t.Helper()
	t.Log(check(t, open, edits))
}

func check(t *testing.T, open func(t *testing.T) secretlife.Store, edits []func(*secretlife.Options)) *tally {
	t.Helper()
	ta := newTally()
	rapid.Check(t, func(rt *rapid.T) {
		set := drawSetting(rt)
		store := open(t)
		d := newDrawer(rt, newMachine(rt, newWorld(rt, store, store, set, edits), set, ta))
		rt.Repeat(map[string]func(*rapid.T){"step": d.step})
		d.finish()
		if d.chance(10, "replay") {
			ta.replays++
			fresh := open(t)
			d.replay(newWorld(rt, fresh, fresh, set, edits))
		}
	})
	return ta
}

// checkOutages is check over stores that fail now and then.
func checkOutages(t *testing.T, open func(t *testing.T) secretlife.Store) *tally {
	t.Helper()
	ta := newTally()
	rapid.Check(t, func(rt *rapid.T) {
		set := drawSetting(rt)
		store := open(t)
		out := newOutage(store, set.seed)
		m := newMachine(rt, newWorld(rt, store, out, set, nil), set, ta)
		m.outage, m.keeper = out, false
		rt.Repeat(map[string]func(*rapid.T){"step": newDrawer(rt, m).step})
		m.finish()
		ta.outages += out.total
	})
	return ta
}

func newDrawer(t *rapid.T, m *machine) *drawer {
	d := &drawer{machine: m, T: t}
	d.deeds = d.allDeeds()
	return d
}

func drawSetting(t *rapid.T) setting {
	set := setting{seed: uint64(rapid.Uint32().Draw(t, "seed"))}
	switch rapid.IntRange(0, 2).Draw(t, "delay") {
	case 1:
		set.least, set.most = 5*time.Hour, 5*time.Hour
	case 2:
		set.most = 48 * time.Hour
	}
	set.rotates = rapid.IntRange(0, 9).Draw(t, "rotates") < 9
	return set
}

// step does one thing. Those that lead somewhere come more often.
func (d drawer) step(*rapid.T) {
	d.deeds[d.below(len(d.deeds), "step")]()
	d.tally.steps++
}

func (d drawer) allDeeds() []func() {
	var out []func()
	for _, x := range []struct {
		share int
		do    func()
	}{
		{8, d.createSecret},
		{5, d.deleteSecret},
		{4, d.restoreSecret},
		{2, d.describeSecret},
		{2, d.listSecrets},
		{2, d.tagResource},
		{1, d.untagResource},
		{2, d.putResourcePolicy},
		{1, d.getResourcePolicy},
		{1, d.deleteResourcePolicy},
		{4, d.putSecretValue},
		{1, d.burst},
		{3, d.updateSecret},
		{3, d.getSecretValue},
		{3, d.updateSecretVersionStage},
		{2, d.listVersions},
		{3, d.rotateSecret},
		{1, d.getRandomPassword},
		{2, d.batchGetSecretValue},
		{1, d.validateResourcePolicy},
		{1, d.cancelRotateSecret},
		{4, d.replicateSecretToRegions},
		{2, d.removeRegionsFromReplication},
		{2, d.stopReplicationToReplica},
		{6, d.passTime},
		{4, d.runPurger},
		{1, d.moveWall},
		{1, d.operate},
	} {
		out = append(out, slices.Repeat([]func(){x.do}, x.share)...)
	}
	return out
}

// finish looks at every value once more.
func (m *machine) finish() {
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

// replay makes the same calls on another world, which must have the same
// events: a seed is a history.
func (m *machine) replay(w *world) {
	for _, step := range m.script {
		step(w)
	}
	want, err := json.Marshal(m.eventsAfter(m.t, 0))
	require.NoError(m.t, err)
	got, err := json.Marshal(w.eventsAfter(m.t, 0))
	require.NoError(m.t, err)
	require.Equal(m.t, string(want), string(got), "events of the same history")
}
