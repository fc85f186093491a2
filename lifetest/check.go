package lifetest

import (
	"encoding/json"
	"fmt"
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
// DeletionDate; and sets the wall clock wrong. Check sets Clock, Random,
// PurgeDelay and Logger of the options itself, after edits.
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
		m := newMachine(rt, newWorld(rt, open(t), set, edits), set, ta)
		ta.histories++
		d := drawer{m, rt}
		rt.Repeat(d.actions())
		m.finish()
		if rapid.IntRange(0, 9).Draw(rt, "replay") == 0 {
			ta.replays++
			m.replay(newWorld(rt, open(t), set, edits))
		}
	})
	return ta
}

func drawSetting(t *rapid.T) setting {
	set := setting{seed: uint64(rapid.Uint32().Draw(t, "seed"))}
	switch rapid.IntRange(0, 2).Draw(t, "delay") {
	case 1:
		set.least, set.most = 5*time.Hour, 5*time.Hour
	case 2:
		set.most = 48 * time.Hour
	}
	return set
}

// actions are what a history consists of. Those that lead somewhere come more
// often.
func (d drawer) actions() map[string]func(*rapid.T) {
	out := map[string]func(*rapid.T){}
	add := func(times int, name string, act func()) {
		for i := range times {
			out[fmt.Sprintf("%s %d", name, i)] = func(*rapid.T) {
				act()
				d.tally.steps++
			}
		}
	}
	add(6, "CreateSecret", d.createSecret)
	add(5, "DeleteSecret", d.deleteSecret)
	add(3, "RestoreSecret", d.restoreSecret)
	add(2, "DescribeSecret", d.describeSecret)
	add(2, "ListSecrets", d.listSecrets)
	add(2, "TagResource", d.tagResource)
	add(1, "UntagResource", d.untagResource)
	add(2, "PutResourcePolicy", d.putResourcePolicy)
	add(1, "GetResourcePolicy", d.getResourcePolicy)
	add(1, "DeleteResourcePolicy", d.deleteResourcePolicy)
	add(4, "PutSecretValue", d.putSecretValue)
	add(1, "PutSecretValue, often", d.burst)
	add(3, "UpdateSecret", d.updateSecret)
	add(3, "GetSecretValue", d.getSecretValue)
	add(3, "UpdateSecretVersionStage", d.updateSecretVersionStage)
	add(2, "ListSecretVersionIds", d.listSecretVersionIds)
	add(3, "ReplicateSecretToRegions", d.replicateSecretToRegions)
	add(2, "RemoveRegionsFromReplication", d.removeRegionsFromReplication)
	add(2, "StopReplicationToReplica", d.stopReplicationToReplica)
	add(6, "time passes", d.passTime)
	add(4, "a purger runs", d.runPurger)
	add(1, "the wall clock jumps", d.moveWall)
	add(1, "an operator acts", d.operate)
	return out
}

// finish looks at every value once more.
func (m *machine) finish() {
	for k, s := range m.known {
		for _, v := range m.model.secrets[k].versions {
			m.checkValue(s, v)
		}
	}
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
